"""Sentences as sequences of words: whether a snippet of a review is good or bad."""

from __future__ import annotations

import io
import re
import tarfile
from collections import Counter
from collections.abc import Sequence

import numpy as np

from pascaline.data.parts import Part, Parts, fifth

__all__ = ["OTHER", "VOCABULARY", "read_reviews", "words_of"]

MEMBER = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"
"""The snippets within the archive inside the package: number, mean score, text; tabs between."""

VOCABULARY = 1000
"""Symbols: that many less one of the most frequent words, and `OTHER`."""

OTHER = "?"
"""Stands for every word that is not among these; its number is 0."""

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def words_of(text: str) -> list[str]:
    """Words of a text, in small letters; an apostrophe between letters is part of one."""
    return WORD.findall(text.lower())


def read_reviews(archive: bytes) -> Parts:
    """Snippets with a mean score above 0 (class 1) or below it (class 0); others are left out.

    Those of `data.parts.fifth` are held out. The vocabulary is that of the
    training part; of equally frequent words the first in alphabetical order is taken.
    """
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tarball:
        file = tarball.extractfile(MEMBER)
        assert file is not None
        lines = file.read().decode().splitlines()
    scored = [(float(score), text) for _, score, text in (line.split("\t") for line in lines)]
    snippets = [(int(score > 0), text) for score, text in scored if score]
    chosen = fifth([text.encode() for _, text in snippets], [label for label, _ in snippets])
    train, held_out = (
        [one for one, held in zip(snippets, chosen, strict=True) if held == which]
        for which in (False, True)
    )
    counts = Counter(word for _, text in train for word in words_of(text))
    frequent = sorted(counts, key=lambda word: (-counts[word], word))
    alphabet = (OTHER, *frequent[: VOCABULARY - 1])
    return Parts(_part(train, alphabet), _part(held_out, alphabet))


def _part(snippets: Sequence[tuple[int, str]], alphabet: tuple[str, ...]) -> Part:
    numbers = {word: number for number, word in enumerate(alphabet)}
    sequences = [
        np.array([[numbers.get(word, 0)] for word in words_of(text)], dtype=np.float32)
        for _, text in snippets
    ]
    return Part(sequences, np.array([label for label, _ in snippets], dtype=np.int64), alphabet)
