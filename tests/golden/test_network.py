"""Whole networks: stacks, directions, pooling, heads; against Python integers and themselves."""

import json
from pathlib import Path

import numpy as np
import pytest

from pascaline.golden import parallel
from pascaline.golden.network import Golden
from pascaline.golden.parallel import run_all
from pascaline.golden.pooling import Mean
from pascaline.spec.configs import configs
from pascaline.spec.errors import InputError
from tests.golden.networks import BOTH, ENDS, GRU, LSTM, RNN, STACKS, draw, model
from tests.golden.oracle import slow_run

VECTORS = Path(__file__).with_name("vectors.json")


@pytest.fixture(params=STACKS)
def layers(request):
    return STACKS[request.param]


@pytest.mark.parametrize("end", ENDS)
def test_against_python_integers(layers, end, rng):
    made = model(layers, **ENDS[end])
    sequences = draw(made, rng, 1, 5, 3)
    run = Golden(made).run(sequences)
    for found, sequence in zip(run.results, sequences, strict=True):
        assert found.tolist() == slow_run(made, sequence)


@pytest.mark.parametrize("end", ["every", "pooled", "mean"])
def test_a_batch_is_its_sequences(layers, end, rng):
    made = model(layers, **ENDS[end])
    golden, sequences = Golden(made), draw(made, rng, 20, 4, 17)
    together = golden.run(sequences)
    for index, sequence in enumerate(sequences):
        alone = golden.run([sequence])
        assert np.array_equal(together.results[index], alone.results[0])
        for both, one in zip(together.state, alone.state, strict=True):
            assert np.array_equal(both.h[index], one.h[0])
            assert np.array_equal(both.c[index], one.c[0])


@pytest.mark.parametrize("name", [name for name in STACKS if STACKS[name][-1].get("bidirectional")])
def test_the_output_at_the_last_step(name, rng):
    """A part of what comes out of every step; against Python integers, too."""
    made = model(STACKS[name], results="first-of-backward")
    every = Golden(model(STACKS[name], results="every"))
    sequences = draw(made, rng, 1, 5, 3)
    found, whole = Golden(made).run(sequences).results, every.run(sequences).results
    for one, other, sequence in zip(found, whole, sequences, strict=True):
        assert one.tolist() == [other[-1].tolist()] == slow_run(made, sequence)


def test_steps_are_a_run(rng):
    made = model(STACKS["three-cells"], results="every")
    golden, [sequence] = Golden(made), draw(made, rng, 6)
    run, states = golden.run([sequence]), golden.zero()
    for x, result in zip(sequence, run.results[0], strict=True):
        steps = golden.step(x[None], states)
        states = tuple(step.state for step in steps)
        assert np.array_equal(golden.results(steps[-1].h)[0], result)
    for one, other in zip(states, run.state, strict=True):
        assert np.array_equal(one.h, other.h)
        assert np.array_equal(one.c, other.c)


@pytest.mark.parametrize("name", ["lstm", "three-cells", "formats"])
def test_a_sequence_in_two_parts(name, rng):
    made = model(STACKS[name])
    golden, [sequence] = Golden(made), draw(made, rng, 7)
    whole, first = golden.run([sequence]), golden.run([sequence[:3]])
    assert len(first.state) == len(STACKS[name])
    second = golden.run([sequence[3:]], first.state)
    assert np.array_equal(whole.results[0], second.results[0])


def test_a_backward_direction_is_a_forward_one_of_the_sequence_turned_round(rng):
    made = model([LSTM | BOTH], results="every")
    [sequence] = draw(made, rng, 6)
    forward = model([LSTM], results="every")
    for name in forward.tensors:
        forward.tensors[name] = made.tensors[name.replace("layers.0.", "layers.0.reverse.")]
    [found] = Golden(made).run([sequence]).results
    [turned] = Golden(forward).run([sequence[::-1]]).results
    assert np.array_equal(found[:, 4:], turned[::-1])


