from __future__ import annotations

import itertools

import numpy as np
import pytest

from pascaline.data.edits import Edits, distance, edits


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("abc", "abc", 0),
        ("kitten", "sitting", 3),
        ("abcd", "bcde", 2),
        ("aaaa", "a", 3),
    ],
)
def test_distance(one: str, other: str, wanted: int) -> None:
    assert distance([*map(ord, one)], [*map(ord, other)]) == wanted


def test_distance_is_the_shortest_way() -> None:
    """Against a search in breadth through all words of two letters."""
    words = [word for size in range(5) for word in itertools.product((0, 1), repeat=size)]
    for start in words[3:12]:
        known, edge, steps = {start: 0}, [start], 0
        while edge:
            steps += 1
            edge = sorted({near for word in edge for near in _near(word)} - known.keys())
            known |= dict.fromkeys(edge, steps)
        assert all(distance(start, word) == known[word] for word in words)


def _near(word: tuple[int, ...]) -> set[tuple[int, ...]]:
    """What one edit makes of a word, up to five letters."""
    found = {word[:at] + word[at + 1 :] for at in range(len(word))}
    for letter in (0, 1):
        found |= {(*word[:at], letter, *word[at + 1 :]) for at in range(len(word))}
        if len(word) < 5:
            found |= {(*word[:at], letter, *word[at:]) for at in range(len(word) + 1)}
    return found


def test_the_end_does_not_count() -> None:
    found = [[1, 2, 10], [1, 2, 3, 4], [10], [7, 10]]
    labels = [[1, 2, 10], [1, 2, 3, 10], [5, 6, 10], [8, 10]]
    as_arrays = [[np.array(one) for one in ones] for ones in (found, labels)]
    score = edits(*as_arrays)
    assert score == Edits(edits=4, total=8, right=1, sequences=4)
    assert score.rate == 0.5
    assert str(score) == "4 edits of 8 (50.00 %), 1 of 4 sequences right"
    assert Edits(**score.card()) == score
