"""The comparison of Ott et al. 2016: cells with weights of low precision, without a normaliser.

One job is a cell on a task: all kinds of weights, at several learning rates and from several
starts, are trained side by side from the same data. Which rate counts is chosen on a validation
part of the training data; what is reported is measured on the held-out part.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import torch

from pascaline.data.evaluate import Likelihood, Score
from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError
from pascaline.spec.files import beside, write_atomic
from pascaline.spec.outside import parsing, text_of
from pascaline.spec.progress import Progress, silent
from pascaline.train.ensemble import Ensemble
from pascaline.train.fit import fit
from pascaline.train.learn import device, reproducible
from pascaline.train.members import measure_members
from pascaline.train.network import Classifier
from pascaline.train.options import Options, Schedule
from pascaline.train.recipe import Plan
from pascaline.train.snapshot import Snapshot
from pascaline.train.steps import Stepper
from pascaline.train.tasks import task

__all__ = ["CELLS", "QUICK", "VARIANTS", "Size", "Variant", "compare"]

CELLS = ("rnn-relu", "gru", "lstm")
"""The cells of the paper."""


@dataclass(frozen=True)
class Variant:
    """A row of the comparison: what its weights are, and how they come about."""

    weights: str
    rule: str | None = "ott"
    stochastic: bool = False
    normaliser: Any = "none"

    def options(self, **chosen: Any) -> Options:
        """As choices of training."""
        return Options(
            weights=self.weights,
            rule=self.rule,
            stochastic=self.stochastic,
            normaliser=self.normaliser,
            shared_scale=False,
            **chosen,
        )


VARIANTS: dict[str, Variant] = {
    "float": Variant("float"),
    "BinaryConnect": Variant("binary"),
    "BinaryConnect, stochastic": Variant("binary", stochastic=True),
    "TernaryConnect": Variant("ternary"),
    "TernaryConnect, stochastic": Variant("ternary", stochastic=True),
    "pow2": Variant("pow2"),
    "exp4": Variant("exp4"),
    "exp4, stochastic": Variant("exp4", stochastic=True),
    "exp5": Variant("exp5"),
    "exp5, stochastic": Variant("exp5", stochastic=True),
    "binary, learned scales": Variant("binary", None, normaliser="scale"),
    "ternary, learned scales": Variant("ternary", None, normaliser="scale"),
}
"""The rows; the last two are no part of the paper, and have what this project adds."""


class Size(Checked):
    """How much of it is done.

    Parameters
    ----------
    hidden, epochs, seeds : int or None
        Units, passes over the data, starts; ``None``: as `WORK` has it for the task.
    rates : tuple of float
        Learning rates at the start, of which each kind of weights gets the best.
    places : int or None
        Of a text: so many characters of the training part are learned; ``None``: all.
    """

    hidden: int | None = None
    epochs: int | None = None
    seeds: int | None = None
    rates: tuple[float, ...] = (0.001, 0.003, 0.01)
    places: int | None = None


QUICK = Size(hidden=16, epochs=1, seeds=1, rates=(0.01,), places=20_000)
"""To see that it works."""

WORK: dict[str, tuple[int, int]] = {"digits": (60, 3), "austen": (6, 1), "linux": (4, 1)}
"""Epochs and starts of a task; of others two epochs and one start."""


def compare(
    names: Sequence[str],
    path: Path,
    *,
    size: Size,
    cells: Sequence[str] = CELLS,
    variants: Sequence[str] = tuple(VARIANTS),
    place: str = "auto",
    resume: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Do all jobs, and keep what is found in a JSON file after each.

    Parameters
    ----------
    names : sequence of str
        Tasks.
    path : Path
        The file; while a job goes on there is a snapshot of it beside the file.
    size : Size
        How much is done.
    cells, variants : sequence of str
        Columns and rows.
    place : str
        The device.
    resume : bool
        Whether to leave out what the file has, and go on from a snapshot.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    dict
        What is in the file: ``size``, ``device``, and ``runs``: for each network its task, cell,
        variant, rate, seed, and scores on the validation and the held-out part.
    """
    for kind, chosen, known in (("cell", cells, CELLS), ("variant", variants, VARIANTS)):
        for name in chosen:
            if name not in known:
                raise InputError(kind, f"must be one of {', '.join(known)}", name)
    found = _begun(path, size, resume)
    where = device(place)
    found["device"] = torch.cuda.get_device_name(where) if where.type == "cuda" else "cpu"
    found["torch"] = str(torch.__version__)
    done = {(run["task"], run["cell"]) for run in found["runs"]}
    for name, cell in product(names, cells):
        if (name, cell) in done:
            continue
        job = Job(name, cell, tuple(variants), size)
        snapshot = Snapshot(beside(path, ".training"), job.about(), resume)
        found["runs"] += job.run(where, snapshot, progress)
        write_atomic(path, json.dumps(found, indent=1) + "\n")
        snapshot.path.unlink(missing_ok=True)
    return found


