"""Cell libraries: what a mapping has to know of a Liberty file."""

from __future__ import annotations

import fnmatch
import gzip
import hashlib
import io
import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pascaline.spec.errors import InputError, brief
from pascaline.spec.outside import content_of, parsing
from pascaline.synth.yosys import statistics

__all__ = ["LIBERTY", "FullAdder", "Library", "read_library"]

LIBERTY = "cells.lib"
"""Name of the file in the folder of a Yosys run."""

LARGEST = 1 << 30
"""Bytes of a library."""

PACKED, ALWAYS = 100, 64 << 20
"""Times that it may be larger when it is unpacked, and bytes that it may always have."""

# Yosys turns the function of each cell into gates.
SCRIPT = f"""
read_liberty -ignore_miss_func -ignore_miss_dir -ignore_miss_data_latch {LIBERTY}
write_json cells.json
"""

NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"

GATES: dict[str, Callable[..., int]] = {
    "$_AND_": operator.and_,
    "$_OR_": operator.or_,
    "$_XOR_": operator.xor,
    "$_NOT_": operator.invert,
    "$_ANDNOT_": lambda a, b: a & ~b,
}

# Truth tables over three inputs: bit k is the value where the first input is bit 0 of k.
INPUTS = (0b10101010, 0b11001100, 0b11110000)
EVERY = 0b11111111
INVERTER = EVERY ^ INPUTS[0]
NAND = EVERY ^ (INPUTS[0] & INPUTS[1])
NOR = EVERY ^ (INPUTS[0] | INPUTS[1])
SUM = 0b10010110
CARRY = 0b11101000


@dataclass(frozen=True, kw_only=True)
class FullAdder:
    """A cell that adds three bits.

    Attributes
    ----------
    cell : str
        Its name.
    operands : tuple of str
        The pins of the three bits; they may be exchanged.
    sum, carry : str
        The pins of the result.
    """

    cell: str
    operands: tuple[str, ...]
    sum: str
    carry: str


@dataclass(frozen=True, kw_only=True)
class Library:
    """A cell library.

    Attributes
    ----------
    name : str
        Name of the file.
    text : bytes
        What is in it.
    areas : dict of str to float
        Area of each cell, in the library's unit: by custom um2.
    flip_flops : tuple of str
        Cells with flip-flops in them.
    full_adder : FullAdder or None
        The smallest one.
    ties : dict of int to tuple of str
        For the constants 0 and 1, if there is one: the smallest cell that gives it, and its pin.
    buffer : tuple of str or None
        The smallest buffer, its input and its output.
    outputs : dict of str to tuple of str
        Output pins of each cell.
    unwanted : tuple of str
        Cells that must not be used.
    """

    name: str
    text: bytes
    areas: dict[str, float]
    flip_flops: tuple[str, ...]
    full_adder: FullAdder | None
    ties: dict[int, tuple[str, str]]
    buffer: tuple[str, str, str] | None
    outputs: dict[str, tuple[str, ...]]
    unwanted: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Start of the text's hash."""
        return hashlib.sha256(self.text).hexdigest()[:16]


def read_library(path: Path, dont_use: Sequence[str], cache: Path) -> Library:
    """Read a Liberty file.

    Parameters
    ----------
    path : Path
        The file; it may be compressed by gzip.
    dont_use : sequence of str
        Patterns of cells that must not be used (``*`` and ``?``), besides those that the file
        itself marks ``dont_use``.
    cache : Path
        Folder of earlier results.

    Raises
    ------
    InputError
        If the file cannot be read, or is no Liberty file, or lacks a flip-flop or the gates that
        ABC needs; if a pattern is of no cell.
    """
    text = _read(path)
    try:
        found = statistics("", SCRIPT, cache, {LIBERTY: text})["cells"]["modules"]
    except InputError as error:
        reason = error.rule.rpartition("ERROR: ")[2]
        raise InputError(str(path), f"must be a Liberty file ({reason})") from None
    unwanted = set(_marked(text)) & set(found)
    for pattern in dont_use:
        matching = fnmatch.filter(found, pattern)
        if not matching:
            raise InputError("dont-use", f"must match a cell of {path.name}", pattern)
        unwanted.update(matching)
    with parsing(str(path), "a Liberty file"):
        cells = sorted(
            (_Cell(name, module) for name, module in found.items() if name not in unwanted),
            key=lambda cell: (cell.area, cell.name),
        )
    tables = {table for cell in cells for table in cell.tables.values()}
    for what, there in (
        ("a flip-flop", any(cell.is_flip_flop for cell in cells)),
        ("an inverter", INVERTER in tables),
        ("a NAND", NAND in tables),
        ("a NOR", NOR in tables),
    ):
        if not there:
            raise InputError(str(path), f"must have {what} that may be used")
    return Library(
        name=path.name,
        text=text,
        areas={cell.name: cell.area for cell in cells},
        flip_flops=tuple(cell.name for cell in cells if cell.is_flip_flop),
        full_adder=next(filter(None, map(_full_adder, cells)), None),
        ties={
            value: tie
            for value in (0, 1)
            if (tie := next(filter(None, (_tie(cell, value) for cell in cells)), None))
        },
        buffer=next(filter(None, map(_buffer, cells)), None),
        outputs={cell.name: tuple(cell.outputs) for cell in cells},
        unwanted=tuple(sorted(unwanted)),
    )


