"""The spreads of the sums of an operand, and what becomes of them, in one ring of registers."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.norm.reciprocal import Reciprocal
from pascaline.hdl.norm.square import square
from pascaline.hdl.shapes import shape
from pascaline.hdl.tree import add, tree_sum

__all__ = ["Spreads"]


class Spreads(wiring.Component):
    """Adds up what rows add to the spread of each gate; then makes what they are divided by.

    Spreads leave the ring at one end, one every ``norm.turn`` cycles; shifts and reciprocals come
    in at the other, and stay until the next pass.

    Parameters
    ----------
    norm : spec.norm.NormUnit
        Layer norm of the sums of a pass.
    number : int
        Of the operand.

    Members
    -------
    apart : In(data.ArrayLayout(shape(standard.apart(sums)), units * gates))
        Of the rows of a group: gate after gate for each unit, as of `hdl.norm.deviation.Deviation`;
        else 0.
    negative : In(units * gates)
        As of the same; else 0.
    first : In(1)
        The group is the first of a pass: spreads are no more than what it adds. This comes
        ``norm.pipelined`` cycles after the group.
    turn : In(1)
        The ring goes on by one.
    shift : Out(data.ArrayLayout(range(standard.most(sums) - standard.least + 1), gates))
        Of each gate, after ``norm.turns`` turns: as of `hdl.norm.reciprocal.Reciprocal`.
    reciprocal : Out(data.ArrayLayout(standard.mantissa, gates))
        As of the same.
    """

    def __init__(self, norm, number):
        self._norm, self._sums = norm, norm.sums[number]
        standard, drain = norm.standard, norm.drain
        shifts = range(standard.most(self._sums) - standard.least + 1)
        rows = drain.cell_units * drain.gates
        super().__init__(
            {
                "apart": In(data.ArrayLayout(shape(standard.apart(self._sums)), rows)),
                "negative": In(rows),
                "first": In(1),
                "turn": In(1),
                "shift": Out(data.ArrayLayout(shifts, drain.gates)),
                "reciprocal": Out(data.ArrayLayout(standard.mantissa, drain.gates)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        norm, gates = self._norm, self._norm.drain.gates
        m.submodules.solve = solve = Reciprocal(norm.standard, self._sums, norm.turn)
        result = Cat(solve.reciprocal, solve.shift)
        size = len(solve.spread)
        ring = [
            Signal(max(size, len(result)), name=f"spread_{gate}", reset_less=True)
            for gate in range(gates)
        ]
        m.d.comb += [solve.take.eq(self.turn), solve.spread.eq(ring[0])]
        for gate, (entry, following) in enumerate(zip(ring, [*ring[1:], result], strict=True)):
            added, carry = self._added(m, gate)
            # What is added is 0 where nothing is: that takes less than to hold the sum.
            before = Mux(self.turn, following, Mux(self.first, 0, entry))
            m.d.sync += entry.eq(add(before, added, carry))
            m.d.comb += [
                self.reciprocal[gate].eq(entry),
                self.shift[gate].eq(entry[len(solve.reciprocal) :]),
            ]
        return m

    def _added(self, m, gate):
        """What the rows of a gate that are side by side add to its spread: a sum, and a carry."""
        norm, standard = self._norm, self._norm.standard
        terms = []
        for unit in range(norm.drain.cell_units):
            row = unit * norm.drain.gates + gate
            apart, negative = Value.cast(self.apart[row]), self.negative[row]
            if standard.spread == "mad":
                terms.append((apart, negative))
            else:
                terms.append((square(m, apart, negative, name=f"square_{row}"), None))
        interval = (standard.apart if standard.spread == "mad" else standard.reach)(self._sums)
        return tree_sum(m, terms, interval, int(norm.pipelined), name=f"added_{gate}")
