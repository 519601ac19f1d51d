from __future__ import annotations

import numpy as np
import pytest

from pascaline.train.augment import Shift

torch = pytest.importorskip("torch")


def test_shift_moves_images() -> None:
    image = torch.arange(1, 13)
    wide = np.pad(image.numpy().reshape(3, 4), 2)
    moves = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    found = Shift(3, 4, 1).apply(image.expand(9, 12)[..., None], torch.tensor(moves))
    for one, (down, right) in zip(found, moves, strict=True):
        expected = wide[2 - down : 5 - down, 2 - right : 6 - right]
        np.testing.assert_array_equal(one[:, 0].numpy(), expected.ravel())


def test_rows_are_images_too() -> None:
    rows = torch.arange(12).reshape(1, 3, 4)
    moved = Shift(3, 4, 1).apply(rows, torch.tensor([[1, 0]]))
    assert moved.tolist() == [[[0, 0, 0, 0], [0, 1, 2, 3], [4, 5, 6, 7]]]


def test_moves_are_all_that_are_allowed() -> None:
    moves = Shift(3, 4, 1).draw(np.random.default_rng(0), 200)
    assert {tuple(move) for move in moves.tolist()} == {
        (down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)
    }


def test_shift_by_nothing() -> None:
    image = torch.arange(6).reshape(1, 2, 3)
    moves = torch.from_numpy(Shift(2, 3, 0).draw(np.random.default_rng(0), 1))
    assert torch.equal(Shift(2, 3, 0).apply(image, moves), image)
