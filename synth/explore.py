"""Sweeps: the machines of a grid, what each of them costs, and which of them are worth it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.synth.pareto import non_dominated

__all__ = ["Lead", "Point", "Sweep", "front", "leads", "objectives", "powers", "sweep"]

Values = Mapping[str, Sequence[Any]]
"""Parameters of a machine, and the values that each is to have."""


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """The designs of a grid.

    Attributes
    ----------
    designs : tuple of Design
        Those that can be built.
    skipped : int
        How many cannot.
    reason : str
        Why the first of them cannot; empty if there is none.
    """

    designs: tuple[Design, ...]
    skipped: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Point:
    """What a machine costs, and how fast it is.

    Attributes
    ----------
    machine : dict
        Its parameters, as plain values.
    area : float
        In the target's unit.
    counts : dict of str to int
        What a report counts: all columns of the target.
    memory_bits : int
        Of all memories; FPGAs have blocks for them, in ``counts``.
    cycles_per_step : float
        In the middle of a long sequence.
    clock_mhz : float or None
        The highest one, if it is known.
    energy_per_step_nj : float or None
        If it was measured.
    """

    machine: dict[str, Any]
    area: float
    counts: dict[str, int]
    memory_bits: int
    cycles_per_step: float
    clock_mhz: float | None
    energy_per_step_nj: float | None

    @property
    def step_us(self) -> float | None:
        """Time of a step at the highest clock."""
        return self.cycles_per_step / self.clock_mhz if self.clock_mhz else None

    @property
    def steps_per_second(self) -> float | None:
        """Steps that the machine does at the highest clock."""
        return 1e6 * self.clock_mhz / self.cycles_per_step if self.clock_mhz else None


@dataclass(frozen=True, kw_only=True)
class Lead:
    """Paces at which the smallest machines have their weights in one home.

    Attributes
    ----------
    weights : str
        The home.
    since : float
        The fastest of these paces; the slowest is where the next lead starts.
    unit : {"cycles", "us"}
        Of a step: time, if all clocks are known.
    area : float
        Of the smallest machine that is as fast as that.
    """

    weights: str
    since: float
    unit: str
    area: float


def powers(model: Model, values: Values, operations: int) -> dict[str, list[int]]:
    """Powers of two for ``units`` and ``simd``, where ``values`` has none.

    There are no more units than hidden ones, and ``simd`` is at most a quarter of the columns of
    the gates' product (beyond that the lanes mostly wait), each of the layer that has most; and no
    layer's lanes do more than ``operations`` a cycle.
    """
    network = model.network
    columns = [
        network.layer_inputs(index) + layer.hidden for index, layer in enumerate(network.layers)
    ]
    most = {
        "units": max(layer.hidden for layer in network.layers),
        "simd": max(1, max(columns) // 4),
    }
    places = operations // max(len(phase) for one in network.layers for phase in one.phases)
    return {
        name: [2**k for k in range(min(limit, max(places, 1)).bit_length())]
        for name, limit in most.items()
        if name not in values
    }


def sweep(
    model: Model, base: Machine, values: Values, *, limit: int, operations: int | None = None
) -> Sweep:
    """All machines that differ from ``base`` in these values.

    What says nothing where a machine has its weights is not varied there.

    Parameters
    ----------
    model : Model
        What runs on them.
    base : Machine
        Has the other parameters.
    values : mapping of str to sequence
        Values to combine, in the order in which the parameters are given.
    limit : int
        How many combinations there may be.
    operations : int, optional
        Machines that do more weight operations a cycle are left out, and not counted; but for those
        whose weights are wires, which have adders for all of them.

    Raises
    ------
    InputError
        If there are too many combinations, or if none can be built.
    """
    size = math.prod(len(set(several)) for several in values.values())
    if size > limit:
        raise InputError("explore", f"must have at most {limit} machines (--limit)", size)
    designs, reasons, seen = [], [], set()
    for chosen in _combinations(values):
        try:
            machine = Machine.parse(base.model_dump() | chosen, thing="machine").settled
            if machine in seen:
                continue
            seen.add(machine)
            design = Design(model=model, machine=machine)
            design.check_words()
            if operations is None or machine.home.wired or design.places <= operations:
                designs.append(design)
        except InputError as error:
            reasons.append(str(error))
    if not designs:
        why = reasons[0] if reasons else f"all do more than {operations} operations a cycle"
        raise InputError("explore", f"no machine can be built ({why})")
    return Sweep(designs=tuple(designs), skipped=len(reasons), reason=reasons[0] if reasons else "")


def _combinations(values: Values) -> Iterator[dict[str, Any]]:
    # A value that is given twice counts once.
    for chosen in itertools.product(*(dict.fromkeys(several) for several in values.values())):
        yield dict(zip(values, chosen, strict=True))


def objectives(points: Sequence[Point]) -> dict[str, list[float]]:
    """What is to be small, by name, for each point: whatever is known of all of them."""
    known: dict[str, list[float | None]] = {
        "area": [point.area for point in points],
        "cycles a step": [point.cycles_per_step for point in points],
        "time a step": [point.step_us for point in points],
        "energy a step": [point.energy_per_step_nj for point in points],
    }
    complete = {
        name: [value for value in column if value is not None]
        for name, column in known.items()
        if None not in column
    }
    if "time a step" in complete:
        del complete["cycles a step"]
    return complete


def front(points: Sequence[Point]) -> list[bool]:
    """Which points are on the Pareto front of the objectives."""
    return non_dominated(list(zip(*objectives(points).values(), strict=True)))


def leads(points: Sequence[Point]) -> list[Lead]:
    """Where the smallest machine has its weights, from the fastest pace to the slowest.

    Examples
    --------
    >>> def point(weights, area, cycles):
    ...     costs = {"area": area, "cycles_per_step": cycles, "memory_bits": 0, "counts": {}}
    ...     clock = {"clock_mhz": None, "energy_per_step_nj": None}
    ...     return Point(machine={"weights": weights}, **costs, **clock)
    >>> some = [point("rom", 9, 200), point("wired", 50, 16), point("wired", 20, 40)]
    >>> [(lead.weights, lead.since) for lead in leads(some)]
    [('wired', 16), ('rom', 200)]
    """
    known = objectives(points)
    pace_of, unit = ("time a step", "us") if "time a step" in known else ("cycles a step", "cycles")
    paces = known[pace_of] if points else []
    found: list[Lead] = []
    least = math.inf
    for pace, area, index in sorted(zip(paces, known["area"], itertools.count())):
        if area >= least:
            continue
        least, weights = area, points[index].machine["weights"]
        if not found or found[-1].weights != weights:
            found.append(Lead(weights=weights, since=pace, unit=unit, area=area))
    return found
