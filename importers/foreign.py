"""A network from elsewhere, as every importer gives it, and what was said to read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import Field

from pascaline.importers.labels import Labels
from pascaline.importers.network import FloatNetwork, Result
from pascaline.spec.checked import Checked
from pascaline.spec.preprocess import Numbers, Preprocess, Rule

__all__ = ["Foreign", "Reading"]


class Reading(Checked):
    """What a file may not say by itself, and a user then has to.

    Parameters
    ----------
    cell : str or None
        The cell, a key of `spec.cells.FORMS`; ``None``: what the file says, or else what the number
        of gates says.
    head : str or None
        The module that is the dense head, or ``none``; ``None``: the one that can be.
    result : Result or None
        See `importers.network.FloatNetwork`; ``None``: what the file says, or else ``last``.
    part : str or None
        How the names of the tensors begin that are the network; ``None``: all are. Of a graph
        that is one network there is no part.
    block : int or None
        Elements of a block of a HadamRNN, see `importers.statedict.hadamrnn`.
    weight_bits : int or None
        Bits that such a network quantises its weights to; ``None``: 4.
    """

    cell: str | None = None
    head: str | None = None
    result: Result | None = None
    part: str | None = None
    block: int | None = Field(default=None, ge=2)
    weight_bits: int | None = Field(default=None, ge=2, le=8)


@dataclass(frozen=True, kw_only=True, eq=False)
class Foreign:
    """A float network out of a file.

    Attributes
    ----------
    network : FloatNetwork
        The network.
    source : str
        The framework, for the model's card.
    understood, assumed, left_out : tuple of str
        A line each: what was folded or recognised, what the file does not say and was taken for
        granted, and what of the file is not in the network.
    sha256 : str
        Hash of the file, in hexadecimal; `importers.sources.read_foreign` fills it in.
    preprocess : Preprocess or OneHot or None
        What raw features have to go through before it, if anything is known of it; see `rule`.
    reach : float or None
        How far inputs reach that are standardised in front of it, as the file has it.
    labels : Labels or None
        Names of classes that the file has.
    classes : tuple of str
        Names of its classes, in the order of the head's rows, if they are known;
        `importers.sources.read_foreign` fills it in.
    """

    network: FloatNetwork
    source: str
    understood: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    sha256: str = ""
    preprocess: Rule | None = None
    reach: float | None = None
    labels: Labels | None = None
    classes: tuple[str, ...] = ()

    @property
    def lines(self) -> dict[str, list[str]]:
        """All lines by kind, as a card keeps them; what cannot be printed is escaped."""
        kinds = ("understood", "assumed", "left_out")
        return {kind: [_printable(line) for line in getattr(self, kind)] for kind in kinds}

    @property
    def rule(self) -> Rule:
        """What raw features have to go through: by default nothing, or numbers of symbols."""
        if self.preprocess is not None:
            return self.preprocess
        inputs = self.network.inputs
        return Numbers(symbols=inputs) if self.network.symbols else Preprocess.uniform(inputs)

    def in_order(self, names: Sequence[str]) -> Foreign:
        """With the head's rows in the order of these names, if it has just these classes."""
        weight, bias = self.network.head_weight, self.network.head_bias
        if weight is None or bias is None or not names or {*names} != {*self.classes}:
            return self
        order = [self.classes.index(name) for name in names]
        network = replace(self.network, head_weight=weight[order], head_bias=bias[order])
        return replace(self, network=network, classes=tuple(names))


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)
