"""Two results of ``report`` side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import ConfigDict, Field, FiniteFloat

from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError
from pascaline.spec.outside import json_of

__all__ = ["Stored", "compare", "stored"]


Number = Annotated[FiniteFloat, Field(ge=0)]


class _Open(Checked):
    """A record of which only some fields are read."""

    model_config = ConfigDict(extra="ignore")


class _Score(_Open):
    correct: Number | None = None
    total: FiniteFloat = Field(gt=0)


class _Accuracy(_Open):
    integer: _Score | None = None


class _Path(_Open):
    ns: FiniteFloat | None = Field(default=None, gt=0)


class _Graph(_Open):
    adders: Number


class _Step(_Open):
    adders: _Graph | None = None


class _Core(_Open):
    step: _Step


class Stored(_Open):
    """What is compared of a result, as ``report --json`` prints it."""

    model: str
    target: str
    target_title: str
    command: str
    cost: dict[str, Number]
    area: dict[str, Number] | None = None
    by_part: dict[str, dict[str, Number]] = Field(min_length=1)
    cycles_per_step: FiniteFloat = Field(gt=0)
    fmax_mhz: FiniteFloat | None = Field(default=None, gt=0)
    critical_path: _Path | None = None
    energy_per_step_nj: Number | None = None
    accuracy: _Accuracy | None = None
    cores: tuple[_Core, ...] = Field(default=(), strict=False)

    def column(self, name: str) -> float | None:
        """A column of the whole machine, or None if nobody has counted it."""
        if self.area is not None:
            return self.area.get(name)
        found = [part.get(name) for part in self.by_part.values()]
        known = [number for number in found if number is not None]
        return sum(known) if known else None

    @property
    def price(self) -> float | None:
        """Area without memories, as the target counts it."""
        counts = {name: self.column(name) for name in self.cost}
        known = [price * count for name, price in self.cost.items() if (count := counts[name])]
        return sum(known) if known else None

    @property
    def clock_mhz(self) -> float | None:
        """The highest clock, if it is known."""
        if self.fmax_mhz is not None:
            return self.fmax_mhz
        length = self.critical_path and self.critical_path.ns
        return 1000 / length if length else None

    @property
    def step_us(self) -> float | None:
        """Time of a step at that clock."""
        return self.cycles_per_step / self.clock_mhz if self.clock_mhz else None

    @property
    def adders(self) -> float | None:
        """Adders of all cores whose weights are wires."""
        found = [one.step.adders.adders for one in self.cores if one.step.adders]
        return sum(found) if found else None

    @property
    def right(self) -> float | None:
        """Percentage of held-out sequences that get their class, by integers."""
        score = self.accuracy.integer if self.accuracy else None
        if score is None or score.correct is None:
            return None
        return 100 * score.correct / score.total


FIGURES: tuple[tuple[str, Callable[[Stored], float | None], bool], ...] = (
    ("right, %", lambda one: one.right, True),
    ("area, {unit}", lambda one: one.price, False),
    ("adders of wired weights", lambda one: one.adders, False),
    ("memory bits", lambda one: one.column("memory_bits"), False),
    ("LUT RAMs", lambda one: one.column("lut_rams"), False),
    ("block RAMs", lambda one: one.column("block_rams"), False),
    ("multipliers", lambda one: one.column("multipliers"), False),
    ("cycles a step", lambda one: one.cycles_per_step, False),
    ("clock, MHz", lambda one: one.clock_mhz, True),
    ("us a step", lambda one: one.step_us, False),
    ("nJ a step", lambda one: one.energy_per_step_nj, False),
)
"""Names, numbers, and whether more of it is better."""


def stored(content: str, thing: str) -> Stored:
    """Read a result; raises `InputError` if it is none."""
    found = json_of(content, thing)
    if not isinstance(found, dict):
        raise InputError(thing, "must be a JSON object")
    return Stored.parse(found, thing=thing)


def compare(first: Stored, second: Stored) -> dict[str, Any]:
    """Two results, figure by figure.

    Returns
    -------
    dict
        ``results``, of each ``model``, ``target``, ``target_title`` and ``command``; ``rows``, of
        each ``what``, two ``values`` (None: not known), their ``ratio`` (the second over the
        first, or None), and ``better`` (0 or 1, or None). Areas of two units have no ratio.
    """
    units = [" + ".join(one.cost) for one in (first, second)]
    rows: list[dict[str, Any]] = []
    for name, figure, more in FIGURES:
        values = [figure(first), figure(second)]
        if values == [None, None] or values == [0, 0]:
            continue
        alike = units[0] == units[1] or "{unit}" not in name
        one, other = values
        both = alike and one is not None and other is not None
        better = None
        if both and one != other:
            better = int((other > one) is more)  # type: ignore[operator]
        rows.append(
            {
                "what": name.format(unit=" or ".join(dict.fromkeys(units)).replace("_", " ")),
                "values": values,
                "ratio": other / one if both and one else None,  # type: ignore[operator]
                "better": better,
            }
        )
    fields = {"model", "target", "target_title", "command"}
    return {"results": [one.model_dump(include=fields) for one in (first, second)], "rows": rows}
