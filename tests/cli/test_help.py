"""The help of every command: quick, in groups, with an example that can be run."""

import re
import shlex
import subprocess
import sys
from typing import ClassVar

import click
import pytest

from pascaline.cli.command import Command
from pascaline.cli.main import COMMANDS, cli
from pascaline.cli.measure import COMMANDS as MEASURE
from pascaline.cli.measure import measure

SLOW = ("numpy", "cocotb", "pytest", "amaranth", "rich.progress", "torch", "onnx")
"""What no help may import; with one of them it takes at least twice as long."""

NAMES = [(name,) for name in COMMANDS if name != "measure"] + [
    ("measure", name) for name in MEASURE
]

PROGRAM = f"""
import sys
from pascaline.cli.main import cli
for words in {[(), ("measure",), *NAMES]}:
    cli.main([*words, "--help"], prog_name="pascaline", standalone_mode=False)
    for name in {SLOW}:
        assert name not in sys.modules, (words, name)
"""


SHOWN = f"""
import sys
from pascaline.cli.main import cli
for words in ["list"], ["show", "digits-ternary"]:
    cli.main(words, prog_name="pascaline", standalone_mode=False)
    for name in {(*SLOW, "scipy", "networkx", "jinja2", "yowasp_runtime")}:
        assert name == "numpy" or name not in sys.modules, (words, name)
"""
"""What is read and not simulated, synthesised or drawn needs no more than NumPy."""


@pytest.fixture(params=NAMES, ids=" ".join)
def found(request):
    """Words of a command, the command and its context."""
    *groups, name = request.param
    group = measure if groups else cli
    root = click.Context(cli, info_name="pascaline", **cli.context_settings)
    parent = click.Context(measure, info_name="measure", parent=root) if groups else root
    command = group.get_command(parent, name)
    return request.param, command, click.Context(command, info_name=name, parent=parent)


def ended(program):
    """What a program in Python has printed."""
    # All in one process: what one command imports, the next ones need not do without.
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_no_help_imports_what_takes_long():
    assert ended(PROGRAM).count("Usage: pascaline ") == len(NAMES) + 2


def test_list_and_show_import_no_more_than_they_need():
    assert "cycles a step" in ended(SHOWN)


def test_the_example_can_be_run(found):
    words, command, context = found
    assert isinstance(command, Command)
    for line in command.example.splitlines():
        first, *rest = shlex.split(line)
        assert (first, *rest[: len(words)]) == ("pascaline", *words)
        command.make_context(words[-1], rest[len(words) :], parent=context.parent)
        assert f"\nExample:\n  {line}\n" in command.get_help(context)


def test_every_option_says_what_it_is(found):
    _, command, context = found
    text = re.sub(r"\s", "", command.get_help(context))
    assert "None" not in text
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help, option.opts
            assert "default" not in option.help, option.opts
            usual = option.default
            if isinstance(usual, (int, float, str)) and not option.is_flag:
                words = re.escape(re.sub(r"\s", "", str(usual)))
                assert re.search(rf"default:{words}[\];]", text), option.opts


def test_output_comes_last_and_options_are_in_groups(found):
    _, command, context = found
    text = command.get_help(context)
    *_, last = re.findall(r"^[A-Z].*:$", text, re.MULTILINE)
    assert last == "Output:"
    output = text[text.index("\nOutput:") :]
    for option in ("--json", "-q, --quiet", "-v, --verbose", "-h, --help"):
        assert output.count(f"  {option} ") == 1
    for group in re.split(r"^[A-Z].*:$", text, flags=re.MULTILINE)[1:]:
        assert len(re.findall(r"^  -", group, re.MULTILINE)) <= 24


def test_lines_are_kept_as_they_are(found):
    _, command, context = found
    context.terminal_width = 40
    for line in command.example.splitlines():
        assert f"  {line}\n" in command.get_help(context)


def test_quiet_and_verbose(pascaline, monkeypatch, tmp_path):
    class Written:
        description: ClassVar = {}

        def write(self, *_):
            return []

    def generate(*_, progress, **__):
        progress("generating it", 0, 0)
        return Written()

    monkeypatch.setattr("pascaline.generate", generate)
    words = ["generate", "tiny-ternary", "-o", tmp_path]
    status, _, err = pascaline(*words, "-v")
    assert status == 0
    assert re.fullmatch(r"generating it: \d+\.\d s\n", err)
    assert pascaline(*words, "-q")[2] == ""
    assert pascaline(*words)[2] == ""
    line = "pascaline: --quiet: must not be given with --verbose\n"
    assert pascaline(*words, "-q", "-v") == (2, "", line)
