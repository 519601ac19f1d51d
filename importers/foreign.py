"""A network from elsewhere, as every importer gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pascaline.data.arrays import Arrays
from pascaline.data.preprocess import Preprocess
from pascaline.importers.floats import Floats, floats

__all__ = ["Foreign"]


@dataclass(frozen=True, eq=False)
class Foreign:
    """A float network of recurrent layers and perhaps a dense head.

    Attributes
    ----------
    tensors : dict of str to array
        By their names in PyTorch, as `importers.convert.convert` takes them.
    source : str
        The framework, for the model's card.
    sha256 : str
        Hash of the file, in hexadecimal; `importers.sources.read_foreign` fills it in.
    results : {"last", "every"} or None
        When it gives results, if the file says so.
    preprocess : Preprocess or None
        What raw features have to go through before it; ``None``: nothing.
    cell : str or None
        Its cell, if the file says so.
    pooling : {"none", "max"} or None
        What its head sees at the end, if the file says so.
    """

    tensors: Arrays
    source: str
    sha256: str = ""
    results: Literal["last", "every"] | None = None
    preprocess: Preprocess | None = None
    cell: str | None = None
    pooling: Literal["none", "max"] | None = None

    def floats(self, cell: str | None = None) -> Floats:
        """The tensors, sorted, as those of a cell, by default of what the file says.

        Raises
        ------
        InputError
            If something is wrong with them.
        """
        return floats(self.tensors, cell or self.cell)
