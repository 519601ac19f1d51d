"""Packets on a bus: one that is right enters whole, of one that is not nothing stays."""

from amaranth.hdl import Array, C, Cat, Mux, Signal

from pascaline.hdl.bus.framing import Framing
from pascaline.hdl.bus.packets import PacketBuffer
from pascaline.spec.bus import DUMP, GO_ON, RESTORE, input_bytes
from prove.claim import Claim
from prove.designs import small_design
from prove.harness import Harness
from prove.traffic import Tag

__all__ = ["claims"]

COUNT = 4
"""Bits of the number of a word: more words than these count are not on their way."""


def _design(**machine):
    """Two streams, two beats a vector of which the second is half empty, two vectors a packet."""
    return small_design(inputs=3, simd=2, streams=2, longest=2, head=None, ports="axi", **machine)


def framing(harness: Harness):
    """Of any one stream, beats are stored until one is wrong, which drops their packet."""
    design = _design(bus_states=True)
    lanes, longest, streams = input_bytes(design), design.machine.longest, design.machine.streams
    dut, m = harness.place(Framing(design), "framing"), harness.m
    names = ("tdata", "tkeep", "tlast", "tid", "tuser", "tvalid", "enabled", "full")
    for name in names:
        port = getattr(dut, name)
        m.d.comb += port.eq(harness.free(len(port), f"{name}_in"))
    beat = Cat(dut.tdata, dut.tkeep, dut.tlast, dut.tid, dut.tuser)
    waited = harness.past(dut.tvalid & ~dut.tready)
    harness.suppose(~waited | (dut.tvalid & (beat == harness.past(beat))))
    stream = harness.constant(len(dut.stream), "any_stream")
    harness.suppose(stream < streams)

    # Beats of the packet so far, counted up to one too many.
    most = longest * lanes.beats
    beats, right, end = Signal(range(most + 1)), Signal(init=1), Signal()
    here, mine = dut.tid == stream, dut.stream == stream
    take = dut.tvalid & dut.tready
    m.d.comb += end.eq(sum(beats == k for k in range(lanes.beats - 1, most, lanes.beats)) != 0)
    absent, large, same = C(0, 1), C(0, 1), C(1, 1)
    reach = design.network.x.interval
    for k in range(lanes.count):
        number = dut.tdata.word_select(k, 8 * lanes.size)
        number = number.as_signed() if lanes.signed else number
        counts = C(1, 1) if k < lanes.tail else ~end
        absent |= counts & (dut.tkeep.word_select(k, lanes.size) != (1 << lanes.size) - 1)
        large |= counts & ((number < reach.lo) | (number > reach.hi))
        same &= ~counts | (dut.word.data[k] == number)
    mistakes = {
        "cut": absent | (dut.tlast & ~end),
        "long": beats == most,
        "tid": C(0, 1),
        "early": ~dut.enabled,
        "range": large,
    }
    errors = {name: Signal(name=f"wrong_{name}") for name in mistakes}
    m.d.comb += [errors[name].eq(mistake) for name, mistake in mistakes.items()]
    wrong = Cat(*errors.values()).any()
    with m.If(take & here):
        m.d.sync += [
            beats.eq(Mux(dut.tlast, 0, beats + (beats != most))),
            right.eq(dut.tlast | (right & ~wrong)),
        ]

    stored, dropped = dut.write & mine & ~dut.drop, dut.write & mine & dut.drop
    harness.always(stored == (take & here & right & ~wrong))
    harness.always(dropped == (take & here & right & wrong))
    harness.always((dut.commit & mine) == (stored & dut.tlast))
    harness.always(~dut.commit | dut.write)
    harness.always(~stored | (same & (dut.word.last == dut.tlast)))
    harness.always(~stored | (dut.word.go_on == (dut.tuser & GO_ON).any()))
    first, kept = beats == 0, Signal()
    with m.If(take & here & first):
        m.d.sync += kept.eq((dut.tuser & DUMP).any())
    dumps = Mux(first, (dut.tuser & DUMP).any(), kept)
    harness.always(~stored | (dut.word.restore == (first & (dut.tuser & RESTORE).any())))
    harness.always(~stored | (dut.word.dump == (dut.tlast & dumps)))
    for name, error in errors.items():
        found = dut.errors[name]
        harness.always(~here | (found == (take & right & error)))
    harness.always(~here | (dut.dropped == dropped))
    # What is thrown away does not wait for room.
    room = ~dut.full.bit_select(stream, 1)
    harness.always(~here | (dut.tready == (~dut.tvalid | ~right | room)))
    unknown = dut.tid >= streams
    harness.always(~unknown | (dut.tready & ~dut.write))
    for name in mistakes:
        harness.always(~unknown | (dut.errors[name] == (take if name == "tid" else 0)))
    harness.always(~unknown | (dut.dropped == (take & dut.tlast)))


