from __future__ import annotations

import io

import pytest
from rich.console import Console

from pascaline import console


def draw(*, terminal: bool) -> str:
    output = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "ERR", Console(file=output, force_terminal=terminal, width=200))
        with console.bars() as report:
            report("learn", 1, 2, "loss 0.5")
            report("learn", 2, 2, "loss 0.1")
            report("check", 3, 3)
    return output.getvalue()


def test_bars_name_every_stage_and_its_note() -> None:
    text = draw(terminal=True)
    assert all(word in text for word in ("learn", "2/2", "loss 0.1", "check", "3/3"))


def test_no_bars_without_a_terminal() -> None:
    assert draw(terminal=False) == ""


def test_numbers_are_not_cut_where_there_is_little_room() -> None:
    output = io.StringIO()
    numbers = [30_220, 28_290, 1_930, 229_560, 57_390, 290_428, 304]
    columns = ["machine", "cells", "gates", "flip flops", "transistors", "gate equivalents"]
    columns += ["memory bits", "cycles per step"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "OUT", Console(file=output, width=78))
        console.table("title", columns, [["ram, parity", *numbers]])
    assert all(f"{number:,}" in output.getvalue() for number in numbers)


def test_names_are_no_markup() -> None:
    output = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "OUT", Console(file=output, width=78))
        console.table("t[/b]", ["a[/b]"], [["[/red]"], ["[red]x"], ["\x1b[31m\udcff"]])
        console.say("[/b]\udcff")
    for text in ("t[/b]", "a[/b]", "[/red]", "[red]x", r"\x1b[31m\udcff", r"[/b]\udcff"):
        assert text in output.getvalue()
