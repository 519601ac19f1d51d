"""What a shell completes."""

import re
from pathlib import Path

import pytest

from pascaline import models
from pascaline.spec.configs import configs
from tests.tools import program

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def complete(pascaline, monkeypatch):
    """What Bash is told for a line: words, and kinds of files."""

    def call(line):
        monkeypatch.setenv("_PASCALINE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        status, out, err = pascaline()
        assert (status, err) == (0, "")
        return [tuple(one.split(",", 1)) for one in out.splitlines()]

    return call


def plain(*words):
    return [("plain", word) for word in words]


def test_commands(complete):
    assert complete("pascaline ex") == plain("explore", "export")
    assert complete("pascaline measure lane") == plain("lane-designs", "lanes")


@pytest.mark.parametrize(
    "command", ["show", "generate", "report", "measure faults", "measure lint"]
)
def test_models_are_the_shipped_ones_and_the_named_configurations(complete, command):
    known = sorted({*models.names(), *configs()})
    assert complete(f"pascaline {command} ") == plain(*known)
    assert ("plain", "tiny-ternary") in complete(f"pascaline {command} tiny-t")


def test_other_models_are_files(complete):
    assert complete("pascaline show ./mi") == [("file", "./mi")]
    assert complete("pascaline import ne") == [("file", "ne")]


def test_targets_and_devices(complete):
    assert complete("pascaline report x --target a") == plain("asic")
    assert complete("pascaline generate x --target e") == plain("ecp5")
    assert complete("pascaline measure ports --target ic") == plain("ice40")
    assert complete("pascaline report x --target ice40 --device ") == plain("hx1k", "hx8k", "up5k")
    assert complete("pascaline report x --device 8") == plain("85k")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_line_of_the_readme_turns_it_on(shell, pascaline, monkeypatch):
    assert f"_PASCALINE_COMPLETE={shell}_source pascaline" in README.read_text(encoding="utf-8")
    if shell == "bash":
        program("bash", package="bash")
    monkeypatch.setenv("_PASCALINE_COMPLETE", f"{shell}_source")
    status, out, _ = pascaline()
    assert status == 0
    assert re.search(rf"_PASCALINE_COMPLETE={shell}_complete", out)
