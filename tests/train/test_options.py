from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spec.errors import InputError
from train.data import DATA_SETS
from train.options import TASKS, Options, task


def test_every_task_has_its_data() -> None:
    assert list(TASKS) == ["digits", "rows"]
    assert {known.data for known in TASKS.values()} <= set(DATA_SETS)


def test_unknown_task() -> None:
    with pytest.raises(InputError, match=r"^task: must be one of digits, rows, not 'words'$"):
        task("words")


def test_epochs() -> None:
    assert Options().schedule(task("rows")) == task("rows").schedule
    assert Options(epochs=3).schedule(task("rows")).epochs == 3


def test_command_spells_everything_out() -> None:
    options = Options(
        weights="binary", normaliser="batchnorm", shared_scale=False, epochs=7, seed=3
    )
    assert options.command(task("digits"), Path("models/my digits.safetensors")) == (
        "pascaline train digits --weights binary --hidden 100 --normaliser batchnorm"
        " --separate-scale --epochs 7 --seed 3 -o 'models/my digits.safetensors'"
    )


def test_command_has_no_absolute_path() -> None:
    options = Options(epochs=7, validation=True)
    assert options.command(task("rows"), Path("/somewhere/rows.safetensors")) == (
        "pascaline train rows --weights ternary --hidden 100 --normaliser scale --shared-scale"
        " --epochs 7 --seed 0 --validation -o rows.safetensors"
    )


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"weights": "octal"}, "weights: should be 'binary' or 'ternary', not 'octal'"),
        ({"normaliser": "layer"}, "normaliser: should be 'scale' or 'batchnorm', not 'layer'"),
        ({"hidden": 0}, "hidden: should be greater than or equal to 1, not 0"),
        ({"hidden": 4096}, "hidden: should be less than or equal to 2048, not 4096"),
        ({"epochs": 0}, "epochs: should be greater than or equal to 1, not 0"),
        ({"seed": -1}, "seed: should be greater than or equal to 0, not -1"),
    ],
)
def test_bad_choice(choice: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=f"^options: {text}$"):
        Options.parse(choice, thing="options")
