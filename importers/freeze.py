"""From learned real numbers to an integer model.

An integer scale is ``scale * 2**(pre.frac + shift - frac)``, with ``frac`` that of the vector it
meets, an integer bias ``bias * 2**(pre.frac + shift)``. The shift is the largest with which all of
them fit, so that rounding loses least; both directions of a layer have the same. A bias with which
a row is at an end of its format whatever its inputs are would make the shift small for all others:
it becomes the least that does the same. Where sums are standardised (`spec.normalisers.layernorm`),
scales meet numbers of that format, and the factor that the machine leaves out is in them; the same
of gains of the cell, whose affine has a shift of its own. In a
linear layer with a transform, whose h never decays, the shift is the least with which scales are
near enough: where they are powers of two they are exact, and small; if there is none, it is the
largest, too. Scales of other linear layers have all the bits that there are. The head has one scale
for all its rows, which moves no maximum, so the machine need not know it; or, if it is
`spec.network.Head.scaled`, one for each. A query of attention has the bits of its format; the point
is where the largest element fits, with as many bits behind it as there can be up to that format's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.attention import Attention
from pascaline.spec.cells.layer import Layer
from pascaline.spec.decoder import Decoder
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format, Interval
from pascaline.spec.model import Model
from pascaline.spec.network import Head, Network
from pascaline.spec.normalisers.layernorm import LayerNorm
from pascaline.spec.normalisers.scaling import Scaling
from pascaline.spec.tensors import DECODER, Integers, layer_prefixes

__all__ = ["Learned", "LearnedPart", "Reals", "freeze"]

Reals = NDArray[np.float64]

SHIFTS = range(40, -1, -1)
"""What a shift may be, best first."""

LEAST_FIRST = range(4, 41)
"""The same where scales decide: biases have four bits or more below the unit of ``pre``."""

NEAR = {"scale_h": 1e-6, "scale_x": 2.0**-14}
"""How near integer scales are to real ones, relatively, where h never decays and nor do errors."""

GAINS = ("scale_x", "scale_h")
"""Tensors of the scales of sums."""

PEEPHOLES = ("scale_ci", "scale_cf", "scale_co")
"""Tensors of the peepholes of gates i, f and o."""

WIDEST = Interval.signed_bits(24)
"""What a scale may be at most."""

BIASES = Interval.signed_bits(48)
"""What a bias may be."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LearnedPart:
    """One direction of a layer before freezing.

    Attributes
    ----------
    weight_x, weight_h : Integers
        Weights, as values of an arithmetic: (rows, inputs) and (rows, hidden). The latter are
        ``None`` where h meets a transform: signs of rows are in ``scale_h``.
    zero_x, zero_h : int
        Their zero points; 0 unless the layer has some.
    scale_x, scale_h, bias : Reals
        The affine of each row, (rows,).
    bias_h : Reals or None
        What a cell adds to its products of h alone, (hidden,), if it does.
    peephole : Reals or None
        What gates i, f and o see the cell with, (3, hidden), if they do.
    scale_c, bias_c : Reals or None
        The affine on the cell of each unit, (hidden,), if there is one.
    initial_h, initial_c : Reals or None
        What sequences start from, (hidden,); ``None``: zero.
    """

    weight_x: Integers
    weight_h: Integers | None
    scale_x: Reals
    scale_h: Reals
    bias: Reals
    bias_h: Reals | None = None
    peephole: Reals | None = None
    scale_c: Reals | None = None
    bias_c: Reals | None = None
    initial_h: Reals | None = None
    initial_c: Reals | None = None
    zero_x: int = 0
    zero_h: int = 0

    @property
    def met_x(self) -> Integers:
        """What x meets: weights less their zero point."""
        return self.weight_x - self.zero_x

    @property
    def met_h(self) -> Integers | None:
        """What h meets, if that is a matrix."""
        return None if self.weight_h is None else self.weight_h - self.zero_h

    @property
    def reals(self) -> dict[str, Reals]:
        """What is scaled as sums are, by the names of their tensors."""
        found = {"scale_x": self.scale_x, "scale_h": self.scale_h, "bias": self.bias}
        if self.peephole is not None:
            found |= dict(zip(PEEPHOLES, self.peephole, strict=True))
        return found if self.bias_h is None else found | {"bias_h": self.bias_h}


