"""Models: found, made, kept, brought in and measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pascaline.data.evaluate import Likelihood, Score, score
from pascaline.data.evaluate import evaluate as evaluate_as_trained
from pascaline.data.own import part_for
from pascaline.importers.convert import Conversion, convert
from pascaline.importers.draft import Formats, draft
from pascaline.importers.foreign import Reading
from pascaline.importers.network import Result
from pascaline.importers.sources import read_foreign
from pascaline.models.catalogue import find_model
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.cells import USUAL
from pascaline.spec.model import Model
from pascaline.spec.modelfile import write_model
from pascaline.spec.network import Network
from pascaline.spec.progress import Progress, silent
from pascaline.spec.synthetic import synthetic_model

__all__ = ["evaluate", "import_network", "load", "make_network", "random_model", "save"]


def load(name: str | Path) -> Model:
    """Read a model.

    Parameters
    ----------
    name : str or Path
        Path of a model file, or the name of a shipped model or of a named configuration with
        random weights (``pascaline list`` has all of them).

    Returns
    -------
    Model
        The model, checked.

    Raises
    ------
    InputError
        If there is no such model, or if something in the file is wrong; it is named.

    Examples
    --------
    >>> model = pascaline.load("digits-ternary")
    >>> model.network.inputs, model.network.layer.hidden, model.network.head.classes
    (13, 100, 10)
    >>> model.card["accuracy"]["integer"]["correct"]
    593
    """
    return find_model(str(name))


def save(model: Model, path: str | Path) -> None:
    """Write a model file, whole or not at all; the same model gives the same bytes.

    Parameters
    ----------
    model : Model
        The model.
    path : str or Path
        The file, usually ``.safetensors``.

    Raises
    ------
    InputError
        If the file cannot be written.

    Examples
    --------
    >>> pascaline.save(pascaline.load("tiny-rnn"), folder / "mine.safetensors")
    >>> pascaline.load(folder / "mine.safetensors").name
    'tiny-rnn'
    """
    write_model(model, Path(path))


def make_network(
    *,
    inputs: int,
    hidden: int,
    classes: int | None = None,
    cell: str = USUAL,
    weights: str = "ternary",
    recurrent_weights: str | None = None,
    layers: int = 1,
    bidirectional: bool = False,
    pooling: Literal["none", "max", "mean"] = "none",
    output: Literal["class", "logits"] = "class",
    results: Literal["last", "every", "first-of-backward"] = "last",
) -> Network:
    """Describe a network of equal layers with the usual formats of numbers.

    For layers that differ, or for other formats, make a `Network` itself.

    Parameters
    ----------
    inputs : int
        Elements of an input vector, 1 to 2048.
    hidden : int
        Hidden units of a direction, 1 to 2048.
    classes : int, optional
        Rows of a head; without it the results are outputs of the last layer.
    cell : str
        ``lstm``, ``lstm-peephole``, ``gru``, ``gru-before``, ``rnn`` or ``rnn-relu``.
    weights, recurrent_weights : str
        Arithmetic of the weights that meet x and of those that meet h (by default the same):
        ``binary``, ``ternary``, ``pow2``, ``exp3`` to ``exp5``, ``fixed2`` to ``fixed16``.
    layers : int
        How many, 1 to 8.
    bidirectional : bool
        Whether each layer has a direction from the end of a sequence to its beginning, too.
    pooling : {"none", "max", "mean"}
        What the head sees: the last outputs, or the largest ones or means of all steps.
    output : {"class", "logits"}
        What the head gives.
    results : {"last", "every", "first-of-backward"}
        A result after the last step of a sequence, or after every step. Of bidirectional layers the
        one at the end is h of each direction after its own last step, or the output at the
        sequence's last step, which is the first of the backward direction.

    Returns
    -------
    Network
        The description; it has no weights.

    Raises
    ------
    InputError
        If a size, a name or a combination is not possible.

    Examples
    --------
    >>> network = pascaline.make_network(inputs=13, hidden=20, classes=10, cell="gru", layers=2)
    >>> [layer.kind for layer in network.layers]
    ['gru', 'gru']
    """
    ends: dict[str, Any] = {"pooling": pooling, "output": output, "results": results}
    return draft(
        Formats(),
        inputs=inputs,
        hidden=hidden,
        weights=arithmetic(weights),
        weights_h=None if recurrent_weights is None else arithmetic(recurrent_weights),
        classes=classes,
        cell=cell,
        layers=layers,
        bidirectional=bidirectional,
        **ends,
    )


def random_model(
    network: Network | Mapping[str, Any],
    *,
    name: str = "random",
    seed: int = 0,
    shared_scale: bool = False,
) -> Model:
    """Draw a model with random weights, to size a machine before there is a trained network.

    Parameters
    ----------
    network : Network or mapping
        The description, or the plain values of one.
    name : str
        Of the model, and of its Verilog.
    seed : int
        The same seed gives the same model.
    shared_scale : bool
        Whether a row has one scale for both of its products; machines are smaller then.

    Returns
    -------
    Model
        The model; its gates swing over their whole range.

    Raises
    ------
    InputError
        If the description or the name is not possible.

    Examples
    --------
    >>> network = {"inputs": 3, "layers": ({"hidden": 4, "weights": "ternary"},)}
    >>> model = pascaline.random_model(network, name="little")
    >>> model.layers[0]["weight_h"].shape
    (16, 4)
    """
    if not isinstance(network, Network):
        network = Network.parse(dict(network), thing="network")
    rng = np.random.default_rng(seed)
    return synthetic_model(name, network, rng, shared_scale=shared_scale)


def import_network(
    path: str | Path,
    *,
    weights: str = "fixed8",
    recurrent_weights: str | None = None,
    quantize: bool = False,
    reach: float = 1.0,
    cell: str | None = None,
    head: str | None = None,
    result: Result | None = None,
    part: str | None = None,
    output: Literal["class", "logits"] | None = None,
    preprocess: str | Path | None = None,
    name: str | None = None,
) -> Model:
    """Make a model of a network that was trained elsewhere.

    Parameters
    ----------
    path : str or Path
        A ``state_dict`` of PyTorch as ``.safetensors`` or ``.npz``, or as ``.pt``, ``.pth``,
        ``.ckpt``, ``.bin`` or ``.pkl`` (which need PyTorch); a graph as ``.onnx`` (which needs
        onnx); a model of Keras as ``.keras``, ``.h5`` or ``.hdf5`` (which need h5py); or what
        `pascaline.nn.from_brevitas` has written.
    weights, recurrent_weights : str
        Arithmetic of the weights that meet x and of those that meet h, by default the same. Rows
        of ``binary`` and ``ternary`` must be one scale times -1, 0 (ternary) and 1.
    quantize : bool
        Bring rows to that form, at some cost, instead of refusing them; round integers of a file
        again that the arithmetic has not.
    reach : float
        Largest magnitude of an input; larger ones are cut.
    cell : str, optional
        As in `make_network`; by default what the file says, or the number of gates.
    head : str, optional
        The module of a ``state_dict`` that is the dense head, or ``none``.
    result : {"last", "first-of-backward", "every", "max", "mean"}, optional
        What the head sees, or what there is without one: outputs of the last layer after the last
        step of a sequence (of each direction after its own), those of the sequence's last step,
        of every step, or the largest or mean ones; by default what the file says, or ``last``.
    part : str, optional
        How the names of the tensors begin that are the network; by default all are.
    output : {"class", "logits"}, optional
        What a head gives; by default what the file says, or the class.
    preprocess : str or Path, optional
        JSON file with ``offset`` and ``gain`` of each input, if the network did not get raw
        features.
    name : str, optional
        Of the model; by default the stem of the file.

    Returns
    -------
    Model
        The model; ``card["reading"]`` has lines about what was ``understood`` of the file, what it
        does not say and was ``assumed``, and what was ``left_out``.

    Raises
    ------
    InputError
        If the file cannot be read, or if it has anything that no model can have, which is named.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> tensors = {
    ...     "rnn.weight_ih_l0": rng.normal(size=(4, 3)),
    ...     "rnn.weight_hh_l0": rng.normal(size=(4, 4)),
    ... }
    >>> np.savez(folder / "net.npz", **tensors)
    >>> model = pascaline.import_network(folder / "net.npz", weights="fixed8")
    >>> model.name, model.network.layer.kind, model.network.inputs
    ('net', 'rnn', 3)
    """
    path = Path(path)
    said = {"cell": cell, "head": head, "result": result, "part": part}
    reading = Reading.parse({key: value for key, value in said.items() if value}, thing="import")
    chosen = {
        "weights": weights,
        "recurrent_weights": recurrent_weights,
        "quantize": quantize,
        "formats": Formats().reaching(reach),
        "output": output,
    }
    conversion = Conversion.parse(chosen, thing="import")
    before = None if preprocess is None else Path(preprocess)
    foreign = read_foreign(path, reading, preprocess=before)
    return convert(foreign, conversion, name=path.stem if name is None else name)


def evaluate(
    model: Model,
    *,
    data: str | Path | None = None,
    part: str = "held-out",
    progress: Progress = silent,
) -> Score | Likelihood:
    """Measure how good a model is on real data, by the golden model: as its hardware will be.

    Parameters
    ----------
    model : Model
        The model; its card says how features become inputs.
    data : str or Path, optional
        Name of a data set, or the path of a folder of sequences or of a text file; by default the
        data set that the model was trained on, which is fetched once.
    part : {"held-out", "train", "all"}
        Which part of it.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after every batch.

    Returns
    -------
    Score or Likelihood
        How many sequences got their class; or, of characters, bits each.

    Raises
    ------
    InputError
        If the data cannot be had, or if they do not fit the model.

    Examples
    --------
    >>> score = pascaline.evaluate(pascaline.load("digits-ternary"))  # doctest: +SKIP
    >>> print(score)  # doctest: +SKIP
    593/600 (98.83 %)
    """
    if data is None:
        return evaluate_as_trained(model, part, progress)
    return score(model, part_for(model, str(data), part), progress)
