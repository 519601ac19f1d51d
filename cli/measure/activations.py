"""``measure activations``: forms of activation functions beside full tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pascaline.cli import known
from pascaline.cli.command import command, output_options
from pascaline.cli.synthesis import area_options
from pascaline.console import bars, print_json, table

__all__ = ["activations"]


@command(example="pascaline measure activations --forms table,pieces16 --synthesise")
@click.option(
    "--forms",
    metavar="A,B,...",
    default=",".join(known.FORMS_OF_ACTIVATIONS),
    help="Forms to compare.",
)
@click.option("--pre", default="Q3.8", help="Format of the argument.")
@click.option("--sigmoid", default="Q0.7", help="Format of sigmoid's value.")
@click.option("--tanh", default="Q0.7", help="Format of tanh's value.")
@click.option("--synthesise", is_flag=True, help="Measure area, too; some minutes.")
@area_options
@click.option("--models", metavar="A,B,...", help="Measure what these get right, instead.")
@output_options
def activations(
    *,
    forms: str,
    pre: str,
    sigmoid: str,
    tanh: str,
    synthesise: bool,
    target_name: str,
    liberty: Path | None,
    dont_use: tuple[str, ...],
    models: str | None,
    as_json: bool,
) -> None:
    """Errors and area of a sigmoid and a tanh in each form; or what models get right with it.

    Areas have no memories in them; tables are of logic.
    """
    from pascaline.data.own import learned_from
    from pascaline.measure.activations import compare_activations, compare_models
    from pascaline.measure.synthesis import find_target
    from pascaline.models.catalogue import find_model
    from pascaline.spec.formats import Format

    wanted = forms.split(",")
    if models:
        results = {}
        with bars() as progress:
            for name in models.split(","):
                found = find_model(name)
                part = learned_from(found)
                results[name] = compare_models(found, part, wanted, progress=progress)
        if as_json:
            print_json({"models": results})
            return
        for name, rows in results.items():
            table(name, ["form", "right"], [[*row.values()] for row in rows])
        return
    target = find_target(target_name, liberty=liberty, dont_use=dont_use)
    outs = {
        name: Format.read(text, thing=f"--{name}")
        for name, text in (("sigmoid", sigmoid), ("tanh", tanh))
    }
    with bars() as progress:
        rows = compare_activations(
            Format.read(pre, thing="--pre"),
            outs,
            wanted,
            found=target if synthesise else None,
            progress=progress,
        )
    if as_json:
        unit = {"target": target.name, "unit": target.unit} if synthesise else {}
        print_json({"pre": pre, "sigmoid": sigmoid, "tanh": tanh, **unit, "forms": rows})
        return
    columns = ["form", "sigmoid off by", "on average", "tanh off by", "on average"]
    columns += [target.unit, "memory bits"] if synthesise else []
    table(f"sigmoid and tanh of {pre}", columns, [_row(row) for row in rows])


def _row(row: dict[str, Any]) -> list[Any]:
    distances = [
        value
        for name in ("sigmoid", "tanh")
        for value in (row["errors"][name][0], f"{row['errors'][name][1]:.3f}")
    ]
    return [
        row["form"],
        *distances,
        *(row[name] for name in ("area", "memory_bits") if name in row),
    ]
