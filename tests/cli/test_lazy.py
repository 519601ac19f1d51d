"""The tables of commands name what is there."""

import click
import pytest

from pascaline.cli.bench import COMMANDS as BENCH
from pascaline.cli.bench import bench
from pascaline.cli.main import COMMANDS, cli


@pytest.mark.parametrize(
    ("group", "name"), [*((cli, name) for name in COMMANDS), *((bench, name) for name in BENCH)]
)
def test_every_command_is_there(group, name):
    command = group.get_command(click.Context(group), name)
    assert command.name == name
    assert command.help


def test_help_lines_fit():
    for _, line in (COMMANDS | BENCH).values():
        assert line.endswith(".")
        assert len(line) <= 60
