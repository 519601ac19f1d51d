"""What `tests.walk` runs is what is documented, and the README's demo is what there is."""

import click
import pytest

from pascaline.cli.main import cli
from tests.command import pascaline
from tests.walk import CLAIMS, LEFT_OUT, PAGES, ROOT, demo, documented, plain, reason, shown

__all__ = ["pascaline"]

EVERY = sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
COMMANDS = [command for page in PAGES for command in documented(page)]
RUN = [command for command in COMMANDS if reason(command) is None]


def test_every_command_is_run_and_claims_something_or_has_a_reason():
    assert len(COMMANDS) >= 40
    assert {command.text for command in RUN} == set(CLAIMS)
    reasons = [reason(command) for command in COMMANDS]
    assert set(reasons) - {None} == set(LEFT_OUT.values())
    for start in LEFT_OUT:
        assert any(f"{command.text} ".startswith(start) for command in COMMANDS), start


@pytest.mark.parametrize("page", ["README.md", *EVERY])
def test_options_that_are_written_exist(page):
    for command in documented(page):
        words = [word for word in command.words if "$" not in word]
        context, group = click.Context(cli), cli
        while isinstance(group, click.Group):
            name, group, words = group.resolve_command(context, words)
        try:
            group.make_context(name, list(words), parent=context)
        except click.UsageError as error:
            pytest.fail(f"{page}:{command.line}: {command.text}: {error.format_message()}")


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
