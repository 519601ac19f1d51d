"""Files of sequences: what a model gets of them, and what it says."""

from __future__ import annotations

from pathlib import Path

from pascaline.data.inputs import read_inputs as inputs_of
from pascaline.measure.designs import make_design
from pascaline.measure.recognition import Pieces, Recognition, recognise
from pascaline.sim.simulators import simulator
from pascaline.spec.design import Design
from pascaline.spec.model import Model
from pascaline.spec.progress import Progress, silent
from pascaline.spec.tensors import Integers

__all__ = ["read_inputs", "run_file"]


def read_inputs(model: Model, path: str | Path) -> list[Integers]:
    """The sequences of a file as the integers that `run` and `simulate` take.

    Parameters
    ----------
    model : Model
        The model; its card says how features become integers.
    path : str or Path
        A ``.wav`` file of sound, whose features are 13 mel-frequency cepstral coefficients for each
        25 ms (docs/own.md has the formula); a ``.csv`` or ``.npy`` file of a sequence, (steps,
        inputs); a ``.npz`` file of several, or of recordings; a folder of such files; or a text,
        for a model of characters.

    Returns
    -------
    list of array
        Integers of shape (steps, inputs). A sequence of more steps than any in training is cut as
        it was there, which is a warning; and so is what is lost when sound has another rate than
        8000 Hz, or several channels, and when more inputs than usual are beyond the format of x.

    Raises
    ------
    InputError
        If the file cannot be read, or if it does not fit the model.

    Examples
    --------
    >>> import wave
    >>> with wave.open(str(folder / "hiss.wav"), "wb") as file:
    ...     file.setparams((1, 2, 8000, 0, "NONE", ""))
    ...     file.writeframes(np.random.default_rng(0).normal(0, 30, 4000).astype("<i2").tobytes())
    >>> [x] = pascaline.read_inputs(pascaline.load("digits-ternary"), folder / "hiss.wav")
    >>> x.shape
    (21, 13)
    """
    return inputs_of(model, Path(path)).sequences


def run_file(
    model: Model | Design,
    path: str | Path,
    *,
    every: int | None = None,
    window: int | None = None,
    sim: str | None = None,
    progress: Progress = silent,
) -> Recognition:
    """Tell the classes of the sequences of a file, as the hardware of a model tells them.

    Parameters
    ----------
    model : Model or Design
        The model; a design of it to choose the machine that is simulated.
    path : str or Path
        As of `read_inputs`.
    every : int, optional
        Give a class after so many steps, and again, and at the end: of all steps so far, the state
        goes on. By default, one at the end of each sequence.
    window : int, optional
        Instead, of so many last steps alone, each time from the start state; then ``every`` is 1
        by default.
    sim : {"verilator", "icarus"}, optional
        Simulate the Verilog, too, and compare every output value with the golden model.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    Recognition
        ``answers``, each with ``sequence``, ``steps``, ``classes``, ``names``, ``margin`` and, if
        it was simulated, ``verilog``; ``beyond``, how many inputs were cut at the ends of the
        format of x; and ``compared`` if it was simulated, which is ``good`` if nothing is wrong.

    Raises
    ------
    InputError
        If the file cannot be read or does not fit the model, if the model or the machine has no
        such results, or if the simulator is missing.

    Examples
    --------
    >>> from pascaline import models
    >>> model = pascaline.load("digits-ternary")
    >>> found = pascaline.run_file(model, models.SAMPLE)
    >>> len(found.answers), found.answers[0].names, round(found.answers[0].margin, 1)
    (64, ('5',), 10.4)
    >>> found = pascaline.run_file(model, models.SAMPLE, every=5)
    >>> [(answer.steps, answer.names) for answer in found.answers if answer.sequence == 0]
    [((0, 5), ('1',)), ((0, 10), ('5',)), ((0, 14), ('5',))]
    """
    design = model if isinstance(model, Design) else None
    found = model.model if isinstance(model, Design) else model
    if design is None and sim is not None:
        design = make_design(found)
    return recognise(
        found,
        Path(path),
        Pieces.parse({"every": every, "window": window}, thing="run_file"),
        design=design,
        tool=None if sim is None else simulator(sim),
        progress=progress,
    )
