"""Models: found, made, kept, brought in and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from pascaline._foreign import bring, with_reading
from pascaline.data.evaluate import Measured, score
from pascaline.data.evaluate import evaluate as evaluate_as_trained
from pascaline.data.own import learned_from, part_for, sequences_for
from pascaline.data.unlabelled import read_unlabelled
from pascaline.importers.calibrate.evaluation import Beside, beside
from pascaline.importers.calibrate.formats import check_bounded
from pascaline.importers.calibrate.importing import USUAL_BITS, Budget, with_bits
from pascaline.importers.calibrate.importing import calibrate as calibrated
from pascaline.importers.calibrate.inputs import fed_as, suited
from pascaline.importers.calibrate.said import read_said
from pascaline.importers.convert import Conversion, convert
from pascaline.importers.draft import Formats, draft
from pascaline.importers.foreign import Reading
from pascaline.importers.network import Result
from pascaline.importers.sources import read_foreign
from pascaline.models.catalogue import find_model
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.cells import USUAL
from pascaline.spec.errors import InputError
from pascaline.spec.fitting import alike
from pascaline.spec.formats import Format
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
    residual: bool = False,
    pooling: Literal["none", "max", "mean", "attention"] = "none",
    output: Literal["class", "logits"] = "class",
    results: Literal["last", "every", "first-of-backward"] = "last",
    zero_points: bool = False,
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
        ``lstm``, ``lstm-peephole``, ``lstm-hadamard``, ``gru``, ``gru-before``, ``gru-hadamard``,
        ``rnn``, ``rnn-relu``, ``rnn-linear`` or ``hadamard``.
    weights, recurrent_weights : str
        Arithmetic of the weights that meet x and of those that meet h (by default the same):
        ``binary``, ``ternary``, ``pow2``, ``exp3`` to ``exp5``, ``fixed2`` to ``fixed16``.
    layers : int
        How many, 1 to 8.
    bidirectional : bool
        Whether each layer has a direction from the end of a sequence to its beginning, too.
    residual : bool
        Whether x is added to h in the output of each layer that has as many inputs as outputs.
    pooling : {"none", "max", "mean", "attention"}
        What the head sees: the last outputs, or the largest ones or means of all steps, or means in
        which each step counts as much as a query says that has been learned.
    output : {"class", "logits"}
        What the head gives.
    results : {"last", "every", "first-of-backward"}
        A result after the last step of a sequence, or after every step. Of bidirectional layers the
        one at the end is h of each direction after its own last step, or the output at the
        sequence's last step, which is the first of the backward direction.
    zero_points : bool
        Whether each matrix has a zero point, that of the head, too.

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
    >>> pascaline.make_network(inputs=13, hidden=20, pooling="attention").attention.bits
    12
    """
    return draft(
        Formats(),
        inputs=inputs,
        hidden=hidden,
        weights=arithmetic(weights),
        weights_h=None if recurrent_weights is None else arithmetic(recurrent_weights),
        classes=classes,
        cells=(cell,) * layers,
        bidirectional=bidirectional,
        residual=residual,
        pooling=pooling,
        output=output,
        results=results,
        zero_points=zero_points,
        head_zero_point=zero_points,
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
    weights: str | None = None,
    recurrent_weights: str | None = None,
    zero_points: bool = False,
    quantize: bool = False,
    reach: float | None = None,
    cell: str | None = None,
    head: str | None = None,
    result: Result | None = None,
    part: str | None = None,
    block: int | None = None,
    weight_bits: int | None = None,
    output: Literal["class", "logits"] | None = None,
    preprocess: str | Path | None = None,
    classes: str | Path | Sequence[str] | None = None,
    name: str | None = None,
    calibrate: str | Path | Sequence[ArrayLike] | None = None,
    bits: int | None = None,
    target_snr: float | None = None,
    target_agreement: float | None = None,
    formats: Mapping[str, str | Format] | None = None,
    like: Model | str | Path | None = None,
    progress: Progress = silent,
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
        Arithmetic of the weights that meet x and of those that meet h, by default the same: fixed
        point with as many bits as signals, ``fixed8`` if nothing is said of those. Rows of
        ``binary`` and ``ternary`` must be one scale times -1, 0 (ternary) and 1.
    zero_points : bool
        Round weights of more than two magnitudes with a zero point, one of each matrix: finer steps
        where weights are not around 0. Integers of a file get one where they need it, in any case.
    quantize : bool
        Bring rows to that form, at some cost, instead of refusing them, with ``calibrate`` so that
        products of these data lose least; round integers of a file again that the arithmetic has
        not.
    reach : float, optional
        Largest magnitude of an input; larger ones are cut. By default 1, or 4 standard deviations
        where the file standardises inputs. Left out beside ``calibrate``.
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
    block : int, optional
        Of a HadamRNN of its authors: elements of a block, which its file does not say.
    weight_bits : int, optional
        Bits that it quantises its weights to, 2 to 8; by default 4.
    output : {"class", "logits"}, optional
        What a head gives; by default what the file says, or the class.
    preprocess : str or Path, optional
        JSON file with ``offset`` and ``gain`` of each input, if the network did not get raw
        features.
    classes : str, Path or sequence of str, optional
        Names of the classes in the order of the head's rows: a list, one text with commas between
        them, or the path of a ``.json`` or ``.txt`` file; by default what the file says, or a
        ``config.json`` (``id2label``) or ``labels.txt`` beside it.
    name : str, optional
        Of the model; by default the stem of the file.
    calibrate : str, Path or sequence of array_like, optional
        Data by which all formats are chosen: raw features of sequences, each (steps, inputs), or
        the path of a ``.npy``, ``.npz`` or ``.csv`` file or of a folder of such.
    bits : int, optional
        Width of inputs, h and the values of functions, 4 to 16; by default 8. Without
        ``calibrate``, pre-activations are taken to reach 8, and the cell of an LSTM 16.
    target_snr, target_agreement : float, optional
        Instead: the fewest bits with which h of the last layer has so many decibels, or so many
        percent of decisions are those of the float network, on the data.
    formats : mapping of str to str or Format, optional
        Formats that are not to be chosen, by field or by layer and field: ``{"cell": "Q5.10",
        "1.pre": "Q3.12"}``.
    like : Model, str or Path, optional
        The model whose machine with loaded weights this one is for, or what `load` takes: scales
        and biases are rounded as far as that takes. ``card["like"]`` says how far, and what does
        not fit nevertheless.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` while data go through networks.

    Returns
    -------
    Model
        The model; ``card["reading"]`` has lines about what was ``understood`` of the file, what it
        does not say and was ``assumed``, and what was ``left_out``. With ``calibrate``,
        ``card["precision"]`` says how near the model is to the network.

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
    aims = {"bits": bits, "target_snr": target_snr, "target_agreement": target_agreement}
    budget = Budget.parse(aims, thing="import")
    if budget.target and calibrate is None:
        raise InputError(budget.target, "needs data: calibrate")
    by_name, width = formats or {}, bits or USUAL_BITS
    usual = Formats(x=Format(width=width, frac=width - 1))
    chosen = {
        "weights": weights or f"fixed{width}",
        "recurrent_weights": recurrent_weights,
        "zero_points": zero_points,
        "quantize": quantize,
        "formats": usual,
        "output": output,
    }
    conversion = Conversion.parse(chosen, thing="import")
    said: dict[str, Any] = {"cell": cell, "head": head, "result": result, "part": part}
    said |= {"block": block, "weight_bits": weight_bits}
    foreign, reading = bring(path, said, preprocess, classes, thing="import")
    by_hand = read_said(by_name, foreign.network)
    first = foreign.network.layers[0]
    own = first.weights
    if recurrent_weights is not None and first.block is not None:
        raise InputError("recurrent_weights", "must be left out: h meets a transform")
    if weights is None and own is not None:
        conversion = conversion.model_copy(update={"weights": own})
    if calibrate is not None and reach is not None:
        raise InputError("reach", "must be left out beside calibrate, which measures it", reach)
    within = 1.0 if foreign.reach is None else foreign.reach
    within = within if reach is None else reach
    if calibrate is None and "x" not in by_name:
        conversion = conversion.model_copy(update={"formats": usual.reaching(within)})
        if not foreign.network.symbols:
            line = f"inputs are within {within:g}, and are cut beyond it"
            line += ", as they are standardised" if reach is None and foreign.reach else ""
            said_so = f"{line}; see --reach and --calibrate"
            foreign = replace(foreign, assumed=(*foreign.assumed, said_so))
    name = path.stem if name is None else name
    if calibrate is not None:
        if isinstance(calibrate, (str, Path)):
            calibrate = read_unlabelled(Path(calibrate))
        kept: dict[str, Any] = {}
        if "x" not in by_name:
            equally = conversion.weights.weights.magnitude == 1
            foreign, kept = suited(foreign, calibrate, bits=width, equally=equally)
        model = calibrated(
            foreign,
            list(calibrate),
            conversion,
            budget=budget,
            said=by_hand,
            weights_said=weights is not None or own is not None,
            name=name,
            progress=progress,
        )
        model = replace(model, card=model.card | kept)
    else:
        check_bounded(foreign.network, by_hand.layers)
        if bits is None and not by_hand:
            model = convert(foreign, conversion, name=name)
        else:
            model = with_bits(foreign, conversion, by_hand, bits=bits, x=within, name=name)
    if like is not None:
        model = alike(model, like if isinstance(like, Model) else load(like))
    return with_reading(model, reading)


def evaluate(
    model: Model,
    *,
    data: str | Path | None = None,
    part: str = "held-out",
    float: str | Path | None = None,
    progress: Progress = silent,
) -> Measured | Beside:
    """Measure how good a model is on real data, by the golden model: as its hardware will be.

    Warns if more inputs than usual are beyond the format of x, with their part and how far.

    Parameters
    ----------
    model : Model
        The model; its card says how features become inputs.
    data : str or Path, optional
        Name of a data set, or the path of a folder of sequences or of a text file; by default the
        data set that the model was trained on, which is fetched once. With ``float`` also a file
        of sequences without labels, or for a model without a head a folder of them.
    part : {"held-out", "train", "all"}
        Which part of it.
    float : str or Path, optional
        The file that the model was imported from: compare with the float network in it.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` after every batch.

    Returns
    -------
    Score or Likelihood or Edits or Beside
        How many sequences got their class; or, of characters, bits each; or, of what a decoder
        gives, how many classes of it are to be edited; with ``float`` both for
        either network, if there are labels, and how near they are: signal-to-noise ratios and
        decisions that are the same.

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
    if float is not None:
        reading = Reading.parse(dict(model.card.get("read_as") or {}), thing="card.read_as")
        foreign = fed_as(read_foreign(Path(float), reading), model)
        taken = sequences_for(model, str(data), part) if data else learned_from(model, part)
        return beside(model, foreign, taken, progress)
    if data is None:
        return evaluate_as_trained(model, part, progress)
    return score(model, part_for(model, str(data), part), progress)
