"""Distillation of a network from elsewhere into quantised weights."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from numpy.typing import ArrayLike

from pascaline._foreign import bring, with_reading
from pascaline.data.unlabelled import read_unlabelled
from pascaline.importers.calibrate.said import read_said
from pascaline.importers.network import Result
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.progress import Progress, silent
from pascaline.train.distil import distil as taught
from pascaline.train.distillation import Distillation

__all__ = ["distil"]


def distil(
    path: str | Path,
    data: str | Path | Sequence[ArrayLike],
    *,
    weights: str = "ternary",
    recurrent_weights: str | None = None,
    shared_scale: bool = False,
    bits: int = 12,
    formats: Mapping[str, str | Format] | None = None,
    epochs: int = 100,
    batch: int = 16,
    length: int = 200,
    rate: float = 0.01,
    seed: int = 0,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    cell: str | None = None,
    head: str | None = None,
    result: Result | None = None,
    part: str | None = None,
    output: Literal["class", "logits"] | None = None,
    preprocess: str | Path | None = None,
    classes: str | Path | Sequence[str] | None = None,
    name: str | None = None,
    snapshot: str | Path | None = None,
    resume: bool = False,
    progress: Progress = silent,
) -> Model:
    """Make a model of a float network by distillation: without labels, by what that network does.

    The model has the network's shape and quantised weights. They begin as calibration quantises
    them, and learn that h of each layer after every step, and what comes out of a head, are those
    of the network. The last fifth of the sequences is held out, to measure.

    Parameters
    ----------
    path : str or Path
        The network, as `pascaline.import_network` takes it.
    data : str, Path or sequence of array_like
        At least two sequences without labels, as ``calibrate`` there.
    weights, recurrent_weights : str
        Arithmetic of the weights that meet x and of those that meet h, by default the same.
    shared_scale : bool
        Whether a row has one scale for both of its products: half the multipliers.
    bits : int
        Width of inputs, h and the values of functions, 4 to 16; formats are chosen by the data.
    formats : mapping of str to str or Format, optional
        Formats that are not to be chosen, as there.
    epochs, batch : int
        Passes over the sequences, and how many of their pieces a step of Adam learns.
    length : int
        Steps of these pieces, each of which starts from zero.
    rate : float
        Learning rate at the start, relative to the magnitude of what is learned; it falls to 0.
    seed : int
        The same seed gives the same model on the same kind of processor.
    device : {"auto", "cpu", "cuda"}
        Where to train; ``auto``: on a GPU if there is one.
    cell, head, result, part, output, preprocess, classes, name, progress
        As there.
    snapshot : str or Path, optional
        Where the state of training is kept until it has ended.
    resume : bool
        Whether to go on from that.

    Returns
    -------
    Model
        ``card["distilled"]`` says how near it is to the network on the sequences that are held out,
        ``before`` and ``after``: decibels of h (``snr``) and of results, percent of decisions;
        ``card["precision"]`` says more of the latter.

    Raises
    ------
    InputError
        If the file or the data cannot be read, or if a choice is not possible; it is named.
    """
    path = Path(path)
    chosen: dict[str, Any] = {"weights": weights, "recurrent_weights": recurrent_weights}
    chosen |= {"shared_scale": shared_scale, "bits": bits, "epochs": epochs, "batch": batch}
    chosen |= {"length": length, "rate": rate, "seed": seed, "device": device}
    options = Distillation.parse(chosen, thing="distil")
    said = {"cell": cell, "head": head, "result": result, "part": part}
    foreign, reading = bring(path, said, preprocess, classes, thing="distil")
    sequences = read_unlabelled(Path(data)) if isinstance(data, (str, Path)) else list(data)
    model = taught(
        foreign,
        sequences,
        options,
        said=read_said(formats or {}, foreign.network),
        output=output,
        name=path.stem if name is None else name,
        kept=None if snapshot is None else Path(snapshot),
        resume=resume,
        progress=progress,
    )
    words = ["pascaline", "distil", path.name, *options.command]
    if isinstance(data, (str, Path)):
        words += ["--data", Path(data).name]
    if preprocess is not None:
        words += ["--preprocess", Path(preprocess).name]
    if classes is not None:
        words += ["--classes", ",".join(foreign.classes)]
    words += ["--output-kind", output] if output else []
    words += [word for key, value in said.items() if value for word in (f"--{key}", value)]
    for key, form in sorted((formats or {}).items()):
        words += ["--format", f"{key}={form}"]
    card = model.card | {"command": shlex.join(words)}
    return with_reading(replace(model, card=card), reading)
