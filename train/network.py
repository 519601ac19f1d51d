"""The network that is trained: one LSTM layer of a quantiser and a normaliser, and a head.

It computes in floating point with quantised weights; freezing (`train.freeze`) only rounds its
coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from spec.arithmetic import Fixed
from spec.errors import InputError
from spec.network import GATES
from spec.tensors import Integers
from train.freeze import Learned, Reals
from train.normalisers import Coefficients, Normaliser
from train.quantisers import Quantiser, Real
from train.rounding import Rounding
from train.scan import exact, scan
from train.stepwise import Stepwise

__all__ = ["FIXED", "Classifier", "Recurrent", "State", "pad"]

State = tuple[Tensor, Tensor]
"""h and c, (batch, hidden)."""

FIXED = Fixed(12)
"""What the weights of a floating-point network become in a machine: the papers' baseline."""


def pad(sequences: Sequence[Integers], lsb: float) -> tuple[Tensor, Tensor]:
    """A batch (steps, batch, inputs) of real numbers, 0 behind the end of a sequence; lengths."""
    lengths = [len(sequence) for sequence in sequences]
    batch = np.zeros((max(lengths), len(sequences), sequences[0].shape[1]), dtype=np.float32)
    for index, sequence in enumerate(sequences):
        batch[: len(sequence), index] = sequence * lsb
    return torch.from_numpy(batch), torch.tensor(lengths)