def _read(path: Path) -> bytes:
    """The text of a file, unpacked."""
    data = content_of(path, LARGEST)
    if not data.startswith(b"\x1f\x8b"):
        return data
    most = min(LARGEST, max(ALWAYS, PACKED * len(data)))
    with parsing(str(path), "a gzip file"), gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        text = file.read(most + 1)
    if len(text) > most:
        raise InputError(str(path), f"must have at most {most:,} bytes when it is unpacked")
    return text


def _marked(text: bytes) -> list[str]:
    """Cells that the library itself wants not to be used."""
    pattern = rb'\bcell\s*\(\s*"?([^")\s]+)"?\s*\)|\bdont_use\s*:\s*"?(true)\b'
    marked, cell = [], ""
    for match in re.finditer(pattern, text):
        if match[1]:
            cell = match[1].decode(errors="replace")
        else:
            marked.append(cell)
    return marked


class _Cell:
    """A cell as Yosys read it."""

    def __init__(self, name: str, module: dict[str, Any]) -> None:
        self.name = name
        self.inputs = [n for n, port in module["ports"].items() if port["direction"] == "input"]
        self.outputs = [n for n, port in module["ports"].items() if port["direction"] == "output"]
        self.is_flip_flop = any(
            gate["type"].startswith("$_DFF") for gate in module["cells"].values()
        )
        self.tables = self._tables(module)
        self.area = self._area(module["attributes"].get("area", "0"))

    def _area(self, text: str) -> float:
        """Its area; of what a design is made of it is not 0, or all designs would be as small."""
        text = text.strip()
        area = float(text) if re.fullmatch(NUMBER, text) else math.nan
        least = "positive" if self.is_flip_flop or (self.inputs and self.tables) else "not negative"
        if not math.isfinite(area) or area < 0 or (area == 0 and least == "positive"):
            raise InputError(f"{self.name}: area", f"must be a number, {least}", brief(text))
        return area

    def _tables(self, module: dict[str, Any]) -> dict[str, int]:
        """Truth table of each output that is a function of at most three inputs."""
        if len(self.inputs) > len(INPUTS):
            return {}
        values: dict[int | str, int] = {"0": 0, "1": EVERY}
        for name, table in zip(self.inputs, INPUTS, strict=False):
            values[module["ports"][name]["bits"][0]] = table
        waiting = [gate for gate in module["cells"].values() if gate["type"] in GATES]
        progress = True
        while progress:
            progress = False
            for gate in list(waiting):
                operands = [bit for pin, (bit,) in gate["connections"].items() if pin != "Y"]
                if all(bit in values for bit in operands):
                    table = GATES[gate["type"]](*(values[bit] for bit in operands))
                    values[gate["connections"]["Y"][0]] = table & EVERY
                    waiting.remove(gate)
                    progress = True
        return {
            name: values[bit]
            for name in self.outputs
            if (bit := module["ports"][name]["bits"][0]) in values
        }

    def output(self, table: int) -> str | None:
        """An output with that truth table."""
        return next((name for name, found in self.tables.items() if found == table), None)


def _full_adder(cell: _Cell) -> FullAdder | None:
    total, carry = cell.output(SUM), cell.output(CARRY)
    if total is None or carry is None:
        return None
    return FullAdder(cell=cell.name, operands=tuple(cell.inputs), sum=total, carry=carry)


def _tie(cell: _Cell, value: int) -> tuple[str, str] | None:
    pin = None if cell.inputs else cell.output(EVERY * value)
    return None if pin is None else (cell.name, pin)


def _buffer(cell: _Cell) -> tuple[str, str, str] | None:
    pin = cell.output(INPUTS[0]) if len(cell.inputs) == 1 else None
    return None if pin is None else (cell.name, cell.inputs[0], pin)
