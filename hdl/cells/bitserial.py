# amaranth: UnusedElaboratable=no
"""The element-wise part of the smallest machine: a bit of a factor a cycle, on one adder."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed

from pascaline.hdl.cells.serial import SerialGroups, widest
from pascaline.hdl.rounding import narrow
from pascaline.hdl.scaling import number
from pascaline.hdl.shapes import shape
from pascaline.hdl.tree import add
from pascaline.spec.cells.lstm import GATES
from pascaline.spec.formats import Interval

__all__ = ["BitSerialGroups"]


class BitSerialGroups(SerialGroups):
    """An LSTM unit, its scales and biases, and the memory of c (formulas in `spec.cells.lstm`).

    A unit takes ``pipeline.whole`` cycles, and the next one comes after it. In cycle 0 the sum of
    its gate i is at the front of the drain. What the adder works on in which cycles is
    ``pipeline.turns``: it adds one factor of a product, shifted, for each bit of the other one.
    """

    def elaborate(self, platform):
        m = Module()
        unit, layer, pipeline = self._unit, self._unit.layer, self._unit.pipeline
        sums, last = pipeline.sums, pipeline.product - 1
        self._wrong = []
        flags = self._control(m)
        at, during = self._at, self._during
        finals = [(gate, sums - 1) for gate in GATES]

        # A value of a function stays until the product but one after the next is made.
        z = Signal(shape(layer.pre), reset_less=True)
        sigmoid = self._function(m, platform, "sigmoid", layer.sigmoid, z)
        tanh = self._function(m, platform, "tanh", layer.tanh, z)
        kept = Signal(shape(layer.sigmoid), reset_less=True)
        with m.If(at("g", 0) | self._after("i * g")):
            m.d.sync += kept.eq(sigmoid)  # i for i * g, and then o for o * tanh(c).

        c, old_c, addr = self._cell_memory(
            m, flags, over=at("h", 0), writes=at("o * tanh", 0), counts=at("f * c", last)
        )
        affine = self._affine(m, addr, at("tanh", 0))
        row = self._rows(m, Cat(at(gate, last - 1, place) for gate, place in finals).any())
        m.d.comb += self.shift.eq(Cat(at(gate, last, place) for gate, place in finals).any())

        kept_c = layer.sigmoid.interval * layer.cell.interval
        gated = layer.sigmoid.interval * layer.tanh.interval
        products = [(Mux(flags.fresh, 0, old_c), sigmoid, during("f * c"), kept_c)]
        if affine is not None:
            scale = unit.unit_scales["scale_c"]
            factor, reach = number(affine, "scale_c", scale), scale.interval * layer.cell.interval
            products.append((c, factor, during("scale"), reach))
        scales = zip(unit.row_scales.items(), unit.sums, strict=True)
        for k, ((name, scale), row_sum) in enumerate(scales):
            factor, reach = number(row, name, scale), scale.interval * row_sum
            chosen = Cat(during(gate, k) for gate in GATES).any()
            products.append((self.sums[0][f"s{k}"], factor, chosen, reach))
        product = self._multiplier(m, [(kept, tanh, 1, gated), *products])

        # A gate's pre-activation; later that of tanh(c).
        pre, u = self._normalised(m, product, row), self._cell_to_pre(m, c, product, affine)
        with m.If(at("tanh", 0 if affine is not None else 1)):
            m.d.sync += z.eq(u)
        with m.Elif(Cat(self._after(gate) for gate in GATES).any()):
            m.d.sync += z.eq(pre)

        # New c and new h.
        f_times_c = Signal(shape(kept_c), reset_less=True)
        with m.If(self._after("f * c")):
            m.d.sync += f_times_c.eq(product)
        align = layer.cell.frac - layer.tanh.frac
        total, reach = f_times_c + (product << align), kept_c + (gated << align)
        new_c = narrow(m, total, reach, layer.sigmoid.frac, layer.cell, name="c_new")
        with m.If(self._after("i * g")):
            m.d.sync += c.eq(new_c)
        shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
        m.d.comb += [
            self.h[0].eq(narrow(m, product, gated, shift, layer.h, name="h_new")),
            self.write.eq(at("h", 0)),
            self.write_token.eq(flags),
            self.fault.eq(Cat(self._wrong).any()),
        ]
        return m

    def _control(self, m):
        """Count turns and their cycles; returns the step's flags."""
        drain, turns = self._drain, self._unit.pipeline.turns
        lengths = [cycles for _, cycles in turns]
        busy = Signal()
        left = Signal(range(max(drain.tile_groups, 2)))
        flags = Signal.like(self.token)
        self._turn = turn = Signal(range(len(turns)))
        self._cycle = cycle = Signal(range(max(lengths)))
        self._ends = ends = Signal()
        over = Signal()
        product = self._unit.pipeline.product
        others = [(turn == k) & (cycle == n - 1) for k, n in enumerate(lengths) if n != product]
        m.d.comb += [
            ends.eq(~busy | (cycle == product - 1) | Cat(others).any()),
            over.eq(turn == len(turns) - 1),
        ]
        with m.If(self.arrives):
            m.d.sync += [
                busy.eq(1),
                left.eq(Mux(self.last_tile, drain.last_groups - 1, drain.tile_groups - 1)),
                flags.eq(self.token),
            ]
        with m.Elif(over):
            m.d.sync += [busy.eq(left != 0), left.eq(left - 1)]
        m.d.sync += [
            cycle.eq(Mux(ends, 0, cycle + 1)),
            turn.eq(Mux(~busy | over, 0, turn + ends)),
        ]
        return flags

    def _places(self, name):
        """Turns of that name."""
        return [k for k, (one, _) in enumerate(self._unit.pipeline.turns) if one == name]

    def _during(self, name, place=0):
        """It is the turn of that name, of those the one at that place."""
        return self._turn == self._places(name)[place]

    def _at(self, name, cycle, place=0):
        """The same, and that cycle of it."""
        return self._during(name, place) & (self._cycle == cycle)

    def _after(self, name):
        """The cycle after the last turn of that name, in which its product is there."""
        return (self._turn == self._places(name)[-1] + 1) & (self._cycle == 0)

    def _earlier(self, m, product):
        total = 0
        for place in range(1, self._unit.pipeline.sums):
            before = Signal.like(product, name=f"before_{place}", reset_less=True)
            with m.If(Cat(self._at(gate, 0, place) for gate in GATES).any()):
                m.d.sync += before.eq(product)
            total = total + before
        return total

    def _multiplier(self, m, products):
        """The product of the factors that are chosen, of the first ones if no others are.

        It is there from the cycle after a turn on, and stays for the next turn's.
        """
        steps = self._unit.pipeline.product
        a = Signal(widest(first for first, *_ in products))
        b = Signal(signed(steps))
        reach = Interval(0, 0)
        for first, second, chosen, range_ in products:
            reach = reach | range_
            with m.If(chosen):
                m.d.comb += [a.eq(first), b.eq(second)]

        # The highest bit of b is negative.
        begins, highest = Signal(), Signal()
        rest = Signal(steps - 1, reset_less=True)
        bit, minus = Signal(), Signal()
        m.d.comb += [
            begins.eq(self._cycle == 0),
            highest.eq(self._cycle == steps - 1),
            bit.eq(Mux(begins, b[0], rest[0])),
            minus.eq(bit & highest),
        ]
        m.d.sync += rest.eq(Mux(begins, b[1:], rest[1:]))
        term = Signal(a.shape())
        high = Signal(a.shape(), reset_less=True)
        total = Signal(signed(len(a) + 1))
        low = Signal(steps - 1, reset_less=True)
        product = Signal(shape(reach), reset_less=True)
        m.d.comb += [
            term.eq(Mux(bit, a ^ minus.replicate(len(a)), 0)),
            total.eq(add(high, term, minus)),
        ]
        m.d.sync += [high.eq(Mux(self._ends, 0, total >> 1)), low.eq(Cat(low[1:], total[0]))]
        with m.If(highest):
            m.d.sync += product.eq(Cat(low, total).as_signed())
        return product
