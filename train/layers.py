"""Stand-ins for the recurrent modules of PyTorch, in a training loop of one's own.

They have the arguments, the results and the shapes of ``torch.nn.LSTM``, ``GRU`` and ``RNN``, and
compute with quantised weights. `train.export` makes a model of them.
"""

from __future__ import annotations

from typing import Any, Literal, Unpack

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from pascaline.spec.errors import InputError
from pascaline.train.recurrent import State
from pascaline.train.stack import Choices, Stack

__all__ = ["GRU", "LSTM", "RNN"]


class LSTM(Stack):
    """A stand-in for ``torch.nn.LSTM`` whose weights are quantised.

    Arguments, results and shapes are those of ``torch.nn.LSTM``, a ``PackedSequence`` included;
    ``proj_size`` is refused. See `Stack` and, for what there is beside, `Choices`.

    Raises
    ------
    InputError
        If an argument is not possible; it is named.

    Examples
    --------
    >>> lstm = LSTM(13, 100, num_layers=2, batch_first=True, weights="ternary")
    >>> output, (h_n, c_n) = lstm(torch.zeros(5, 40, 13))
    >>> output.shape, h_n.shape, c_n.shape
    (torch.Size([5, 40, 100]), torch.Size([2, 5, 100]), torch.Size([2, 5, 100]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: torch.dtype | None = None,
        **choices: Unpack[Choices],
    ) -> None:
        if proj_size:
            raise InputError("proj_size", "must be 0: a projection is not supported", proj_size)
        shape = (input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        cell = "lstm" if choices.get("block") is None else "lstm-hadamard"
        super().__init__(cell, *shape, device, dtype, **choices)

    def forward(self, input: Tensor | PackedSequence, hx: State | None = None) -> tuple[Any, State]:
        """Go through all steps.

        Parameters
        ----------
        input : Tensor or PackedSequence
            (steps, batch, inputs); (batch, steps, inputs) with ``batch_first``; (steps, inputs).
        hx : tuple of Tensor, optional
            h and c before the first step, each (layers * directions, batch, hidden), by default
            zeros; without the batch if ``input`` has none.

        Returns
        -------
        output : Tensor or PackedSequence
            h of the last layer after every step, both directions side by side, shaped as the
            input is.
        state : tuple of Tensor
            h and c of each layer and direction after the last step of each sequence, as ``hx``.

        Raises
        ------
        InputError
            If a shape is not possible.
        """
        return self._run(input, hx)


class _OneState(Stack):
    """Cells whose state is h alone."""

    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | None = None
    ) -> tuple[Any, Tensor]:
        """Go through all steps.

        Parameters
        ----------
        input : Tensor or PackedSequence
            (steps, batch, inputs); (batch, steps, inputs) with ``batch_first``; (steps, inputs).
        hx : Tensor, optional
            h before the first step, (layers * directions, batch, hidden), by default zeros;
            without the batch if ``input`` has none.

        Returns
        -------
        output : Tensor or PackedSequence
            h of the last layer after every step, both directions side by side, shaped as the
            input is.
        h_n : Tensor
            h of each layer and direction after the last step of each sequence, as ``hx``.

        Raises
        ------
        InputError
            If a shape is not possible.
        """
        output, (h, _) = self._run(input, None if hx is None else (hx, hx))
        return output, h


class GRU(_OneState):
    """A stand-in for ``torch.nn.GRU`` whose weights are quantised.

    Arguments, results and shapes are those of ``torch.nn.GRU``, a ``PackedSequence`` included.
    See `Stack` and, for what there is beside, `Choices`. With rounding, a unit keeps its state
    with more bits than h has; ``h_n`` is h, so what goes on from it has lost those bits.

    Parameters
    ----------
    reset : {"after", "before"}
        Whether the reset gate acts after the recurrent product of the candidate, as in PyTorch,
        or before it.

    Raises
    ------
    InputError
        If an argument is not possible; it is named.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: torch.dtype | None = None,
        *,
        reset: Literal["after", "before"] = "after",
        **choices: Unpack[Choices],
    ) -> None:
        after = "gru" if choices.get("block") is None else "gru-hadamard"
        cells = {"after": after, "before": "gru-before"}
        if reset not in cells:
            raise InputError("reset", "must be after or before", reset)
        shape = (input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        super().__init__(cells[reset], *shape, device, dtype, **choices)


class RNN(_OneState):
    """A stand-in for ``torch.nn.RNN`` whose weights are quantised.

    Arguments, results and shapes are those of ``torch.nn.RNN``, a ``PackedSequence`` included.
    See `Stack` and, for what there is beside, `Choices`.

    Raises
    ------
    InputError
        If an argument is not possible; it is named.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: torch.dtype | None = None,
        **choices: Unpack[Choices],
    ) -> None:
        cells = {"tanh": "rnn", "relu": "rnn-relu"}
        if nonlinearity not in cells:
            raise InputError("nonlinearity", "must be tanh or relu", nonlinearity)
        shape = (input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        super().__init__(cells[nonlinearity], *shape, device, dtype, **choices)
