"""Cases as files, and how a failing one is made small."""

import dataclasses
import re

import pytest

from pascaline.hdl import verilog
from pascaline.hdl.verilog import generate
from pascaline.measure.verdict import judge_seed
from pascaline.sim.case import Case
from pascaline.sim.draw_cases import FEATURES, draw
from pascaline.sim.shrink import shrink, smaller
from pascaline.spec.errors import InputError
from pascaline.spec.machine import Machine
from tests.sim.machines import tool_of


def test_a_file_of_a_case_gives_the_same_case(tmp_path):
    case = draw(5, cycles=300, largest=9)
    case.write(tmp_path / "case.json")
    again = Case.read(tmp_path / "case.json")
    assert again == case
    for one, other in zip(case.jobs, again.jobs, strict=True):
        for a, b in zip(one.episodes[-1].sequences, other.episodes[-1].sequences, strict=True):
            assert (a.x == b.x).all()
            assert (a.state, a.dump) == (b.state, b.dump)


def test_a_file_with_the_old_names_is_read(tmp_path):
    case = draw(5, cycles=300, largest=9)
    path = tmp_path / "case.json"
    case.write(path)
    text = path.read_text().replace('"episodes"', '"bursts"').replace('"sequences"', '"walks"')
    path.write_text(text)
    assert Case.read(path) == case


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda t: t[:50], "invalid JSON"),
        (lambda t: t.replace('"seed": 5', '"seed": -5', 1), "seed: "),
        (
            lambda t: t.replace('"i_x"', '"j_x"'),
            "pauses: must be one of i_load, i_state, i_x, o, o_state",
        ),
    ],
)
def test_files_that_are_no_cases(change, text, tmp_path):
    path = tmp_path / "case.json"
    draw(5, cycles=300, largest=9).write(path)
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match=re.escape(text)) as error:
        Case.read(path)
    assert str(error.value).startswith(str(path))


def test_smaller_cases_can_be_built():
    for seed in range(6):
        for case in smaller(draw(seed, cycles=300, largest=17)):
            assert case.design
            assert case.jobs


def test_shrinking_ends_at_the_smallest_case_that_fails():
    """A fault that takes three units, two streams and a sequence from a kept state."""

    def fails(case):
        episodes = [episode for traffic in case.traffic for episode in traffic.episodes]
        sequences = [sequence for episode in episodes for sequence in episode.sequences]
        kept = any(sequence.state == 1 for sequence in sequences)
        return kept and case.network.layers[0].hidden > 2 and case.machine.streams > 1

    case = next(case for case in map(draw, range(100)) if fails(case))
    small = shrink(case, fails, tries=2000)
    layer = small.network.layers[0]
    [traffic] = small.traffic
    [episode] = traffic.episodes
    [sequence] = episode.sequences
    assert (sequence.steps, sequence.state, sequence.dump) == (1, 1, False)
    assert (layer.hidden, small.network.inputs, small.network.head) == (3, 1, None)
    assert small.machine == Machine(streams=2)
    assert traffic.pauses == {}


@pytest.mark.long
def test_a_planted_fault_is_found_and_made_small(monkeypatch):
    tool_of("icarus")

    def broken(design):
        made = generate(design)
        text = made.text.replace("assign o__payload =", "assign o__payload = 1 ^", 1)
        assert text != made.text
        return dataclasses.replace(made, text=text)

    monkeypatch.setattr(verilog, "generate", broken)
    verdict = judge_seed(4, "icarus", {"cycles": 60, "largest": 3}, tries=60)
    assert verdict.mismatches
    case = verdict.case
    [traffic] = case.traffic
    [episode] = traffic.episodes
    assert [sequence.steps for sequence in episode.sequences] == [1]
    assert case.machine == Machine()
    assert case.network.layers[0].hidden == 1


@pytest.mark.parametrize("feature", FEATURES)
def test_networks_have_what_they_are_asked_to_have(feature):
    cases = [draw(seed, cycles=100, largest=9, features=[feature]) for seed in range(8)]
    assert all(FEATURES[feature](case.network, case.machine) for case in cases)
    # A seed whose network has it anyway gives what it gives without.
    plain = [draw(seed, cycles=100, largest=9) for seed in range(8)]
    for case, other in zip(cases, plain, strict=True):
        assert (case == other) == FEATURES[feature](other.network, other.machine)
