"""A decoder: from the outputs of all steps of a sequence to another sequence, of classes.

The layers below it, the encoder, give an output ``e_t`` at each of their steps. The decoder is a
layer, a cell of `spec.cells`, whose state starts from 0. Its step n, from 0 on, is::

    x_n = [embedding[y_(n-1)], context_(n-1)]           y_(-1) = end, context_(-1) = 0
    h_n = cell(x_n)
    s_t = saturate(round_shift(sum_j h_n[j] * e_t[j], h.frac + h.frac - score.frac), score)
    context_n = mean of all e_t, weighed by these scores
    y_n = class of head([h_n, context_n])

Scores and the weighted mean are those of `spec.attention`, with h_n in the place of the query. The
class is the index of the largest logit, the first of equals. The sequence ends with the first
``y_n = end``, which is a part of it, or with ``most`` classes.

Embedding, context and h have the format of e, which is that of the encoder's h: x of the cell has
it, and the head meets numbers of one format.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from pascaline.spec.attention import Attention
from pascaline.spec.cells import AnyLayer
from pascaline.spec.checked import Checked

__all__ = ["Decoder"]


class Decoder(Checked):
    """Sizes and formats of a decoder.

    Parameters
    ----------
    layer : Layer
        Its cell, of one direction, with a recurrent matrix, from zero. It has as many units as the
        output of the encoder has elements, in the same format.
    embedding : int
        Elements of what stands for a class, 1 to 2048.
    end : int
        The class that begins a sequence, unseen, and ends it.
    most : int
        Classes of an output at most, 1 to 4096.
    attention : Attention
        Of scores and weights; the format of the query must be that of h.

    Examples
    --------
    >>> from pascaline.spec.cells.lstm import LstmLayer
    >>> layer = LstmLayer.parse({"hidden": 8, "weights": "ternary"}, thing="layer")
    >>> decoder = Decoder(
    ...     layer=layer, embedding=4, end=10, most=8, attention=Attention(query=layer.h)
    ... )
    >>> decoder.inputs(8)
    12
    """

    layer: AnyLayer
    embedding: int = Field(ge=1, le=2048)
    end: int = Field(ge=0, le=2047)
    most: int = Field(ge=1, le=4096)
    attention: Attention

    @model_validator(mode="after")
    def _fits(self) -> Decoder:
        layer = self.layer
        if layer.bidirectional:
            raise ValueError("layer.bidirectional must be false: the end of an output is not known")
        if layer.transform is not None:
            raise ValueError("layer.recurrent must be matrix")
        if layer.residual:
            raise ValueError("layer.residual must be false: x and h are not alike")
        if layer.initial:
            raise ValueError("layer.initial must be false: the state starts from zero")
        if self.attention.query != layer.h:
            raise ValueError(f"attention.query must be {layer.h}, as layer.h")
        if self.attention.shift(layer.h) < 0:
            most = 2 * layer.h.frac
            raise ValueError(f"attention.score.frac must be at most {most}, twice that of layer.h")
        return self

    def inputs(self, outputs: int) -> int:
        """Elements of x, behind an encoder with so many ``outputs``."""
        return self.embedding + outputs
