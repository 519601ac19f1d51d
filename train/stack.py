"""Recurrent layers for a training loop of one's own: what stands behind `train.layers`.

The layers are those that `pascaline train` teaches; here they take and give what the modules of
PyTorch do: batches first or not, packed sequences, states of all layers in one tensor.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypedDict, Unpack

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from pascaline.importers.draft import Formats, draft
from pascaline.spec.cells.layer import Layer as Description
from pascaline.spec.errors import InputError
from pascaline.train.learn import stack
from pascaline.train.network import Layer, backwards
from pascaline.train.options import Options
from pascaline.train.quantisers import rules
from pascaline.train.recurrent import Recurrent, State
from pascaline.train.rounding import passed

__all__ = ["Choices", "Stack"]

NORMALISERS = ("scale", "batchnorm", "weightnorm", "none", "layernorm", "madnorm")
"""Those that a machine has."""


class Choices(TypedDict, total=False):
    """What the layers here have beside the arguments of PyTorch; all of it by keyword.

    Attributes
    ----------
    weights : str
        What the weights are: ``binary``, ``ternary`` (usual), ``pow2``, ``exp3`` to ``exp5``,
        ``fixed2`` to ``fixed16``; or ``float``, which becomes ``fixed12`` in the model.
    recurrent_weights : str or None
        What those are that meet h; by default the same.
    residual : bool
        Whether all layers of one direction add their inputs to h in their outputs that have as
        many inputs as units. The machine cuts sums to the format of h; without ``rounding`` they
        are not cut.
    block : int or None
        A power of two that divides the hidden units: h meets a Walsh-Hadamard transform of blocks
        of so many instead of a matrix, and each row has a sign and a scale of its own, see
        `train.transform`. By default a matrix; not for an RNN, nor with ``reset="before"``.
    rule : str or None
        How ``weights`` come from the real numbers that are learned, see
        `train.quantisers.rules`; by default the usual way.
    stochastic : bool
        Whether ``weights`` are drawn anew in every forward pass in training mode.
    normaliser : str
        What is learned behind the scales and the bias of a row: ``scale`` (usual for binary and
        ternary weights), ``weightnorm`` (usual for others, whose sums are of other sizes),
        ``batchnorm``, ``none``; or ``layernorm`` or ``madnorm``, see `train.standard`.
    normalise_cell : bool
        Whether cells of an LSTM are standardised, too, with ``layernorm`` or ``madnorm``.
    shared_scale : bool
        Whether a row has one scale for both products (usual) or two, as with a ``block``.
    memory : int or None
        Steps over which units are to remember: gates start with times from 1 to this.
    gain : float
        How large sums of h are at the start, compared with those of x.
    formats : Formats
        Formats of the machine; by default activations have 8 bits. Its ``x`` is what `export`
        takes for the inputs unless it is told otherwise: inputs are not rounded here.
    rounding : bool
        Whether activations are rounded to these formats, as the machine does (usual). It may be
        changed at any time: without, training is a little faster and smoother.
    """

    weights: str
    recurrent_weights: str | None
    residual: bool
    block: int | None
    rule: str | None
    stochastic: bool
    normaliser: str
    normalise_cell: bool
    shared_scale: bool
    memory: int | None
    gain: float
    formats: Formats
    rounding: bool


class Stack(nn.Module):
    """Recurrent layers on top of each other; what `LSTM`, `GRU` and `RNN` have in common.

    In training mode a forward pass first brings the learned weights back within the limits of
    their rule, then quantises them; in evaluation mode it changes nothing, and the quantised
    weights are the deterministic ones that `export` freezes.

    Parameters
    ----------
    cell : str
        A key of `spec.cells.FORMS`.
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        As in ``torch.nn.LSTM``; at most 8 layers. Without ``bias`` it is zero and not learned.
        Where a cell has gates that keep its state, their bias starts with 1.
    **choices
        See `Choices`.

    Attributes
    ----------
    description : tuple of spec.cells.layer.Layer
        Sizes, weights and formats of each layer.

    Raises
    ------
    InputError
        If an argument is not possible; it is named.
    """

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: torch.dtype | None = None,
        **choices: Unpack[Choices],
    ) -> None:
        super().__init__()
        formats, options = choices.get("formats", Formats()), self._options(choices)
        if not 0 <= dropout <= 1:
            raise InputError("dropout", "must be 0 to 1", dropout)
        options = options.model_copy(
            update={"cell": cell, "layers": num_layers, "bidirectional": bidirectional}
        )
        options.check_recurrent()
        weights_x, weights_h = options.arithmetics
        self.description: tuple[Description, ...] = draft(
            formats,
            inputs=input_size,
            hidden=hidden_size,
            weights=weights_x,
            weights_h=weights_h,
            classes=None,
            cells=(cell,) * num_layers,
            bidirectional=bidirectional,
            residual=options.residual,
            block=options.block,
            spread=options.spread,
            normalise_cell=options.normalise_cell,
            zero_points=options.zero_points,
        ).layers
        self.options, self.formats = options, formats
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional = bidirectional
        self.layers = nn.ModuleList(
            stack(
                options,
                inputs=input_size,
                hidden=hidden_size,
                memory=choices.get("memory"),
                gain=choices.get("gain", 1.0),
            )
        )
        for layer, described in zip(self.stack, self.description, strict=True):
            layer.residual = described.residual
        if not bias:
            for part in self.parts:
                _without_bias(part)
        self.rounding = choices.get("rounding", True)
        self.to(device=device, dtype=dtype)

    @staticmethod
    def _options(choices: Choices) -> Options:
        """Those that training by command has, too."""
        unknown = choices.keys() - Choices.__annotations__
        if unknown:
            raise InputError(min(unknown), "is not supported")
        found = {key: value for key, value in choices.items() if key in Options.model_fields}
        options = Options.parse(found, thing="options")
        if options.normaliser not in (None, *NORMALISERS):
            rule = f"must be one of {', '.join(NORMALISERS)}"
            raise InputError("normaliser", rule, options.normaliser)
        for weights in options.rules:
            rules(weights.weights)
        if options.normaliser is not None:
            return options
        few = all(weights.weights.magnitude == 1 for weights in options.arithmetics)
        return options.model_copy(update={"normaliser": "scale" if few else "weightnorm"})

    @property
    def stack(self) -> list[Layer]:
        """The layers."""
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    @property
    def parts(self) -> list[Recurrent]:
        """All directions of all layers, in the order of PyTorch's states."""
        return [part for layer in self.stack for part in layer.parts]

    @property
    def rounding(self) -> bool:
        """Whether activations are rounded as the machine does."""
        return self.parts[0].rounding is not None

    @rounding.setter
    def rounding(self, on: bool) -> None:
        for layer, description in zip(self.stack, self.description, strict=True):
            for part in layer.parts:
                part.rounding = description if on else None

    def flatten_parameters(self) -> None:
        """Nothing; PyTorch's modules have it."""

    def extra_repr(self) -> str:
        shown = [f"{self.input_size}, {self.hidden_size}", f"weights={self.options.weights}"]
        for name, usual in (("num_layers", 1), ("batch_first", False), ("bidirectional", False)):
            if getattr(self, name) != usual:
                shown.append(f"{name}={getattr(self, name)}")
        return ", ".join(shown)

    def settle(self) -> None:
        """Let the weights be the deterministic ones, as they are in evaluation mode."""
        for part in self.parts:
            part.noise = (None, None)

    def _run(self, sequence: Tensor | PackedSequence, first: State | None) -> tuple[Any, State]:
        """Outputs, shaped as the input is, and the states (directions, batch, hidden)."""
        self._prepare()
        if isinstance(sequence, PackedSequence):
            return self._run_packed(sequence, first)
        if sequence.dim() not in (2, 3):
            raise InputError("input", "must have 2 or 3 dimensions", sequence.dim())
        if sequence.dim() == 2:
            one = None if first is None else (first[0].unsqueeze(1), first[1].unsqueeze(1))
            every, (h, c) = self._run_steps(sequence.unsqueeze(1), None, one)
            return every.squeeze(1), (h.squeeze(1), c.squeeze(1))
        if not self.batch_first:
            return self._run_steps(sequence, None, first)
        every, after = self._run_steps(sequence.transpose(0, 1), None, first)
        return every.transpose(0, 1), after

    def _run_packed(
        self, packed: PackedSequence, first: State | None
    ) -> tuple[PackedSequence, State]:
        # In the order of the packed data, longest first; states are in the user's.
        data, sizes, there, back = packed
        x, lengths = pad_packed_sequence(PackedSequence(data, sizes))
        if first is not None and there is not None:
            first = first[0].index_select(1, there), first[1].index_select(1, there)
        every, (h, c) = self._run_steps(x, lengths.to(x.device), first)
        data, sizes, _, _ = pack_padded_sequence(every, lengths)
        if back is not None:
            h, c = h.index_select(1, back), c.index_select(1, back)
        return PackedSequence(data, sizes, there, back), (h, c)

    def _run_steps(
        self, x: Tensor, lengths: Tensor | None, first: State | None
    ) -> tuple[Tensor, State]:
        """Of (steps, batch, inputs), and of as many steps of each sequence as ``lengths`` says."""
        if x.shape[-1] != self.input_size:
            raise InputError("input", f"must have {self.input_size} elements a step", x.shape[-1])
        if not len(x):
            raise InputError("input", "must have at least one step")
        starts = self._starts(x, first)
        after: list[State] = []
        for index, (layer, description) in enumerate(
            zip(self.stack, self.description, strict=True)
        ):
            outputs = []
            for reverse, part in enumerate(layer.parts):
                state = starts[len(after)]
                if part.rounding is not None:
                    state = passed(state[0], description.h), passed(state[1], description.carried)
                every, last = _through(
                    part, backwards(x, lengths) if reverse else x, lengths, state
                )
                outputs.append(backwards(every, lengths) if reverse else every)
                after.append(last)
            x = layer.output(torch.cat(outputs, dim=-1), x)
            if index < self.num_layers - 1:
                x = nn.functional.dropout(x, self.dropout, self.training)
        return x, (torch.stack([h for h, _ in after]), torch.stack([c for _, c in after]))

    def _starts(self, x: Tensor, first: State | None) -> list[State]:
        """The state of each direction before the first step."""
        parts, batch = self.parts, x.shape[1]
        if first is None:
            return [part.zero(x, batch) for part in parts]
        shape = (len(parts), batch, self.hidden_size)
        for name, state in zip(("h_0", "c_0"), first, strict=True):
            if state.shape != shape:
                raise InputError(name, f"shape must be {list(shape)}", list(state.shape))
        # A cell that carries nothing beside h has no c.
        return [
            (h, c if part.cell.carries else part.zero(x, batch)[1])
            for part, h, c in zip(parts, first[0], first[1], strict=True)
        ]

    def _prepare(self) -> None:
        """Bring learned weights within their limits, and draw those that are drawn."""
        self.settle()
        if not self.training:
            return
        for part in self.parts:
            part.clamp()
            noise_x, noise_h = (
                torch.rand_like(shadow) if drawn else None
                for shadow, drawn in zip(part.shadows, part.stochastic, strict=True)
            )
            part.noise = (noise_x, noise_h)


