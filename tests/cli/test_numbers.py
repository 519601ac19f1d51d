"""Numeric options of all commands."""

from importlib import import_module

import click
import pytest

from pascaline.cli.main import COMMANDS
from pascaline.cli.measure import measure
from pascaline.cli.numbers import Real, Whole

NUMERIC = (click.types.IntParamType, click.types.FloatParamType)


def commands():
    for where, _ in COMMANDS.values():
        module, name = where.split(":")
        yield getattr(import_module(module), name)
    context = click.Context(measure)
    for name in measure.list_commands(context):
        yield measure.get_command(context, name)


def options():
    for command in commands():
        for one in command.params:
            if isinstance(one.type, NUMERIC):
                yield command.name, one


def test_every_numeric_option_is_checked_in_one_place():
    found = list(options())
    assert len(found) > 80
    for command, one in found:
        assert isinstance(one.type, (Real, Whole)), (command, one.name)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e400", "9" * 5000, "9" * 40, "", "x"])
def test_what_no_option_takes(text):
    for command, one in options():
        with pytest.raises(click.BadParameter) as caught:
            one.type.convert(text, one, None)
        assert len(caught.value.message) < 200, (command, one.name)