@dataclass(frozen=True, kw_only=True, eq=False)
class Learned:
    """A stack of layers and its head before freezing.

    Attributes
    ----------
    layers : tuple of tuple of LearnedPart
        Of each layer the forward direction, then the backward one if there is one.
    query : Reals or None
        What attention meets the outputs with, (outputs,), if there is attention; scores are
        exponents of 2.
    decoder : LearnedPart or None
        The cell of a decoder, if there is one.
    embedding : Reals or None
        What then stands for each class, (classes, embedding).
    head_weight, head_bias : Reals or None
        (classes, outputs) and (classes,), if there is a head.
    head_unit : float or None
        What a weight of 1 stands for, if those of the head have been quantised in training;
        ``None``: the largest becomes the largest weight.
    head_zero : int
        The zero point of the head's weights; 0 unless it has one.
    """

    layers: tuple[tuple[LearnedPart, ...], ...] = field(default=())
    query: Reals | None = None
    decoder: LearnedPart | None = None
    embedding: Reals | None = None
    head_weight: Reals | None = None
    head_bias: Reals | None = None
    head_unit: float | None = None
    head_zero: int = 0


def freeze(
    learned: Learned, draft: Network, *, name: str, card: dict[str, Any] | None = None
) -> Model:
    """Make the integer model.

    Parameters
    ----------
    learned : Learned
        The numbers.
    draft : Network
        The network with all its formats. Only the shifts and the widths of biases are not taken
        from here: they follow from the numbers.
    name : str
        The model's name.
    card : dict, optional
        What is known about it. With a head, ``logit_unit`` is added: the real logit that 1 in an
        integer one stands for.

    Raises
    ------
    InputError
        If a number is not finite, or too large even without any shift; it is named.
    """
    card = dict(card or {})
    tensors: dict[str, Integers] = {}
    layers = []
    for index, parts in enumerate(learned.layers):
        prefixes, layer = layer_prefixes(draft, index), draft.layers[index]
        layer, made = _freeze_layer(prefixes, parts, layer, draft.layer_x(index))
        layers.append(layer)
        tensors |= made
    attention = draft.attention
    if attention is not None:
        attention, tensors["pooling.query"] = _freeze_query(learned.query, attention, draft.layer.h)
    decoder = draft.decoder
    if decoder is not None:
        decoder, made = _freeze_decoder(learned, decoder)
        tensors |= made
    head = draft.head
    if head is not None:
        head, dense, card["logit_unit"] = _freeze_head(learned, head, draft.layer.h.lsb)
        tensors |= {f"head.{key}": values for key, values in dense.items()}
    update = {"layers": tuple(layers), "attention": attention, "decoder": decoder, "head": head}
    network = draft.model_copy(update=update)
    return Model(name=name, network=network, tensors=tensors, card=card)


def _freeze_layer(
    prefixes: Sequence[str], parts: Sequence[LearnedPart], layer: Layer, x: Format
) -> tuple[Layer, dict[str, Integers]]:
    """A layer with the formats of its normaliser, and its tensors."""
    affine, folded = _freeze_rows(prefixes, parts, layer, x)
    update: dict[str, Any] = {"normaliser": affine}
    cell = getattr(layer, "cell_affine", None)
    if cell is not None:
        update["cell_affine"], made = _freeze_cell(prefixes, parts, layer, cell)
        folded |= made
    tensors: dict[str, Integers] = {}
    for at, part in zip(prefixes, parts, strict=True):
        tensors[f"{at}weight_x"] = part.weight_x
        if part.weight_h is not None:
            tensors[f"{at}weight_h"] = part.weight_h
        zeros = {"zero_x": part.zero_x, "zero_h": part.zero_h}
        tensors |= {at + name: np.array([zeros[name]]) for name in layer.zero_tensors}
        tensors |= _states(at, part, layer)
    return layer.model_copy(update=update), tensors | folded


