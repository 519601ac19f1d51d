from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pascaline.data.sets import DATA_SETS
from pascaline.spec.errors import InputError
from pascaline.train.options import Options
from pascaline.train.tasks import TASKS, task


def test_every_task_has_its_data() -> None:
    assert list(TASKS) == list(DATA_SETS)
    assert {known.data for known in TASKS.values()} <= set(DATA_SETS)


def test_unknown_task() -> None:
    with pytest.raises(InputError, match=r"^task: must be one of digits, rows, .*, not 'words'$"):
        task("words")


def test_what_is_not_chosen_is_the_task_s() -> None:
    assert Options().schedule(task("rows")) == task("rows").schedule
    assert Options(epochs=3).schedule(task("rows")).epochs == 3
    settled = Options(rate=0.1).settled(task("pixel"))
    assert (settled.normaliser, settled.shared_scale, settled.hidden) == ("batchnorm", False, 100)
    assert (settled.epochs, settled.batch, settled.rate) == (120, 200, 0.1)
    assert settled.settled(task("rows")) == settled


def test_arithmetic_of_the_model() -> None:
    assert Options(weights="binary").arithmetics[0].name == "binary"
    assert Options(weights="float").arithmetics[1].name == "fixed12"
    with pytest.raises(InputError, match=r"^arithmetic: must be .*, not 'octal'$"):
        _ = Options(weights="octal").arithmetics


def test_command_spells_everything_out() -> None:
    options = Options(
        weights="binary", normaliser="batchnorm", shared_scale=False, epochs=7, seed=3
    )
    assert options.command(task("digits"), Path("models/my digits.safetensors")) == (
        "pascaline train digits --weights binary --hidden 100 --normaliser batchnorm"
        " --separate-scale --epochs 7 --batch 100 --rate 0.01 --seed 3"
        " -o 'models/my digits.safetensors'"
    )
    drawn = Options(rule="ardakani", stochastic=True, draw=True, dropout=0.3)
    assert drawn.command(task("linux"), Path("a.safetensors")) == (
        "pascaline train linux --weights ternary --rule ardakani --stochastic --draw --hidden 512"
        " --normaliser scale --separate-scale --epochs 5 --batch 64 --rate 0.008 --dropout 0.3"
        " --seed 0 -o a.safetensors"
    )


def test_command_has_no_absolute_path() -> None:
    options = Options(epochs=7, validation=True)
    assert options.command(task("rows"), Path("/somewhere/rows.safetensors")) == (
        "pascaline train rows --weights ternary --hidden 100 --normaliser scale --shared-scale"
        " --epochs 7 --batch 100 --rate 0.01 --seed 0 --validation -o rows.safetensors"
    )


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"normaliser": "layer"}, "normaliser: should be 'scale', .* or 'stepnorm', not 'layer'"),
        ({"dropout": 1.0}, "dropout: should be less than 1, not 1.0"),
        ({"hidden": 0}, "hidden: should be greater than or equal to 1, not 0"),
        ({"hidden": 4096}, "hidden: should be less than or equal to 2048, not 4096"),
        ({"epochs": 0}, "epochs: should be greater than or equal to 1, not 0"),
        ({"seed": -1}, "seed: should be greater than or equal to 0, not -1"),
    ],
)
def test_bad_choice(choice: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=f"^options: {text}$"):
        Options.parse(choice, thing="options")
