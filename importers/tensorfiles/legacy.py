"""Files of ``torch.save`` from before PyTorch 1.6: pickles one after another, then the values."""

from __future__ import annotations

import io
import pickletools
from collections.abc import Iterator
from pathlib import Path

from pascaline.spec.errors import InputError

__all__ = ["check_legacy"]

PICKLES = 5
"""Magic number, version, machine, the objects, and the names of their storages."""


def check_legacy(path: Path, content: bytes) -> None:
    """Raise `InputError` if a storage is declared larger than the file; nothing is unpickled."""
    for elements in _declared(content):
        if elements > len(content):
            raise InputError(str(path), f"must hold all {elements:,} elements of a tensor")


def _declared(content: bytes) -> Iterator[int]:
    """The largest number of each persistent object: ``("storage", type, key, place, elements)``."""
    file, numbers = io.BytesIO(content), [0]
    try:
        for _ in range(PICKLES):
            for opcode, argument, _ in pickletools.genops(file):
                if opcode.name == "MARK":
                    numbers = [0]
                elif isinstance(argument, int) and opcode.name.startswith(("BININT", "LONG")):
                    numbers.append(argument)
                elif opcode.name == "BINPERSID":
                    yield max(numbers)
    except Exception:
        # Not of this form, or damaged: PyTorch will say so.
        return
