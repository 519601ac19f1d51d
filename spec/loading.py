"""The image of a model: what is loaded into a machine whose weights are in RAM.

An image is a sequence of 32-bit words, little-endian in a file:

===========  =====================================================================
word         what
===========  =====================================================================
0            `MAGIC`
1            `VERSION`
2            the shape: a hash of what two models must share to have one netlist
3            words of the payload
4 ...        the payload
last         CRC-32 of all bytes before it, as zlib and Ethernet have it
===========  =====================================================================

The payload is memory after memory, in the order of `spec.memories`; of each memory column after
column, bits 32 k to 32 k + 31 of all its words. What a column lacks to 32 bits is 0. Tables of the
activation functions follow from the network's formats and stay in the netlist.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib

from pascaline.spec.design import Design
from pascaline.spec.machine import RETIRED
from pascaline.spec.memories import COLUMN, flat

__all__ = ["ERRORS", "HEADER", "MAGIC", "VERSION", "header", "image", "image_words", "packed"]

MAGIC = 0x4C435350
"""PSCL in a file."""

VERSION = 1
"""Of this format."""

HEADER = ("magic", "version", "shape", "length")
"""The words before the payload."""

ERRORS = {
    "length": "the image has fewer or more words than its header says, or the shape needs",
    "magic": "it is no image, or one of another version",
    "shape": "it is the image of a network or a machine of another shape",
    "crc": "it was changed on its way",
}
"""Why an image is refused, by the bits of ``load_error`` from bit 0 on; the first reason counts."""

AROUND = {
    *("streams", "lane", "operand_registers", "tree_registers", "pipelined"),
    *("ports", "longest", "tdata", "bus_states", "weights", "parity"),
}
"""Parameters of a machine that say nothing about what is where in its memories."""


HASHED = {name: {new: old for old, new in words.items()} for name, words in RETIRED.items()}
"""Words of a machine as they are hashed: those that it had when the format was made.

So an image of this release fits a netlist of the last one. Later words are hashed as they are.
"""


def _shape(design: Design) -> int:
    """The first 32 bits of a SHA-256."""
    machine = design.machine.model_dump(mode="json", exclude=AROUND)
    machine |= {name: old.get(machine[name], machine[name]) for name, old in HASHED.items()}
    memories = [(*path, one.depth, one.bits) for path, one in flat(design.memories)]
    network = design.network.model_dump(mode="json")
    text = json.dumps([network, machine, memories], sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")


def header(design: Design) -> dict[str, int]:
    """The words before the payload, by name."""
    memories = [one for _, one in flat(design.memories)]
    length = sum(one.depth * one.columns for one in memories)
    return {"magic": MAGIC, "version": VERSION, "shape": _shape(design), "length": length}


def image_words(design: Design) -> list[int]:
    """The image of a design's model."""
    words = list(header(design).values())
    mask = (1 << COLUMN) - 1
    for _, one in flat(design.memories):
        contents = one.words
        for column in range(one.columns):
            words += [word >> column * COLUMN & mask for word in contents]
    return [*words, zlib.crc32(packed(words))]


def packed(words: list[int]) -> bytes:
    """Words as bytes."""
    return struct.pack(f"<{len(words)}I", *words)


def image(design: Design) -> bytes:
    """The image of a design's model as bytes: the words of `image_words`, little-endian."""
    return packed(image_words(design))