class Recurrent(nn.Module):
    """An LSTM layer.

    Parameters
    ----------
    quantiser : Quantiser
        What becomes of both weight matrices.
    normaliser : type of Normaliser or of Stepwise
        What becomes of their sums.
    inputs, hidden : int
        Sizes.
    shared : bool
        Whether the normaliser has one scale for both sums of a row.
    memory : int or None
        Steps over which cells are to remember: their forget gates start with times from 1 to this
        (Tallec and Ollivier 2018). By default they start open, with bias 1.
    gain : float
        How large sums of h are at the start, compared with those of the inputs.

    Attributes
    ----------
    rounding : Rounding or None
        Formats to which activations are rounded; ``None``: they are not.
    noise : tuple of Tensor, or None
        Uniform noise for each matrix: weights are drawn with it. ``None``: they are deterministic.
    plain : bool
        Whether to go step by step, by automatic differentiation and without rounding: the slow
        way, for comparison.
    """

    def __init__(
        self,
        quantiser: Quantiser,
        normaliser: type[Normaliser] | type[Stepwise],
        *,
        inputs: int,
        hidden: int,
        shared: bool = False,
        memory: int | None = None,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        rows = len(GATES) * hidden
        self.quantiser, self.hidden = quantiser, hidden
        self.rounding: Rounding | None = None
        self.plain = False
        self.noise: tuple[Tensor, Tensor] | None = None
        self.shadow_x = nn.Parameter(torch.empty(rows, inputs))
        self.shadow_h = nn.Parameter(torch.empty(rows, hidden))
        bias = _bias(hidden, memory)
        with torch.no_grad():
            quantiser.start(self.shadow_x)
            quantiser.start(self.shadow_h)
            self.normaliser: Normaliser | Stepwise
            if issubclass(normaliser, Stepwise):
                self.normaliser = normaliser(bias)
            else:
                units = quantiser.unit(rows, inputs), quantiser.unit(rows, hidden)
                self.normaliser = normaliser(
                    *self.weights(), bias, shared=shared, units=units, gain=gain
                )

    def weights(self) -> tuple[Tensor, Tensor]:
        """Both weight matrices, quantised; differentiable."""
        noise_x, noise_h = self.noise or (None, None)
        return self.quantiser(self.shadow_x, noise_x), self.quantiser(self.shadow_h, noise_h)

    def folded(self) -> tuple[Tensor, Tensor, Coefficients]:
        """Both weight matrices, quantised, and the affine of the rows; differentiable.

        Raises
        ------
        InputError
            If the normaliser is no affine.
        """
        if isinstance(self.normaliser, Stepwise):
            raise InputError("normaliser", f"cannot be frozen: {self.normaliser.refusal}")
        weight_x, weight_h = self.weights()
        return weight_x, weight_h, self.normaliser.coefficients(weight_x, weight_h)

    def forward(
        self, x: Tensor, lengths: Tensor | None = None, state: State | None = None
    ) -> tuple[Tensor, Tensor]:
        """All h, before the first step and after every step, and the last c.

        Parameters
        ----------
        x : Tensor
            (steps, batch, inputs).
        lengths : Tensor, optional
            Steps of each sequence; what comes behind is not counted in statistics.
        state : State, optional
            What to start from, by default zeros.

        Returns
        -------
        h : Tensor
            (steps + 1, batch, hidden).
        c : Tensor
            (batch, hidden).
        """
        start = x.new_zeros(x.shape[1], self.hidden) if state is None else None
        h, c = (start, start) if state is None else state
        assert h is not None
        assert c is not None
        if isinstance(self.normaliser, Stepwise):
            return self._stepwise(self.normaliser, x, h, c)
        weight_x, weight_h, (scale_x, scale_h, bias) = self.folded()
        # Rows are scaled here, once a batch, instead of sums at every step.
        from_x = functional.linear(x, scale_x[:, None] * weight_x, bias)
        scaled_h = scale_h[:, None] * weight_h
        if self.plain:
            every, last = exact(from_x, scaled_h, h, c)
        else:
            every, last = scan(from_x, scaled_h, h, c, self.rounding)
        if self.training:
            active = None
            if lengths is not None:
                steps = torch.arange(len(x), device=x.device)
                active = (steps[:, None] < lengths).flatten()
            self.normaliser.observe(x.flatten(0, 1), every[:-1].flatten(0, 1), active)
        return every, last

    def clamp(self) -> None:
        """Bring the shadow weights back within the limit of their quantiser."""
        with torch.no_grad():
            for shadow in (self.shadow_x, self.shadow_h):
                shadow.clamp_(-self.quantiser.limit, self.quantiser.limit)

    def _stepwise(self, normaliser: Stepwise, x: Tensor, h: Tensor, c: Tensor) -> State:
        (weight_x, weight_h), every = self.weights(), [h]
        # unbind, not indexing: the backward pass of an index fills a whole array of zeros.
        for step, sums in enumerate(functional.linear(x, weight_x).unbind(0)):
            from_h = normaliser.sums(1, functional.linear(every[-1], weight_h), step)
            i, f, g, o = (normaliser.sums(0, sums, step) + from_h).chunk(len(GATES), dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            every.append(torch.sigmoid(o) * torch.tanh(normaliser.cell(c, step)))
        return torch.stack(every), c


def _bias(hidden: int, memory: int | None) -> Tensor:
    """Biases of the stacked gates at the start."""
    parts = {gate: torch.zeros(hidden) for gate in GATES}
    if memory is None:
        parts["f"] += 1
    else:
        parts["f"] = torch.empty(hidden).uniform_(1, memory - 1).log()
        parts["i"] = -parts["f"]
    return torch.cat([parts[gate] for gate in GATES])


class Classifier(nn.Module):
    """A recurrent layer, and a head on its h after the last step, or after every step.

    Parameters
    ----------
    layer : Recurrent
        The layer.
    classes : int
        Logits of the head.
    every : bool
        Whether there are logits after every step.

    Attributes
    ----------
    mask : Tensor or None
        What every h is multiplied by in training before the head sees it, (batch, hidden).
    """

    def __init__(self, layer: Recurrent, *, classes: int, every: bool = False) -> None:
        super().__init__()
        self.layer, self.every = layer, every
        self.mask: Tensor | None = None
        self.head = nn.Linear(layer.hidden, classes)

    def forward(
        self, x: Tensor, lengths: Tensor | None = None, state: State | None = None
    ) -> tuple[Tensor, State]:
        """Logits (batch, classes), or (steps, batch, classes); and the state after the last step.

        The state is that after all steps of ``x``, whatever the lengths.
        """
        h, c = self.layer(x, lengths, state)
        seen = h[1:]
        if not self.every:
            batch = torch.arange(x.shape[1], device=x.device)
            seen = h[-1] if lengths is None else h[lengths, batch]
        if self.training and self.mask is not None:
            seen = seen * self.mask
        return self.head(seen), (h[-1], c)

    def learned(self) -> Learned:
        """What has been learned, as NumPy arrays: the weights as integers, the rest as reals.

        Weights of a floating-point network become `FIXED`, rounded to a scale of each row.

        Raises
        ------
        InputError
            If the normaliser is none that a machine has.
        """
        quantiser = self.layer.quantiser
        with torch.no_grad():
            weight_x, weight_h, affine = self.layer.folded()
        weights, scales = [_reals(weight_x), _reals(weight_h)], list(map(_reals, affine[:2]))
        if isinstance(quantiser, Real):
            weights, scales = _as_fixed(weights, scales)
        return Learned(
            weight_x=weights[0].astype(np.int64),
            weight_h=weights[1].astype(np.int64),
            scale_x=scales[0],
            scale_h=scales[1],
            bias=_reals(affine.bias),
            head_weight=_reals(self.head.weight),
            head_bias=_reals(self.head.bias),
        )


def _as_fixed(weights: list[Reals], scales: list[Reals]) -> tuple[list[Reals], list[Reals]]:
    """Integers of `FIXED` and scales of the rows; equal scales of a row stay equal."""
    largest = [np.abs(weight).max(axis=1) for weight in weights]
    if np.array_equal(scales[0], scales[1]):
        largest = [np.maximum(*largest)] * 2
    units = [np.where(row > 0, row, 1) / FIXED.weights.hi for row in largest]
    integers = [
        np.floor(weight / unit[:, None] + 0.5) for weight, unit in zip(weights, units, strict=True)
    ]
    return integers, [scale * unit for scale, unit in zip(scales, units, strict=True)]


def _reals(tensor: Tensor) -> Reals:
    return tensor.detach().cpu().numpy().astype(np.float64)
