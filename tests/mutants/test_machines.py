"""The machines of the campaigns: what their numbers must reach for faults to be seen."""

import numpy as np
import pytest

from mutants.machines import COUNTS, machine
from mutants.traffic import with_faults, with_rare, with_traffic
from pascaline.golden.network import Golden
from pascaline.sim.far import far_vectors


@pytest.fixture(params=COUNTS, scope="module")
def case(request):
    return machine(request.param)


def test_every_class_wins_now_and_then(case):
    design = case.design
    runs = [[far_vectors(seed, design, 1 + seed % 8)] for seed in range(300)]
    results = np.concatenate([np.ravel(Golden(design.model).run(run).results[-1]) for run in runs])
    if design.head.output == "logits":
        assert len(np.unique(results)) > 100
    else:
        counts = np.bincount(results, minlength=design.head.classes)
        assert counts.min() > counts.sum() / 20


def test_few_scales_are_as_large_as_they_can_be(case):
    tensors = case.design.model.tensors
    scales = np.abs(np.concatenate([t for name, t in tensors.items() if ".scale_" in name]))
    assert (scales == 127).mean() < 0.4
    assert np.median(scales) > 32


def test_traffic_has_all_that_can_happen(case):
    drawn = with_traffic(case, 0, 300)
    episodes = [episode for traffic in drawn.traffic for episode in traffic.episodes]
    sequences = [one for episode in episodes for one in episode.sequences]
    assert {one.far for one in sequences} == {False, True}
    assert {one.state for one in sequences} == {0, 1, 2}
    assert sum(episode.cut is not None for episode in episodes) > 8
    assert max(traffic.pauses.get("o", 0) for traffic in drawn.traffic) >= 0.95
    assert any(traffic.plain for traffic in drawn.traffic)
    assert with_traffic(case, 1, 300) != drawn


@pytest.mark.parametrize("name", [name for name in COUNTS if ":" in name])
def test_faults_are_traffic_of_a_bus(name):
    case = machine(name)
    assert with_faults(case).job.faults > 0
    assert all(traffic.accesses > 0 for traffic in with_traffic(case, 0, 300).traffic)


def test_rare_traffic_goes_far_and_is_crowded(case, monkeypatch):
    monkeypatch.setattr("mutants.traffic.CANDIDATES", 200)
    rare = with_rare(case, 0)
    far, *crowds = [one.episodes[0].sequences for one in rare.traffic]
    rows = sum(layer.rows * layer.directions for layer in case.network.layers)
    assert 1 < len(far) <= 2 * rows
    assert {(one.steps, one.dump) for crowd in crowds for one in crowd} == {(1, False)}
    assert rare != with_rare(case, 1)


def test_plain_streams_have_no_faults():
    with pytest.raises(ValueError, match="faults must be 0 unless the machine is on a bus"):
        with_faults(machine("tiny-ternary"))
