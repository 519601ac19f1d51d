"""What a user may choose about training, and what each task chooses by itself."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from spec.checked import Checked
from spec.errors import InputError
from train.augment import Augmentation, shift
from train.data import Part
from train.preprocess import Preprocess

__all__ = ["TASKS", "Options", "Schedule", "Task", "task"]


class Schedule(Checked):
    """How long and how fast a network learns.

    Parameters
    ----------
    epochs : int
        Passes over the training part.
    batch : int
        Sequences a step of Adam.
    rate : float
        Learning rate at the start; it falls to 0 along half a cosine.
    """

    epochs: int = Field(ge=1, le=10_000)
    batch: int = Field(default=100, ge=1, le=10_000)
    rate: float = Field(default=0.01, gt=0, le=1)


class Options(Checked):
    """What a user may choose.

    Parameters
    ----------
    weights : {"binary", "ternary"}
        Arithmetic of both weight matrices.
    hidden : int
        Hidden units.
    normaliser : {"scale", "batchnorm"}
        What is learned behind the scales and the bias of a row: these themselves, or a batch
        normalisation with statistics shared over time. Both cost the same in hardware.
    shared_scale : bool
        One scale a row for both products instead of two: half the accumulators and multipliers.
    epochs : int or None
        Passes over the training part; ``None``: as many as the task takes.
    seed : int
        Of everything random. The same seed gives the same model on the same kind of processor.
    validation : bool
        Learn from five sixths of the training part and measure on the last sixth: for choosing
        the other options, since the held-out part must not.
    """

    weights: Literal["binary", "ternary"] = "ternary"
    hidden: int = Field(default=100, ge=1, le=2048)
    normaliser: Literal["scale", "batchnorm"] = "scale"
    shared_scale: bool = True
    epochs: int | None = Field(default=None, ge=1, le=10_000)
    seed: int = Field(default=0, ge=0, lt=1 << 63)
    validation: bool = False

    def schedule(self, task: Task) -> Schedule:
        """The task's schedule with what is chosen here."""
        chosen = {} if self.epochs is None else {"epochs": self.epochs}
        return task.schedule.model_copy(update=chosen)

    def command(self, task: Task, output: Path) -> str:
        """The command that trains this again; all options are spelled out.

        An absolute path is cut to its file name, so that the command is the same everywhere.
        """
        words = ["pascaline", "train", task.name, "--weights", self.weights]
        words += ["--hidden", str(self.hidden), "--normaliser", self.normaliser]
        words += ["--shared-scale" if self.shared_scale else "--separate-scale"]
        words += ["--epochs", str(self.schedule(task).epochs), "--seed", str(self.seed)]
        words += ["--validation"] if self.validation else []
        words += ["-o", output.name if output.is_absolute() else output.as_posix()]
        return shlex.join(words)


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
    augment : Augmentation or None
        What happens to a sequence each time that it is learned.
    """

    name: str
    data: str
    preprocess: Callable[[Part], Preprocess]
    schedule: Schedule
    augment: Augmentation | None = None


def task(name: str) -> Task:
    """The task of that name; raises `InputError` if there is none."""
    if name not in TASKS:
        raise InputError("task", f"must be one of {', '.join(TASKS)}", name)
    return TASKS[name]


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
            augment=shift(2),
        ),
    )
}
"""The tasks by name."""
