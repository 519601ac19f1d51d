"""Control of layer norm: what the engine does in which cycle."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.cells.elements import token_layout
from pascaline.hdl.delay import delayed
from pascaline.spec.program import Program

__all__ = ["NormControl"]


class NormControl(wiring.Component):
    """Takes passes in the order in which they are full, ``norm.cycles`` each.

    It begins with a pass in the cycle in which it is full, or when the one before it is done.

    Parameters
    ----------
    program : Program
        Has the layer norm, and what depends on its cycles.

    Members
    -------
    full : In(1)
        The totals of a pass are there. At most one pass waits.
    full_token : In(token_layout(program))
        With ``full``: flags of its step.
    begins : Out(1)
        The engine begins with a pass: totals are taken.
    done : Out(1)
        The last cycle of a pass.
    mean : Out(1)
        A mean comes in, the next one goes on.
    reads : Out(1)
        The address of a group goes out.
    group : Out(range(norm.groups))
        With ``reads``: its number.
    adds : Out(1)
        With ``reads``: its sums are for the spreads, not yet for the cell units.
    turn : Out(1)
        As of `hdl.norm.spreads.Spreads`.
    arrives : Out(1)
        The next cycle has the first standardised group.
    token : Out(token_layout(program))
        With ``arrives``: flags of its step.
    freed : Out(1)
        From this cycle on the last chunk of the first tile of a pass may be read that takes the
        buffer of this one.
    met : Out(1)
        From this cycle on a source may be read that is made of this pass.
    met_token : Out(token_layout(program))
        With ``met``: flags of its step.
    """

    def __init__(self, program: Program):
        self._program, self._norm = program, program.norm
        token = token_layout(program)
        super().__init__(
            {
                "full": In(1),
                "full_token": In(token),
                "begins": Out(1),
                "done": Out(1),
                "mean": Out(1),
                "reads": Out(1),
                "group": Out(range(self._norm.groups)),
                "adds": Out(1),
                "turn": Out(1),
                "arrives": Out(1),
                "token": Out(token),
                "freed": Out(1),
                "met": Out(1),
                "met_token": Out(token),
            }
        )

    def elaborate(self, platform):
        m = Module()
        norm, program = self._norm, self._program
        waits, running, active = Signal(), Signal(), Signal()
        cycle = Signal(range(norm.cycles))
        now, waiting, kept = (
            Signal.like(self.token, name=name) for name in ("now", "waiting", "kept")
        )
        m.d.comb += [
            self.begins.eq((self.full | waits) & ~running),
            active.eq(running | self.begins),
            self.done.eq(active & (cycle == norm.cycles - 1)),
            now.eq(Mux(running, kept, Mux(waits, waiting, self.full_token))),
        ]
        m.d.sync += waits.eq((self.full | waits) & ~self.begins)
        with m.If(self.full):
            m.d.sync += waiting.eq(self.full_token)
        with m.If(active):
            m.d.sync += [
                running.eq(~self.done),
                kept.eq(now),
                cycle.eq(Mux(self.done, 0, cycle + 1)),
            ]

        def during(start, length, name):
            """1 in so many cycles from one on, which is not the first; it is known before."""
            flag = Signal(name=name)
            inside = cycle < start - 1 + length
            if start > 1:  # Otherwise there is no cycle before them.
                inside &= cycle >= start - 1
            m.d.sync += flag.eq(active & inside if length else 0)
            return flag

        # The first spread is taken when it is there, and so on until the last reciprocal is.
        solving = during(norm.spread, norm.turns * norm.turn + 1, "solving")
        phase = Signal(range(norm.turn))
        m.d.comb += [
            self.mean.eq(during(1, norm.mean - 1, "mean_now")),
            self.turn.eq(solving & (phase == 0)),
        ]
        m.d.sync += phase.eq(Mux(solving & (phase != norm.turn - 1), phase + 1, 0))
        adds = during(norm.first, norm.groups, "adding")
        feeding = during(norm.feed, norm.groups, "feeding")
        group = Signal.like(self.group)
        m.d.comb += [self.adds.eq(adds), self.reads.eq(adds | feeding), self.group.eq(group)]
        with m.If(self.reads):
            m.d.sync += group.eq(Mux(group == norm.groups - 1, 0, group + 1))

        first, late = feeding & (group == 0), norm.front - 1 - norm.feed
        m.d.comb += [
            self.arrives.eq(delayed(m, first, late, name="first")),
            self.token.eq(delayed(m, now.as_value(), late, name="first_flags", reset_less=True)),
            self.freed.eq(during(program.freed_latency, 1, "freed_now")),
        ]
        # What is made of the pass may be there long after the next one has begun.
        at = min(program.met_latency, norm.cycles)
        met, late = during(at, 1, "met_now"), program.met_latency - at
        flags = Signal.like(self.token)
        m.d.sync += flags.eq(now)
        m.d.comb += [
            self.met.eq(delayed(m, met, late, name="met_late")),
            self.met_token.eq(delayed(m, flags.as_value(), late, name="met_flags")),
        ]
        return m
