# amaranth: UnusedElaboratable=no
"""Layer norm of the sums of a pass, between the drain of the lanes and the cell units."""

from functools import reduce
from operator import or_

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.cells.elements import token_layout
from pascaline.hdl.delay import delayed
from pascaline.hdl.kinds import place
from pascaline.hdl.norm.control import NormControl
from pascaline.hdl.norm.deviation import Deviation
from pascaline.hdl.norm.hold import Hold
from pascaline.hdl.norm.spreads import Spreads
from pascaline.hdl.parity import fault_member
from pascaline.hdl.shapes import shape, sums_struct
from pascaline.spec.formats import Interval, half
from pascaline.spec.program import Program

__all__ = ["LayerNorm"]


class LayerNorm(wiring.Component):
    """Takes groups as they leave the lanes, gives the same groups standardised.

    A pass is given as one tile of all its groups, one a cycle, ``norm.front`` cycles after the
    engine has begun with it; passes follow each other by ``norm.cycles`` or more.

    Parameters
    ----------
    program : Program
        Has the layer norm, and the drain of the lanes.
    parity : bool
        Whether words in the buffers have parity bits.

    Members
    -------
    i_arrives, i_last_tile : In(1)
        As of `hdl.norm.hold.Hold`, without ``i_``.
    i_token : In(token_layout(program))
        As of the same.
    i_sums : In(data.ArrayLayout(sums_struct(norm.sums), norm.drain.front))
        The front of the drain.
    shift : Out(1)
        Bring the next sums to the front.
    arrives : Out(1)
        The next cycle has the first group of a pass.
    token : Out(token_layout(program))
        With ``arrives``: flags of its step.
    sums : Out(data.ArrayLayout(sums_struct(normal), norm.drain.front))
        A group, standardised.
    freed, met : Out(1)
        As of `hdl.norm.control.NormControl`.
    met_token : Out(token_layout(program))
        With ``met``: flags of its step.
    fault : Out(parity)
        What was read from a buffer is not as it was written.
    """

    def __init__(self, program: Program, *, parity=False):
        self._program, self._norm, self._parity = program, program.norm, parity
        norm, token = self._norm, token_layout(program)
        normal = (norm.standard.normal.interval,) * len(norm.sums)
        super().__init__(
            {
                "i_arrives": In(1),
                "i_last_tile": In(1),
                "i_token": In(token),
                "i_sums": In(data.ArrayLayout(sums_struct(norm.sums), norm.drain.front)),
                "shift": Out(1),
                "arrives": Out(1),
                "token": Out(token),
                "sums": Out(data.ArrayLayout(sums_struct(normal), norm.drain.front)),
                "freed": Out(1),
                "met": Out(1),
                "met_token": Out(token),
            }
            | fault_member(parity)
        )

    def elaborate(self, platform):
        m = Module()
        norm, drain = self._norm, self._norm.drain
        m.submodules.hold = hold = Hold(self._program, parity=self._parity)
        m.submodules.control = control = NormControl(self._program)
        m.d.comb += [
            hold.arrives.eq(self.i_arrives),
            hold.last_tile.eq(self.i_last_tile),
            hold.token.eq(self.i_token),
            hold.sums.eq(self.i_sums),
            self.shift.eq(hold.shift),
            control.full.eq(hold.full),
            control.full_token.eq(hold.full_token),
            hold.reads.eq(control.reads),
            hold.group.eq(control.group),
            hold.done.eq(control.done),
            self.arrives.eq(control.arrives),
            self.token.eq(control.token),
            self.freed.eq(control.freed),
            self.met.eq(control.met),
            self.met_token.eq(control.met_token),
            self.fault.eq(hold.fault),
        ]
        less = self._less(m, control, hold.totals)
        wait = norm.read + norm.apart
        last = control.group == norm.groups - 1
        last = delayed(m, last, wait, name="last", reset_less=True)
        adds = delayed(m, control.adds, wait, name="adds")
        first = control.adds & (control.group == 0)
        first = delayed(m, first, wait + norm.pipelined, name="first")
        for number, sums in enumerate(norm.sums):
            m.submodules[f"spreads_{number}"] = spreads = Spreads(norm, number)
            m.d.comb += [
                spreads.first.eq(first),
                spreads.turn.eq(control.turn),
            ]
            for lane in range(drain.front):
                unit, gate = divmod(lane, drain.gates)
                row = place(
                    m,
                    platform,
                    f"row_{number}_{lane}",
                    Deviation(norm.standard, sums, pipelined=norm.pipelined),
                    sum=Value.cast(hold.found[lane][f"s{number}"]),
                    less=less[number * drain.gates + gate],
                    shift=Value.cast(spreads.shift[gate]),
                    reciprocal=Value.cast(spreads.reciprocal[gate]),
                )
                m.d.comb += self.sums[lane][f"s{number}"].eq(row.normal)
                # Units that there are not count as nothing.
                counts = adds & ~last if unit >= norm.tail else adds
                m.d.comb += [
                    spreads.apart[lane].eq(Mux(counts, row.apart, 0)),
                    spreads.negative[lane].eq(row.negative & counts),
                ]
        return m

    def _less(self, m, control, totals):
        """The mean of each sum and gate, negative, from ``norm.mean`` cycles after the totals on.

        They go round a ring: totals leave it at one end, means come in at the other.
        """
        norm, standard = self._norm, self._norm.standard
        domain = m.d["sync" if norm.pipelined else "comb"]
        drop = standard.mean_drop
        ranges = [
            standard.total(sums) >> drop for sums in norm.sums for _ in range(norm.drain.gates)
        ]
        mean = reduce(or_, (-standard.mean(sums) for sums in norm.sums))
        inverse = Interval(standard.inverse, standard.inverse)
        product = Signal(shape(reduce(or_, ranges) * inverse), reset_less=True)
        found = Signal(shape(mean), name="less", reset_less=True)
        given = [one >> drop for place in range(len(norm.sums)) for one in totals[f"s{place}"]]
        # An entry has its own total, then those behind it, then means.
        ring = []
        for number in range(norm.means):
            held = reduce(or_, ranges[number:], mean)
            ring.append(Signal(shape(held), name=f"less_{number}", reset_less=True))
        shift = standard.mean_shift - drop
        domain += [
            product.eq(ring[0] * standard.inverse),
            found.eq((half(shift) - 1 - product) >> shift),
        ]
        with m.If(control.begins):
            m.d.sync += [entry.eq(one) for entry, one in zip(ring, given, strict=True)]
        with m.Elif(control.mean):
            following = [*ring[1:], found]
            m.d.sync += [entry.eq(one) for entry, one in zip(ring, following, strict=True)]
        widths = [standard.mean(sums) for sums in norm.sums for _ in range(norm.drain.gates)]
        return [entry[: (-one).width] for entry, one in zip(ring, widths, strict=True)]
