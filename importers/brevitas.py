"""Recurrent modules of Brevitas, as they are in evaluation mode: integers and scales, exactly.

A ``state_dict`` does not hold the integers: they follow from quantisers, whose kinds and widths are
in the code that made the module. So the live module is asked, and what it says is kept in a file.
Gates of `QuantLSTM` and `QuantRNN` have their weights and biases apart::

    module.layers[layer][direction].input_gate_params.input_weight, .hidden_weight, .bias
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pascaline.importers.foreign import Foreign
from pascaline.importers.freeze import Reals
from pascaline.importers.kept import keep
from pascaline.importers.network import (
    Exact,
    FloatLayer,
    FloatNetwork,
    FloatPart,
    Result,
    gates_of,
)
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format

__all__ = ["SUFFIX", "foreign_of_brevitas", "from_brevitas", "refuse_state_dict"]

SUFFIX = ".brevitas"
"""Of the files."""


PARAMETER = re.compile(r"(?:.*\.)?layers\.\d+\.[01]\.(?:\w+_)?gate_params\..*")
"""Names that only its modules have."""


class Kind(NamedTuple):
    """A kind of module.

    Attributes
    ----------
    gates : mapping of str to str
        Attributes of a direction that hold the parameters of its gates, by letters in `spec.cells`.
    states : int
        States that a direction is called with.
    signals : mapping of str to tuple of str
        Quantisers of its cell by the names of formats in `importers.draft.Formats`.
    """

    gates: Mapping[str, str]
    states: int
    signals: Mapping[str, tuple[str, ...]]


LSTM_GATES = {"i": "input", "f": "forget", "g": "cell", "o": "output"}

KINDS = {
    "QuantLSTM": Kind(
        {gate: f"{name}_gate_params" for gate, name in LSTM_GATES.items()},
        2,
        {
            "h": ("output_quant",),
            "cell": ("cell_state_quant",),
            "pre": tuple(f"{name}_acc_quant" for name in LSTM_GATES.values()),
            "sigmoid": ("input_sigmoid_quant", "forget_sigmoid_quant", "output_sigmoid_quant"),
            "tanh": ("cell_tanh_quant", "hidden_state_tanh_quant"),
        },
    ),
    "QuantRNN": Kind({"h": "gate_params"}, 1, {"h": ("output_quant",), "pre": ("gate_acc_quant",)}),
}
"""By the names of classes."""


def from_brevitas(
    module: Any, path: Path | str, *, head: Any = None, result: Result = "last"
) -> Foreign:
    """Write a file that ``pascaline import`` takes over exactly; it then needs no Brevitas.

    Parameters
    ----------
    module : brevitas.nn.QuantLSTM or brevitas.nn.QuantRNN
        The module, trained; it is asked in evaluation mode and not changed.
    path : Path or str
        The file; it must end with ``.brevitas``.
    head : brevitas.nn.QuantLinear or torch.nn.Linear, optional
        The dense layer behind it.
    result : str, optional
        What the head sees, see `importers.network.FloatNetwork`.

    Returns
    -------
    Foreign
        What is in the file.

    Raises
    ------
    InputError
        If the module is none that a model can have.
    """
    if Path(path).suffix != SUFFIX:
        raise InputError(str(path), f"must end with {SUFFIX}")
    foreign = foreign_of_brevitas(module, head=head, result=result)
    keep(foreign, Path(path))
    return foreign


def refuse_state_dict(path: Path, names: Iterable[str]) -> None:
    """Raise `InputError` if tensors of these names are those of a module of Brevitas."""
    if found := next(filter(PARAMETER.fullmatch, names), None):
        rule = "is of Brevitas, and lacks the integers that its quantisers make"
        raise InputError(f"{path}: {found}", f"{rule}: write them with pascaline.nn.from_brevitas")


def foreign_of_brevitas(module: Any, *, head: Any = None, result: Result = "last") -> Foreign:
    """The network of a module; parameters and errors as of `from_brevitas`."""
    import torch

    # A class of one's own may be made of one of these.
    names = [one.__name__ for one in type(module).__mro__]
    found = next((name for name in names if name in KINDS), None)
    if found is None:
        raise InputError("module", f"must be a {' or '.join(KINDS)} of Brevitas", names[0])
    kind, assumed = KINDS[found], list[str]()
    modules = [module] if head is None else [module, head]
    with torch.no_grad(), _evaluating(modules):
        x = torch.zeros(1, 1, int(module.layers[0][0].input_size))
        layers = []
        for index, directions in enumerate(module.layers):
            parts = [
                _part(kind, one, x, f"layers.{index}.{at}") for at, one in enumerate(directions)
            ]
            formats = _formats(kind, directions, x, index, assumed)
            (cell,) = {cell for cell, _ in parts}
            every = tuple(part for _, part in parts)
            layers.append(FloatLayer(cell=cell, parts=every, formats=formats))
            states = (None,) * kind.states
            x = torch.cat([one(x, *states)[0] for one in directions], dim=-1)
        weight, bias = (None, None) if head is None else _head(head, assumed)
    if weight is not None and weight.shape[1] != layers[-1].outputs:
        raise InputError("head", f"must have {layers[-1].outputs} inputs", weight.shape[1])
    network = FloatNetwork(layers=tuple(layers), head_weight=weight, head_bias=bias, result=result)
    return Foreign(
        network=network,
        source="Brevitas",
        understood=_understood(layers),
        assumed=tuple(assumed),
    )


@contextmanager
def _evaluating(modules: list[Any]) -> Iterator[None]:
    """Evaluation mode for a while."""
    modes = [(one, one.training) for module in modules for one in module.modules()]
    try:
        for module in modules:
            module.eval()
        yield
    finally:
        for one, mode in modes:
            one.training = mode


def _part(kind: Kind, direction: Any, x: Any, name: str) -> tuple[str, FloatPart]:
    """Form and numbers of a direction, from what it computes its gates with."""
    if getattr(direction, "cifg", False):
        raise InputError(f"{name}.cifg", "coupled gates are not supported")
    cell = _form(kind, direction, name)
    given = direction.maybe_quantize_input(x)
    weights: dict[str, list[Any]] = {"weight_x": [], "weight_h": []}
    biases = []
    for gate in gates_of(cell):
        own = getattr(direction, kind.gates[gate])
        weight_x, weight_h, bias = direction.gate_params_fwd(own, given)
        weights["weight_x"].append(weight_x)
        weights["weight_h"].append(weight_h)
        rows = len(_values(weight_h))
        biases.append(np.zeros(rows) if bias is None else _values(bias))
    exact, reals = dict[str, Exact](), dict[str, Reals]()
    for key, gates in weights.items():
        split = [_exact(one, f"{name} {key}") for one in gates]
        taken = [one for one in split if one is not None]
        reals[key] = np.concatenate([_values(one) for one in gates])
        if len(taken) == len(split):
            integers, scales = (np.concatenate(every) for every in zip(*taken, strict=True))
            exact[key] = Exact(integers, scales)
            reals[key] = integers * scales[:, None]
    sides = {"weight_x": "input_weight", "weight_h": "hidden_weight"}
    names = {key: f"{name}.{side}" for key, side in sides.items()}
    return cell, FloatPart(**reals, bias=np.concatenate(biases), exact=exact, names=names)


def _form(kind: Kind, direction: Any, name: str) -> str:
    """A key of `spec.cells.FORMS`."""
    if "act_fn" not in dict(direction.cell.named_children()):
        return "lstm"
    function = type(direction.cell.act_fn).__name__
    forms = {"Tanh": "rnn", "ReLU": "rnn-relu"}
    if function not in forms:
        raise InputError(f"{name}.cell.act_fn", f"must be {' or '.join(forms)}", function)
    return forms[function]


def _exact(weight: Any, thing: str) -> Exact | None:
    """The integers of a quantised weight, less its zero point; ``None`` for a real one."""
    scale = getattr(weight, "scale", None)
    if scale is None:
        return None
    values = _values(weight)
    scales = np.broadcast_to(scale.detach().double().numpy(), values.shape)
    if (scales != scales[:, :1]).any():
        raise InputError(thing, "must have one scale for each row, or one for all")
    # In float64 what was rounded to float32 is near an integer again.
    integers = np.round(values / scales)
    if np.abs(values / scales - integers).max() > 0.01:
        raise InputError(thing, "must be whole numbers of its scale")
    return Exact(integers.astype(np.int64), scales[:, 0].copy())


def _formats(
    kind: Kind, directions: Any, x: Any, index: int, assumed: list[str]
) -> dict[str, Format]:
    """Formats of signals whose steps are powers of two; others are said."""
    steps: dict[str, list[Any]] = {}
    if not index:
        steps["x"] = [one.io_quant for one in directions]
    for signal, names in kind.signals.items():
        steps[signal] = [getattr(one.cell, name) for one in directions for name in names]
    formats = {}
    for signal, quantisers in steps.items():
        if not any(one.is_quant_enabled for one in quantisers):
            continue
        first, *others = [_format(one) for one in quantisers]
        if first is not None and all(first == other for other in others):
            formats[signal] = first
            continue
        scales = [one.scale().ravel() for one in quantisers if one.is_quant_enabled]
        sizes = sorted({f"{float(step):.4g}" for scale in scales for step in scale})[:4]
        assumed.append(
            f"layer {index}: Brevitas rounds {signal} to multiples of {', '.join(sizes)}, which is"
            " not one power of two; the format is chosen as for any other network"
        )
    return formats


def _format(quantiser: Any) -> Format | None:
    """The format of what a quantiser gives, if it is one."""
    if not quantiser.is_quant_enabled or bool((quantiser.zero_point() != 0).any()):
        return None
    if quantiser.scale().numel() > 1:
        return None
    scale, width = float(quantiser.scale()), float(quantiser.bit_width())
    mantissa, exponent = np.frexp(scale)
    frac = 1 - int(exponent)
    signed = bool(quantiser.is_signed)
    if mantissa != 0.5 or not 0 <= frac <= 31 or width != int(width):
        return None
    if not 1 + signed <= width <= 32:
        return None
    return Format(width=int(width), frac=frac, signed=signed)


def _head(head: Any, assumed: list[str]) -> tuple[Reals, Reals]:
    """Weights and bias of a dense layer."""
    weight = _values(head.quant_weight() if hasattr(head, "quant_weight") else head.weight)
    bias = np.zeros(len(weight)) if head.bias is None else _values(head.bias)
    quantiser = getattr(head, "bias_quant", None)
    if head.bias is not None and quantiser is not None and quantiser.is_quant_enabled:
        assumed.append("head: its bias is taken before Brevitas rounds it, which needs its input")
    return weight, bias


def _values(tensor: Any) -> Reals:
    """Real numbers of a tensor, quantised or not."""
    plain = getattr(tensor, "value", tensor)
    values: Reals = plain.detach().double().numpy()
    return values


def _understood(layers: list[FloatLayer]) -> tuple[str, ...]:
    exact = [one for layer in layers for part in layer.parts for one in part.exact.values()]
    if not exact:
        return ()
    low = min(int(one.weight.min()) for one in exact)
    high = max(int(one.weight.max()) for one in exact)
    return (f"weights are integers from {low} to {high} with scales, which are taken over",)
