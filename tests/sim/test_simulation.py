"""The emitted Verilog in real simulators, and whether the bench would notice if it were wrong."""

import re

import numpy as np
import pytest

from pascaline.hdl.verilog import generate
from pascaline.sim.draw_cases import draw
from pascaline.sim.job import Episode, Pauses
from pascaline.sim.runner import build
from pascaline.sim.simulators import simulator
from pascaline.spec import cycles
from pascaline.spec.errors import InputError
from tests.sim.machines import design_of, sequences_of, simulate, tool_of

TINY = ["tiny-binary", "tiny-ternary", "tiny-fixed12", "tiny-norm"]


@pytest.mark.parametrize("name", TINY)
def test_tiny_configurations_are_exact(name, tool, cache, rng):
    design = design_of(name)
    lengths = [1, 1, 5, 2, 20]
    episode = Episode(sequences=sequences_of(design, rng, lengths))
    outcome = simulate(design, tool, cache, episode)
    assert outcome.good, outcome.faults
    assert outcome.steps == sum(lengths)
    assert outcome.cycles == cycles.sequence_cycles(design, lengths)


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("pauses", [Pauses(i_x=0.6), Pauses(o=0.6), Pauses(i_x=0.4, o=0.8)])
def test_pauses_change_no_value(name, tool, cache, rng, seed, pauses):
    design = design_of(name)
    episode = Episode(sequences=sequences_of(design, rng, [3, 1, 6]))
    outcome = simulate(design, tool, cache, episode, pauses=pauses, seed=seed)
    assert outcome.good, outcome.faults


@pytest.mark.parametrize("cut", [1, 7, 40, 133])
def test_reset_in_the_middle(tool, cache, rng, seed, cut):
    design = design_of("tiny-binary")
    first = Episode(sequences=sequences_of(design, rng, [20]), cut=cut)
    second = Episode(sequences=sequences_of(design, rng, [2, 4]))
    outcome = simulate(design, tool, cache, first, second, seed=seed)
    assert outcome.good, outcome.faults
    assert outcome.steps == 6


@pytest.mark.parametrize("seed", [0, 2, pytest.param(1, marks=pytest.mark.long)])
def test_random_case(tool, cache, seed):
    case = draw(seed, cycles=1500, largest=9)
    for traffic, job in zip(case.traffic, case.jobs, strict=True):
        outcome = simulate(
            case.design, tool, cache, *job.episodes, pauses=job.pauses, seed=job.seed
        )
        assert outcome.good, outcome.faults
        if traffic.plain and not case.design.machine.on_bus:
            lengths = [len(sequence.x) for sequence in job.episodes[0].sequences]
            assert outcome.cycles == cycles.sequence_cycles(case.design, lengths)


def flip_weight(text):
    return re.sub(r"(words_0\[3\] = \d+'h[0-9a-f]*)([0-9a-f])(;)", _other_digit, text)


def _other_digit(match):
    return f"{match[1]}{int(match[2], 16) ^ 5:x}{match[3]}"


def around(text, port, spoilt):
    """Put a new top around the machine in which an output is spoilt in every second cycle."""
    [(top, ports)] = re.findall(r"^module (tiny_fixed12)\(([^)]*)\);", text, re.M)
    body = text[text.index(f"module {top}(") :]
    declared = re.findall(r"^  (?:input|output)[^;]*;", body[: body.index("endmodule")], re.M)
    names = [name.strip() for name in ports.split(",")]
    links = ", ".join(f".{name}({'inner_' if name == port else ''}{name})" for name in names)
    [width] = re.findall(rf"(\[\d+:0\])? {port};", "".join(declared))
    return text.replace(f"module {top}(", "module inner(") + "\n".join(
        [
            f"module {top}({ports});",
            *declared,
            f"wire {width} inner_{port}; reg tick = 0; always @(posedge clk) tick <= ~tick;",
            f"assign {port} = inner_{port} {spoilt};",
            f"inner inner({links});",
            "endmodule",
        ]
    )


FAULTS = {
    "weights": (flip_weight, "is .*, must be"),
    "a result twice": (
        lambda t: t.replace("assign request_valid =", "assign request_valid = 1 |"),
        "nobody expects",
    ),
    "no result": (
        lambda t: t.replace("assign request_valid =", "assign request_valid = 0 &"),
        "timeout after",
    ),
    "valid falls": (lambda t: around(t, "o__valid", "& tick"), "valid fell while"),
    "the payload changes": (lambda t: around(t, "o__payload", "^ tick"), "payload changed while"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_bench_notices(fault, cache, rng, seed):
    change, says = FAULTS[fault]
    design = design_of("tiny-fixed12")
    episode = Episode(sequences=sequences_of(design, rng, [3, 9]))
    outcome = simulate(
        design,
        tool_of("icarus"),
        cache,
        episode,
        change=change,
        seed=seed,
        pauses=Pauses(o=0.5),
    )
    assert not outcome.good
    assert any(re.search(says, text) for text in outcome.faults), outcome.faults


def test_a_design_that_cannot_be_built(tool, tmp_path):
    says = rf"^{tool.name}: cannot build broken \(.* design.v:1.*syntax error.*; see .*build.log\)$"
    with pytest.raises(InputError, match=says):
        build("module broken(; endmodule", "broken", tool, tmp_path / "cache")


def test_builds_are_found_again(tool, cache, monkeypatch):
    verilog = generate(design_of("tiny-binary")).text
    first = build(verilog, "tiny_binary", tool, cache)
    monkeypatch.setattr(type(tool), "build", None)
    assert build(verilog, "tiny_binary", tool, cache) == first
    with pytest.raises(TypeError):
        build(f"{verilog}// changed", "tiny_binary", tool, cache)


def test_simulators_that_are_not_there(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match=r"^icarus: is not installed \(apt install iverilog\)$"):
        simulator("icarus")
    with pytest.raises(InputError, match=r"^verilator: needs g\+\+, which is not installed$"):
        simulator("verilator")
    with pytest.raises(
        InputError, match=r"^simulator: must be one of verilator, icarus, not 'vcs'$"
    ):
        simulator("vcs")


def test_outcome_is_good_only_if_something_was_compared():
    from pascaline.sim.job import Outcome

    assert not Outcome().good
    assert Outcome(values=1).good
    assert not Outcome(values=1, mismatches=1).good
    assert np.array_equal(Outcome(results=[1, 2]).results_array(), [1, 2])
