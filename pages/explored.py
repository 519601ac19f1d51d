"""What ``explore`` has found for a model and a target: many machines, of which this is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field

from pascaline.pages.words import words
from pascaline.spec.checked import Checked
from pascaline.spec.machine import Machine
from pascaline.spec.outside import text_of

__all__ = ["Explored", "Point", "read_explored"]

NAMED = ("units", "simd", "lane")
"""Parameters that are always named, if they say anything: a model's usual machine has others."""


class Point(Checked):
    """A machine, and what it costs."""

    model_config = ConfigDict(extra="ignore")

    machine: dict[str, Any]
    area: float = Field(ge=0, allow_inf_nan=False)
    memory_bits: float | None = None
    cycles_per_step: float = Field(gt=0, allow_inf_nan=False)
    clock_mhz: float | None = None
    energy_per_step_nj: float | None = None
    pareto: bool

    def is_of(self, machine: dict[str, Any]) -> bool:
        """Whether it is this machine; what is not given has its default."""
        return _said(self.machine) == _said(machine)

    @property
    def options(self) -> str:
        """Options of a command that mean this machine."""
        defaults, said = Machine().model_dump(mode="json"), _said(self.machine)
        words = []
        for key, value in self.machine.items():
            usual = key not in NAMED and value == defaults.get(key)
            if value is None or usual or key not in said:
                continue
            name = key.replace("_", "-")
            if isinstance(value, bool):
                words.append(f"--{name}" if value else f"--no-{name}")
            else:
                shown = ",".join(map(str, value)) if isinstance(value, list) else value
                words.append(f"--{name} {shown}")
        return " ".join(words)


def _said(machine: dict[str, Any]) -> dict[str, Any]:
    """All parameters of a machine that say anything where its weights live."""
    from pascaline.spec.homes import HOMES  # NumPy, which a help can do without.

    found = Machine().model_dump(mode="json") | machine
    unread = HOMES[found["weights"]].unread
    return {name: value for name, value in found.items() if name not in unread}


class Lead(Checked):
    """From which pace on the smallest machine has its weights in a home."""

    weights: Literal["rom", "ram", "wired"]
    since: float = Field(gt=0, allow_inf_nan=False)
    unit: str
    area: float = Field(ge=0, allow_inf_nan=False)


class Explored(Checked):
    """The machines that were tried."""

    model_config = ConfigDict(extra="ignore")

    model: str
    target: str
    columns: dict[str, str]
    command: str
    points: tuple[Point, ...] = Field(strict=False)
    leads: tuple[Lead, ...] = Field(default=(), strict=False)

    @property
    def unit(self) -> str:
        """What areas are counted in."""
        return words(self.columns.get("area", "area")).removeprefix("area ")


def read_explored(folder: Path, model: str, target: str) -> Explored | None:
    """What is kept in a folder for a model and a target; None if that is nothing.

    Raises
    ------
    InputError
        If the file is not what ``explore`` writes.
    """
    path = folder / f"{model}-{target}.json"
    return Explored.parse(text_of(path), thing=path.name) if path.exists() else None
