"""A decoder on the outputs of an encoder, bit-exact: see `spec.decoder`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pascaline.golden.attention import Weighed
from pascaline.golden.cells import cell_of
from pascaline.golden.head import Head, classify
from pascaline.golden.rounding import Integers
from pascaline.spec.decoder import Decoder
from pascaline.spec.tensors import DecoderTensors

__all__ = ["Decoding"]


class Decoding:
    """A decoder at work.

    Parameters
    ----------
    decoder : Decoder
        The description.
    tensors : DecoderTensors
        Its integers.
    head : Head
        The head, of h and context.
    weighed : type of Weighed
        What weighs the encoder's outputs.
    """

    def __init__(
        self, decoder: Decoder, tensors: DecoderTensors, head: Head, weighed: type[Weighed]
    ) -> None:
        self._decoder, self._head, self._weighed = decoder, head, weighed
        self._embedding = tensors.embedding
        self._cell = cell_of(decoder.layer, tensors.layer, decoder.layer.h)

    def run(self, vectors: Integers, active: NDArray[np.bool_]) -> list[Integers]:
        """Classes of each sequence, in order.

        Parameters
        ----------
        vectors : Integers
            Outputs of the encoder, (steps, batch, outputs).
        active : array of bool
            Which steps a sequence has, (steps, batch), at least one.
        """
        batch = vectors.shape[1]
        found: list[list[int]] = [[] for _ in range(batch)]
        state = self._cell.zero(batch)
        last = np.full(batch, self._decoder.end)
        context = np.zeros_like(vectors[0])
        going = np.ones(batch, dtype=np.bool_)
        for _ in range(self._decoder.most):
            x = np.concatenate([self._embedding[last], context], axis=1)
            state = self._cell.step(x, state).state
            context = self._context(state.h, vectors, active)
            last = classify(self._head(np.concatenate([state.h, context], axis=1)))
            for row in np.flatnonzero(going).tolist():
                found[row].append(int(last[row]))
            going &= last != self._decoder.end
            if not going.any():
                break
        return [np.array(classes, dtype=np.int64) for classes in found]

    def _context(self, h: Integers, vectors: Integers, active: NDArray[np.bool_]) -> Integers:
        """What h makes of the encoder's outputs, (batch, outputs)."""
        attention, form = self._decoder.attention, self._decoder.layer.h
        weighed = self._weighed(attention, form, *h.shape)
        for step, now in zip(vectors, active, strict=True):
            weighed.look(h, step, now)
        return weighed.mean
