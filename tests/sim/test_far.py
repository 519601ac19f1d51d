"""Numbers that reach far."""

import numpy as np
import pytest

from pascaline.sim.case import CaseSequence
from pascaline.sim.far import far_states, far_vectors, farthest
from tests.sim.machines import design_of

SEEDS = range(300)


@pytest.fixture(scope="module")
def design():
    return design_of("tiny-ternary")


def shares(design, vectors):
    """Sums of all rows, as shares of the largest that each of them can have."""
    weights = design.model.tensors["layers.0.weight_x"]
    weights = weights[weights.any(axis=1)]
    return vectors @ weights.T / (128 * np.abs(weights).sum(axis=1))


def test_sums_of_all_rows_reach_both_ends(design):
    far = np.concatenate([far_vectors(seed, design, 4) for seed in SEEDS])
    uniform = design.entry.draw(np.random.default_rng(0), len(far))
    assert (far.min(), far.max()) == (-128, 127)
    assert (shares(design, far).max(axis=0) > 0.99).all()
    assert (shares(design, far).min(axis=0) < -0.99).all()
    assert (shares(design, uniform).max(axis=0) < 0.99).any()


def test_sums_are_anywhere(design):
    far = np.concatenate([far_vectors(seed, design, 4) for seed in SEEDS])
    counts, _ = np.histogram(shares(design, far), bins=20, range=(-1, 1))
    assert counts.min() > counts.sum() / 200


def test_a_state_and_the_vector_after_it_go_the_same_way(design):
    tensors, product = design.model.tensors, []
    for seed in range(1000):
        x, h = far_vectors(seed, design, 1)[0], far_states(seed, design)[0].h[0]
        scaled = [
            tensors[f"layers.0.scale_{name}"] * (tensors[f"layers.0.weight_{name}"] @ vector)
            for name, vector in (("x", x), ("h", h))
        ]
        reach = [np.abs(tensors[f"layers.0.scale_{name}"]) for name in "xh"]
        most = sum(
            r * 128 * np.abs(tensors[f"layers.0.weight_{name}"]).sum(axis=1)
            for r, name in zip(reach, "xh", strict=True)
        )
        product.append(sum(scaled) / most)
    assert (np.max(product, axis=0) > 0.8).all()
    assert (np.min(product, axis=0) < -0.8).all()


def test_what_is_carried_has_all_magnitudes(design):
    c = np.concatenate([far_states(seed, design)[0].c[0] for seed in SEEDS])
    interval = design.cores[0].layer.carried.interval
    assert interval.lo <= c.min() < interval.lo / 2
    assert interval.hi / 2 < c.max() <= interval.hi
    assert (np.abs(c) < 16).mean() > 0.1


def test_the_same_seed_draws_the_same(design):
    assert (far_vectors(7, design, 3) == far_vectors(7, design, 3)).all()
    assert (far_vectors(7, design, 3) != far_vectors(8, design, 3)).any()


def test_sequences_are_uniform_unless_a_file_says_far():
    assert not CaseSequence(steps=1).far
    assert "far" not in CaseSequence(steps=1).model_dump_json()
    assert "far" in CaseSequence(steps=1, far=True).model_dump_json()


@pytest.mark.parametrize("given", [False, True])
def test_the_farthest_are_chosen(design, given):
    tensors = design.model.directions[0][0]

    def scaled(seed):
        """Sums of all rows in the first step."""
        h = far_states(seed, design)[0].h[0] if given else np.zeros(7, dtype=np.int64)
        pairs = ("x", far_vectors(seed, design, 1)[0]), ("h", h)
        return sum(tensors[f"scale_{k}"] * (tensors[f"weight_{k}"] @ v) for k, v in pairs)

    every = np.stack([scaled(seed) for seed in SEEDS])
    chosen = farthest(design, SEEDS, 1, given=given)
    assert len(chosen) < len(every) / 2
    assert (every[chosen].max(axis=0) == every.max(axis=0)).all()
    assert (every[chosen].min(axis=0) == every.min(axis=0)).all()
