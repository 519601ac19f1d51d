"""``measure attention``: what it takes beside the layer before it, and how near a softmax it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pascaline.cli import known
from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import COUNT, Whole
from pascaline.cli.synthesis import area_options
from pascaline.console import bars, print_json, table

__all__ = ["attention"]


@command(example="pascaline measure attention --hidden 128 --synthesise")
@click.option(
    "--hidden",
    "sizes",
    type=Whole(1, 2048),
    multiple=True,
    default=(128, 256),
    help="Hidden units of a direction; may be repeated.",
)
@click.option("--inputs", type=COUNT, default=64, help="Inputs.")
@click.option(
    "--cell",
    type=click.Choice(known.CELLS),
    default=known.CELLS[0],
    help="Cell of the layer before it.",
)
@click.option("--weights", default="ternary", help="Arithmetic of the weights.")
@click.option("--units", type=COUNT, default=16, help="Hidden units side by side.")
@click.option("--simd", type=COUNT, default=16, help="Inputs that each lane adds in a cycle.")
@click.option("--longest", type=COUNT, default=256, help="Steps of the longest sequence.")
@click.option("--bidirectional / --forward", default=True, help="Directions.", show_default="both")
@click.option("--pipelined / --no-pipelined", help="Registers for a faster clock.")
@click.option(
    "--trials",
    type=Whole(0, 500),
    default=20,
    help="Sequences whose weights are compared with a softmax, for each length and spread.",
)
@click.option("--synthesise", is_flag=True, help="Measure area, too; minutes.")
@area_options
@click.option(
    "--models",
    metavar="A,B,...",
    help="Compare what these decide with what they would with a softmax, instead.",
)
@output_options
def attention(
    *,
    synthesise: bool,
    target_name: str,
    liberty: Path | None,
    dont_use: tuple[str, ...],
    models: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Cycles and area of pooling by attention, and its largest error.

    Cycles of a step are those in the middle of long sequences, with attention and without; those of
    a result are from the last chunk of a sequence to the last one of its result. Areas are without
    memories. Errors are the largest differences of weights from those of a softmax of the same
    scores; ``--models`` shows how many decisions on held-out data that changes.
    """
    from pascaline.measure.attention import compare_attention
    from pascaline.measure.synthesis import find_target

    if models is not None:
        _decisions(models.split(","), as_json=as_json)
        return
    found = find_target(target_name, liberty=liberty, dont_use=dont_use)
    with bars() as progress:
        result = compare_attention(
            options.pop("sizes"),
            found=found if synthesise else None,
            progress=progress,
            **options,
        )
    if as_json:
        print_json(result)
    else:
        _show(result)


def _decisions(names: Sequence[str], *, as_json: bool) -> None:
    from pascaline.data.own import learned_from
    from pascaline.measure.decisions import check_attends, compare_decisions
    from pascaline.models.catalogue import find_model

    results = {}
    with bars() as progress:
        for name in names:
            model = find_model(name)
            check_attends(model)
            part = learned_from(model)
            results[name] = compare_decisions(model, part.sequences, progress=progress)
    if as_json:
        print_json({"models": {name: one.card() for name, one in results.items()}})
        return
    rows = [[name, str(one)] for name, one in results.items()]
    table("decisions that a softmax in real numbers would not change", ["model", "same"], rows)


def _show(result: dict[str, Any]) -> None:
    areas = "unit" in result
    columns = ["hidden", "elements", "a step", "without", "attention alone", "a result"]
    columns += ["memories, bits", *(["area"] if areas else [])]
    rows: list[list[Any]] = []
    for one in result["sizes"]:
        steps = one["step_cycles"]
        row = [one["hidden"], one["elements"], f"{steps['attention']:g}", f"{steps['none']:g}"]
        row += [f"{one['pace']:g}", one["result"], sum(one["memory_bits"].values())]
        rows.append(row + ([one["area"]] if areas else []))
    of = f" ({result['unit']}, {result['target']})" if areas else ""
    directions = "both directions" if result["bidirectional"] else "one direction"
    table(f"attention over the outputs of a layer of {directions}{of}", columns, rows)
    if result["errors"]:
        table(
            "largest difference of a weight from a softmax",
            ["steps", "scores in any order", "rising"],
            [
                [steps, f"{error['any']:.6f}", f"{error['rising']:.6f}"]
                for steps, error in result["errors"].items()
            ],
        )
