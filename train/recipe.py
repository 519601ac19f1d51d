"""The whole way from a task's name to a model file. Needs PyTorch only when it runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pascaline.data.evaluate import Outcome, judge, outcomes
from pascaline.data.excess import excess
from pascaline.data.own import find_data
from pascaline.data.sets import DataSet, Part, Parts
from pascaline.importers.draft import draft
from pascaline.importers.foreign import Foreign
from pascaline.importers.freeze import freeze
from pascaline.spec.activation import read_activation
from pascaline.spec.arithmetic import Arithmetic, arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.files import beside
from pascaline.spec.fitting import alike
from pascaline.spec.model import Model
from pascaline.spec.modelfile import write_model
from pascaline.spec.network import Network
from pascaline.spec.preprocess import OneHot, Rule
from pascaline.spec.progress import Progress, silent
from pascaline.spec.tensors import tensor_specs
from pascaline.train.options import Options, Schedule
from pascaline.train.tasks import Task, task

if TYPE_CHECKING:
    import torch

    from pascaline.train.decoder import Transcriber
    from pascaline.train.feeds import Feed
    from pascaline.train.network import Classifier

__all__ = ["Plan", "data_card", "train"]


REACHED = 200
"""Training sequences that tell how far h reaches in a linear layer."""


@dataclass(frozen=True)
class Plan:
    """A task with what the user chose, before any work; needs no PyTorch.

    Parameters
    ----------
    task : Task
        The task.
    options : Options
        The choices, settled for the task.
    start : Foreign, optional
        A network from elsewhere whose weights are the first ones.
    """

    task: Task
    options: Options
    start: Foreign | None = None

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return self.options.schedule(self.task)

    @cached_property
    def data(self) -> DataSet:
        """What is learned; raises `InputError` if there is something wrong with it."""
        return find_data(self.task.data)

    @cached_property
    def parts(self) -> Parts:
        """Its parts; raises `InputError` if they cannot be fetched."""
        parts = self.data.load()
        return parts.validation() if self.options.validation else parts

    @cached_property
    def rule(self) -> Rule:
        """The preprocessing."""
        return self.task.preprocess(self.parts.train)

    @cached_property
    def draft(self) -> Network:
        """The network that is going to be frozen."""
        options, decoded = self.options, self.task.results == "decoded"
        weights_x, weights_h = options.arithmetics
        formats = self.task.formats
        if options.head_weights is not None:
            head = arithmetic(options.head_weights)
            formats = formats.model_copy(update={"head": head})
        form = read_activation(options.activation, thing="activation")
        formats = formats.model_copy(update={"activation": form})
        return draft(
            formats,
            inputs=self.data.inputs,
            hidden=options.hidden or self.task.hidden,
            weights=weights_x,
            weights_h=weights_h,
            classes=self.data.classes,
            cells=options.cells,
            bidirectional=bool(options.bidirectional),
            residual=options.residual,
            pooling=options.pooling,
            output=self.task.output,
            results=self.task.results,
            embedding=self.task.embedding if decoded else None,
            most=self.task.most,
            block=options.block,
            state_bits=options.state_bits,
            rectified=bool(options.rectified),
            spread=options.spread,
            normalise_cell=options.normalise_cell,
            zero_points=options.zero_points,
            head_zero_point=options.head_rule is not None and options.zero_points,
        )

    def run(self) -> dict[str, Any]:
        """What tells one training from another, as plain values."""
        chosen = self.options.model_dump(mode="json", exclude={"device"})
        about = {"task": self.task.name, "options": chosen}
        if self.start is not None:
            about["start"] = self.start.sha256
        return about | {"schedule": self.schedule.model_dump(mode="json")}

    def build(self) -> Classifier | Transcriber:
        """The untrained network; its random start comes from torch's generator."""
        from pascaline.train.adopt import adopt
        from pascaline.train.learn import build, build_transcriber

        if self.task.results == "decoded":
            return build_transcriber(
                self.options,
                inputs=self.data.inputs,
                hidden=self.options.hidden or self.task.hidden,
                classes=self.data.classes,
                embedding=self.task.embedding,
                most=self.task.most,
                h=self.task.formats.h,
            )
        network = build(
            self.options,
            inputs=self.data.inputs,
            hidden=self.options.hidden or self.task.hidden,
            classes=self.data.classes,
            every=self.task.results == "every",
            memory=self.task.memory,
            gain=self.task.gain,
            attention=self.task.formats.attention,
        )
        for layer, described in zip(network.stack, self.draft.layers, strict=True):
            layer.residual = described.residual
        if self.start is not None:
            found = self.start.in_order(self.data.names)
            adopt(network, found.network, self.rule, before=found.preprocess)
        return network

    def feed(self, device: torch.device, places: int | None = None) -> Feed:
        """The training part, on a device; of a text so many characters, by default all."""
        from pascaline.train.feeds import Sequences, Streams

        part, schedule, x = self.parts.train, self.schedule, self.task.formats.x
        if schedule.length is not None:
            assert isinstance(self.rule, OneHot)
            return Streams(
                part.sequences[0][:places, 0].astype(np.int64),
                part.labels[0][:places],
                symbols=len(self.rule.alphabet),
                batch=schedule.batch,
                length=schedule.length,
                device=device,
            )
        onehot = isinstance(self.rule, OneHot)
        return Sequences(
            part.sequences if onehot else self.rule.apply(part.sequences, x),
            part.labels,
            symbols=len(self.rule.alphabet) if isinstance(self.rule, OneHot) else None,
            batch=schedule.batch,
            lsb=x.lsb,
            seed=self.options.seed,
            augment=self.task.augment if self.options.augment else None,
            device=device,
        )


