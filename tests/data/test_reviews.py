"""Snippets of reviews as sequences of words."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from pascaline.data.packages import PYPI
from pascaline.data.parts import Part
from pascaline.data.reviews import MEMBER, OTHER, VOCABULARY, read_reviews, words_of
from pascaline.data.sets import data_set
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.preprocess import OneHot
from tests.data.test_packages import FETCH

LINES = [
    *(f"{number}\t1.5\tgood film number {number}" for number in range(10)),
    *(f"{number}\t-0.5\tA BAD film, it's {number}" for number in range(10, 20)),
    "20\t0.0\tneither",
]


def archive(lines: list[str]) -> bytes:
    content, made = "\r\n".join(lines).encode(), io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tarball:
        info = tarfile.TarInfo(MEMBER)
        info.size = len(content)
        tarball.addfile(info, io.BytesIO(content))
    return made.getvalue()


def texts(part: Part) -> list[str]:
    return [
        " ".join(part.alphabet[int(number)] for number in sequence[:, 0])
        for sequence in part.sequences
    ]


def test_words() -> None:
    found = words_of("It's ''Touché'' -- a 3rd_rate rock 'n' roll!")
    assert found == ["it's", "touché", "a", "3rd", "rate", "rock", "n", "roll"]


def test_parts() -> None:
    parts = read_reviews(archive(LINES))
    assert parts.train.labels.tolist() == [1] * 8 + [0] * 8
    assert parts.held_out.labels.tolist() == [1] * 2 + [0] * 2
    assert parts.train.alphabet[:2] == (OTHER, "film")
    assert parts.train.alphabet == parts.held_out.alphabet
    assert "neither" not in parts.train.alphabet
    # Of each class, the first by their hashes are held out, and their own numbers are others.
    good = [line.split("\t")[2] for line in LINES[:10]]
    first = sorted(good, key=lambda text: hashlib.sha256(text.encode()).digest())[:2]
    wanted = sorted(f"good film number {OTHER}" for _ in first)
    assert sorted(texts(parts.held_out)[:2]) == wanted
    assert not {text.split()[-1] for text in first} & set(parts.train.alphabet)


def test_the_vocabulary_ends() -> None:
    many = " ".join(f"w{number:04}" for number in range(2 * VOCABULARY))
    parts = read_reviews(archive([f"{n}\t1\t{many}" for n in range(2)] + ["2\t-1\tw0000"]))
    assert parts.train.alphabet == (OTHER, *(f"w{n:04}" for n in range(VOCABULARY - 1)))
    assert np.count_nonzero(parts.train.sequences[0] == 0) == VOCABULARY + 1


def test_words_are_symbols() -> None:
    rule = OneHot(alphabet=(OTHER, "good", "bad"))
    (x,) = rule.apply([[[2], [0]]], Format(width=2, frac=1, signed=False))
    assert x.tolist() == [[0, 0, 2], [2, 0, 0]]
    assert OneHot.model_validate_json(rule.model_dump_json()) == rule


def test_sources_come_by_their_address(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refuse(url: str, timeout: int) -> None:
        asked.append(url)
        raise OSError("no net")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    known = data_set("sentiment")
    assert known.package is not None
    with pytest.raises(InputError, match=r"^vaderSentiment 3.3.2 \(PyPI\): cannot be fetched from"):
        FETCH["PyPI"](known.package, folder)
    assert asked == [f"{PYPI}/{known.package.folder}/vaderSentiment-3.3.2.tar.gz"]