def _begun(path: Path, size: Size, resume: bool) -> dict[str, Any]:
    """What an earlier comparison of the same size has found."""
    new: dict[str, Any] = {"size": size.model_dump(mode="json"), "runs": []}
    if not resume or not path.exists():
        return new
    text = text_of(path)
    with parsing(str(path), "a comparison"):
        found = json.loads(text)
        same = found["size"] == new["size"]
    if not same:
        raise InputError(str(path), "is a comparison of another size", json.dumps(found["size"]))
    return dict(found)


@dataclass(frozen=True)
class Job:
    """A cell on a task.

    Parameters
    ----------
    task, cell : str
        Their names.
    variants : tuple of str
        Keys of `VARIANTS`.
    size : Size
        How much is done.
    """

    task: str
    cell: str
    variants: tuple[str, ...]
    size: Size

    @property
    def schedule(self) -> Schedule:
        """How long; the largest of the learning rates."""
        usual, (epochs, _) = task(self.task).schedule, WORK.get(self.task, (2, 1))
        changed = {"epochs": self.size.epochs or epochs, "rate": max(self.size.rates)}
        return usual.model_copy(update=changed)

    @property
    def runs(self) -> Iterator[tuple[str, float, int]]:
        """Variant, learning rate and seed of each network."""
        _, seeds = WORK.get(self.task, (2, 1))
        return product(self.variants, self.size.rates, range(self.size.seeds or seeds))

    def about(self) -> dict[str, Any]:
        """What tells it from other jobs, as plain values."""
        schedule = self.schedule.model_dump(mode="json")
        return {
            "task": self.task,
            "cell": self.cell,
            "variants": list(self.variants),
            "size": self.size.model_dump(mode="json"),
            "schedule": schedule,
        }

    def run(
        self, where: torch.device, snapshot: Snapshot, progress: Progress
    ) -> list[dict[str, Any]]:
        """Train and measure all networks; one entry of ``runs`` each."""
        chosen = {"cell": self.cell, "hidden": self.size.hidden, "validation": True}
        plans = {
            variant: Plan(
                task(self.task), VARIANTS[variant].options(**chosen).settled(task(self.task))
            )
            for variant in self.variants
        }
        first = next(iter(plans.values()))
        held_out = first.data.load().held_out
        runs, schedule = list(self.runs), self.schedule

        def told(stage: str, done: int, total: int, note: str = "") -> None:
            progress(f"{self.task} {self.cell}", done, total, note)

        members = []
        for variant, _, seed in runs:
            with reproducible(seed, where):
                member = plans[variant].build()
            assert isinstance(member, Classifier)
            members.append(member)
        network = Ensemble(members).to(where)
        with reproducible(0, where):
            stepper = Stepper(
                network,
                first.feed(where, self.size.places),
                factors=tuple(rate / schedule.rate for _, rate, _ in runs),
            )
            fit(stepper, schedule, snapshot=snapshot, progress=told)
            for part in stepper.parts:
                part.noise = (None, None)
            validation, final = (
                measure_members(network, first, part, self.size.places)
                for part in (first.parts.held_out, held_out)
            )
        about = {"task": self.task, "cell": self.cell, "epochs": schedule.epochs}
        about["hidden"] = first.options.hidden
        return [
            about
            | {"variant": variant, "rate": rate, "seed": seed}
            | {"validation": _plain(chosen_by), "held_out": _plain(reported)}
            for (variant, rate, seed), chosen_by, reported in zip(
                runs, validation, final, strict=True
            )
        ]


def _plain(score: Score | Likelihood) -> dict[str, Any]:
    """Plain values; what is beyond all numbers is ``None``."""
    if isinstance(score, Score):
        return {"correct": score.correct, "total": score.total}
    return {"bits": score.bits if math.isfinite(score.bits) else None, "total": score.total}
