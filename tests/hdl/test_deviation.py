"""A row of layer norm by itself: deviations of all sizes, and those that are halfway."""

import numpy as np
import pytest

from pascaline.golden.rounding import narrow
from pascaline.hdl.norm.deviation import Deviation
from pascaline.spec.formats import Format, Interval
from pascaline.spec.standard import LEFT, Standard
from tests.hdl.bench import run

FORMATS = {
    # width and frac of the outcome, mantissa, fraction bits of the mean, largest sum
    "usual": (12, 8, 8, 2, 1000),
    "narrow": (5, 4, 4, 0, 40),
    "wide": (20, 12, 12, 4, 5000),
}


@pytest.mark.parametrize("pipelined", [False, True])
@pytest.mark.parametrize("spread", ["mad", "rms"])
@pytest.mark.parametrize("name", FORMATS)
def test_row(name, spread, pipelined, rng):
    width, frac, mantissa, mean_frac, most = FORMATS[name]
    standard = Standard(
        hidden=8,
        spread=spread,
        normal=Format(width=width, frac=frac),
        mean_frac=mean_frac,
        mantissa=mantissa,
    )
    sums = Interval(-most, most)
    component = Deviation(standard, sums, pipelined=pipelined)
    count = 600
    shifts = standard.most(sums) - standard.least
    shift = rng.integers(0, shifts, count, endpoint=True)
    quotient = rng.integers(0, 1 << mantissa, count)
    quotient[::5] = 0
    # Deviations whose quotients are about as large as a quotient may be, and small ones.
    scale = 2.0 ** (shift + rng.uniform(-LEFT - 1, width - LEFT + 1, count))
    deviation = np.rint(rng.uniform(-1, 1, count) * scale).astype(np.int64)
    means = standard.mean(sums)
    mean = rng.integers(means.lo, means.hi, count, endpoint=True)
    given = np.clip((mean + deviation) >> mean_frac, sums.lo, sums.hi)
    mean = np.clip((given << mean_frac) - deviation, means.lo, means.hi)
    mean[:20], given[:20] = means.lo, sums.hi
    mean[20:40], given[20:40] = means.hi, sums.lo
    deviation = (given << mean_frac) - mean

    half = (1 << shift) >> 1
    near = np.clip(((deviation << LEFT) + half) >> shift, standard.shifted.lo, standard.shifted.hi)
    wanted = narrow(near * (quotient + (1 << mantissa)), mantissa + 1, standard.normal)
    apart = abs(deviation) if spread == "mad" else deviation**2
    after = 2 if pipelined else int(spread == "rms")
    late = 6 if pipelined else 3
    assert len(set(wanted.tolist())) > min(100, (1 << width) // 2)

    async def bench(ctx):
        for k in range(count):
            for member, values in (("sum", given), ("mean", mean), ("shift", shift)):
                ctx.set(getattr(component, member), int(values[k]))
            ctx.set(component.quotient, int(quotient[k]))
            for cycle in range(late):
                if cycle == after:
                    assert ctx.get(component.apart) + ctx.get(component.carry) == apart[k]
                await ctx.tick()
            assert ctx.get(component.normal) == wanted[k], (deviation[k], shift[k], quotient[k])

    run(component, bench)
