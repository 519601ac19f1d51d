"""What `tests.walk` runs is what is documented, and the README's demo is what there is."""

import click
import pytest

from pascaline.cli.main import cli
from tests.command import pascaline
from tests.walk.__main__ import Walk
from tests.walk.pages import PAGES, commands, demo, plain, shown
from tests.walk.plan import ALSO, BEFORE, CLAIMS, NEVER, TORCH, WANTS, wants

__all__ = ["pascaline"]

COMMANDS = [command for page in PAGES for command in commands(page)]


def test_every_command_claims_something_or_is_never_run():
    never = [command for command in COMMANDS if wants(command) in NEVER]
    assert {command.text for command in COMMANDS if command not in never} == set(CLAIMS)
    assert {wants(command) for command in COMMANDS} == {"", TORCH, *ALSO, *NEVER}
    for start in (*WANTS, *BEFORE):
        assert any(f"{command.text} ".startswith(start) for command in COMMANDS), start


def test_most_are_run_where_there_is_pytorch():
    assert sum(wants(command) in ("", TORCH) for command in COMMANDS) >= 40


@pytest.mark.parametrize("page", PAGES)
def test_options_that_are_written_exist(page):
    for command in commands(page):
        words = list(command.words)
        # Its settings are those of the help option, which commands keep.
        context, group = click.Context(cli, **cli.context_settings), cli
        while isinstance(group, click.Group):
            name, group, words = group.resolve_command(context, words)
        try:
            group.make_context(name, list(words), parent=context)
        except click.UsageError as error:
            pytest.fail(f"{page}:{command.line}: {command.text}: {error.format_message()}")


def test_what_is_not_as_documented_is_said(tmp_path, capsys, monkeypatch):
    """With a program that does nothing, and an environment without PyTorch."""
    (tmp_path / "bin").mkdir()
    for name, status in (("pascaline", 0), ("python", 1)):
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\nexit {status}\n")
        path.chmod(0o755)
    walk = Walk(tmp_path / "bin" / "pascaline", tmp_path)
    walk.page("docs/tutorial.md")
    walk.page("docs/handover.md")
    said = capsys.readouterr().out
    assert "docs/handover.md:5: generate digits-ternary" in said
    assert ": no 'out/digits_ternary_tb.v'; no 'out/digits_ternary_vectors.npz' (" in said
    counts = {"documented": 5, "programs": 2, "not run, as it wants PyTorch": 6}
    assert walk.counts == counts | {"run": 1, "otherwise": 1}
    assert not walk.good


def demo_of(pascaline, *commands):
    """What these commands of the demo print."""
    found = [words for words in demo() if words[0] in commands]
    assert len(found) == len(commands)
    printed = []
    for words in found:
        status, out, err = pascaline(*words)
        assert status == 0, err
        printed.append(plain(out))
    return "\n".join(printed)


def test_demo_begins_with_files_and_ends_with_a_report(pascaline, tmp_path, monkeypatch):
    """To the byte."""
    monkeypatch.chdir(tmp_path)
    assert shown().startswith(demo_of(pascaline, "generate") + "\n")
    assert shown().endswith("\n" + demo_of(pascaline, "report"))


@pytest.mark.long
def test_demo_prints_what_is_shown(pascaline, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert demo_of(pascaline, "generate", "simulate", "report") == shown()
