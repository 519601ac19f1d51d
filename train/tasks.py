"""What can be learned by name or path, and what each task chooses by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pascaline.data.own import is_own
from pascaline.data.sets import Part
from pascaline.importers.draft import Formats
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.preprocess import OneHot, Preprocess
from pascaline.train.augment import Shift
from pascaline.train.options import NormaliserName, Schedule

__all__ = ["TASKS", "Task", "task"]

NARROW = Formats(scale_width=8)
"""8-bit activations. On validation data 8-bit row scales get as many sequences right as wider."""

WIDE = Formats(
    h=Format(width=12, frac=11),
    pre=Format(width=12, frac=8),
    sigmoid=Format(width=12, frac=11, signed=False),
    tanh=Format(width=12, frac=11),
    cell=Format(width=20, frac=15),
    state=Format(width=20, frac=19),
)
"""12-bit activations, as in the papers: for long sequences and likelihoods.

The sigmoid is unsigned so that a forget gate can be 1 exactly: with the nearest smaller number a
cell loses a third of its value in 784 steps.
"""


@dataclass(frozen=True, kw_only=True)
class Task:
    """Something that can be learned.

    Attributes
    ----------
    name : str
        What users write.
    data : str
        The data set.
    preprocess : callable
        Makes the preprocessing from the part that is learned from.
    schedule : Schedule
        How long and how fast, unless the user says otherwise.
    hidden, normaliser, shared_scale
        As in `Options`, likewise.
    formats : Formats
        Formats of the model.
    augment : Shift or None
        What happens to a sequence each time that it is learned.
    output : {"class", "logits"}
        What the head gives out; logits where likelihoods count, in bits.
    results : {"last", "every", "decoded"}
        A result after the last step of a sequence, or after every step; or what a decoder makes of
        the sequence.
    embedding, most : int
        Of a decoder, as in `spec.decoder.Decoder`.
    memory, gain
        As in `train.recurrent.Recurrent`.
    """

    name: str
    data: str
    preprocess: Callable[[Part], Preprocess | OneHot]
    schedule: Schedule
    hidden: int = 100
    normaliser: NormaliserName = "scale"
    shared_scale: bool = True
    formats: Formats = NARROW
    augment: Shift | None = None
    output: Literal["class", "logits"] = "class"
    results: Literal["last", "every", "decoded"] = "last"
    embedding: int = 16
    most: int = 16
    memory: int | None = None
    gain: float = 1.0


def task(name: str) -> Task:
    """The task of that name, or of a path: a folder or a text file.

    Raises
    ------
    InputError
        If there is none.
    """
    if name in TASKS:
        return TASKS[name]
    if is_own(name):
        return _sequences(name) if Path(name).is_dir() else _text(name)
    raise InputError("task", f"must be one of {', '.join(TASKS)}, or a path", name)


def _sequences(name: str) -> Task:
    """Telling the classes of the sequences in a folder."""
    return Task(
        name=name,
        data=name,
        preprocess=lambda part: Preprocess.standard(part.sequences),
        schedule=Schedule(epochs=60, batch=32),
    )


def _text(name: str) -> Task:
    """Predicting the next character of a text file; a short one in fewer pieces."""
    size = Path(name).stat().st_size if Path(name).is_file() else 0
    known = _characters(name, epochs=10)
    batch = max(4, min(known.schedule.batch, size // 20_000))
    return replace(known, schedule=known.schedule.model_copy(update={"batch": batch}))


SYMBOLS = Format(width=12, frac=11, signed=False)
"""Of one-hot inputs: with as many bits behind the point as h, so that the scales of both fit."""


def _one_hot(part: Part) -> OneHot:
    """An input for each symbol of a part."""
    return OneHot(alphabet=part.alphabet)


def _characters(name: str, epochs: int) -> Task:
    """Predicting the next character of a text."""
    return Task(
        name=name,
        data=name,
        preprocess=_one_hot,
        schedule=Schedule(epochs=epochs, batch=64, rate=0.008, length=100),
        hidden=512,
        shared_scale=False,
        formats=WIDE.model_copy(update={"x": SYMBOLS}),
        output="logits",
        results="every",
    )


PIXEL = Task(
    name="pixel",
    data="pixel",
    preprocess=lambda _: Preprocess.uniform(1, gain=1 / 256),
    # Rounded from the start: what a cell keeps for 784 steps hangs on the formats.
    schedule=Schedule(epochs=120, batch=200, rate=0.01, tuned=1.0),
    normaliser="batchnorm",
    shared_scale=False,
    formats=WIDE,
    augment=Shift(28, 28, 1),
    memory=784,
    gain=0.2,
)

COPY = Task(
    name="copy",
    data="copy",
    preprocess=_one_hot,
    schedule=Schedule(epochs=30, batch=100, rate=0.01),
    shared_scale=False,
    formats=WIDE.model_copy(update={"x": SYMBOLS}),
    results="every",
)

TASKS = {
    known.name: known
    for known in (
        Task(
            name="digits",
            data="digits",
            # One recording in 150 is longer than 40 frames, twice as long as most.
            preprocess=lambda part: Preprocess.standard(part.sequences, steps=40),
            schedule=Schedule(epochs=60),
        ),
        Task(
            name="rows",
            data="rows",
            # Pixels are 0 to 255: every second value has an 8-bit input of its own.
            preprocess=lambda _: Preprocess.uniform(28, gain=1 / 256),
            schedule=Schedule(epochs=25),
            augment=Shift(28, 28, 2),
        ),
        PIXEL,
        replace(PIXEL, name="pixel-permuted", data="pixel-permuted", augment=None),
        _characters("linux", epochs=5),
        _characters("austen", epochs=25),
        Task(
            name="sentiment",
            data="sentiment",
            preprocess=_one_hot,
            schedule=Schedule(epochs=20, batch=100, rate=0.003),
            hidden=128,
            shared_scale=False,
            formats=WIDE.model_copy(update={"x": SYMBOLS}),
        ),
        COPY,
        replace(
            COPY,
            name="copy-1000",
            data="copy-1000",
            schedule=Schedule(epochs=100, batch=128, rate=0.001),
            hidden=128,
        ),
        Task(
            name="connected",
            data="connected",
            preprocess=lambda part: Preprocess.standard(part.sequences),
            schedule=Schedule(epochs=40, rate=0.005),
            hidden=64,
            results="decoded",
        ),
    )
}
"""The tasks by name."""
