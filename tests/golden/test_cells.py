"""Steps of each cell, against Python integers."""

import numpy as np
import pytest

from pascaline.golden import activation, affine, product, standard, walsh
from pascaline.golden.cells import State, cell_of, gru, lstm
from pascaline.golden.network import Golden
from tests.golden.networks import CELLS, draw, model, q, sized
from tests.golden.oracle import slow_step

INTERMEDIATES = {
    "lstm": "sums pre i f g o c u tanh_c h",
    "gru": "sums pre r z n w c p q k h",
    "rnn": "sums pre h",
}


def ends(format):
    return [format.interval.lo, format.interval.hi, 0]


@pytest.fixture(params=CELLS)
def layer(request):
    return CELLS[request.param]


@pytest.mark.parametrize(
    ("hidden", "rest"),
    [
        (4, {}),
        (1, {"inputs": 1, "shared_scale": True}),
        (3, {"x": q(9, 2, False), "shared_scale": True}),
        (3, {"x": q(16, 15)}),
    ],
)
def test_against_python_integers(layer, hidden, rest, rng):
    made = model([sized(layer, hidden)], **rest)
    golden = Golden(made)
    [state] = golden.zero()
    h, c = state.h[0].tolist(), state.c[0].tolist()
    for x in draw(made, rng, 4)[0]:
        [step] = golden.step(x[None], [state])
        h, c = slow_step(made.network.layer, made.layers[0], x.tolist(), h, c)
        state = step.state
        assert (state.h[0].tolist(), state.c[0].tolist()) == (h, c)


def test_corners_against_python_integers(layer, rng):
    made = model([sized(layer, 3)], inputs=2)
    described = made.network.layer
    cell = cell_of(described, made.layers[0], made.network.x)
    carried = described.carried
    for _ in range(30):
        h = rng.choice(ends(described.h), (1, described.hidden))
        c = (
            rng.choice(ends(carried), (1, described.hidden))
            if carried
            else np.empty((1, 0), np.int64)
        )
        x = rng.choice(ends(made.network.x), (1, 2))
        found = cell.step(x, State(h, c)).state
        assert (found.h[0].tolist(), found.c[0].tolist()) == slow_step(
            described, made.layers[0], x[0].tolist(), h[0].tolist(), c[0].tolist()
        )


@pytest.mark.parametrize("sizes", [{"hidden": 4, "inputs": 3}, {"hidden": 40, "inputs": 30}])
def test_narrow_types_compute_what_wide_ones_do(layer, sizes, rng, monkeypatch):
    made = model([layer | {"hidden": sizes["hidden"]}], inputs=sizes["inputs"])
    x = np.stack(draw(made, rng, *20 * [3]))

    def steps():
        golden = Golden(made)
        states = golden.zero(20)
        for index in range(3):
            [step] = golden.step(x[:, index], states)
            states = [step.state]
            named = vars(step) | {f"sum_{name}": rows for name, rows in step.sums.items()}
            del named["sums"]
            yield {name: values for name, values in named.items() if values is not None}

    narrow_ones = list(steps())
    for module in (activation, affine, gru, lstm, product, standard, walsh):
        monkeypatch.setattr(module, "holding", lambda values, shift=0: np.int64)
    monkeypatch.setattr(product, "EXACT", {np.float64: 1 << 53})
    for one, other in zip(narrow_ones, steps(), strict=True):
        for name, values in one.items():
            assert np.array_equal(values, other[name]), name
            assert other[name].dtype == np.int64


def test_every_intermediate_has_a_name(layer, rng):
    made = model([layer])
    seen = {}
    Golden(made).run(
        draw(made, rng, 2), watch=lambda layer, direction, index, step: seen.update({index: step})
    )
    assert sorted(seen) == [0, 1]
    assert set(vars(seen[0])) == set(INTERMEDIATES[made.network.layer.kind].split())
    assert seen[1].sums["h"].shape == (1, made.network.layer.rows)
    assert seen[1].pre.shape == (1, made.network.layer.rows)


@pytest.mark.parametrize("reset", ["after", "before"])
def test_parts_of_a_candidate(reset, rng):
    made = model([{"kind": "gru", "reset": reset}])
    [step] = Golden(made).step(draw(made, rng, 1)[0], Golden(made).zero())
    there = {name for name in "pqk" if getattr(step, name) is not None}
    assert there == ({"p", "q"} if reset == "after" else {"k"})


def test_a_gru_stays_between_its_state_and_its_candidate(rng):
    made = model([{"kind": "gru", "hidden": 30}])
    golden = Golden(made)
    states = golden.zero(50)
    for x in np.stack(draw(made, rng, *50 * [10]), axis=1):
        [step] = golden.step(x, states)
        low, high = np.minimum(step.w, states[0].c), np.maximum(step.w, states[0].c)
        assert ((step.c >= low) & (step.c <= high)).all()
        states = [step.state]


@pytest.mark.parametrize("function", ["relu", "linear"])
def test_segments_of_no_function_do_not_matter(function, rng):
    layer = {"kind": "rnn", "function": function, "pre": q(2, 2), "h": q(2, 2)}
    made = model([layer | {"activation": {"form": "pwl", "segments": 128}}])
    [step] = Golden(made).step(draw(made, rng, 1)[0], Golden(made).zero())
    assert step.h.shape == (1, made.network.layer.hidden)
