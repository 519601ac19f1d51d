"""Terms of a chunk's products against weights times operands."""

import itertools

import pytest
from amaranth.hdl import C, Signal

from pascaline.hdl.shapes import shape
from pascaline.hdl.terms import terms_of
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.formats import Interval
from pascaline.spec.lanes import lane_designs, lane_terms
from tests.hdl.bench import Function, run

ARITHMETICS = ("binary", "ternary", "pow2", "pow2i1f1", "exp3", "exp4", "fixed3", "fixed4")


@pytest.mark.parametrize("interval", [Interval(-8, 7), Interval(0, 7), Interval(-8, 15)])
@pytest.mark.parametrize("simd", [1, 2, 3])
@pytest.mark.parametrize(
    ("name", "lane"),
    [(name, lane) for name in ARITHMETICS for lane in lane_designs(arithmetic(name))],
)
def test_terms(name, lane, simd, interval, rng):
    """Terms and carries of every combination of weights add up, in their range."""
    kind = arithmetic(name)
    terms = terms_of(lane, kind, simd, interval)
    reach = terms.term.times(lane_terms(lane, simd)) + Interval(0, simd)

    def add_up(m, f):
        shared = []
        for k, value in enumerate(terms.share([getattr(f, f"x{k}") for k in range(simd)])):
            shared.append(Signal(shape(terms.shared[k]), name=f"shared_{k}"))
            m.d.comb += shared[-1].eq(value)
        total = C(0)
        for k, (value, carry) in enumerate(terms.terms(shared, f.code)):
            kept = Signal(shape(terms.term), name=f"term_{k}")
            m.d.comb += kept.eq(value)
            total = total + kept + (0 if carry is None else carry)
        if terms.total is not None:
            total = total << 1
            for k, (value, _) in enumerate(terms.total.terms(shared, None)):
                kept = Signal(shape(terms.total.term), name=f"other_{k}")
                m.d.comb += kept.eq(value)
                total = total + kept
        return total

    names = {f"x{k}": shape(interval) for k in range(simd)}
    wide = Interval(2 * reach.lo - 200, 2 * reach.hi + 200)
    dut = Function(add_up, shape(wide), code=kind.bits * simd, **names)
    # Exhaustive up to 100 combinations.
    every = rng.permutation(list(itertools.product(kind.values.tolist(), repeat=simd)))[:100]

    async def testbench(ctx):
        for weights in every:
            code = sum(int(kind.encode(w)) << (kind.bits * k) for k, w in enumerate(weights))
            ctx.set(dut.code, code)
            corners = itertools.product((interval.lo, interval.hi, 0), repeat=simd)
            drawn = rng.integers(interval.lo, interval.hi, (4, simd), endpoint=True)
            for x in [*corners, *drawn.tolist()]:
                for k in range(simd):
                    ctx.set(getattr(dut, f"x{k}"), x[k])
                await ctx.delay(1e-9)
                wanted = sum(w * v for w, v in zip(weights, x, strict=True))
                assert ctx.get(dut.y) == wanted, (weights, x)

    run(dut, testbench)
