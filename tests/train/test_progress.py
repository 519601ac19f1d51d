from __future__ import annotations

import pytest

from train.progress import bar, silent


def test_bars_go_to_the_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with bar() as report:
        report("learn", 1, 2, "loss 0.5")
        report("learn", 2, 2, "loss 0.1")
        report("check", 3, 3)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert [line.split()[0] for line in lines] == ["learn", "check"]
    assert "2/2" in lines[0]
    assert "loss 0.1" in lines[0]


def test_silent(capsys: pytest.CaptureFixture[str]) -> None:
    silent("learn", 1, 2)
    assert capsys.readouterr() == ("", "")
