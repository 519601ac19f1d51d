"""Sequences with too many steps: their results say so, those of no others do, and none is lost."""

from amaranth.hdl import Array, C, Cat, Mux, Signal

from pascaline.hdl.limit import Limit
from prove.claim import Claim
from prove.designs import small_design
from prove.harness import Harness
from prove.traffic import Tag, feed

__all__ = ["claims"]

NUMBER = 3
"""Bits of the number of a sequence."""

UNDER_WAY = 6
"""Sequences of a stream that have come and have no result yet: no machine has room for as many."""

LONGEST = 2


def limit(*, cuts, streams=1):
    """All vectors pass, or those of a sequence up to ``longest``; results are marked at its end."""

    def build(harness: Harness):
        options = CUT if cuts else COUNTED
        design = small_design(
            hidden=3, inputs=3, simd=2, head=None, streams=streams, longest=LONGEST, **options
        )
        assert design.limited
        assert design.network.whole == cuts
        dut, m = harness.place(Limit(design), "limit"), harness.m
        feed(harness, dut.i, "i")
        feed(harness, dut.i_results, "results")
        m.d.comb += [
            dut.o.ready.eq(harness.free(1, "takes")),
            dut.o_results.ready.eq(harness.free(1, "ready")),
        ]
        i, o, chunks = dut.i.p, dut.o.p, design.entry.beats
        taken, given = dut.i.valid & dut.i.ready, dut.o.valid & dut.o.ready
        # Where the vector at hand is: its chunk, its stream, steps before it.
        chunk, kept = Signal(range(chunks)), Signal(max(design.stream_bits, 1))
        number = Signal.like(kept)
        m.d.comb += number.eq(Mux(chunk == 0, i.stream, kept) if streams > 1 else 0)
        end = chunk == chunks - 1
        steps = Array(Signal(range(LONGEST + 1), name=f"before_{k}") for k in range(streams))
        before = steps[number]
        with m.If(taken):
            m.d.sync += [chunk.eq(Mux(end, 0, chunk + 1)), kept.eq(number)]
            with m.If(end):
                m.d.sync += before.eq(Mux(i.last, 0, before + (before != LONGEST)))
        beyond, longest = before == LONGEST, before == LONGEST - 1
        too_long = longest & ~i.last if cuts else beyond
        ends = given & end & o.last
        # A vector goes on as it is, or is dropped.
        harness.always(taken == (given | (dut.i.valid & beyond & cuts)))
        for name in i.shape().members:
            wanted = i.last | (too_long & cuts) if name == "last" else i[name]
            harness.always(~dut.o.valid | (o[name] == wanted))
        # Results, of sequences that have ended.
        result, of = dut.i_results.p, dut.i_results.p.stream if streams > 1 else C(0, 1)
        ended = dut.i_results.valid & dut.i_results.ready & result.last
        came, gone = (
            Array(Signal(NUMBER, name=f"{name}_{k}") for k in range(streams))
            for name in ("came", "gone")
        )
        with m.If(ends):
            m.d.sync += came[number].eq(came[number] + 1)
        with m.If(ended):
            m.d.sync += gone[of].eq(gone[of] + 1)
        under_way = (came[of] - gone[of])[:NUMBER]
        harness.suppose(~(dut.i_results.valid & result.last) | (under_way != 0))
        for k in range(streams):
            harness.suppose((came[k] - gone[k])[:NUMBER] <= UNDER_WAY)
        place = Cat(came[number], number)
        tag = Tag(harness, len(place), 1)
        tag.comes(ends, place, too_long)
        out, says = dut.o_results, dut.o_results.p
        tag.goes(out.valid & (says.last | says["long"]), Cat(gone[of], of), says["long"])
        harness.always(out.valid == dut.i_results.valid)
        harness.always(dut.i_results.ready == out.ready)
        for name in result.shape().members:
            harness.always(says[name] == result[name])
        # Nothing waits but for who takes it, and for the results of one that is too long.
        marked = Signal()
        m.d.sync += marked.eq((ends & too_long) | (marked & ~(ended & says["long"])))
        waits = marked & end & o.last & too_long
        harness.always(~dut.i.valid | ~dut.o.ready | waits | dut.i.ready)

    return build


CUT = {"layer": {"bidirectional": True}, "network": {"results": "every"}}
COUNTED = {"network": {"pooling": "mean", "results": "last"}}


def claims():
    """All claims about sequences that are too long."""
    return [
        Claim("limits: sequences that are cut", limit(cuts=True), 20, "reach"),
        Claim("limits: sequences that are counted", limit(cuts=False), 20, "reach"),
        Claim("limits: two streams", limit(cuts=False, streams=2), 20, "reach"),
    ]
