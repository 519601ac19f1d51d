"""What a chain of layers has computed so far, as a network that grows from input to output.

Affines between layers (dense layers without an activation, normalisation at inference, embeddings)
wait, multiplied together, and go into the next weights, exactly: those of a recurrent layer for its
inputs, or those of the head.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from pascaline.importers.affine import Affine
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.keras.entry import LARGEST, Entry
from pascaline.importers.network import FloatLayer, FloatNetwork, Result
from pascaline.spec.errors import InputError
from pascaline.spec.preprocess import Preprocess

__all__ = ["ENDS", "Chain"]


class End(NamedTuple):
    """A function behind the head that no machine needs to compute.

    Attributes
    ----------
    output : {"class", "logits"}
        What the head gives without it.
    line : str
        What is said about it.
    """

    output: Literal["class", "logits"]
    line: str


ENDS = {
    "softmax": End("class", "softmax left out: it moves no class; the head gives the class"),
    "log_softmax": End(
        "class", "log_softmax left out: it moves no class; the head gives the class"
    ),
    "sigmoid": End("logits", "sigmoid left out: it is above 1/2 where the head's logit is above 0"),
}
"""Functions at the end of a network."""


@dataclass(kw_only=True)
class Chain:
    """What has been read of a chain.

    Attributes
    ----------
    width : int or None
        Elements of a vector; ``None``: not known yet.
    scalars : bool or None
        Whether a step is one number without an axis of its own; ``None``: not known yet.
    layers : list of FloatLayer
        Recurrent layers.
    affine : Affine or None
        What waits to go into the next weights.
    result : Result or None
        What is left of the steps; ``None``: all of them.
    symbols : bool
        Whether inputs are numbers of symbols.
    masked : Entry or None
        The layer that hides steps from those behind it.
    ended : str or None
        The function at the end, if it has come.
    preprocess : Preprocess or None
        What each input goes through before the network.
    reach : float or None
        How far inputs reach behind what standardises them, if something does.
    heads : list of str
        Names of the dense layers behind the recurrent ones.
    understood, assumed, left_out : list of str
        As in `importers.foreign.Foreign`.
    """

    width: int | None = None
    scalars: bool | None = None
    layers: list[FloatLayer] = field(default_factory=list)
    affine: Affine | None = None
    result: Result | None = None
    symbols: bool = False
    masked: Entry | None = None
    ended: str | None = None
    preprocess: Preprocess | None = None
    reach: float | None = None
    heads: list[str] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def needs_steps(self, entry: Entry) -> None:
        """Refuse a layer that takes sequences where there are none any more."""
        if self.result is not None:
            entry.refuse("must get sequences: a layer before it gives one vector a sequence")
        self.needs_vectors(entry)

    def needs_vectors(self, entry: Entry) -> None:
        """Refuse a layer that takes vectors where there are bare numbers."""
        if self.scalars:
            entry.refuse("must get vectors: an axis of features is missing before it")

    def widen(self, entry: Entry, width: int) -> None:
        """Say how wide vectors are; refuse another width than the one that is known."""
        if not 1 <= width <= LARGEST:
            entry.refuse(f"must have 1 to {LARGEST} elements a step", width)
        if self.width not in (None, width):
            entry.refuse(f"must have {width} elements a step", self.width)
        self.width = width

    def apply(self, entry: Entry, affine: Affine) -> None:
        """Put an affine behind what there is."""
        outputs, inputs = affine.weight.shape
        self.widen(entry, inputs)
        if self.affine is not None and affine.gain is None and not self.layers:
            self._settle()
        self.affine = affine if self.affine is None else affine.behind(self.affine)
        self.width = outputs
        if not (np.isfinite(self.affine.weight).all() and np.isfinite(self.affine.bias).all()):
            entry.refuse("must have finite numbers together with the layers before it")

    def taken(self) -> Affine | None:
        """The affine that waits, for the weights that it meets."""
        if not self.layers:
            self._settle()
        found, self.affine = self.affine, None
        return found

    def _settle(self) -> None:
        """Give a gain and an offset of each input to whoever feeds the network."""
        gain = None if self.affine is None else self.affine.gain
        if self.affine is None or gain is None or self.symbols or not gain.all():
            return
        with np.errstate(over="ignore", invalid="ignore"):
            offset = -self.affine.bias / gain
        if self.preprocess is None and np.isfinite(offset).all():
            self.preprocess = Preprocess(offset=tuple(offset.tolist()), gain=tuple(gain.tolist()))
            self.understood.append(
                "normalisation of the inputs: taken over as what raw features go through"
            )
            self.affine = None

    def end(self, entry: Entry, function: str) -> None:
        """Say that a function at the end is left to whoever reads the results."""
        self.ended = function
        if function in ENDS:
            self.understood.append(entry.said(ENDS[function].line))

    def finish(self, path: str, reading: Reading) -> Foreign:
        """The network; raises `InputError` for a reading that the file contradicts."""
        if not self.layers:
            raise InputError(path, "must have an LSTM, GRU or SimpleRNN")
        affine, output = self._head(reading), ENDS[self.ended].output if self.ended else None
        if output is None and affine is not None and len(affine.weight) == 1:
            output = "logits"
        network = FloatNetwork(
            layers=tuple(self.layers),
            head_weight=None if affine is None else affine.weight,
            head_bias=None if affine is None else affine.bias,
            result=self._result(reading),
            output=None if affine is None else output,
            symbols=self.symbols,
        )
        for layer in self.layers:
            if reading.cell not in (None, layer.cell):
                raise InputError("cell", f"must be {layer.cell}, as {path} has it", reading.cell)
        return Foreign(
            network=network,
            source="Keras",
            understood=tuple(self.understood),
            assumed=tuple(self.assumed),
            left_out=tuple(self.left_out),
            preprocess=self.preprocess,
            reach=None if self.preprocess is None else self.reach,
        )

    def _head(self, reading: Reading) -> Affine | None:
        """The affine behind the recurrent layers."""
        affine, width = self.affine, self.width or 1
        if affine is None and self.ended:
            affine = Affine(np.eye(width), np.zeros(width))
        if reading.head == "none" and affine is not None:
            self.left_out.append("all behind the recurrent layers, as it was asked for")
            return None
        if reading.head not in (None, "none", *self.heads):
            raise InputError("head", f"must be {' or '.join((*self.heads, 'none'))}", reading.head)
        return affine

    def _result(self, reading: Reading) -> Result:
        """What there is of all steps; of a file with results of all steps, what is wanted."""
        found = self.result or "every"
        if reading.result is None or found == reading.result:
            return found
        if found != "every":
            raise InputError("result", f"must be {found}, as the file has it", reading.result)
        return reading.result
