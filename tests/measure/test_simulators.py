"""``measure simulators``, but for the minutes that it takes."""

import json
from types import SimpleNamespace

import pytest

from pascaline.measure import simulators
from pascaline.measure.designs import make_design
from pascaline.measure.simulators import rate
from pascaline.models.catalogue import find_model
from pascaline.sim.job import Outcome
from pascaline.sim.simulators import SIMULATORS
from pascaline.sim.verilator import Verilator
from pascaline.spec.errors import InputError


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on only when it is told to."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr("pascaline.measure.simulators.processor_seconds", lambda: now.seconds)
    return now


def test_ratios_are_of_one_run(pascaline, monkeypatch, clock):
    def build(verilog, top, tool, cache):
        assert "module tiny_binary(" in verilog
        assert not cache.exists(), "an earlier build"
        public = isinstance(tool, Verilator) and tool.identity != Verilator().identity
        clock.seconds += 30 if public else 12
        return cache

    def run(job, folder, top, tool, *, progress):
        [sequence] = job.episodes[0].sequences
        clock.seconds += 3 + len(sequence.x) * {"verilator": 0.01, "icarus": 1.0}[tool.name]
        return Outcome(values=1)

    monkeypatch.setattr("pascaline.measure.simulators.simulator", SIMULATORS.get)
    monkeypatch.setattr("pascaline.measure.simulators.build", build)
    monkeypatch.setattr("pascaline.measure.simulators.run", run)
    status, out, _ = pascaline("measure", "simulators", "tiny-binary", "--json")
    found = json.loads(out)
    assert status == 0
    assert found["steps"] == {"verilator": 200, "icarus": 4}
    assert found["steps_per_second"] == pytest.approx({"verilator": 100, "icarus": 1})
    assert found["speed_ratio"] == pytest.approx(100)
    assert found["build_ratio"] == pytest.approx(0.4)
    status, out, _ = pascaline("measure", "simulators", "tiny-binary")
    assert status == 0
    assert "0.40" in out


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Outcome(values=1), "^steps in icarus: must be more: they took no measurable time, not 5$"),
        (Outcome(faults=["o: wrong"]), "^icarus: disagrees with the golden model: o: wrong$"),
    ],
)
def test_what_cannot_be_measured(monkeypatch, clock, outcome, says):
    monkeypatch.setattr(simulators, "run", lambda *_, **__: outcome)
    design = make_design(find_model("tiny-binary"))
    with pytest.raises(InputError, match=says):
        rate(design, SIMULATORS["icarus"], None, 5)
