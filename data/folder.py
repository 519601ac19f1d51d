"""A folder of a user's own sequences with their classes.

Either it has a folder for each class, whose name is that of the class, and all files in it are
sequences of that class; or it has a file ``labels.csv`` with a first line ``file,label`` and then
a line for each sequence. Sequences are files of one of three kinds:

- ``.npy``: an array of real numbers, (steps, inputs), or (steps,) for a single input;
- ``.csv``: a row for each step, of numbers with commas between them; a first line without any
  number is a title;
- ``.wav``: sound, of which a step is a frame of the features of `data.mfcc`.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.data.arrays import npy_array
from pascaline.data.mfcc import wav_features
from pascaline.data.sets import Features, Part, Parts
from pascaline.spec.errors import InputError, brief
from pascaline.spec.outside import content_of, parsing, text_of

__all__ = ["LABELS", "Folder", "checked_table", "listed", "read_folder", "read_sequence", "split"]

LABELS = "labels.csv"
COLUMNS = ["file", "label"]

LARGEST = float(np.finfo(np.float32).max)

DIGITS = 18
"""Names of more digits are no numbers."""

NOTICED = 0.01
"""Of the range of an input in a sequence, what 32-bit numbers may lose before hashes need more."""

LONGEST = 1000
"""Characters of the path of a file."""

HELD_OUT = 5
"""Of each class, the part that is held out is one in so many sequences, and at least one."""


@dataclass(frozen=True, eq=False)
class Folder:
    """What a folder holds.

    Attributes
    ----------
    part : Part
        All sequences, in the order of their paths.
    classes : tuple of str
        Names of the classes, in the order of their numbers; sorted.
    sha256 : str
        Hash of all of it: sequences and classes, whatever files are called.
    """

    part: Part
    classes: tuple[str, ...]
    sha256: str

    @property
    def inputs(self) -> int:
        """Features a step."""
        return int(self.part.sequences[0].shape[1])


def read_folder(path: Path) -> Folder:
    """Read all sequences of a folder.

    Raises
    ------
    InputError
        If something cannot be read, is no number or not finite, if a sequence is empty or has not
        as many inputs as the others, or if there are not at least two classes. The file is named,
        and where there are lines the line.
    """
    files = listed(path) if (path / LABELS).is_file() else _by_class(path)
    names = sorted({name for _, name in files}, key=_as_counted)
    if len(names) < 2:
        rule = f"must have at least two classes: a folder for each, or {LABELS}"
        raise InputError(str(path), rule, names[0] if names else None)
    sequences: list[Features] = []
    for file, _ in files:
        sequences.append(read_sequence(file))
        first, inputs = sequences[0].shape[1], sequences[-1].shape[1]
        if inputs != first:
            raise InputError(str(file), f"must have {first} inputs as {files[0][0]} has", inputs)
    labels = np.array([names.index(name) for _, name in files], dtype=np.int64)
    hashes = sorted(
        (name, _hash(sequence)) for (_, name), sequence in zip(files, sequences, strict=True)
    )
    total = hashlib.sha256(repr(hashes).encode()).hexdigest()
    return Folder(Part(sequences, labels), tuple(names), total)


def split(folder: Folder) -> Parts:
    """The sequences of each class whose SHA-256 comes first are held out.

    That is as good as a random choice, and always the same, whatever other files are added to
    other classes. Equal sequences come to the same side.

    Raises
    ------
    InputError
        If a class has a single sequence, or the same again and again.
    """
    labels = folder.part.labels
    hashes = np.array([_hash(sequence) for sequence in folder.part.sequences])
    held_out = np.zeros(len(labels), dtype=bool)
    for number, name in enumerate(folder.classes):
        members = np.flatnonzero(labels == number)
        known = np.unique(hashes[members])
        if len(known) < 2:
            rule = "must have at least two different sequences: one is held out"
            raise InputError(f"class {name}", rule, len(known))
        chosen = known[: max(1, len(known) // HELD_OUT)]
        held_out[members] = np.isin(hashes[members], chosen)
    part = folder.part
    return Parts(part.take(np.flatnonzero(~held_out)), part.take(np.flatnonzero(held_out)))


def _by_class(path: Path) -> list[tuple[Path, str]]:
    """Files and classes, by folders."""
    return [
        (file, folder.name)
        for folder in _inside(path)
        if folder.is_dir()
        for file in _inside(folder)
    ]


def _inside(path: Path) -> list[Path]:
    try:
        found = sorted(path.iterdir(), key=lambda one: _as_counted(one.name))
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from None
    return [one for one in found if not one.name.startswith(".")]


def listed(path: Path) -> list[tuple[Path, str]]:
    """Files and classes, as ``labels.csv`` has them."""
    table = path / LABELS
    first, *lines = _rows(table) or [(0, [])]
    if first[1] != COLUMNS:
        raise InputError(
            f"{table}: line 1", f"must be {','.join(COLUMNS)}", brief(",".join(first[1]))
        )
    files = []
    for line, cells in lines:
        if len(cells) != len(COLUMNS) or not all(cells):
            rule = "must be a file and its label"
            raise InputError(f"{table}: line {line}", rule, brief(",".join(cells)))
        name = Path(cells[0])
        if name.is_absolute() or ".." in name.parts or len(cells[0]) > LONGEST:
            rule = "must be a file in the folder"
            raise InputError(f"{table}: line {line}", rule, brief(cells[0]))
        files.append((path / cells[0], cells[1]))
    return files


def read_sequence(path: Path) -> Features:
    """The sequence of a file; raises `InputError` if there is none in it."""
    if path.suffix not in _READERS:
        raise InputError(str(path), f"must end with {', '.join(_READERS)}", path.suffix)
    features = _READERS[path.suffix](path)
    if not features.size:
        raise InputError(str(path), "must have at least one step and one input")
    return features


def _read_npy(path: Path) -> Features:
    return checked_table(str(path), npy_array(path, content_of(path)))


def checked_table(thing: str, array: NDArray[Any]) -> Features:
    """An array (steps, inputs) or (steps,) as a sequence; raises `InputError` if it is none."""
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2):
        shown = f"{array.dtype.name}{list(array.shape)}"
        raise InputError(thing, "must be real numbers, [steps, inputs] or [steps]", shown)
    table = array.reshape(len(array), -1) if array.size else array.reshape(0, 1)
    good = np.abs(table.astype(np.float64)) <= LARGEST
    if not good.all():
        step, place = (int(index) for index in np.argwhere(~good)[0])
        _refuse_number(f"{thing}: step {step}, input {place}", str(table[step, place]))
    return table if array.dtype == np.float32 else table.astype(np.float64)


def _read_csv(path: Path) -> Features:
    rows = _rows(path)
    if rows and not any(map(_is_number, rows[0][1])):
        rows = rows[1:]
    made: list[list[float]] = []
    for line, cells in rows:
        if made and len(cells) != len(made[0]):
            rule = f"must have {len(made[0])} cells as the lines before"
            raise InputError(f"{path}: line {line}", rule, len(cells))
        for cell in cells:
            if not _is_number(cell) or not abs(float(cell)) <= LARGEST:
                _refuse_number(f"{path}: line {line}", cell)
        made.append([float(cell) for cell in cells])
    return np.array(made, dtype=np.float64)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Cells of each line that has any, with its number."""
    text = text_of(path).removeprefix("\ufeff")
    with parsing(str(path), "a csv file"):
        reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
        return [
            (reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)
        ]


_READERS: dict[str, Callable[[Path], Features]] = {
    ".npy": _read_npy,
    ".csv": _read_csv,
    ".wav": wav_features,
}


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _refuse_number(thing: str, value: str) -> None:
    raise InputError(thing, "must be a number, finite in 32 bits", brief(value))


def _hash(sequence: Features) -> str:
    """That of 32-bit numbers, and of all digits where those would not tell steps apart."""
    short = sequence.astype(np.float32)
    content = repr(sequence.shape).encode() + short.tobytes()
    lost = np.abs(sequence - short.astype(np.float64)).max(axis=0)
    if (lost > NOTICED * np.ptp(sequence, axis=0)).any():
        content += sequence.tobytes()
    return hashlib.sha256(content).hexdigest()


def _as_counted(name: str) -> tuple[int, str]:
    """Numbers by their size, before all other names."""
    return (int(name), name) if name.isdecimal() and len(name) < DIGITS else (1 << 62, name)