def _freeze_decoder(learned: Learned, decoder: Decoder) -> tuple[Decoder, dict[str, Integers]]:
    """A decoder with the formats of its cell's normaliser, and its tensors."""
    if learned.decoder is None or learned.embedding is None:
        raise InputError("decoder", "has not been learned")
    h, name = decoder.layer.h, f"{DECODER}embedding"
    layer, tensors = _freeze_layer([DECODER], [learned.decoder], decoder.layer, h)
    _check_finite(name, learned.embedding)
    integers = _integers(learned.embedding, h.frac)
    _check(name, learned.embedding, _is_in(integers, h.interval), f"must fit {h}")
    tensors[name] = integers.astype(np.int64)
    return decoder.model_copy(update={"layer": layer}), tensors


def _freeze_rows(
    prefixes: Sequence[str], parts: Sequence[LearnedPart], layer: Layer, x: Format
) -> tuple[Scaling, dict[str, Integers]]:
    """The formats of a layer's normaliser, common to its directions, and its tensors."""
    standardised = isinstance(layer.normaliser, LayerNorm)
    reals: dict[str, Reals] = {}
    for at, part in zip(prefixes, parts, strict=True):
        for thing, values in part.reals.items():
            _check_finite(at + thing, values)
        # A linear layer has one unit, and equal scales are hardly any hardware. Where sums are
        # standardised, rows without weights count for all others.
        useful = part.reals if layer.linear or standardised else _without_idle(part)
        reals |= {at + thing: values for thing, values in useful.items()}
    exponent, frac = layer.pre.frac, {"scale_x": x.frac, "scale_h": layer.h.frac}
    if layer.carried is not None:
        frac |= dict.fromkeys(PEEPHOLES, layer.carried.frac)
    affine = layer.normaliser
    assert isinstance(affine, Scaling)
    if isinstance(affine, LayerNorm):
        frac |= {"scale_x": affine.normal.frac, "scale_h": affine.normal.frac}
        factor = affine.factor(layer.hidden)
        reals = {t: values * factor if _kind(t) in GAINS else values for t, values in reals.items()}
    for at, part in zip(prefixes, parts, strict=True):
        for thing, values in _tamed(part, layer, x).items():
            reals[at + thing] = values
    exact = layer.linear and layer.transform is not None
    scales = WIDEST if layer.linear else affine.scales
    limits = {thing: scales if _kind(thing) in frac else BIASES for thing in reals}
    near = [(shift, True) for shift in LEAST_FIRST] if exact else []
    exponents = {thing: exponent - frac.get(_kind(thing), 0) for thing in reals}
    shift, tensors = _shifted(reals, exponents, limits, near)
    biases = [values for thing, values in tensors.items() if _kind(thing) not in frac]
    width, bias_width = affine.scale_width, _bias_width(np.concatenate(biases))
    if layer.linear:
        own = [values for thing, values in tensors.items() if _kind(thing) in frac]
        width = _bias_width(np.concatenate(own))
    update = {"scale_width": width, "bias_width": bias_width, "shift": shift}
    return affine.model_copy(update=update), tensors


def _shifted(
    reals: Mapping[str, Reals],
    exponents: Mapping[str, int],
    limits: Mapping[str, Interval],
    near: Sequence[tuple[int, bool]] = (),
) -> tuple[int, dict[str, Integers]]:
    """The best shift with which all numbers fit, and their integers.

    Shifts of ``near`` are tried first, each with whether scales must be near enough. Exponents of
    two of the numbers are those without a shift.
    """
    for shift, strictly in (*near, *((shift, False) for shift in SHIFTS)):
        made = {thing: _integers(one, exponents[thing] + shift) for thing, one in reals.items()}
        if not all(_is_in(values, limits[thing]).all() for thing, values in made.items()):
            continue
        if not strictly or all(
            _is_near(made[thing], np.ldexp(one, exponents[thing] + shift), NEAR.get(_kind(thing)))
            for thing, one in reals.items()
        ):
            break
    else:
        for thing, values in made.items():
            _check_range(thing, reals[thing], _is_in(values, limits[thing]))
    return shift, {thing: values.astype(np.int64) for thing, values in made.items()}


