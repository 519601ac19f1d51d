"""Attention against plain integers of Python, and against a softmax of real numbers."""

from __future__ import annotations

import numpy as np
import pytest

from pascaline.golden.attention import Attend, Weighed, scores
from pascaline.spec.attention import Attention
from pascaline.spec.formats import Format
from tests.golden.oracle import slow_attention

H = Format(width=8, frac=7)


@pytest.mark.parametrize("reach", [2, 60, 2047])
@pytest.mark.parametrize(
    "attention",
    [
        Attention(),
        Attention(bits=4, score=Format(width=5, frac=2)),
        Attention(bits=16, score=Format(width=19, frac=10), query=Format(width=16, frac=12)),
    ],
)
def test_equals_formulas(attention, reach):
    rng = np.random.default_rng(7)
    query = rng.integers(-reach, reach, 6)
    batch = rng.integers(-128, 128, (5, 40, 6))
    lengths = np.array([1, 2, 17, 39, 40])
    pool = Attend(Weighed(attention, H, 5, 6), query)
    for step in range(40):
        pool.add(batch[:, step], step < lengths)
    for row, length in enumerate(lengths):
        vectors = batch[row, :length].tolist()
        wanted = slow_attention(attention, H, query.tolist(), vectors)
        assert pool.pooled[row].tolist() == wanted


def test_within_format_at_the_ends():
    # All weights on the extreme element, and a largest exponent that grows with every step.
    attention = Attention()
    for extreme in (-128, 127):
        weighed = Weighed(attention, H, 1, 1)
        for step in range(60):
            score = np.array([-8192 + 256 * step + step])
            weighed.add(score, np.array([[extreme]]), np.array([True]))
            assert weighed.mean.item() == extreme


def test_near_softmax():
    rng = np.random.default_rng(11)
    attention = Attention()
    query = rng.integers(-900, 900, 64)
    vectors = rng.integers(-128, 128, (100, 64))
    weighed = Weighed(attention, H, 1, 100)
    real = vectors @ query / 2.0 ** (attention.query.frac + H.frac)
    wanted = np.exp2(real - real.max())
    wanted /= wanted.sum()
    # Each step's vector is the largest value in one place: means are the weights of the softmax.
    for score, place in zip(scores(attention, H, query, vectors), np.eye(100), strict=True):
        vector = np.where(place, 127, -128)[None]
        weighed.add(np.array([score]), vector, np.array([True]))
    found = (weighed.mean[0] + 128) / 255
    assert np.abs(found - wanted).max() <= 2**-7


@pytest.mark.parametrize(
    "changes",
    [
        {"bits": 8},
        {"query": Format(width=17, frac=8)},
        {"query": Format(width=12, frac=8, signed=False)},
        {"score": Format(width=18, frac=8)},
        {"score": Format(width=8, frac=0)},
    ],
)
def test_refused(changes):
    with pytest.raises(ValueError, match="must"):
        Attention(**changes)


def test_sums_hold_the_worst():
    attention, longest = Attention(), 50
    weighed = Weighed(attention, H, 1, 1)
    for _ in range(longest):
        weighed.add(np.array([255]), np.array([[127]]), np.array([True]))
    assert weighed._total[0] == attention.totals(longest).hi
    assert weighed._sums[0, 0] == attention.sums(H, longest).hi