def train(
    name: str,
    options: Options,
    output: Path,
    *,
    start: Foreign | None = None,
    keep_float: Path | None = None,
    like: Model | None = None,
    resume: bool = False,
    progress: Progress = silent,
) -> Model:
    """Learn a task, freeze the network, measure it, and write the model file.

    Parameters
    ----------
    name : str
        The task: a key of `train.tasks.TASKS`.
    options : Options
        What the user chooses.
    output : Path
        The model file; its stem becomes the model's name. Until it is written there is a snapshot
        of the training beside it, with the suffix ``.training``.
    start : Foreign, optional
        A network from elsewhere whose weights are the first ones: fine-tuning.
    keep_float : Path, optional
        A file for the float network, see `train.keep.keep`.
    like : Model, optional
        The model whose machine with loaded weights this one is for, see `spec.fitting.alike`.
    resume : bool
        Whether to go on from that snapshot, if there is one.
    progress : Progress
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
        from pascaline.train.decoder import Transcriber, transcribe
        from pascaline.train.extract import learned as extract
        from pascaline.train.keep import keep
        from pascaline.train.learn import learn, run
        from pascaline.train.network import Classifier
        from pascaline.train.reach import reaching
        from pascaline.train.snapshot import Snapshot
    except ModuleNotFoundError as error:
        raise InputError("training", f"needs {error.name} (pip install pascaline[train])") from None
    if start is not None:
        options = _as_start(options, start)
    plan = Plan(task(name), options.settled(task(name)), start)
    if keep_float is not None:
        _check_kept(plan.options)
    if plan.task.results == "decoded":
        for thing, given in (("keep_float", keep_float), ("start", start)):
            if given is not None:
                raise InputError(thing, "must be left out for a task with a decoder")
    description, parts = plan.draft, plan.parts

    def frozen(network: Classifier | Transcriber) -> Model:
        made = freeze(extract(network), description, name=output.stem)
        return made if like is None else alike(made, like)

    snapshot = Snapshot(beside(output, ".training"), plan.run(), resume)
    learned, curve = learn(
        plan.build,
        plan.feed,
        plan.options,
        plan.schedule,
        rounding=description,
        snapshot=snapshot,
        check=frozen,
        progress=progress,
    )
    if keep_float is not None:
        assert isinstance(learned, Classifier)
        keep(learned, plan.rule, keep_float, plan.data.names)
    if plan.options.linear:
        assert isinstance(learned, Classifier)
        some = plan.rule.apply(parts.train.sequences[:REACHED], description.x)
        description = reaching(description, learned, some)
    model = frozen(learned)
    inputs = plan.rule.apply(parts.held_out.sequences, description.x)
    learned.round(None)
    if isinstance(learned, Transcriber):
        real: list[Outcome] = transcribe(learned, inputs, lsb=description.x.lsb)
    else:
        real = run(learned, inputs, lsb=description.x.lsb)
    bits = plan.task.output == "logits"
    score = partial(judge, plan.task.results, labels=parts.held_out.labels)
    as_float = score(real, unit=1.0 if bits else None)
    unit = model.card["logit_unit"] if bits else None
    as_integer = score(outcomes(model, inputs, progress), unit=unit)
    beyond = excess(plan.rule, description.x, parts.train.sequences)
    part = "validation" if options.validation else "held-out"
    card = {
        "task": plan.task.name,
        "command": plan.options.command(plan.task, output),
        "seed": options.seed,
        "schedule": plan.schedule.model_dump(mode="json"),
        "data": data_card(plan.data, {"train": parts.train, part: parts.held_out}),
        "preprocess": plan.rule.model_dump(mode="json"),
        **({"cut": beyond.card()} if beyond.cut else {}),
        "accuracy": {"part": part, "float": as_float.card(), "integer": as_integer.card()},
        "trained_on": snapshot.where(),
        "curve": [[step, round(loss, 4)] for step, loss in curve],
        "weight_bytes": _weight_bytes(model.network),
        "made_with": {package: version(package) for package in ("pascaline", "numpy", "torch")},
    }
    if start is not None:
        card["start"] = {"imported": start.source, "sha256": start.sha256}
    model = replace(model, card=model.card | card)
    write_model(model, output)
    snapshot.path.unlink(missing_ok=True)
    return model


def _check_kept(options: Options) -> None:
    """Raise `InputError` for what no file that `import` reads has."""
    for there, what in (
        (options.linear, "a linear cell"),
        (options.spread is not None, "layer norm"),
        (options.residual, "residual connections"),
        (options.pooling == "attention", "attention"),
    ):
        if there:
            raise InputError("keep_float", f"must be left out: no file that is read has {what}")


def _as_start(options: Options, start: Foreign) -> Options:
    """With the shape of the starting network, as far as nothing else is chosen."""
    layers = start.network.layers
    shape = {
        "hidden": layers[0].hidden,
        "cell": layers[0].cell,
        "layers": len(layers),
        "bidirectional": layers[0].bidirectional,
    }
    unset = {name: value for name, value in shape.items() if getattr(options, name) is None}
    return options.model_copy(update=unset)


def data_card(data: DataSet, parts: dict[str, Part]) -> dict[str, Any]:
    """What a model's card says of the data that it was trained on, and of the parts by name."""
    card: dict[str, Any] = {
        "name": data.name,
        "title": data.title,
        "source": data.source,
        "licence": data.licence,
    }
    if data.package is not None:
        card |= {"package": str(data.package), "sha256": data.package.sha256}
    if data.names:
        card["names"] = list(data.names)
    card["sequences"] = {name: len(part) for name, part in parts.items()}
    if not isinstance(next(iter(parts.values())).labels, np.ndarray):
        card["steps"] = {name: sum(map(len, part.sequences)) for name, part in parts.items()}
    return card


def _weight_bytes(network: Network) -> dict[str, int]:
    """Bytes of each weight matrix, its rows packed as in the model file."""
    return {
        name: spec.shape[0] * -(-spec.shape[1] * spec.values.bits // 8)
        for name, spec in tensor_specs(network).items()
        if isinstance(spec.values, Arithmetic)
    }