def _freeze_cell(
    prefixes: Sequence[str], parts: Sequence[LearnedPart], layer: Layer, cell: Scaling
) -> tuple[Scaling, dict[str, Integers]]:
    """The formats of the affine on the cell, common to directions, and its tensors."""
    assert layer.carried is not None
    frac, factor = layer.carried.frac, 1.0
    if isinstance(cell, LayerNorm):
        frac, factor = cell.normal.frac, cell.factor(layer.hidden)
    reals: dict[str, Reals] = {}
    exponents: dict[str, int] = {}
    limits: dict[str, Interval] = {}
    for at, part in zip(prefixes, parts, strict=True):
        if part.scale_c is None or part.bias_c is None:
            raise InputError(f"{at}scale_c", "has not been learned")
        scale, bias = f"{at}scale_c", f"{at}bias_c"
        reals |= {scale: part.scale_c * factor, bias: part.bias_c}
        exponents |= {scale: layer.pre.frac - frac, bias: layer.pre.frac}
        limits |= {scale: cell.scales, bias: BIASES}
    for thing, values in reals.items():
        _check_finite(thing, values)
    shift, tensors = _shifted(reals, exponents, limits)
    biases = [values for thing, values in tensors.items() if limits[thing] is BIASES]
    update = {"shift": shift, "bias_width": _bias_width(np.concatenate(biases))}
    return cell.model_copy(update=update), tensors


def _states(at: str, part: LearnedPart, layer: Layer) -> dict[str, Integers]:
    """What sequences start from, in the formats of h and of what is carried beside it."""
    made: dict[str, Integers] = {}
    if not layer.initial:
        return made
    for name, form in (("initial_h", layer.h), ("initial_c", layer.carried)):
        if form is None:
            continue
        values = getattr(part, name)
        values = np.zeros(layer.hidden) if values is None else values
        within = np.abs(values) <= (form.interval.hi + 1) * form.lsb
        _check(at + name, values, within, f"must fit {form}, the format of its signal")
        made[at + name] = form.quantize(values, thing=at + name)
    return made


def _kind(thing: str) -> str:
    """The last part of a tensor's name."""
    return thing.rpartition(".")[2]


def _without_idle(part: LearnedPart) -> dict[str, Reals]:
    """The numbers, with scales of 0 where all weights of a row are 0: such may be anything.

    Batch normalisation makes it large, which would cost all others precision. Scales of a row that
    are equal stay equal.
    """
    idle_x, met_h = ~part.met_x.any(axis=1), part.met_h
    if met_h is None:
        # No sum of h is always 0.
        return part.reals | {"scale_x": np.where(idle_x, 0.0, part.scale_x)}
    idle_h = ~met_h.any(axis=1)
    equal, both = part.scale_x == part.scale_h, idle_x & idle_h
    return part.reals | {
        "scale_x": np.where(np.where(equal, both, idle_x), 0.0, part.scale_x),
        "scale_h": np.where(np.where(equal, both, idle_h), 0.0, part.scale_h),
    }


def _tamed(part: LearnedPart, layer: Layer, x: Format) -> dict[str, Reals]:
    """Biases, with none larger than what keeps its row at an end of its format for any inputs.

    No sum of a row is larger than that of the magnitudes of its weights, at the largest magnitudes
    of x and h; twice that, since a scale may round to twice its size. If a bias is beyond such a
    sum by more than the format of ``pre`` reaches, the outcome is its end, whatever more it is.
    """
    sums = np.zeros(len(part.bias))
    reach = layer.operands[-1].sum(layer.h.interval, layer.hidden).magnitude * layer.h.lsb
    for weight, scale, vector in (
        (part.met_x, part.scale_x, x),
        (part.met_h, part.scale_h, layer.h),
    ):
        largest = vector.interval.magnitude * vector.lsb
        most = reach if weight is None else np.abs(weight).sum(axis=1) * largest
        if isinstance(layer.normaliser, LayerNorm):
            normal = layer.normaliser.normal
            most = np.full(len(sums), normal.interval.magnitude * normal.lsb)
        sums += 2 * np.abs(scale) * most
    if part.peephole is not None and layer.carried is not None:
        seen = 2 * np.abs(part.peephole).max() * layer.carried.interval.magnitude
        sums += seen * layer.carried.lsb
    bound = sums + (layer.pre.interval.magnitude + 1) * layer.pre.lsb
    made = {"bias": np.clip(part.bias, -bound, bound)}
    if part.bias_h is not None:
        own = bound[-len(part.bias_h) :]
        made["bias_h"] = np.clip(part.bias_h, -own, own)
    return made