@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_pooling_takes_no_step_of_another_sequence(pooling, rng):
    """What a sequence that has ended goes on with is no part of its largest values, or means."""
    made = model([RNN], pooling=pooling, x={"width": 8, "frac": 0})
    low = np.full((1, 3), -128)
    golden = Golden(made)
    [alone] = golden.run([low]).results
    together = golden.run([low, *draw(made, rng, 40)])
    assert np.array_equal(alone, together.results[0])


@pytest.mark.parametrize(
    ("values", "mean"),
    [([1], 1), ([1, 2], 2), ([-1, -2], -1), ([1, 1, 2], 1), ([-128] * 5, -128), ([127, 126], 127)],
)
def test_a_mean_is_the_nearest_integer_and_ties_go_up(values, mean):
    pool = Mean(1, 1)
    for value in values:
        pool.add(np.array([[value]]), np.array([True]))
    assert pool.pooled.tolist() == [[mean]]


def test_no_sequences(layers):
    for end in ENDS.values():
        assert Golden(model(layers, **end)).run([]).results == []


def test_a_bidirectional_network_has_no_state(rng):
    made = model(STACKS["both-last"])
    golden, [sequence] = Golden(made), draw(made, rng, 3)
    assert golden.zero(4) == ()
    assert golden.run([sequence], ()).state == ()
    state = Golden(model(STACKS["three-cells"])).zero()
    with pytest.raises(InputError, match=r"^state: must not be given: sequences are taken whole"):
        golden.run([sequence], state)
    with pytest.raises(InputError, match=r"^network: must not be taken whole to go step by step"):
        golden.step(sequence[:1], state)


def test_what_is_watched(rng):
    made = model([GRU, LSTM | BOTH])
    seen = []
    [sequence] = draw(made, rng, 3)
    Golden(made).run([sequence], watch=lambda *where: seen.append(where[:3]))
    assert [where[1:] for where in seen if where[0] == 0] == [(0, 0), (0, 1), (0, 2)]
    assert [where[2] for where in seen if where[:2] == (1, 0)] == [0, 1, 2]
    assert [where[2] for where in seen if where[:2] == (1, 1)] == [2, 1, 0]


def test_memory_does_not_grow_with_steps(rng):
    """Layers of one direction go through sequences in step with each other."""
    made = model(STACKS["three-cells"], pooling="max")
    seen = []
    Golden(made).run(draw(made, rng, 3), watch=lambda *where: seen.append((where[2], where[0])))
    assert seen == [(step, layer) for step in range(3) for layer in range(3)]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", ["lstm", "both-first"])
def test_on_all_cores(name, threads, rng, monkeypatch):
    monkeypatch.setattr(parallel, "BATCH", 4)
    made = model(STACKS[name], results="every")
    golden, told = Golden(made), []
    sequences = draw(made, rng, *range(1, 11))
    found = run_all(golden, sequences, threads=threads, done=told.append)
    for one, other in zip(found, golden.run(sequences).results, strict=True):
        assert np.array_equal(one, other)
    assert told == [4, 8, 10]
    assert run_all(golden, []) == []


def frozen():
    """Models whose weights follow from a seed, by name."""
    tiny = {name: config for name, config in configs().items() if name.startswith("tiny-")}
    made = {name: config.synthetic(name) for name, config in tiny.items()}
    for name, layers in STACKS.items():
        made[name] = model(layers, **ENDS["logits"])
        made[f"{name}-pooled"] = model(layers, **ENDS["pooled"])
    return made


def outputs(made):
    """What a model gives for inputs that follow from a seed; states of its layers side by side."""
    rng = np.random.default_rng(1234)
    run = Golden(made).run([draw(made, rng, steps)[0] for steps in (1, 6)])
    found = {"results": [result.tolist() for result in run.results]}
    for part in ("h", "c") if run.state else ():
        states = [getattr(state, part) for state in run.state]
        found[part] = np.concatenate(states, axis=1).tolist()
    return found


def test_frozen_vectors():
    """So that golden and RTL cannot move together unseen; written by ``freeze_vectors``."""
    made = frozen()
    for name, vectors in json.loads(VECTORS.read_text()).items():
        assert outputs(made[name]) == vectors, name


def freeze_vectors():
    lines = [f"{json.dumps(name)}: {json.dumps(outputs(made))}" for name, made in frozen().items()]
    VECTORS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
