"""One direction of a recurrent layer as it is trained: a cell, two quantisers, a normaliser."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from pascaline.spec.cells.layer import Layer
from pascaline.spec.errors import InputError
from pascaline.train import linear_scan
from pascaline.train.cells import Cell
from pascaline.train.cells.cell import Weight
from pascaline.train.normalisers import BatchNorm, Normaliser
from pascaline.train.quantisers import Quantiser
from pascaline.train.rounding import passed
from pascaline.train.standard import (
    CellNorm,
    LayerNorm,
    Standardised,
    StandardisedCell,
    standardise,
)
from pascaline.train.stepwise import Stepwise
from pascaline.train.transform import sylvester

__all__ = ["Folded", "Quantisers", "Recurrent", "State"]

State = tuple[Tensor, Tensor]
"""h and c, (batch, hidden); c has no elements for a cell that keeps nothing beside h."""

Quantisers = tuple[Quantiser, Quantiser]
"""Of the input weights and of the recurrent weights."""


class Folded(NamedTuple):
    """Quantised weights and the affine of each row; ``bias_h``: see `train.cells.Cell`."""

    weight_x: Tensor
    weight_h: Tensor
    scale_x: Tensor
    scale_h: Tensor
    bias: Tensor
    bias_h: Tensor | None


class Recurrent(nn.Module):
    """One direction of a layer.

    Parameters
    ----------
    cell : Cell
        What happens in a step.
    quantisers : Quantisers
        What becomes of the weight matrices.
    normaliser : type of Normaliser or of Stepwise
        What becomes of their sums.
    inputs, hidden : int
        Sizes.
    shared : bool
        Whether the normaliser has one scale for both sums of a row.
    memory : int or None
        Steps over which units are to remember: their gates start with times from 1 to this
        (Tallec and Ollivier 2018). By default they start open, with bias 1.
    gain : float
        How large sums of h are at the start, compared with those of the inputs.
    stochastic : tuple of bool
        Which of the matrices are drawn anew for every step of training.
    block : int or None
        Elements of a block of the transform that h meets in place of a matrix, see
        `train.transform`; ``None``: a matrix. With a transform, the quantiser of the recurrent
        weights is that of the signs of rows.
    cell_norm : bool
        Whether c is standardised, as sums are, before h is made of it; only with layer norm.

    Attributes
    ----------
    rounding : Layer or None
        The layer to whose formats activations are rounded; ``None``: they are not.
    noise : tuple of (Tensor or None)
        Uniform noise for each matrix: weights are drawn with it. ``None``: they are deterministic.
    plain : bool
        Whether to go step by step, by automatic differentiation and without rounding: the slow
        way, for comparison.
    unit : float
        What an h of 1 stands for when it is rounded, see `train.units.state_units`.
    transform : Tensor or None
        What the signs are multiplied with, (rows, hidden), if h meets no matrix of weights.

    Raises
    ------
    InputError
        If the normaliser is none for this cell.
    """

    def __init__(
        self,
        cell: Cell,
        quantisers: Quantisers,
        normaliser: type[Normaliser] | type[Stepwise],
        *,
        inputs: int,
        hidden: int,
        shared: bool = False,
        memory: int | None = None,
        gain: float = 1.0,
        stochastic: tuple[bool, bool] = (False, False),
        block: int | None = None,
        cell_norm: bool = False,
    ) -> None:
        super().__init__()
        rows = len(cell.gates) * hidden
        self.cell, self.quantisers, self.hidden = cell, quantisers, hidden
        self.stochastic = stochastic
        self.rounding: Layer | None = None
        self.plain, self.unit = False, 1.0
        self.noise: tuple[Tensor | None, Tensor | None] = (None, None)
        self.shadow_x = nn.Parameter(torch.empty(rows, inputs))
        self.shadow_h = nn.Parameter(torch.empty(rows, hidden if block is None else 1))
        self.transform: Tensor | None
        made = None if block is None else sylvester(hidden, block).repeat(len(cell.gates), 1)
        self.register_buffer("transform", made, persistent=False)
        bias = cell.bias(hidden, memory)
        with torch.no_grad():
            for quantiser, shadow in zip(quantisers, self.shadows, strict=True):
                quantiser.start(shadow)
            self.normaliser: Normaliser | Stepwise
            if issubclass(normaliser, Stepwise):
                _check_stepwise(cell, normaliser)
                self.normaliser = normaliser(bias)
            else:
                if normaliser is BatchNorm and not cell.products:
                    rule = "must not be batchnorm for gru-before: the reset gate changes its inputs"
                    raise InputError("normaliser", rule)
                unit_h = quantisers[1].unit(*self.shadow_h.shape)
                if block is not None:
                    unit_h *= block**-0.5
                units = quantisers[0].unit(rows, inputs), unit_h
                self.normaliser = normaliser(
                    *self.weights(), bias, shared=shared, units=units, gain=gain
                )
        self.bias_h = nn.Parameter(torch.zeros(hidden)) if cell.separate else None
        self.cell_norm: CellNorm | None = None
        if cell_norm:
            assert issubclass(normaliser, LayerNorm)
            self.cell_norm = CellNorm(hidden, normaliser)

    @property
    def shadows(self) -> tuple[Tensor, Tensor]:
        """Both matrices of shadow weights."""
        return self.shadow_x, self.shadow_h

    def weights(self) -> tuple[Tensor, Tensor]:
        """Both weight matrices, quantised; differentiable. A transform counts as a matrix, too."""
        (quantiser_x, quantiser_h), (noise_x, noise_h) = self.quantisers, self.noise
        weight_h = quantiser_h(self.shadow_h, noise_h)
        if self.transform is not None:
            weight_h = weight_h * self.transform
        return quantiser_x(self.shadow_x, noise_x), weight_h

    def folded(self) -> Folded:
        """Weights and the affine of the rows; differentiable.

        Raises
        ------
        InputError
            If the normaliser is no affine.
        """
        if isinstance(self.normaliser, Stepwise):
            raise InputError("normaliser", f"cannot be frozen: {self.normaliser.refusal}")
        weight_x, weight_h = self.weights()
        scale_x, scale_h, bias, offset = self.normaliser.coefficients(weight_x, weight_h)
        if self.bias_h is None:
            bias = bias if offset is None else bias + offset
            return Folded(weight_x, weight_h, scale_x, scale_h, bias, None)
        bias_h: Tensor = self.bias_h
        if offset is not None:
            # The candidate's rows, the last ones, keep products of h apart.
            rest = len(offset) - self.hidden
            bias = bias + functional.pad(offset[:rest], (0, self.hidden))
            bias_h = bias_h + offset[rest:]
        return Folded(weight_x, weight_h, scale_x, scale_h, bias, bias_h)

    def products(self, x: Tensor) -> tuple[Tensor, Weight, Tensor | None]:
        """What the cell's `scan` takes for inputs (steps, batch, inputs): x, weight, bias_h."""
        folded = self.folded()
        bias_h = folded.bias_h
        if bias_h is not None:
            bias_h = functional.pad(bias_h, (len(folded.bias) - self.hidden, 0))
        if isinstance(self.normaliser, LayerNorm):
            return *self._standardised(x, folded, self.normaliser.spread), bias_h
        # Rows are scaled here, once a batch, instead of sums at every step.
        from_x = functional.linear(x, folded.scale_x[:, None] * folded.weight_x, folded.bias)
        return from_x, folded.scale_h[:, None] * folded.weight_h, bias_h

    def _standardised(self, x: Tensor, folded: Folded, spread: str) -> tuple[Tensor, Standardised]:
        """Scaled sums of x, and weights whose sums are standardised in each step."""
        described = self.rounding
        formats = None if described is None else described.normaliser.standard(self.hidden)
        normal = None if formats is None else formats.normal
        cell = None
        if self.cell_norm is not None:
            formats = None if described is None else described.state_standard
            own = None if formats is None else formats.normal
            cell = StandardisedCell(self.cell_norm.gain, self.cell_norm.bias, spread, own)
        sums = standardise(functional.linear(x, folded.weight_x), self.hidden, spread)
        from_x = torch.addcmul(folded.bias, folded.scale_x, passed(sums, normal))
        return from_x, Standardised(folded.weight_h, folded.scale_h, spread, normal, cell)

    @property
    def scanned(self) -> bool:
        """Whether all steps are done at once, since the recurrence is linear."""
        rounded = self.rounding is not None
        return self.cell.linear and not rounded and not self.plain

    def last(self, x: Tensor, lengths: Tensor | None = None, state: State | None = None) -> Tensor:
        """The h after the last step of each sequence, (batch, hidden); only if it is `scanned`.

        Parameters
        ----------
        x, state
            As in `forward`.
        lengths : Tensor, optional
            Steps of each sequence, by default all. No state may come before them.
        """
        taken, kept, x = self._linear(x)
        if lengths is not None:
            x = _to_the_end(x, lengths)
        return linear_scan.last(x, taken, kept, None if state is None else state[0])

    def _linear(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Both matrices, scaled, the first with the bias; and inputs with a 1 that meets it."""
        folded = self.folded()
        taken = torch.cat((folded.scale_x[:, None] * folded.weight_x, folded.bias[:, None]), dim=1)
        with_one = torch.cat((x, x.new_ones(*x.shape[:2], 1)), dim=2)
        return taken, folded.scale_h[:, None] * folded.weight_h, with_one

    def zero(self, like: Tensor, batch: int) -> State:
        """The state before the first step, of the tensor's kind."""
        carried = self.hidden if self.cell.carries else 0
        return like.new_zeros(batch, self.hidden), like.new_zeros(batch, carried)

    def forward(
        self, x: Tensor, active: Tensor | None = None, state: State | None = None
    ) -> tuple[Tensor, Tensor]:
        """All h, before the first step and after every step, and the last c.

        Parameters
        ----------
        x : Tensor
            (steps, batch, inputs).
        active : Tensor, optional
            (steps, batch): which steps are counted in statistics, by default all.
        state : State, optional
            What to start from, by default zeros.

        Returns
        -------
        h : Tensor
            (steps + 1, batch, hidden).
        c : Tensor
            (batch, hidden).
        """
        h, c = self.zero(x, x.shape[1]) if state is None else state
        if isinstance(self.normaliser, Stepwise):
            return self.normaliser.scan(*self.weights(), x, h, c)
        if self.scanned:
            taken, kept, with_one = self._linear(x)
            every = linear_scan.every(with_one, taken, kept, h)
            self.observe(x, every, active)
            return every, c
        from_x, weight, bias_h = self.products(x)
        if self.plain:
            every, last = self.cell.loop(from_x, weight, bias_h, h, c)
        else:
            every, last = self._scan(from_x, weight, bias_h, h, c)
        self.observe(x, every, active)
        return every, last

    def _scan(
        self, from_x: Tensor, weight: Weight, bias_h: Tensor | None, h: Tensor, c: Tensor
    ) -> tuple[Tensor, Tensor]:
        if self.unit == 1:
            return self.cell.scan(from_x, weight, bias_h, h, c, self.rounding)
        # Of a linear layer.
        unit = self.unit
        every, last = self.cell.scan(from_x / unit, weight, bias_h, h / unit, c, self.rounding)
        return every * unit, last

    def observe(self, x: Tensor, every: Tensor, active: Tensor | None) -> None:
        """In training, let the normaliser see what was multiplied; as in and out of `forward`."""
        if self.training and isinstance(self.normaliser, Normaliser):
            counted = None if active is None else active.flatten()
            self.normaliser.observe(x.flatten(0, 1), every[:-1].flatten(0, 1), counted)

    def clamp(self) -> None:
        """Bring the shadow weights back within the limits of their quantisers."""
        with torch.no_grad():
            for quantiser, shadow in zip(self.quantisers, self.shadows, strict=True):
                shadow.clamp_(-quantiser.limit, quantiser.limit)


def _to_the_end(x: Tensor, lengths: Tensor) -> Tensor:
    """Sequences moved so that all end together, with zeros before them: (steps, batch, inputs)."""
    steps = torch.arange(len(x), device=x.device)[:, None] - (len(x) - lengths)
    moved = x.gather(0, steps.clamp(min=0)[..., None].expand(x.shape))
    return torch.where(steps[..., None] >= 0, moved, 0)


def _check_stepwise(cell: Cell, normaliser: type[Stepwise]) -> None:
    if cell.gates != normaliser.gates:
        raise InputError("normaliser", "must be scale, batchnorm, weightnorm or none for this cell")
