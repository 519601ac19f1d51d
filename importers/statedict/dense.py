"""Dense layers of a ``state_dict``: which is the head, which stands in front, which is left out.

A file does not say where a dense layer was used; its sizes do, and a user where they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pascaline.importers.statedict.names import tokens
from pascaline.spec.errors import InputError

__all__ = ["Dense", "Places", "placed"]

EMBEDDINGS = {"emb", "embed", "embedding", "embeddings"}
"""Words of the name of a table of vectors, one a symbol."""


@dataclass(frozen=True, kw_only=True)
class Dense:
    """A dense layer.

    Attributes
    ----------
    name : str
        Path of the module.
    weight, bias : str or None
        Names of its tensors.
    rows, columns : int
        Of its weights: what it gives and what it takes.
    """

    name: str
    weight: str
    bias: str | None
    rows: int
    columns: int

    @property
    def embedding(self) -> bool:
        """Whether it is a table with a row for each symbol."""
        return self.bias is None and bool(EMBEDDINGS & set(tokens(self.name)))

    @property
    def takes(self) -> int:
        """Elements of what it takes."""
        return self.rows if self.embedding else self.columns

    @property
    def gives(self) -> int:
        """Elements of what it gives."""
        return self.columns if self.embedding else self.rows


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where dense layers stand: before the recurrent layers, behind them, or nowhere."""

    front: Dense | None
    head: Dense | None
    left_out: tuple[Dense, ...]


def placed(layers: Sequence[Dense], *, inputs: int, outputs: int, head: str | None) -> Places:
    """Find the place of each dense layer.

    Parameters
    ----------
    layers : sequence of Dense
        The layers in the order of the file.
    inputs, outputs : int
        Sizes of what the recurrent layers take and give.
    head : str or None
        The head's module, by its path or the end of it; ``none``: there is none.

    Raises
    ------
    InputError
        If a layer has no place, or two; it is named.
    """
    chosen = None if head in (None, "none") else _called(layers, str(head))
    rest = [layer for layer in layers if layer is not chosen]
    if chosen is not None and (chosen.embedding or chosen.columns != outputs):
        _misfit(chosen, inputs, outputs)
    behind = [layer for layer in rest if not layer.embedding and layer.takes == outputs]
    front = [layer for layer in rest if layer.gives == inputs]
    for layer in behind:
        if layer in front and head != "none":
            rule = "fits before the layers and behind them: "
            rule += "--part leaves it out" if chosen else _places(layer)
            raise InputError(layer.name, rule)
    behind = [layer for layer in behind if layer not in front]
    if len(front) > 1:
        rule = (
            f"stands before the layers, as {front[0].name}, and one layer can: --part leaves it out"
        )
        raise InputError(front[1].name, rule)
    over = [layer for layer in rest if layer not in front and layer not in behind]
    if head is not None:
        reached = _reached([*behind, *([chosen] if chosen else [])], over)
        over = [layer for layer in over if layer not in reached]
        left_out = tuple(layer for layer in rest if layer in behind or layer in reached)
        if over:
            _refuse(over[0], front, [], inputs, outputs)
        return Places(front=front[0] if front else None, head=chosen, left_out=left_out)
    if over:
        _refuse(over[0], front, behind, inputs, outputs)
    if len(behind) > 1:
        rule = f"stands behind the layers, as {behind[0].name}: --head says which is read"
        raise InputError(behind[1].name, rule)
    return Places(
        front=front[0] if front else None, head=behind[0] if behind else None, left_out=()
    )


def _places(layer: Dense) -> str:
    return f"--head {layer.name or 'NAME'} says behind, --head none before"


def _called(layers: Sequence[Dense], name: str) -> Dense:
    """The layer of that path, or the only one whose path ends so."""
    found = [layer for layer in layers if layer.name == name]
    found = found or [layer for layer in layers if layer.name.endswith(f".{name}")]
    if len(found) != 1:
        there = ", ".join(layer.name for layer in found or layers) or "there is none"
        raise InputError("head", f"must be one dense layer or none ({there})", name)
    return found[0]


def _reached(behind: Sequence[Dense], over: Sequence[Dense]) -> list[Dense]:
    """Layers that can take what those behind the recurrent ones give, or others of them."""
    reached: list[Dense] = []
    sizes = {layer.gives for layer in behind}
    while found := [layer for layer in over if layer not in reached and layer.takes in sizes]:
        reached += found
        sizes |= {layer.gives for layer in found}
    return reached


def _refuse(
    layer: Dense, front: Sequence[Dense], behind: Sequence[Dense], inputs: int, outputs: int
) -> None:
    """Raise `InputError` for a layer that has no place."""
    for other in behind:
        if layer.takes == other.gives:
            rule = f"may have an activation between it and {other.name}: --head {other.name} "
            raise InputError(layer.name, f"{rule}reads that one and leaves it out")
    for other in front:
        if layer.gives == other.takes:
            raise InputError(layer.name, f"may have an activation between it and {other.name}")
    _misfit(layer, inputs, outputs)


def _misfit(layer: Dense, inputs: int, outputs: int) -> None:
    """Raise `InputError` with the rule of shapes."""
    shape = [layer.rows, layer.columns]
    wanted = [layer.rows, inputs] if layer.embedding else [layer.rows, outputs]
    raise InputError(layer.weight, f"shape must be {wanted}", shape)
