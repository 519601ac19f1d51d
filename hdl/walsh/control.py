"""Control of a transform: which pair goes through in which cycle."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import fifo, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.spec.program import Program

__all__ = ["WalshControl"]


class WalshControl(wiring.Component):
    """Starts transforms in the order in which they are wanted, and walks through their pairs.

    A transform starts in the cycle after it is wanted, or when the one before it is done.

    Parameters
    ----------
    program : Program
        Has the transform, and the streams.

    Members
    -------
    wanted : In(1)
        A vector is complete in the next cycle. There is at most one a stream on its way.
    wanted_stream : In(program.stream_bits)
        With ``wanted``: its stream.
    go : Out(1)
        The address of a pair goes out in this cycle; the next four members describe it.
    stream : Out(program.stream_bits)
        The vector's stream.
    from_vector : Out(1)
        It is a pair of the vector: the pass is the first one.
    into_sums : Out(1)
        The sums are made of it: the pass is the last one.
    turn : Out(range(walsh.passes))
        Number of the pass.
    pair : Out(range(walsh.pairs))
        Number of the pair.
    met : Out(1)
        From this cycle on the last chunk of a tile may be read whose sums are to meet those of the
        transform.
    met_stream : Out(program.stream_bits)
        With ``met``: of that stream.
    """

    def __init__(self, program: Program):
        self._program = program
        self._walsh = walsh = program.walsh
        super().__init__(
            {
                "wanted": In(1),
                "wanted_stream": In(program.stream_bits),
                "go": Out(1),
                "stream": Out(program.stream_bits),
                "from_vector": Out(1),
                "into_sums": Out(1),
                "turn": Out(range(walsh.passes)),
                "pair": Out(range(walsh.pairs)),
                "met": Out(1),
                "met_stream": Out(program.stream_bits),
            }
        )

    def elaborate(self, platform):
        m = Module()
        walsh, program = self._walsh, self._program
        ahead, stream = Signal(), Signal(program.stream_bits)
        begins, running, last = Signal(), Signal(), Signal()
        if program.stream_bits:
            m.submodules.queue = queue = fifo.SyncFIFO(
                width=program.stream_bits, depth=1 << program.stream_bits
            )
            m.d.comb += [
                queue.w_en.eq(self.wanted),
                queue.w_data.eq(self.wanted_stream),
                queue.r_en.eq(begins),
                ahead.eq(queue.r_rdy),
                stream.eq(queue.r_data),
            ]
        else:
            waits = Signal()
            m.d.sync += waits.eq(self.wanted | (waits & ~begins))
            m.d.comb += ahead.eq(waits)
        turn, place = Signal(range(walsh.passes)), Signal(range(walsh.pass_cycles))
        kept = Signal(program.stream_bits)
        m.d.comb += [
            begins.eq(ahead & ~running),
            last.eq((turn == walsh.passes - 1) & (place == walsh.pass_cycles - 1)),
            self.stream.eq(Mux(running, kept, stream)),
            self.go.eq((running | begins) & (place < walsh.pairs)),
            self.from_vector.eq(turn == 0),
            self.into_sums.eq(turn == walsh.passes - 1),
            self.turn.eq(turn),
            self.pair.eq(place),
        ]
        with m.If(running | begins):
            m.d.sync += [running.eq(~last), kept.eq(self.stream), place.eq(place + 1)]
            with m.If(place == walsh.pass_cycles - 1):
                m.d.sync += [place.eq(0), turn.eq(Mux(last, 0, turn + 1))]
        latency = program.transform_latency
        # Known a cycle ahead where that can be: the lanes' control looks at it at once.
        domain, early = ("sync", latency - 1) if latency > 0 else ("comb", 0)
        if early < walsh.cycles:
            at_turn, at_place = divmod(early, walsh.pass_cycles)
            m.d[domain] += [
                self.met.eq((running | begins) & (turn == at_turn) & (place == at_place)),
                self.met_stream.eq(self.stream),
            ]
        else:
            m.d.comb += [
                self.met.eq(delayed(m, begins, latency, name="met")),
                self.met_stream.eq(delayed(m, stream, latency, name="met_stream")),
            ]
        return m
