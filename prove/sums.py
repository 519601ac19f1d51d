"""Sums: every lane design gives the plain sum of weights times operands, and none overflows."""

import contextlib

import numpy as np
from amaranth.hdl import Array, C, Cat, Mux, Signal, Value, signed

from hdl.lanes import Lanes
from prove.bench import Bench
from prove.claim import Claim
from spec.arithmetic import arithmetic
from spec.errors import InputError
from spec.formats import Interval
from spec.lanes import lane_designs, tree_levels
from spec.product import Product

__all__ = ["claims"]

ARITHMETICS = ("binary", "ternary", "pow2", "exp3", "fixed2", "fixed4")
WIDE = 24
"""Bits in which no sum of these sizes overflows."""


def lanes(name, lane, *, simd, registers=(0, 0), element=None, chunks=2):
    """Sums of two lanes, chunk after chunk, whenever they end."""
    element = element or Interval(-4, 3)

    def build(bench: Bench):
        kind = arithmetic(name)
        operands, tree = registers
        product = Product(
            rows=2,
            columns=simd * chunks,
            lanes=2,
            simd=simd,
            lane=lane,
            operand_registers=operands,
            tree_registers=min(tree, tree_levels(lane, simd)),
        )
        reach = (kind.weights * element).times(simd * chunks)
        parts = {"product": product, "arithmetic": kind, "element": element, "sums": (reach,)}
        dut = bench.place(Lanes(**parts, front=1), "lanes")
        m = bench.m
        x, codes = bench.free(len(dut.x), "x"), bench.free(len(dut.codes), "codes")
        load, read = bench.free(1, "load"), bench.free(1, "read")
        width = element.width
        values = [x[k * width : (k + 1) * width] for k in range(simd)]
        values = [value.as_signed() if element.signed else value for value in values]
        for value in values:
            bench.suppose((value >= element.lo) & (value <= element.hi))
            # Where there is no chunk, operands are 0.
            bench.suppose(read | (value == 0))
        bench.suppose(~load | read)
        # There is none in the cycle after a reset.
        bench.suppose(bench.past(1) | ~read)
        # A sum has so many chunks at most, and leaves the drain before the next one comes.
        count = Signal(range(chunks + 1))
        m.d.sync += count.eq(Mux(load, 0, count + read))
        bench.suppose(~read | load | (count != chunks - 1))
        bench.suppose(~(load & bench.past(load)))
        m.d.comb += [dut.x.eq(x), dut.codes.eq(codes), dut.load.eq(load)]

        totals = []
        for number in range(2):
            total = Signal(signed(WIDE), name=f"total_{number}")
            part = C(0, signed(WIDE))
            for k, value in enumerate(values):
                code = codes.word_select(number * simd + k, kind.bits)
                part = part + _weight(bench, kind, code) * value
            whole = Signal(signed(WIDE), name=f"whole_{number}")
            m.d.comb += whole.eq(total + Mux(read, part, 0))
            m.d.sync += total.eq(Mux(load, 0, whole))
            totals.append(whole)
        late = product.registers
        loaded = bench.past(load, late)
        bench.always(dut.loaded == loaded)
        # The first lane's is at the front in the next cycle, the second's after a shift.
        m.d.comb += dut.shift.eq(bench.past(loaded))
        front = Signal(signed(WIDE))
        m.d.comb += front.eq(Value.cast(dut.sums[0].s0))
        bench.always(~bench.past(loaded) | (front == bench.past(totals[0], late + 1)))
        bench.always(~bench.past(loaded, 2) | (front == bench.past(totals[1], late + 2)))

    return build


def _weight(bench, kind, code):
    """The weight of a code, which must be one of the arithmetic's."""
    known = {}
    for one in range(1 << kind.bits):
        with contextlib.suppress(InputError):
            known[one] = int(kind.decode(np.array([one], dtype=np.uint16), thing="code")[0])
    bench.suppose(Cat(*(code == one for one in known)).any())
    return Array([C(known.get(one, 0), signed(8)) for one in range(1 << kind.bits)])[code]


def claims():
    """All claims about sums."""
    found = []
    for name in ARITHMETICS:
        for lane in lane_designs(arithmetic(name)):
            for simd in (1, 2, 3, 4):
                if name == "fixed4" and simd > 2:
                    continue  # Products of two variables are hard for a solver.
                build = lanes(name, lane, simd=simd)
                found.append(Claim(f"sums: {name}, {lane}, {simd} inputs", build, 5))
            build = lanes(name, lane, simd=3, registers=(2, 2), element=Interval(0, 3))
            found.append(Claim(f"sums: {name}, {lane}, registers", build, 9))
    return found
