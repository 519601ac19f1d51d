"""Numbers: what makes them narrow is what its definition says, and nothing overflows before it."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdl.cells.lstm import LstmUnit
from hdl.rounding import narrow
from hdl.scaling import number
from hdl.shapes import shape
from prove.bench import Bench
from prove.claim import Claim
from prove.designs import small_core
from spec.activation import table
from spec.cells.lstm import GATES
from spec.formats import Format, Interval, half

__all__ = ["claims"]

WIDE = 40
"""Bits in which nothing of these sizes overflows."""

INTERVALS = (Interval(-2048, 2047), Interval(0, 3000), Interval(-9, 5), Interval(-700, 90))
SHIFTS = (0, 1, 5)
FORMATS = (
    Format(width=4, frac=0),
    Format(width=9, frac=0),
    Format(width=4, frac=0, signed=False),
    Format(width=13, frac=0),
)


class Narrow(wiring.Component):
    """One number made narrow."""

    def __init__(self, interval, shift, to):
        self._what = (interval, shift, to)
        super().__init__({"a": In(shape(interval)), "y": Out(shape(to))})

    def elaborate(self, platform):
        m = Module()
        interval, shift, to = self._what
        m.d.comb += self.y.eq(narrow(m, self.a, interval, shift, to, name="n"))
        return m


def defined(value, shift, to):
    """``saturate(round_shift(value, shift), to)`` as `spec.formats` defines it, in wide numbers."""
    rounded = (value + half(shift)) >> shift
    lo, hi = to.interval.lo, to.interval.hi
    return Mux(rounded < lo, lo, Mux(rounded > hi, hi, rounded))


def narrowing(shift):
    """All numbers of some ranges, to some formats."""

    def build(bench: Bench):
        for k, interval in enumerate(INTERVALS):
            for n, to in enumerate(FORMATS):
                dut = bench.place(Narrow(interval, shift, to), f"narrow_{k}_{n}")
                value = bench.free(shape(interval), f"a_{k}_{n}")
                bench.suppose((value >= interval.lo) & (value <= interval.hi))
                bench.m.d.comb += dut.a.eq(value)
                bench.always(dut.y == defined(value, shift, to))

    return build


def unit(*, pipelined=False, shared=True):
    """New c and h of a unit are those of the formulas in `spec.cells.lstm`, for all inputs."""

    def build(bench: Bench):
        core = small_core(hidden=1, inputs=1, pipelined=pipelined, shared=shared)
        pipeline, formats = core.pipeline, core.layer
        dut = bench.place(LstmUnit(core), "unit")
        m = bench.m

        def any_of(port, name):
            return bench.free(len(port.as_value() if hasattr(port, "as_value") else port), name)

        sums, rows = any_of(dut.sums, "sums"), any_of(dut.rows, "rows")
        c = bench.free(shape(formats.cell), "c")
        m.d.comb += [
            dut.sums.as_value().eq(sums),
            dut.rows.as_value().eq(bench.past(rows, pipeline.rows)),
            dut.old.c.eq(bench.past(c, pipeline.carried)),
        ]
        # Sums and biases are no more than the weights and the model allow.
        for gate in range(len(GATES)):
            for name, reach in zip(("s0", "s1"), core.row_sums, strict=False):
                value = dut.sums[gate][name]
                bench.suppose((value >= reach.lo) & (value <= reach.hi))

        rounds = half(formats.normaliser.shift)
        ends = core.biases + Interval(rounds, rounds)
        row_sums = type(dut.sums)(dut.sums.shape(), sums)
        records = type(dut.rows)(dut.rows.shape(), rows)
        z = {}
        for index, gate in enumerate(GATES):
            total = Signal(signed(WIDE), name=f"{gate}_wide")
            value = records[index].bias
            bench.suppose((value >= ends.lo) & (value <= ends.hi))
            for k, (name, scale) in enumerate(core.row_scales.items()):
                value = value + row_sums[index][f"s{k}"] * number(records[index], name, scale)
            m.d.comb += total.eq(value)
            # The half that rounds is in the bias.
            rounded = Signal(shape(formats.pre), name=f"{gate}_z")
            shift = formats.normaliser.shift
            m.d.comb += rounded.eq(defined(total - half(shift), shift, formats.pre))
            z[gate] = rounded
        i, f, o = (_look(m, formats, "sigmoid", z[gate]) for gate in "ifo")
        g = _look(m, formats, "tanh", z["g"])
        wide = Signal(signed(WIDE))
        m.d.comb += wide.eq(f * c + ((i * g) << (formats.cell.frac - formats.tanh.frac)))
        new_c = Signal(shape(formats.cell))
        m.d.comb += new_c.eq(defined(wide, formats.sigmoid.frac, formats.cell))
        u = Signal(shape(formats.pre))
        m.d.comb += u.eq(defined(new_c, formats.cell.frac - formats.pre.frac, formats.pre))
        out = Signal(signed(WIDE))
        m.d.comb += out.eq(o * _look(m, formats, "tanh", u))
        shift = formats.sigmoid.frac + formats.tanh.frac - formats.h.frac
        new_h = Signal(shape(formats.h))
        m.d.comb += new_h.eq(defined(out, shift, formats.h))

        for cycles, given, wanted in (
            (pipeline.made, dut.new.c, new_c),
            (pipeline.whole - 1, dut.h_next, new_h),
        ):
            known = bench.past(1, cycles)
            bench.always(~known | (given == bench.past(wanted, cycles)))

    return build


def _look(m, formats, function, z):
    to = formats.sigmoid if function == "sigmoid" else formats.tanh
    entries = table(function, formats.pre, to).tolist()
    found = Signal(shape(to), name=f"{function}_of")
    m.d.comb += found.eq(Array(entries)[Cat(z)])
    return found


def claims():
    """All claims about numbers."""
    return [
        *(Claim(f"numbers: narrow, shift {shift}", narrowing(shift), 1) for shift in SHIFTS),
        Claim("numbers: unit of a cell, one sum", unit(), 12),
        Claim("numbers: unit of a cell, two sums", unit(shared=False), 12),
        Claim("numbers: unit of a cell, pipelined", unit(pipelined=True), 18),
    ]
