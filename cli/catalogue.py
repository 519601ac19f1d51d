"""The options that describe a machine, and the design that they make of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

from pascaline.cli.command import options
from pascaline.cli.completion import ALL_TARGETS, model_names
from pascaline.cli.numbers import WHOLE, numbers
from pascaline.cli.paths import PATH
from pascaline.console import warn
from pascaline.spec.lanes import LaneDesign
from pascaline.spec.machine import RETIRED, Machine

if TYPE_CHECKING:
    from pascaline.spec.design import Design

__all__ = ["find_design", "machine_options", "target_option"]

target_option = click.option(
    "--target",
    type=click.Choice(ALL_TARGETS),
    default="generic",
    help="What the machine is for: unless lanes are named, those that cost least there.",
)
"""For commands whose machine is for some target, but which do not synthesise it."""


def find_design(name: str, options: dict[str, Any], target: str) -> Design:
    """The model of that name on the machine that the options describe.

    Without ``--machine`` it starts from the machine of the named configuration; single options
    replace single parameters. Lanes follow the target, see `measure.designs.make_design`.
    """
    from pascaline.measure.designs import make_design
    from pascaline.models.catalogue import find_model
    from pascaline.spec.fitting import unlike, with_room

    path, other = options.pop("machine"), options.pop("like")
    chosen = {key: value for key, value in options.items() if value is not None}
    like = None if other is None else find_model(other)
    design = make_design(find_model(name), chosen, base=path, target=target, like=like)
    if like is not None:
        for line in unlike(design.network, with_room(like.network)):
            warn(f"the machine is wider than that of {other}: {line}")
    return design


class _Words(click.Choice[str]):
    """What a parameter of a machine may be; retired words are taken too, but not shown."""

    def __init__(self, parameter: str) -> None:
        super().__init__(get_args(Machine.model_fields[parameter].annotation))
        self._retired = RETIRED.get(parameter, {})

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> str:
        return value if value in self._retired else super().convert(value, param, context)


machine_options = options(
    "Machine",
    click.option(
        "--machine",
        type=PATH,
        help="TOML file with the options of a machine; those on the command line win.",
    ),
    options(
        "Machine: lanes",
        click.option("--units", type=WHOLE, help="Hidden units side by side."),
        click.option("--simd", type=WHOLE, help="Inputs that each lane adds in a cycle."),
        click.option(
            "--symbols/--vectors",
            default=None,
            help="Whether one-hot inputs come as numbers of symbols, or as vectors.",
        ),
        click.option("--streams", type=WHOLE, help="Sequences that are interleaved."),
        click.option(
            "--stack",
            type=_Words("stack"),
            help="Whether each layer has lanes of its own, or equal layers share them.",
        ),
        click.option(
            "--layer-units",
            metavar="A,B,...",
            callback=numbers,
            help="Units of each core of a separate stack, instead of --units.",
        ),
        click.option(
            "--lane",
            type=click.Choice([*get_args(LaneDesign), "auto"]),
            help="Lane design; auto: what costs least on the target.",
        ),
        click.option("--operand-registers", type=WHOLE, help="Registers before the lanes."),
        click.option("--tree-registers", type=WHOLE, help="Registers in each adder tree."),
        click.option(
            "--pipelined/--no-pipelined",
            default=None,
            help="Registers after every memory, product and sum, for a faster clock.",
        ),
    ),
    options(
        "Machine: cell units and head",
        click.option(
            "--cell-unit",
            type=_Words("cell_unit"),
            help="Hardware of the element-wise part; serial: one multiplier; bitserial: one adder.",
        ),
        click.option("--cell-units", type=WHOLE, help="Units that leave the lanes together."),
        click.option(
            "--butterflies", type=WHOLE, help="Of the transform of a layer without a matrix."
        ),
        click.option("--head-units", type=WHOLE, help="Rows of the head side by side."),
        click.option("--head-simd", type=WHOLE, help="Inputs a cycle in each lane of the head."),
        click.option(
            "--full-tables/--no-full-tables",
            default=None,
            help="Full tables of activation functions, also where folded ones have fewer bits.",
        ),
        click.option(
            "--multipliers",
            type=_Words("multipliers"),
            help="Products of gates: as the target makes them, or of adders, for LUTs.",
        ),
    ),
    options(
        "Machine: memories and ports",
        click.option(
            "--weight-code",
            type=_Words("weight_code"),
            help="How weights are stored; packed: five ternary ones in a byte.",
        ),
        click.option(
            "--ports",
            type=_Words("ports"),
            help="Plain streams, or AXI4-Stream with a control port: AXI4-Lite or Wishbone.",
        ),
        click.option("--longest", type=WHOLE, help="Steps of the longest sequence."),
        click.option(
            "--tdata",
            type=WHOLE,
            help="Bits of TDATA on a bus, a power of two, as DMA engines have them.",
        ),
        click.option(
            "--bus-states/--no-bus-states",
            default=None,
            help="A memory of states, which is written and read over a bus.",
        ),
        click.option(
            "--weights",
            type=_Words("weights"),
            help="Where the model's integers are: stored, logic: in no memory, ram: loaded at run"
            " time; wired: those of gates are the wires between shared adders.",
        ),
        click.option(
            "--adders",
            type=_Words("adders"),
            help="Adders of wired weights; serial: of one bit, bit after bit.",
        ),
        click.option(
            "--effort",
            type=WHOLE,
            help="Seconds of the search for fewer adders of wired weights.",
        ),
        click.option(
            "--like",
            metavar="MODEL",
            shell_complete=model_names,
            help="With loaded weights: the machine of this model, wider only where it must be.",
        ),
        click.option(
            "--parity/--no-parity",
            default=None,
            help="Parity bits on memories; after a wrong word, no more results.",
        ),
    ),
    note="By default as in the model's named configuration, else the smallest machine.",
)
"""The options that describe a machine, for `find_design`."""
