from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pascaline.train.augment import Shift

torch = pytest.importorskip("torch")

from pascaline.train.feeds import Sequences, Streams  # noqa: E402

CPU = torch.device("cpu")


def make_sequences(count: int, **choices: Any) -> Sequences:
    """Sequence k holds the number k in all its steps, and has the class k."""
    inputs = [np.full((1 + index % 3, 2), index) for index in range(count)]
    labels = choices.pop("labels", np.arange(count))
    choices = {"batch": 4, "lsb": 0.5, "seed": 1, "device": CPU} | choices
    return Sequences(inputs, labels, **choices)


def test_an_epoch_has_every_sequence_once() -> None:
    feed = make_sequences(12)
    assert feed.steps == 3
    seen, orders = [], []
    for step in range(6):
        feed.place(step)
        x, lengths, targets = feed.take()
        assert x.shape == (3, 4, 2)
        assert x.dtype == torch.float32
        assert lengths.tolist() == [1 + label % 3 for label in targets.tolist()]
        assert x[0, :, 0].tolist() == [0.5 * label for label in targets.tolist()]
        assert x[2, :, 0].tolist() == [
            0.5 * label if label % 3 == 2 else 0 for label in targets.tolist()
        ]
        seen += targets.tolist()
    orders = [seen[:12], seen[12:]]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(12))
    assert orders[0] != orders[1]


def test_a_step_depends_on_its_number_alone() -> None:
    first, second = make_sequences(12), make_sequences(12)
    for step in range(5):
        first.place(step)
    second.place(4)
    for one, other in zip(first.take(), second.take(), strict=True):
        assert torch.equal(one, other)


def test_the_last_few_are_left_out() -> None:
    assert make_sequences(11).steps == 2
    few = make_sequences(3)
    assert (few.steps, few.batch) == (1, 3)


def test_labels_of_steps() -> None:
    labels = [np.arange(1 + index % 3) for index in range(8)]
    feed = make_sequences(8, labels=labels)
    feed.place(0)
    x, lengths, targets = feed.take()
    assert targets.shape == x.shape[:2]
    for column, length in zip(targets.T.tolist(), lengths.tolist(), strict=True):
        assert column == [*range(length), *[-1] * (3 - length)]


def test_augmentation() -> None:
    images = [np.arange(1, 5).reshape(2, 2)] * 40
    feed = Sequences(
        images,
        np.zeros(40, dtype=np.int64),
        batch=40,
        lsb=1.0,
        seed=0,
        augment=Shift(2, 2, 1),
        device=CPU,
    )
    feed.place(0)
    x, lengths, _ = feed.take()
    assert lengths is None
    found = {tuple(image.flatten().tolist()) for image in x.transpose(0, 1)}
    assert (1, 2, 3, 4) in found
    assert (0, 0, 1, 2) in found
    assert len(found) == 9


def test_streams_go_on() -> None:
    codes = np.arange(23) % 5
    feed = Streams(codes, codes + 1, symbols=5, batch=2, length=4, device=CPU)
    # Two streams of eleven, of which four are learned at a time: the last three are left out.
    assert (feed.steps, feed.batch, feed.carries) == (2, 2, True)
    for step, first in ((0, 0), (1, 4), (2, 0)):
        feed.place(step)
        x, lengths, targets = feed.take()
        assert lengths is None
        for stream in range(2):
            expected = codes[11 * stream + first : 11 * stream + first + 4]
            assert x[:, stream].argmax(dim=1).tolist() == expected.tolist()
            assert targets[:, stream].tolist() == (expected + 1).tolist()
        assert torch.equal(x.sum(dim=2), torch.ones(4, 2))


def test_symbols_are_one_hot_and_nothing_comes_behind_the_end() -> None:
    inputs, labels = [np.array([[2], [0]]), np.array([[1]])], [np.array([5, 6]), np.array([7])]
    feed = Sequences(inputs, labels, batch=2, lsb=1.0, seed=1, symbols=3, device=CPU)
    feed.place(0)
    x, lengths, targets = feed.take()
    long, short = (0, 1) if lengths is not None and lengths[0] == 2 else (1, 0)
    assert x[:, long].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert x[:, short].tolist() == [[0, 1, 0], [0, 0, 0]]
    assert targets[:, long].tolist() == [5, 6]
