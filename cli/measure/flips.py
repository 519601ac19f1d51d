"""``measure flips``: bits of memories that change, and whether parity reports each that matters."""

from __future__ import annotations

import sys

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import COUNT, SEED
from pascaline.console import bars, print_json, table

__all__ = ["flips"]


@command(example="pascaline measure flips --count 60")
@click.option("--count", type=COUNT, default=600, help="Bits to flip.")
@click.option("--seed", type=SEED, default=0, help="Seed of times and places.")
@output_options
def flips(*, count: int, seed: int, as_json: bool) -> None:
    """Flip COUNT bits in Verilator, each at a random time in a random place of a random memory.

    Of all memories that have parity: weights, scales and biases, h, c, inputs, and buffers of
    vectors. Each flip must either be reported before any result or state that it changes, or have
    no effect.
    """
    from pascaline.measure.flips import flip_bits
    from pascaline.sim.flips import OUTCOMES

    with bars() as progress:
        result = flip_bits(count, seed=seed, progress=progress)
    if as_json:
        print_json(result)
    else:
        total = {kind: result[kind] for kind in OUTCOMES}
        machines = result["machines"] | {"all": total}
        rows = [[name, *found.values()] for name, found in machines.items()]
        table(f"{count:,} flips, seed {seed}", ["machine", *OUTCOMES], rows)
    for fault in result["faults"]:
        click.echo(fault, err=True)
    sys.exit(1 if result["faults"] or result["missed"] else 0)
