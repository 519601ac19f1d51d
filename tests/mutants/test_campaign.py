"""Campaigns: all mutants of a machine, killed, proven equivalent or left over."""

import json
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from mutants.campaign import Campaign
from mutants.known import KNOWN, Judgement, judged
from mutants.machines import COUNTS, machine
from mutants.settled import SETTLED, Settled, digest, settled, write_settled
from mutants.slices import sliced
from pascaline.hdl.verilog import generate
from pascaline.spec.errors import InputError
from tests.sim.machines import tool_of

SMALL = {"cycles": 300, "random": 50_000, "seconds": (5, 6)}


class Refusing(Executor):
    """Does nothing."""

    def submit(self, work, /, *given, **named):
        raise AssertionError(work)


def no_progress(*_):
    pass


@pytest.fixture
def pool():
    with ThreadPoolExecutor(1) as made:
        yield made


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 10, 100])
def test_parts_are_all_mutants(parts):
    counts = {"a": 7, "b": 10, "c": 3}
    found = [
        (name, number)
        for part in range(parts)
        for name, first, last in sliced(counts, part, parts)
        for number in range(first, last + 1)
    ]
    assert found == [(name, k) for name, count in counts.items() for k in range(1, count + 1)]


def test_only_what_is_known_may_be_left():
    name, [known, *_] = "tiny-bilstm", sorted(KNOWN["tiny-bilstm"])
    count, tried = COUNTS[name], range(1, known + 1)
    assert judged(name, count, 0, tried, [known]) == Judgement([], [])
    assert judged(name, count, 0, tried, [known - 1]) == Judgement([known - 1], [known])
    assert judged(name, count, 0, range(1, known), []) == Judgement([], [])
    # Of other mutants nothing is known.
    assert judged(name, count, 1, tried, [known]) == Judgement([known], [])
    assert judged(name, count - 1, 0, tried, [known]) == Judgement([known], [])


def test_what_is_known_is_of_the_machines():
    for name, numbers in KNOWN.items():
        assert set(numbers) <= {*range(1, COUNTS[name] + 1)}


@pytest.mark.long
@pytest.mark.parametrize("name", ["tiny-ternary", "tiny-binary:axi", "tiny-binary:wishbone"])
def test_a_campaign_goes_on_where_it_was_stopped(name, pool, tmp_path, monkeypatch):
    tool_of("verilator")
    monkeypatch.setattr("mutants.traffic.ROUNDS", 1)
    monkeypatch.setattr("mutants.traffic.ON_BUS", 1)
    monkeypatch.setattr("mutants.traffic.FAULTS", 1)
    campaign = Campaign(name, 24, tmp_path, first=5, last=16, **SMALL)
    found = campaign.run(pool, no_progress)
    assert found["mutants"] == 12
    assert found["killed"] + len(found["equivalent"]) + len(found["left"]) == 12
    assert found["killed"] >= found["killed_by_traffic"] > 0
    assert found["kill_rate_of_others"] >= found["kill_rate"]
    assert campaign.run(Refusing(), no_progress) == found
    # Of what this one has settled, another one asks nothing.
    path = tmp_path / "settled.json"
    write_settled([found], path)
    monkeypatch.setattr("mutants.campaign.settled", partial(settled, path=path))
    again = replace(campaign, folder=tmp_path / "again").run(pool, no_progress)
    numbers = found["equivalent"] + found["told_apart"]
    assert again["settled_before"] == len(numbers)
    different = "settled_before", "killed_by"
    assert [again[key] for key in found if key not in different] == [
        found[key] for key in found if key not in different
    ]


def test_what_is_settled_is_so_of_the_same_content_only(tmp_path):
    path = tmp_path / "settled.json"
    content = digest("module", 100, 0)
    found = {"content": content, "equivalent": [1, 5], "told_apart": [2]}
    write_settled([{"configuration": "tiny-ternary", **found}], path)
    assert settled("tiny-ternary", content, path) == Settled(frozenset({1, 5}), frozenset({2}))
    for name, other in [
        ("tiny-binary", content),
        ("tiny-ternary", digest("other", 100, 0)),
        ("tiny-ternary", digest("module", 100, 1)),
    ]:
        assert settled(name, other, path) == Settled()


def test_what_is_settled_is_of_the_machines():
    found = json.loads(SETTLED.read_text())
    assert found.keys() == COUNTS.keys()
    for name, one in found.items():
        assert digest(generate(machine(name).design).text, COUNTS[name], 0) == one["content"]
        assert {*one["equivalent"], *one["told_apart"]} <= {*range(1, COUNTS[name] + 1)}
        assert not {*one["equivalent"]} & {*one["told_apart"]}


@pytest.mark.long
def test_a_bench_that_fails_by_itself_counts_no_mutants(pool, tmp_path, monkeypatch):
    tool_of("verilator")
    monkeypatch.setattr("mutants.trials.read_lines", lambda _: {0: "broken", 1: "broken"})
    with pytest.raises(InputError, match=r"^tiny-ternary: fails without any mutant: broken$"):
        Campaign("tiny-ternary", 1, tmp_path, **SMALL).run(pool, no_progress)