def _freeze_query(
    query: Reals | None, attention: Attention, h: Format
) -> tuple[Attention, Integers]:
    """Attention with the point of the query where all of it fits, and the query."""
    if query is None:
        raise InputError("pooling.query", "has not been learned")
    _check_finite("pooling.query", query)
    # With fewer bits behind the point, sums of products would have fewer than scores.
    least = max(0, attention.score.frac - h.frac)
    for frac in range(max(attention.query.frac, least), least - 1, -1):
        form = attention.query.model_copy(update={"frac": frac})
        made = _integers(query, frac)
        good = _is_in(made, form.interval)
        if good.all():
            break
    _check("pooling.query", query, good, f"must fit {form}")
    return attention.model_copy(update={"query": form}), made.astype(np.int64)


def _freeze_head(
    learned: Learned, head: Head, lsb: float
) -> tuple[Head, dict[str, Integers], float]:
    """The head, its tensors, and the real logit that 1 stands for."""
    if learned.head_weight is None or learned.head_bias is None:
        raise InputError("head", "has no learned weights")
    _check_finite("head.weight", learned.head_weight)
    _check_finite("head.bias", learned.head_bias)
    tensors: dict[str, Integers] = {}
    if head.scaled:
        unit, tensors["scale"], tensors["weight"] = _scaled_rows(learned.head_weight, head)
    else:
        largest = float(np.abs(learned.head_weight).max(initial=0)) or 1.0
        unit = learned.head_unit or largest / head.weights.weights.hi
        weight = _integers(learned.head_weight / unit).astype(np.int64)
        tensors["weight"] = weight + learned.head_zero
    if head.zero_point:
        tensors["zero"] = np.array([learned.head_zero])
    bias = _integers(learned.head_bias / (unit * lsb))
    _check_range("head.bias", learned.head_bias, _is_in(bias, BIASES))
    tensors["bias"] = bias.astype(np.int64)
    frozen = head.model_copy(update={"bias_width": _bias_width(tensors["bias"])})
    return frozen, tensors, unit * lsb


def _scaled_rows(weight: Reals, head: Head) -> tuple[float, Integers, Integers]:
    """What 1 of a scale stands for, scales and weights: each row has all of its arithmetic."""
    largest = np.abs(weight).max(axis=1) / head.weights.weights.hi
    unit = (float(largest.max(initial=0)) or 1.0) / head.scales.hi
    # Rounded up, so that no weight is cut.
    scale = np.minimum(np.ceil(largest / unit), head.scales.hi)
    step = np.where(scale > 0, scale, 1.0) * unit
    return unit, scale.astype(np.int64), head.weights.nearest(weight / step[:, None])


def _integers(values: Reals, exponent: int = 0) -> Reals:
    """Nearest integers to ``values * 2**exponent``, ties up; in floating point, any size."""
    with np.errstate(over="ignore"):
        integers: Reals = np.floor(np.ldexp(values, exponent) + 0.5)
    return integers


def _is_in(values: Reals, limit: Interval) -> NDArray[np.bool_]:
    return (values >= limit.lo) & (values <= limit.hi)


def _is_near(values: Reals, wanted: Reals, part: float | None) -> bool:
    return part is None or bool((np.abs(values - wanted) <= part * np.abs(wanted)).all())


def _bias_width(biases: Integers) -> int:
    # A description asks for two bits at least.
    return (Interval.signed_bits(2) | Interval.of(biases)).width


def _check_finite(thing: str, values: Reals) -> None:
    _check(thing, values, np.isfinite(values), "must be finite")


def _check_range(thing: str, values: Reals, good: NDArray[np.bool_]) -> None:
    _check(thing, values, good, "must fit its format without any shift")


def _check(thing: str, values: Reals, good: NDArray[np.bool_], rule: str) -> None:
    if not good.all():
        place = tuple(int(index) for index in np.argwhere(~good)[0])
        raise InputError(f"{thing}[{', '.join(map(str, place))}]", rule, float(values[place]))
