"""The whole way from a task's name to a model file. Needs PyTorch only when it runs."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spec.arithmetic import Arithmetic, arithmetic
from spec.errors import InputError
from spec.model import Model
from spec.modelfile import write_model
from spec.network import Network
from spec.tensors import tensor_specs
from train.data import DataSet, data_set
from train.draft import Formats, draft
from train.evaluate import Score, predict
from train.freeze import freeze
from train.options import Options, task
from train.progress import Report, silent

if TYPE_CHECKING:
    from train.network import Classifier

__all__ = ["train"]

FORMATS = Formats(scale_width=8)
"""On validation data 8-bit row scales get as many sequences right as 16-bit ones."""


def train(name: str, options: Options, output: Path, *, report: Report = silent) -> Model:
    """Learn a task, freeze the network, measure it, and write the model file.

    Parameters
    ----------
    name : str
        The task: a key of `train.options.TASKS`.
    options : Options
        What the user chooses.
    output : Path
        The model file; its stem becomes the model's name.
    report : Report
        Told how far the work is.

    Returns
    -------
    Model
        What has been written. Its card says how it came about and how accurate it is: as a
        floating-point network with the same weights, and as the integers that hardware computes.

    Raises
    ------
    InputError
        If PyTorch is missing, if data cannot be fetched, if a choice cannot be, or if the file
        cannot be written; then there is no file.
    """
    try:
        from train.fit import classify
        from train.learn import learn
    except ModuleNotFoundError as error:
        raise InputError("training", f"needs {error.name} (pip install pascaline[train])") from None
    chosen = task(name)
    data = data_set(chosen.data)
    parts, part = data.load(), "held-out"
    if options.validation:
        parts, part = parts.validation(), "validation"
    rule, schedule = chosen.preprocess(parts.train), options.schedule(chosen)
    description = draft(
        FORMATS,
        inputs=data.inputs,
        hidden=options.hidden,
        weights=arithmetic(options.weights),
        classes=data.classes,
    )

    def frozen(network: Classifier) -> Model:
        return freeze(network.learned(), description, name=output.stem)

    learned = learn(
        options,
        schedule,
        rule.apply(parts.train.sequences, description.x),
        parts.train.labels,
        classes=data.classes,
        lsb=description.x.lsb,
        augment=chosen.augment,
        check=frozen,
        report=report,
    )
    model = frozen(learned)
    inputs = rule.apply(parts.held_out.sequences, description.x)
    as_float = classify(learned, inputs, lsb=description.x.lsb)
    as_integer = predict(model, inputs, report)
    card = {
        "task": chosen.name,
        "command": options.command(chosen, output),
        "seed": options.seed,
        "schedule": schedule.model_dump(mode="json"),
        "data": _data_card(data, {"train": len(parts.train), part: len(parts.held_out)}),
        "preprocess": rule.model_dump(mode="json"),
        "accuracy": {
            "part": part,
            "float": _score_card(Score.of(as_float, parts.held_out.labels)),
            "integer": _score_card(Score.of(as_integer, parts.held_out.labels)),
        },
        "weight_bytes": _weight_bytes(model.network),
        "made_with": {package: version(package) for package in ("pascaline", "numpy", "torch")},
    }
    model = replace(model, card=model.card | card)
    write_model(model, output)
    return model


def _data_card(data: DataSet, sequences: dict[str, int]) -> dict[str, Any]:
    return {
        "name": data.name,
        "title": data.title,
        "source": data.source,
        "licence": data.licence,
        "package": str(data.package),
        "sha256": data.package.sha256,
        "sequences": sequences,
    }


def _score_card(score: Score) -> dict[str, Any]:
    return {"correct": score.correct, "total": score.total, "wrong": list(score.wrong)}


def _weight_bytes(network: Network) -> dict[str, int]:
    """Bytes of each weight matrix, its rows packed as in the model file."""
    return {
        name: spec.shape[0] * -(-spec.shape[1] * spec.values.bits // 8)
        for name, spec in tensor_specs(network).items()
        if isinstance(spec.values, Arithmetic)
    }
