"""Random accesses of the registers of a machine on a bus, beside packets."""

import pytest

from pascaline.sim.control import Access
from pascaline.sim.job import Episode, Pauses
from pascaline.sim.registers import RegisterModel
from pascaline.sim.seen import Seen
from pascaline.spec.registers import registers
from tests.sim.machines import design_of, sequences_of, simulate, tool_of
from tests.sim.test_bus import PORTS

COUNT = 120


def run(ports, cache, rng, **settings):
    design = design_of("tiny-ternary", ports=ports, longest=4)
    sequences = sequences_of(design, rng, [1, 4, 2, 1, 3])
    episode = Episode(sequences=sequences, pauses=Pauses(i_x=0.2, o=0.5), accesses=COUNT)
    return simulate(design, tool_of("icarus"), cache, episode, seed=3, **settings)


@pytest.mark.parametrize("ports", PORTS)
def test_answers_are_those_of_the_table(ports, cache, rng):
    outcome = run(ports, cache, rng)
    assert outcome.good, outcome.faults
    assert outcome.accesses > COUNT


FAULTS = {
    "bytes that are left out": (" & bus__w_strobe[0]", ""),
    "a counter": ("= stalled_out_count_value + stalled_out_count;", "= stalled_out_count_value;"),
    "an event": ("= interrupt_status_done | ", "= "),
    "clearing": ("assign control_clear = write_control ?", "assign control_clear = 1'h0 ?"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_bench_notices(fault, cache, rng):
    outcome = run("wishbone", cache, rng, change=lambda text: text.replace(*FAULTS[fault]))
    assert outcome.mismatches
    assert "was answered by" in outcome.faults[0]


def answer(accesses, answers, before, after, *, ordered=True):
    model = RegisterModel(registers(design_of("tiny-ternary", ports="axi")))
    return not model.judge(accesses, answers, (before, after), ordered=ordered)


def seen(packets):
    found = Seen()
    found.add("packets", packets)
    return found


PACKETS, CONTROL, INTERRUPT_STATUS, ID = 0x060, 0x040, 0x050, 0x000


@pytest.mark.parametrize(("value", "right"), [(4, False), (5, True), (7, True), (8, False)])
def test_a_count_is_one_of_the_window(value, right):
    assert answer([Access(PACKETS)], [value], seen(5), seen(7)) is right


@pytest.mark.parametrize(("value", "right"), [(0, False), (2**32 - 1, True), (1, True), (2, False)])
def test_a_counter_may_start_anywhere(value, right):
    model = RegisterModel(registers(design_of("tiny-ternary", ports="axi")))
    model.preset({"packets": 2**32 - 6})
    window = seen(5), seen(7 if value else 5)
    assert (not model.judge([Access(PACKETS)], [value], window, ordered=True)) is right
    clear = [Access(CONTROL, 0b10), Access(PACKETS)]
    assert not model.judge(clear, [0, 0], (seen(8), seen(8)), ordered=True)


def test_writes_before_and_beside_reads():
    accesses = [Access(CONTROL, 1, 0b0001), Access(CONTROL), Access(CONTROL, 0, 0b1110)]
    quiet = seen(0), seen(0)
    assert answer(accesses, [0, 1, 0], *quiet)
    assert not answer(accesses, [0, 0, 0], *quiet)
    # On AXI the read may have been faster.
    assert answer(accesses, [0, 0, 0], *quiet, ordered=False)


def test_clearing_the_counters_clears_no_event():
    model = RegisterModel(registers(design_of("tiny-ternary", ports="axi")))
    once = seen(1)
    once.add("done")
    window = once, once
    clear = [Access(CONTROL, 0b10), Access(PACKETS), Access(INTERRUPT_STATUS)]
    assert not model.judge(clear, [0, 0, 1], window, ordered=True)
    assert not model.judge([Access(INTERRUPT_STATUS)], [1], window, ordered=True)
    assert model.judge([Access(INTERRUPT_STATUS)], [0], window, ordered=True)


def test_errors():
    quiet = seen(0), seen(0)
    assert answer([Access(ID, 1), Access(0xF00), Access(0xF00, 1)], [None] * 3, *quiet)
    assert not answer([Access(ID, 1)], [0], *quiet)
    assert not answer([Access(0xF00)], [0], *quiet)
