"""Models of a user's own data and network, made without training: with random weights.

Their cards are those that `train.recipe.train` writes, by the same functions.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

import pascaline
from pascaline.spec.modelfile import write_model
from pascaline.spec.synthetic import synthetic_model
from pascaline.train.options import Options
from pascaline.train.recipe import Plan, data_card
from pascaline.train.tasks import task

CLASSES = ("fall", "flat", "rise")

NAMES = ("folder", "text", "brought")

SHAPES = {
    "rnn.weight_ih_l0": (3, 2),
    "rnn.weight_hh_l0": (3, 3),
    "rnn.bias_ih_l0": (3,),
    "rnn.bias_hh_l0": (3,),
    "fc.weight": (3, 3),
    "fc.bias": (3,),
}
"""Of the tensors of a network for such data, as PyTorch names them."""


def make_folder(path, *, count=3, offset=0.0, scale=1.0):
    """Sequences of two inputs whose first one falls, stays or rises, in a folder for each class."""
    rng = np.random.default_rng(0)
    for number, name in enumerate(CLASSES):
        (path / name).mkdir(parents=True)
        for index in range(count):
            sequence = rng.normal(0, 0.3, (int(rng.integers(4, 8)), 2))
            sequence[:, 0] += (number - 1) * np.linspace(0, 3, len(sequence))
            rows = sequence * scale + offset
            np.savetxt(path / name / f"{index}.csv", rows, "%.12g", ",", header="a,b", comments="")
    return path


def make_own_models(path):
    """Files of `NAMES` in a folder, and beside them the data ``waves`` and ``words.txt``.

    The data are named as they are seen from there.
    """
    make_folder(path / "waves")
    (path / "words.txt").write_text("to be or not to be, " * 150, encoding="utf-8")
    learned(path, "folder", "waves")
    learned(path, "text", "words.txt")
    tensors = {
        name: np.random.default_rng(0).normal(0, 0.7, shape) for name, shape in SHAPES.items()
    }
    np.savez(path / "brought.npz", **tensors)
    pascaline.save(
        pascaline.import_network(path / "brought.npz", reach=4, classes=CLASSES),
        path / "brought.safetensors",
    )


def learned(path, name, data):
    """Write what ``train DATA`` would, but for the weights."""
    chosen = task(str(path / data))
    plan = Plan(chosen, Options(cell="rnn", hidden=3).settled(chosen))
    model = synthetic_model(name, plan.draft, np.random.default_rng(0))
    parts = {"train": plan.parts.train, "held-out": plan.parts.held_out}
    card = {
        "task": data,
        "data": data_card(replace(plan.data, name=data), parts),
        "preprocess": plan.rule.model_dump(mode="json"),
        "logit_unit": 2.0**-10,
    }
    write_model(replace(model, card=model.card | card), Path(path, f"{name}.safetensors"))