def _without_bias(part: Recurrent) -> None:
    """Zeros that are not learned, in place of the biases."""
    for module, name in ((part.normaliser, "bias"), (part, "bias_h")):
        bias = getattr(module, name)
        if bias is not None:
            delattr(module, name)
            module.register_buffer(name, torch.zeros_like(bias))


def _through(
    part: Recurrent, x: Tensor, lengths: Tensor | None, state: State
) -> tuple[Tensor, State]:
    """All h, and the state after the last step of each sequence."""
    if lengths is None:
        every, c = part(x, None, state)
        return every[1:], (every[-1], c)
    # From one end of a sequence to the next, so that c is known at each.
    from_x, weight, bias_h = part.products(x)
    (h, c), last = state, state
    pieces = [h[None]]
    for begin, end in pairwise([0, *sorted(set(lengths.tolist()))]):
        piece, c = part.cell.scan(from_x[begin:end], weight, bias_h, h, c, part.rounding)
        pieces.append(piece[1:])
        h, ends = piece[-1], (lengths == end)[:, None]
        last = torch.where(ends, h, last[0]), torch.where(ends, c, last[1])
    every = torch.cat(pieces)
    part.observe(x, every, torch.arange(len(x), device=x.device)[:, None] < lengths)
    return every[1:], last
