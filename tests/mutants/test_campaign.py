"""Campaigns: all mutants of a machine, killed, proven equivalent or left over."""

import pytest

from mutants.campaign import Campaign
from pascaline.spec.errors import InputError
from tests.sim.machines import tool_of

pytestmark = pytest.mark.long


@pytest.mark.parametrize("name", ["tiny-ternary", "tiny-binary:axi"])
def test_a_campaign_goes_on_where_it_was_stopped(name, tmp_path, monkeypatch):
    tool_of("verilator")
    monkeypatch.setattr("mutants.campaign.ROUNDS", 1)
    monkeypatch.setattr("mutants.proofs.RANDOM", 50_000)
    campaign = Campaign(name, 12, 0, 300, (5, 6), tmp_path)
    found = campaign.run(1, lambda *_: None)
    assert found["mutants"] == 12
    assert found["killed"] + found["equivalent"] + len(found["left"]) == 12
    assert found["killed"] >= found["killed_by_traffic"] > 0
    assert found["kill_rate_of_others"] >= found["kill_rate"]
    for tool in ("trials.Trials._simulate", "proofs.settle", "proofs.netlist_graph"):
        monkeypatch.setattr(f"mutants.{tool}", None)
    assert campaign.run(1, lambda *_: None) == found


def test_a_bench_that_fails_by_itself_counts_no_mutants(tmp_path, monkeypatch):
    tool_of("verilator")
    monkeypatch.setattr("mutants.trials.read_lines", lambda _: {0: "broken", 1: "broken"})
    with pytest.raises(InputError, match=r"^tiny-ternary: fails without any mutant: broken$"):
        Campaign("tiny-ternary", 1, 0, 300, (5,), tmp_path).run(1, lambda *_: None)
