"""The tables of commands name what is there."""

import click
import pytest

from pascaline.cli.main import COMMANDS, cli
from pascaline.cli.measure import COMMANDS as MEASURE
from pascaline.cli.measure import measure
from pascaline.cli.paths import FilePath

ALL = [*((cli, name) for name in COMMANDS), *((measure, name) for name in MEASURE)]


@pytest.mark.parametrize(("group", "name"), ALL)
def test_every_command_is_there(group, name):
    command = group.get_command(click.Context(group), name)
    assert command.name == name
    assert command.help


@pytest.mark.parametrize(("group", "name"), ALL)
def test_every_path_is_of_the_kind_that_is_never_empty(group, name):
    for option in group.get_command(click.Context(group), name).params:
        assert isinstance(option.type, FilePath) or not isinstance(option.type, click.Path)


def test_help_lines_fit():
    for _, line in (COMMANDS | MEASURE).values():
        assert line.endswith(".")
        assert len(line) <= 60
