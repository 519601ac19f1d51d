from __future__ import annotations

import numpy as np

from train.augment import shift


def test_shift_moves_the_image() -> None:
    image = np.arange(1, 13).reshape(3, 4)
    rng = np.random.default_rng(0)
    wide = np.pad(image, 2)
    moved = {
        tuple(wide[2 - down : 5 - down, 2 - right : 6 - right].ravel())
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    }
    found = {tuple(shift(1)(image, rng).ravel()) for _ in range(200)}
    assert found == moved


def test_shift_by_nothing() -> None:
    image = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(shift(0)(image, np.random.default_rng(0)), image)
