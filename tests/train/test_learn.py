from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spec.formats import Format
from train.data import DataSet
from train.options import Options, Schedule, task

torch = pytest.importorskip("torch")

from train.fit import classify  # noqa: E402
from train.learn import learn  # noqa: E402

X = Format(width=8, frac=7)


def teach(tones: DataSet, schedule: Schedule | None = None, **kwargs: Any) -> tuple[Any, float]:
    """A network that has learned the tones, and how much of the held-out part it gets right."""
    chosen, options = task("tones"), Options(hidden=12, **kwargs)
    parts = tones.load()
    rule = chosen.preprocess(parts.train)
    network = learn(
        options,
        schedule or options.schedule(chosen),
        rule.apply(parts.train.sequences, X),
        parts.train.labels,
        classes=3,
        lsb=X.lsb,
    )
    found = classify(network, rule.apply(parts.held_out.sequences, X), lsb=X.lsb)
    return network, float((found == parts.held_out.labels).mean())


@pytest.mark.parametrize("weights", ["binary", "ternary"])
@pytest.mark.parametrize("normaliser", ["scale", "batchnorm"])
@pytest.mark.parametrize("shared", [False, True], ids=["separate", "shared"])
def test_learns(weights: str, normaliser: str, shared: bool, tones: DataSet) -> None:
    _, right = teach(tones, weights=weights, normaliser=normaliser, shared_scale=shared)
    assert right > 0.9


def test_same_seed_same_network(tones: DataSet) -> None:
    schedule = Schedule(epochs=2, batch=50)
    first, _ = teach(tones, schedule, seed=7)
    torch.rand(5)
    second, _ = teach(tones, schedule, seed=7)
    other, _ = teach(tones, schedule, seed=8)
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name])
    assert not np.array_equal(first.learned().weight_h, other.learned().weight_h)


def test_leaves_the_process_as_it_was(tones: DataSet) -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    teach(tones, Schedule(epochs=1))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_reports_every_batch(tones: DataSet) -> None:
    told = []
    parts = tones.load()
    inputs = task("tones").preprocess(parts.train).apply(parts.train.sequences, X)
    learn(
        Options(hidden=4),
        Schedule(epochs=2, batch=50),
        inputs,
        parts.train.labels,
        classes=3,
        lsb=X.lsb,
        report=lambda stage, done, total, note="": told.append((stage, done, total, note[:5])),
    )
    assert told == [("train", done, 6, "loss ") for done in range(1, 7)]


def test_check_comes_before_the_work(tones: DataSet) -> None:
    def check(network: Any) -> None:
        raise ValueError("not this one")

    def report(*args: Any) -> None:
        pytest.fail("learning has begun")

    parts = tones.load()
    inputs = task("tones").preprocess(parts.train).apply(parts.train.sequences, X)
    with pytest.raises(ValueError, match="not this one"):
        learn(
            Options(hidden=4),
            Schedule(epochs=1),
            inputs,
            parts.train.labels,
            classes=3,
            lsb=X.lsb,
            check=check,
            report=report,
        )
