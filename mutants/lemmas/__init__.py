"""What is known of the registers of machines whose mutants no engine decides."""

from __future__ import annotations

import re
from collections.abc import Callable

from mutants.lemmas.rows import best, ordered
from mutants.lemmas.step import Step
from mutants.lemmas.turns import alternate, sided, waited, written
from mutants.lemmas.words import Lemma, State, Word

__all__ = ["LEMMAS"]

STAGES = {
    0: r"cells\.flags",
    4: r"c_read",
    5: r"cells\.unit_0\.fc",
    6: r"cells\.unit_0\.new_2",
    7: r"cells\.unit_0\._082_",
    8: r"cells\.unit_0\.tanh_c\.entries\.contents\.data_0",
    9: r"cells\.unit_0\.tanh_c\.y",
    10: r"cells\.unit_0\.out",
}
"""Registers of the pipeline by place."""


def _only(step: Step, pattern: str, when: Callable[[State], Word]) -> Lemma:
    """Registers of a core differ in a mutant only then."""

    def lemma(s: State) -> Word:
        return s.may_differ(f"{re.escape(step.core)}(?:{pattern})").implies(when(s))

    lemma.__name__ = pattern
    return lemma


def _empty(step: Step, place: int) -> Lemma:
    """Registers of the pipeline differ only where there is no unit."""
    pattern = STAGES.get(place, "unused")
    named = rf"{pattern}|cells\.(flags|fresh)_{place}" if place else pattern
    return _only(step, named, lambda s: ~step.pipeline(s)[place])


def _unread(step: Step) -> Lemma:
    """What is read of h for results differs only if it is not used."""
    register = f"{step.core}outputs.reader.use_1"

    def when(s: State) -> Word:
        unused = ~s[register]
        return unused & ~s["machine.o_state__valid"] if "machine.o_state__valid" in s else unused

    return _only(step, r"hidden\._1_", when)


def _lstm(core: str) -> tuple[Lemma, ...]:
    step = Step(core)
    return (
        *(step.pointers, step.spaced, step.counted, step.timed, step.banks, step.marked),
        *(step.eighth, _unread(step), *(_empty(step, place) for place in range(11))),
    )


STREAM, BUS = Step("machine."), Step("machine.machine.")

LEMMAS: dict[str, tuple[Lemma, ...]] = {
    "tiny-binary": (*_lstm(STREAM.core), STREAM.quiet, STREAM.fetched),
    "tiny-ternary": (ordered, best),
    "tiny-binary:axi": (
        *_lstm(BUS.core),
        _only(BUS, "ends_1", lambda s: s[f"{BUS.core}ends_1"] & s[f"{BUS.core}from_h_1"]),
    ),
    "tiny-bilstm": (alternate, waited, written, sided),
    "tiny-binary:wishbone": (
        *_lstm(BUS.core),
        BUS.undumped,
        _only(BUS, r"state\.dumping", BUS.begins),
    ),
}
"""By machine; those of mutants say when a register may be another one in them."""
