"""Bars, lines now and then, and what stages have taken."""

import io
import re
import time

import pytest

from pascaline import console
from pascaline.console import stages
from pascaline.spec.progress import each
from tests.console.streams import kept


def draw(**manner) -> str:
    with kept(width=200, **manner) as output, console.bars() as report:
        report("learn", 1, 2, "loss 0.5")
        report("learn", 2, 2, "loss 0.1")
        report("check", 3, 3)
    return output.getvalue()


class Broken(io.StringIO):
    """A pipe that nobody reads."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_who_does_not_read_does_not_stop_the_work(monkeypatch) -> None:
    monkeypatch.setattr(stages, "EVERY", 0.02)
    monkeypatch.setattr("threading.excepthook", pytest.fail)
    with kept(terminal=False, into=Broken()), console.bars() as report:
        report("learn", 0, 0)
        time.sleep(0.08)


def test_bars_name_every_stage_and_its_note() -> None:
    text = draw()
    assert all(word in text for word in ("learn", "2/2", "loss 0.1", "check", "3/3"))


@pytest.mark.parametrize("manner", [{"terminal": False}, {"quiet": True}])
def test_no_bars_without_a_terminal_nor_where_quiet_is_wanted(manner) -> None:
    assert draw(**manner) == ""


def test_stages_that_have_ended_are_said_once_with_their_seconds() -> None:
    with kept(terminal=False, verbose=True) as output, console.bars() as report:
        report("build", 0, 0)
        time.sleep(0.06)
        report("learn", 1, 2)
        report("learn", 2, 2)
        report("learn", 2, 2)
        report("check", 1, 3)
    lines = output.getvalue().splitlines()
    assert [re.sub(r"[\d.]+ s", "S", line) for line in lines] == [
        "build: S",
        "learn: S",
        "check: S",
    ]
    assert float(lines[0].split()[1]) >= 0.1


def test_a_stage_with_a_known_end_lasts_while_others_come_and_go() -> None:
    with kept(terminal=False, verbose=True) as output, console.bars() as report:
        for _ in each("ab", report, "all"):
            report("build", 0, 0)
            report("check", 0, 0)
    names = [line.split(":")[0] for line in output.getvalue().splitlines()]
    assert names == ["build", "check", "build", "check", "all"]


def test_what_fails_has_not_ended() -> None:
    def fail() -> None:
        with console.bars() as report:
            report("build", 0, 0)
            raise ValueError("x")

    with kept(terminal=False, verbose=True) as output, pytest.raises(ValueError, match="x"):
        fail()
    assert output.getvalue() == ""


@pytest.mark.parametrize("quiet", [False, True])
def test_a_pipe_gets_a_line_now_and_then(monkeypatch, quiet) -> None:
    monkeypatch.setattr(stages, "EVERY", 0.05)
    with kept(terminal=False, quiet=quiet) as output, console.bars() as report:
        report("learn", 1200, 5000, "loss 0.5")
        time.sleep(0.18)
        report("build", 0, 0)
        time.sleep(0.18)
        report("learn", 5000, 5000)
    lines = output.getvalue().splitlines()
    assert len(set(lines)) == (0 if quiet else 2)
    if not quiet:
        assert lines[0] == "learn: 1,200 of 5,000, 0 s, loss 0.5"
        assert lines[-1] == "learn: 1,200 of 5,000, 0 s, loss 0.5; build: 0 s"
        assert 4 <= len(lines) <= 7
