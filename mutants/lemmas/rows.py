"""The best class: which row each logit on its way is of."""

from __future__ import annotations

from mutants.lemmas.words import State, Word, every

__all__ = ["best", "ordered"]

READER = "machine.outputs.reader."

STAGES = (
    ("rows.logit_full", "rows.o__payload[17]"),
    ("rows.stage_1_full", "rows.stage_1_about[0]"),
    ("rows.sum_full", "rows.about[0]"),
)
"""From the last: whether there is a logit, and whether it is marked as that of the last row."""

ROWS = 3


def ordered(s: State) -> Word:
    """Rows follow each other through all stages, and only the last one is marked."""
    row = s[f"{READER}argmax.row"]
    expected = [row.is_(k) for k in range(ROWS)]
    found = [~every(~one for one in expected)]
    for full, marked in STAGES:
        there = s[READER + full]
        found.append(there.implies(~(s[READER + marked] ^ expected[-1])))
        expected = [(there & expected[k - 1]) | (~there & expected[k]) for k in range(ROWS)]
    drains, left = s[f"{READER}i_valid"], s[f"{READER}left"]
    comes, held = s[f"{READER}arrives"], s[f"{READER}held"]
    found.append((~drains).implies(expected[0]))
    found.append(drains.implies(s[f"{READER}last_drain"]))
    found += [(drains & one).implies(left.is_(ROWS - 1 - k)) for k, one in enumerate(expected)]
    found.append(comes.implies(s[f"{READER}drains_last_1"] & ~drains))
    found.append(~(held ^ (comes | drains)))
    return every(found)


def best(s: State) -> Word:
    """The last row is the best so far only until its class is given, which never waits."""
    row, waits = s[f"{READER}argmax.row"], s["machine.o__valid"]
    return row.any().implies(~waits) & s.unnamed().any().implies(row.is_(0))