def buffer(harness: Harness):
    """Of any one stream, the words of whole packets come out, each once, in order."""
    design = _design()
    streams, chunks = design.machine.streams, input_bytes(design).beats
    dut, m = harness.place(PacketBuffer(design), "packets"), harness.m
    for name in ("stream", "write", "commit", "drop", "o_ready"):
        port = getattr(dut, name)
        m.d.comb += port.eq(harness.free(len(port), f"{name}_in"))
    m.d.comb += dut.word.as_value().eq(harness.free(len(dut.word.as_value()), "word_in"))
    # What framing sees to: no word where there is no room, whole vectors, no more than longest.
    harness.suppose(dut.stream < streams)
    harness.suppose((~dut.commit & ~dut.drop) | dut.write)
    harness.suppose(~dut.commit | ~dut.drop)
    kept = dut.write & ~dut.drop
    harness.suppose(~dut.write | ~dut.full.bit_select(dut.stream, 1))
    given, said = dut.o_valid & dut.o_ready, dut.o_stream
    most, room = design.machine.longest * chunks, (design.machine.longest + 1) * chunks
    opened, closed, gone = (
        Array(Signal(COUNT, name=f"{name}_{stream}") for stream in range(streams))
        for name in ("opened", "closed", "gone")
    )
    harness.suppose(~kept | (opened[dut.stream] != most))
    whole = sum(opened[dut.stream] == k for k in range(chunks - 1, most, chunks)) != 0
    harness.suppose(~dut.commit | whole)
    with m.If(dut.write):
        m.d.sync += opened[dut.stream].eq(Mux(dut.drop | dut.commit, 0, opened[dut.stream] + 1))
    with m.If(dut.commit):
        m.d.sync += closed[dut.stream].eq(closed[dut.stream] + opened[dut.stream] + 1)
    with m.If(given):
        m.d.sync += gone[said].eq(gone[said] + 1)
    harness.always(~dut.o_valid | (gone[said] != closed[said]))
    # There is no room only where a packet and a vector lie.
    for stream in range(streams):
        used = Signal(COUNT, name=f"used_{stream}")
        m.d.comb += used.eq(closed[stream] - gone[stream] + opened[stream])
        harness.always(~dut.full[stream] | (used >= room))
    place = Signal(COUNT)
    m.d.comb += place.eq(closed[dut.stream] + opened[dut.stream])
    tag = Tag(harness, COUNT + len(said), len(dut.word.as_value()))
    tag.comes(kept, Cat(place, dut.stream), dut.word.as_value())
    tag.goes(dut.o_valid, Cat(gone[said], said), dut.o_word.as_value())
    # What is committed leaves two cycles later.
    late = [harness.past(closed[stream]) != gone[stream] for stream in range(streams)]
    harness.always(dut.o_valid | ~Cat(*late).any())
    waited = harness.past(dut.o_valid & ~dut.o_ready)
    out = Cat(dut.o_word.as_value(), said)
    harness.always(~waited | (dut.o_valid & (out == harness.past(out))))
    # Words of a vector stay together.
    chunk, turn = Signal(range(chunks)), Signal.like(said)
    with m.If(given):
        m.d.sync += [chunk.eq(Mux(chunk == chunks - 1, 0, chunk + 1)), turn.eq(said)]
    harness.always(~dut.o_valid | (chunk == 0) | (said == turn))


def claims():
    """All claims about packets."""
    return [
        Claim("packets: framing", framing, 14),
        Claim("packets: buffer", buffer, 13),
    ]
