"""The tables of commands name what is there."""

import click
import pytest

from pascaline.cli.main import COMMANDS, cli
from pascaline.cli.measure import COMMANDS as MEASURE
from pascaline.cli.measure import measure


@pytest.mark.parametrize(
    ("group", "name"), [*((cli, name) for name in COMMANDS), *((measure, name) for name in MEASURE)]
)
def test_every_command_is_there(group, name):
    command = group.get_command(click.Context(group), name)
    assert command.name == name
    assert command.help


def test_help_lines_fit():
    for _, line in (COMMANDS | MEASURE).values():
        assert line.endswith(".")
        assert len(line) <= 60
