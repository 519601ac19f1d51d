"""Finding what a user names: a model file, a shipped model, or a named configuration."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click

from pascaline import models
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.lanes import LaneDesign
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.modelfile import read_model
from pascaline.synth.choice import best_lane, costs

__all__ = [
    "find_base",
    "find_design",
    "find_model",
    "machine_options",
    "target_option",
]

target_option = click.option(
    "--target",
    type=click.Choice(sorted(costs())),
    default="generic",
    show_default=True,
    help="What --lane auto suits.",
)
"""For commands whose machine is for some target, but which do not synthesise it."""


def find_model(name: str) -> Model:
    """The model of that name or path.

    Raises
    ------
    InputError
        If there is none; names that are near are offered.
    """
    if name in models.names():
        return read_model(models.path(name))
    found = configs().get(name)
    if found is not None and found.network is not None:
        return found.synthetic(name)
    if Path(name).suffix or os.sep in name:
        return read_model(Path(name))
    known = sorted({*models.names(), *configs()})
    near = difflib.get_close_matches(name, known, n=3) or known
    raise InputError("model", f"must be a model file or one of {', '.join(near)}", name)


def find_base(model: Model, path: Path | None) -> Machine:
    """The machine of a file, else that of the model's named configuration, else the smallest."""
    if path is not None:
        return Machine.read(path)
    return configs()[model.name].machine if model.name in configs() else Machine()


def find_design(name: str, options: dict[str, Any], target: str) -> Design:
    """The model of that name on the machine that the options describe.

    Without ``--machine`` it starts from the machine of the named configuration; single options
    replace single parameters. ``--lane auto`` is what costs least on the target.
    """
    model = find_model(name)
    path = options.pop("machine")
    chosen = {key: value for key, value in options.items() if value is not None}
    if chosen.get("lane") == "auto":
        chosen["lane"] = best_lane(target, model.network)
    machine = Machine.parse(find_base(model, path).model_dump() | chosen, thing="machine")
    return Design(model=model, machine=machine)


def _choices(parameter: str) -> click.Choice[str]:
    """What a parameter of a machine may be."""
    return click.Choice(get_args(Machine.model_fields[parameter].annotation))


def _numbers(_: click.Context, option: click.Parameter, text: str | None) -> list[int] | None:
    """Numbers with commas between them."""
    if text is None:
        return None
    try:
        return [int(piece) for piece in text.split(",")]
    except ValueError:
        rule = "must be numbers with commas between them"
        raise InputError(str(option.opts[0]), rule, text) from None


def machine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that describe a machine."""
    for option in reversed(
        (
            click.option("--units", type=int, help="Hidden units side by side."),
            click.option("--simd", type=int, help="Inputs that each lane adds in a cycle."),
            click.option("--streams", type=int, help="Sequences that are interleaved."),
            click.option(
                "--stack",
                type=_choices("stack"),
                help="Whether each layer has lanes of its own, or equal layers share them.",
            ),
            click.option(
                "--layer-units",
                metavar="A,B,...",
                callback=_numbers,
                help="Units of each core of a pipelined stack, instead of --units.",
            ),
            click.option(
                "--lane",
                type=click.Choice([*get_args(LaneDesign), "auto"]),
                help="Lane design; auto: what costs least on the target.",
            ),
            click.option("--operand-registers", type=int, help="Registers before the lanes."),
            click.option("--tree-registers", type=int, help="Registers in each adder tree."),
            click.option(
                "--pipelined/--no-pipelined",
                default=None,
                help="Registers after every memory, product and sum, for a faster clock.",
            ),
            click.option(
                "--cell-unit",
                type=_choices("cell_unit"),
                help="What computes the element-wise part; serial: on one multiplier.",
            ),
            click.option("--cell-units", type=int, help="Units that leave the lanes together."),
            click.option("--head-units", type=int, help="Rows of the head side by side."),
            click.option("--head-simd", type=int, help="Inputs a cycle in each lane of the head."),
            click.option(
                "--weight-code",
                type=_choices("weight_code"),
                help="How weights are stored; dense: five ternary ones in a byte.",
            ),
            click.option(
                "--ports",
                type=_choices("ports"),
                help="Plain streams, or AXI4-Stream with a control port: AXI4-Lite or Wishbone.",
            ),
            click.option("--longest", type=int, help="Steps of the longest sequence."),
            click.option(
                "--weights",
                type=_choices("weights"),
                help="Where the model's integers live; ram: they are loaded.",
            ),
            click.option(
                "--parity/--no-parity",
                default=None,
                help="Parity bits on memories: no result after a wrong word.",
            ),
            click.option(
                "--machine",
                type=click.Path(path_type=Path),
                help="TOML file with these; options given beside it win.",
            ),
        )
    ):
        command = option(command)
    return command
