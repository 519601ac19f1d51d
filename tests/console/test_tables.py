"""Tables on terminals of several widths, and in pipes."""

import re

import pytest

from pascaline.console import table
from tests.console.streams import kept

AREA = (
    "ram, parity on generic gates",
    ["machine", "cells", "gates", "flip flops", "transistors", "gate equivalents", "memory bits"],
    [
        ["weight memory", 30_220, 28_290, 1_930, 229_560, 57_390, 290_428],
        ["whole machine", 1, 2, 3, 1_234_567_890, 5, 6],
    ],
)
"""Many columns of numbers, of which not all fit in 80 characters."""

WORDS = (
    "digits-ternary in verilator",
    ["what", "value"],
    [
        ["inputs", "20 sequences, shipped held-out recordings of digits, as they were recorded"],
        ["cycles of all sequences", "113,540 (formula: 113,540)"],
    ],
)
"""Text that has numbers in it."""

READERS = (
    "complaints",
    ["model", "ports", "Verilator 5.038", "Verilator 5.006 (PATH)", "Icarus -g2012", "Yosys 0.33"],
    [["digits-gru-ternary", "wishbone", 1_234_567, "clean", "clean", "clean"]],
)
"""Heads that have numbers in them; both kinds of cells in a column."""


def shown(case, **kind) -> str:
    with kept(**kind) as output:
        table(*case)
    return re.sub(r"\x1b\[[0-9;]*m", "", output.getvalue())


def numbers(case) -> set[str]:
    _, columns, rows = case
    texts = [*columns, *(f"{c:,}" if isinstance(c, int) else c for row in rows for c in row)]
    return {word for text in texts for word in re.findall(r"[0-9][0-9,.]*[0-9]|[0-9]", text)}


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("case", [AREA, WORDS, READERS], ids=["area", "words", "readers"])
def test_no_number_is_broken_and_no_line_too_long(case, width) -> None:
    text = shown(case, width=width)
    assert max(map(len, text.splitlines())) <= width
    found = set(re.findall(r"[0-9][0-9,.]*[0-9]|[0-9]", text))
    assert found <= numbers(case)
    if "Not shown" not in text:
        assert found == numbers(case)


@pytest.mark.parametrize("case", [AREA, WORDS, READERS], ids=["area", "words", "readers"])
def test_in_a_pipe_nothing_folds(case) -> None:
    title, columns, rows = case
    first, _, head, _, *lines = shown(case, width=40, terminal=False).rstrip().splitlines()
    assert first == title
    assert re.split(r"\s{2,}", head.strip()) == columns
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        cells = [f"{cell:,}" if isinstance(cell, int) else cell for cell in row]
        assert re.split(r"\s{2,}", line.strip()) == cells


def test_what_fits_in_another_order_is_turned() -> None:
    text = shown(AREA, width=60)
    assert "Not shown" not in text
    assert re.search(r"machine +weight memory +whole machine", text)
    assert re.search(r"transistors +229,560 +1,234,567,890", text)


def test_what_does_not_fit_comes_below_with_the_first_column_again() -> None:
    rows = [[f"m{i}", *AREA[2][0][1:]] for i in range(9)]
    text = shown(("t", AREA[1], rows), width=40)
    assert "Not shown" not in text
    assert text.count("m8") == text.count("machine") == 3
    for number in AREA[2][0][1:]:
        assert text.count(f"{number:,}") == 9


def test_a_column_that_never_fits_is_named() -> None:
    rows = [[f"machine {i}", 12_345, 10**29] for i in range(9)]
    text = shown(("t", ["machine", "cells", "gates"], rows), width=40)
    assert text.count("12,345") == 9
    assert "Not shown, for want of room: gates." in text


def test_a_word_may_be_broken_only_if_it_is_long() -> None:
    path = "/a/very/long/path/of/a/file/that/no/terminal/is/wide/enough/for"
    text = shown(("t", ["file", "bytes"], [[path, 12_345_678]]), width=50)
    assert "12,345,678" in text
    assert re.sub(r"\s|12,345,678", "", text.split("─")[-1]) == path


def test_columns_of_numbers_stand_to_the_right_even_if_some_lack() -> None:
    rows = [["a", 6, "12.50", "-"], ["b", 1_000, "", "98.2 %"], ["c", 0.5, "1.25", ""]]
    *_, first, second, third = (
        shown(("t", ["n", "x", "y", "z"], rows), width=60).rstrip().split("\n")
    )
    assert first.split() == ["a", "6", "12.50", "-"]
    assert first.index("6") == second.index("1,000") + 4 == third.index("0.5") + 2
    assert first.index("12.50") + 1 == third.index("1.25")
    assert first.index(" -") + 1 == second.index("98.2 %") + 5


def test_a_table_may_be_empty() -> None:
    for terminal in (True, False):
        assert "front" in shown(("t", ["machine", "front"], []), width=40, terminal=terminal)
