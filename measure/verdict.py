"""Whether RTL and golden agree on a case."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from itertools import zip_longest
from typing import Any

from pascaline.sim.case import Case
from pascaline.sim.draw_cases import draw
from pascaline.sim.runner import build, run
from pascaline.sim.shrink import shrink
from pascaline.sim.simulators import simulator
from pascaline.spec.scratch import temporary

__all__ = ["Verdict", "judge", "judge_seed"]


@dataclass(kw_only=True)
class Verdict:
    """What was compared, and what was wrong.

    Attributes
    ----------
    cases, sequences, steps, values, cycles, accesses : int
        How much of each; values are the numbers that were compared, accesses those of registers.
    mismatches, hangs, unknown, wrong_formulas : int
        Numbers that differ; runs that did not end; outputs that were unknown; runs whose cycles are
        not the formula's.
    faults : list of str
        A line each.
    case : Case or None
        With faults: a case that has some, shrunk where that was wanted.
    """

    cases: int = 0
    sequences: int = 0
    steps: int = 0
    values: int = 0
    cycles: int = 0
    accesses: int = 0
    mismatches: int = 0
    hangs: int = 0
    unknown: int = 0
    wrong_formulas: int = 0
    faults: list[str] = field(default_factory=list)
    case: Case | None = None

    def add(self, other: Verdict) -> None:
        """Count another verdict's numbers in."""
        for name in self.counts:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def counts(self) -> dict[str, int]:
        """All numbers by name."""
        names = {field.name for field in fields(self)} - {"faults", "case"}
        return {name: number for name, number in asdict(self).items() if name in names}


def judge(case: Case, sim: str) -> Verdict:
    """Simulate a case; what is built for it is removed again.

    Parameters
    ----------
    case : Case
        The case.
    sim : str
        Name of the simulator.
    """
    verdict = Verdict(cases=1)
    try:
        _compare(case, sim, verdict)
    except Exception as error:  # Whatever breaks on a case is a finding.
        verdict.faults.append(" ".join(f"{type(error).__name__}: {error}".split()))
    if verdict.faults:
        verdict.case = case
    return verdict


def _compare(case: Case, sim: str, verdict: Verdict) -> None:
    from pascaline.hdl.verilog import generate

    tool, design = simulator(sim).quick(), case.design
    with temporary() as place:
        text = generate(design).text
        folder = build(text, design.name, tool, place, unknown=case.unknown)
        outcome = run(case.job, folder, design.name, tool)
    for name in verdict.counts.keys() & vars(outcome).keys() | {"cycles"}:
        setattr(verdict, name, getattr(outcome, name))
    verdict.faults += outcome.faults
    # An episode that hangs has no span, and nothing can be said of those behind it.
    found = zip_longest(outcome.taken, outcome.spans)
    for taken, formula in zip(found, case.formulas, strict=not outcome.hangs):
        if not outcome.hangs and formula not in (None, taken):
            verdict.wrong_formulas += 1
            verdict.faults.append(f"took {taken} cycles, the formulas say {formula}")


def judge_seed(seed: int, sim: str, options: dict[str, Any], *, tries: int) -> Verdict:
    """The verdict on the case of a seed, with a small case beside its faults if it has some."""
    verdict = judge(draw(seed, **options), sim)
    if verdict.case is not None:

        def fails(case: Case) -> bool:
            return bool(judge(case, sim).faults)

        verdict.case = shrink(verdict.case, fails, tries=tries)
    return verdict
