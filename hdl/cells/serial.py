# amaranth: UnusedElaboratable=no
"""The element-wise part of a small machine: one product after the other, on one multiplier."""

from amaranth.hdl import Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib import data, memory

from pascaline.hdl.activation import ActivationFunction
from pascaline.hdl.cells.elements import Elements
from pascaline.hdl.delay import delayed
from pascaline.hdl.kinds import place
from pascaline.hdl.parity import read_out, stored, write_in
from pascaline.hdl.rounding import narrow
from pascaline.hdl.scaling import number
from pascaline.hdl.shapes import shape, struct
from pascaline.hdl.store import read_memory
from pascaline.hdl.vector import GroupPointer
from pascaline.spec.cells.lstm import GATES
from pascaline.spec.formats import Interval, half

__all__ = ["SerialGroups", "widest"]


class SerialGroups(Elements):
    """An LSTM unit, its scales and biases, and the memory of c (formulas in `spec.cells.lstm`).

    A unit takes ``pipeline.whole`` cycles, and the next one comes after it. In cycle 0 the sum of
    its gate i is at the front of the drain; `spec.cells.lstm` says in which cycle each product is
    made. The new c is written in cycle ``serial_cell``, the new h in the last one.
    """

    def elaborate(self, platform):
        m = Module()
        unit, layer, pipeline = self._unit, self._unit.layer, self._unit.pipeline
        gate, sums = pipeline.serial_gate, pipeline.sums
        at, begins, flags = self._control(m)

        # The value of an activation function stays for `sums` cycles, those of a gate.
        z = Signal(shape(layer.pre), reset_less=True)
        sigmoid = self._function(m, platform, "sigmoid", layer.sigmoid, z)
        tanh = self._function(m, platform, "tanh", layer.tanh, z)
        kept = Signal(shape(layer.sigmoid), reset_less=True)
        with m.If(at(gate + sums - 1) | at(gate + 3 * sums)):
            m.d.sync += kept.eq(sigmoid)  # i for i * g, and then o for o * tanh(c).

        self._wrong = []
        c, old_c, addr = self._cell_memory(
            m,
            flags,
            over=at(pipeline.whole - 1),
            writes=at(pipeline.serial_cell),
            counts=at(gate + 2 * sums - 1),
        )
        affine = self._affine(m, addr, at(pipeline.serial_tanh - 1 - pipeline.activate))
        # The address goes on a cycle before the word must, which is after a gate's last product.
        ahead = [index * sums + sums - 2 for index in range(len(GATES))]
        row = self._rows(m, Cat(at(cycle) if cycle >= 0 else begins for cycle in ahead).any())

        # The multiplier. Its product is used in the next cycle.
        f_c, i_g, o_tanh = gate + 2 * sums - 1, gate + 3 * sums - 1, pipeline.serial_tanh
        kept_c = layer.sigmoid.interval * layer.cell.interval
        gated = layer.sigmoid.interval * layer.tanh.interval
        products = [
            (kept, tanh, at(i_g) | at(o_tanh), gated),
            (Mux(flags.fresh, 0, old_c), sigmoid, at(f_c), kept_c),
        ]
        if affine is not None:
            scale = unit.unit_scales["scale_c"]
            factor, reach = number(affine, "scale_c", scale), scale.interval * layer.cell.interval
            products.append((c, factor, at(pipeline.serial_cell), reach))
        rows = zip(unit.row_scales.items(), unit.sums, strict=True)
        for k, ((name, scale), row_sum) in enumerate(rows):
            factor, reach = number(row, name, scale), scale.interval * row_sum
            products.append((self.sums[0][f"s{k}"], factor, self._each(at, k), reach))
        product = self._multiplier(m, products)
        m.d.comb += self.shift.eq(self._each(at, sums - 1))

        # A gate's pre-activation; later that of tanh(c).
        pre, u = self._normalised(m, product, row), self._cell_to_pre(m, c, product, affine)
        with m.If(self._each(at, sums)):
            m.d.sync += z.eq(pre)
        with m.Elif(at(pipeline.serial_tanh - 1 - pipeline.activate)):
            m.d.sync += z.eq(u)

        # New c and new h.
        f_times_c = Signal(shape(kept_c), reset_less=True)
        with m.If(at(f_c + 1)):
            m.d.sync += f_times_c.eq(product)
        align = layer.cell.frac - layer.tanh.frac
        total, reach = f_times_c + (product << align), kept_c + (gated << align)
        new_c = narrow(m, total, reach, layer.sigmoid.frac, layer.cell, name="c_new")
        with m.If(at(i_g + 1)):
            m.d.sync += c.eq(new_c)
        shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
        m.d.comb += [
            self.h[0].eq(narrow(m, product, gated, shift, layer.h, name="h_new")),
            self.write.eq(at(pipeline.whole - 1)),
            self.write_token.eq(flags),
        ]
        m.d.comb += self.fault.eq(Cat(self._wrong).any())
        return m

    def _control(self, m):
        """Strobes of a unit's cycles, a strobe before each unit, and the step's flags."""
        drain, last = self._drain, self._unit.pipeline.whole - 1
        busy = Signal()
        cycle = Signal(range(last + 1))
        left = Signal(range(max(drain.tile_groups, 2)))
        flags = Signal.like(self.token)
        begins = Signal()
        over = Signal()
        m.d.comb += [
            over.eq(cycle == last),
            begins.eq(self.arrives | (busy & over & (left != 0))),
        ]
        with m.If(self.arrives):
            m.d.sync += [
                busy.eq(1),
                left.eq(Mux(self.last_tile, drain.last_groups - 1, drain.tile_groups - 1)),
                flags.eq(self.token),
            ]
        with m.Elif(over):
            m.d.sync += [busy.eq(left != 0), left.eq(left - 1)]
        m.d.sync += cycle.eq(Mux(begins | ~busy, 0, cycle + 1))
        return lambda number: busy & (cycle == number), begins, flags

    def _each(self, at, offset):
        """High ``offset`` cycles after the first product of each gate."""
        sums = self._unit.pipeline.sums
        return Cat(at(index * sums + offset) for index in range(len(GATES))).any()

    def _function(self, m, platform, name, out, z):
        layer = self._unit.layer
        pre, form, full = layer.pre, layer.activation, self._unit.full_tables
        made = ActivationFunction(form, name, pre, out, pipelined=False, full=full)
        return place(m, platform, name, made, z=z).y

    def _cell_memory(self, m, flags, *, over, writes, counts):
        """The new c, the old one, and the number of the unit.

        The unit is ``over``; c is written; the old c ``counts``, and is there.
        """
        layer, state = self._unit.layer, self.state
        cell = data.ArrayLayout(shape(layer.carried), 1)
        depth = self._drain.groups << self._program.stream_bits
        word = stored(cell, parity=self._machine.parity)
        m.submodules.old_c = contents = memory.Memory(shape=word, depth=depth, init=[])
        m.submodules.pointer = pointer = GroupPointer(self._drain.groups, 1)
        read, write = contents.read_port(), contents.write_port()
        found, wrong = read_out(read.data)
        c = Signal(shape(layer.carried), reset_less=True)
        chosen = Mux(state.select, Cat(state.stream, state.addr), Cat(flags.stream, pointer.group))
        m.d.comb += [
            pointer.advance.eq(over),
            read.addr.eq(chosen),
            write.addr.eq(chosen),
            write.en.eq(Mux(state.select, state.write_en, writes)),
            *write_in(write.data, Mux(state.select, state.write_data.as_value(), c)),
            state.data.eq(found),
        ]
        # The old c stays until the new one is written, after its product with f.
        dumps = delayed(m, state.dumps, 1, name="checks_state")
        self._wrong.append(wrong & counts & ~flags.fresh)
        m.d.comb += state.wrong.eq(wrong & dumps)
        return c, found[0], pointer.group

    def _rows(self, m, advance):
        """Scales and bias of the gate whose sum is at the front; two cycles later the next ones."""
        m.submodules.row_pointer = pointer = GroupPointer(self._drain.groups * len(GATES), 1)
        m.d.comb += pointer.advance.eq(advance)
        # A word is there for the last time when the address has gone on.
        counts = delayed(m, advance, 1, name="checks_rows")
        word = self._read(m, "rows", "rows", pointer.group, counts)
        return data.View(struct(self._unit.row_layout), word)

    def _affine(self, m, addr, counts):
        """Scale and bias of the affine on the cell, if there is one."""
        unit = self._unit
        if unit.layer.cell_affine is None:
            return None
        return data.View(struct(unit.unit_layout), self._read(m, "units", "affines", addr, counts))

    def _read(self, m, which, name, addr, counts):
        """A word of a memory of the model, a cycle later."""
        machine, memory, load = self._machine, self._memories[which], self.load[which]
        word, wrong = read_memory(m, machine, memory, addr, latency=1, name=name, load=load)
        self._wrong.append(wrong & counts)
        return word

    def _multiplier(self, m, products):
        """The product of the factors that are chosen, one cycle later; each has its range."""
        a = Signal(widest(first for first, *_ in products))
        b = Signal(widest(second for _, second, *_ in products))
        reach = Interval(0, 0)
        for first, second, chosen, range_ in products:
            reach = reach | range_
            with m.If(chosen):
                m.d.comb += [a.eq(first), b.eq(second)]
        product = Signal(shape(reach), reset_less=True)
        m.d.sync += product.eq(a * b)
        return product

    def _normalised(self, m, product, row):
        """The sum of a gate's products and its bias, rounded: the last product has just come."""
        unit, affine = self._unit, self._unit.layer.normaliser
        biases = unit.biases["bias"]
        ends = Interval(half(affine.shift), half(affine.shift))
        bias = delayed(m, row.bias, 1, name="bias", reset_less=True)
        total = Signal(shape(unit.row_product + biases + ends))
        m.d.comb += total.eq(product + bias)
        if unit.pipeline.sums > 1:
            m.d.comb += total.eq(self._earlier(m, product) + product + bias)
        reach, pre = unit.row_product + biases, unit.layer.pre
        return narrow(m, total, reach, affine.shift, pre, name="z_new", halved=True)

    def _earlier(self, m, product):
        """The sum of all products of a gate but the last, which has just come."""
        before = Signal(shape(self._unit.row_product), reset_less=True)
        m.d.sync += before.eq(product)
        return delayed_sum(m, before, self._unit.pipeline.sums - 2)

    def _cell_to_pre(self, m, c, product, affine):
        """The cell in the format that its tanh is taken of."""
        layer = self._unit.layer
        if affine is None:
            shift = layer.cell.frac - layer.pre.frac
            return narrow(m, c, layer.cell.interval, shift, layer.pre, name="u")
        scale, biases = self._unit.unit_scales["scale_c"], self._unit.biases["bias_c"]
        reach = scale.interval * layer.cell.interval + biases
        shift = layer.cell_affine.shift
        total = Signal(shape(reach + Interval(half(shift), half(shift))), name="u_total")
        m.d.comb += total.eq(product + affine.bias_c)
        return narrow(m, total, reach, shift, layer.pre, name="u", halved=True)


def delayed_sum(m, product, cycles):
    """The sum of a product and of those of so many cycles before it."""
    total = product
    for cycle in range(cycles):
        kept = Signal.like(product, name=f"before_{cycle}", reset_less=True)
        m.d.sync += kept.eq(product)
        product, total = kept, total + kept
    return total


def widest(values):
    """A shape that holds all of these."""
    shapes = [Value.cast(value).shape() for value in values]
    width = max(s.width + (not s.signed) for s in shapes)
    return Shape(width, signed=True)
