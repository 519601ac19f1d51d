"""Lanes by themselves in Icarus."""

import numpy as np
import pytest

from pascaline.hdl.lanes import Lanes
from pascaline.hdl.verilog import emit
from pascaline.sim.lanes import run_lanes
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.formats import Interval
from pascaline.spec.lanes import lane_designs
from pascaline.spec.product import Product
from tests.tools import program

ELEMENT = Interval.signed_bits(5)

CASES = [
    (name, lane)
    for name in (
        "binary",
        "ternary",
        "pow2",
        "pow2i1f2",
        "exp3",
        "exp4",
        "exp5",
        "fixed4",
        "fixed5",
    )
    for lane in lane_designs(arithmetic(name))
]


@pytest.mark.parametrize(("name", "lane"), CASES)
def test_sums(name, lane, rng, tmp_path):
    program("iverilog", package="iverilog")
    kind = arithmetic(name)
    product = Product(
        rows=6, columns=12, lanes=6, simd=4, lane=lane, operand_registers=1, tree_registers=1
    )
    sums = (kind.weights * ELEMENT).times(12)
    lanes = Lanes(product=product, arithmetic=kind, element=ELEMENT, sums=(sums,), front=2)
    verilog, *_ = emit(lanes, "lanes")
    chunks = 5 * product.chunks
    weights = np.resize(rng.permutation(kind.values), (chunks, 6, 4))
    values, mismatches, waveform = run_lanes(
        verilog,
        "lanes",
        product,
        kind,
        ELEMENT,
        sums,
        operands=rng.integers(-16, 15, (chunks, 4), endpoint=True),
        weights=weights,
        front=2,
        folder=tmp_path,
    )
    assert (values, mismatches) == (30, 0)
    assert waveform.stat().st_size > 0
