"""The kernels against NumPy: whole networks, ends of ranges, and machines that have no compiler."""

import numpy as np
import pytest

from pascaline.golden import kernels
from pascaline.golden.activation import ActivationFunction
from pascaline.golden.affine import Affine
from pascaline.golden.network import Golden
from pascaline.golden.product import Product
from pascaline.golden.standard import Standardised
from pascaline.host.compiled import compiled
from pascaline.spec.activation import Table
from pascaline.spec.formats import Format, Interval
from pascaline.spec.standard import Standard
from tests.golden.networks import CELLS, draw, model, sized

needs_kernels = pytest.mark.skipif(
    kernels.kernel("lookup") is None, reason="no g++, or no AVX2, or PASCALINE_KERNELS=0"
)


@pytest.fixture
def without(monkeypatch):
    """Calls a function while there are no kernels."""

    def call(make):
        with monkeypatch.context() as patch:
            patch.setattr(kernels, "_library", lambda: None)
            return make()

    return call


@needs_kernels
@pytest.mark.parametrize("batch", [1, 7])
@pytest.mark.parametrize("name", CELLS)
def test_networks(name, batch, rng, without):
    made = model([sized(CELLS[name], 32)])
    sequences = draw(made, rng, batch, 4, 6)
    seen = {"with": [], "without": []}

    def run(golden, to):
        return golden.run(sequences, watch=lambda *step: seen[to].append(vars(step[-1])))

    fast, plain = run(Golden(made), "with"), run(without(lambda: Golden(made)), "without")
    for one, other in zip(fast.results, plain.results, strict=True):
        assert np.array_equal(one, other)
    for one, other in zip(seen["with"], seen["without"], strict=True):
        assert one.keys() == other.keys()
        for key in one.keys() - {"sums"}:
            assert np.array_equal(one[key], other[key]), key
        for key in one["sums"]:
            assert np.array_equal(one["sums"][key], other["sums"][key]), key


@needs_kernels
@pytest.mark.parametrize("weights", [(-1, 1), (-128, 127)])
@pytest.mark.parametrize("elements", [(-128, 127), (-32768, 32767)])
@pytest.mark.parametrize("shape", [(1, 1), (16, 4), (17, 5), (33, 259), (48, 507)])
def test_products(weights, elements, shape, rng):
    matrix = rng.integers(*weights, shape, endpoint=True)
    vectors = rng.integers(*elements, (11, shape[1]), endpoint=True)
    # Sums as large as they can be, of either sign.
    matrix[0] = weights[1]
    matrix[-1] = weights[0]
    vectors[0], vectors[1] = elements
    product = Product(matrix, Interval(*elements))
    assert product._kernel is not None
    for batch in (1, 4, 11):
        assert np.array_equal(product(vectors[:batch]), vectors[:batch] @ matrix.T)


@needs_kernels
@pytest.mark.parametrize("spread", ["mad", "rms"])
@pytest.mark.parametrize("hidden", [1, 5, 64, 1000])
@pytest.mark.parametrize("magnitude", [1, 40, 20_000])
def test_standardised(spread, hidden, magnitude, rng, without):
    standard = Standard(
        hidden=hidden, spread=spread, normal=Format(width=12, frac=8), mean_frac=2, mantissa=8
    )
    sums = Interval(-magnitude, magnitude)
    fast, plain = Standardised(standard, sums), without(lambda: Standardised(standard, sums))
    assert fast._kernel is not None
    assert plain._kernel is None
    drawn = rng.integers(-magnitude, magnitude, (200, 4 * hidden), endpoint=True)
    drawn[100:150] //= rng.integers(1, magnitude, (50, 1), endpoint=True)
    drawn[150], drawn[151] = magnitude, -magnitude
    drawn[152, ::2], drawn[152, 1::2] = magnitude, -magnitude
    assert np.array_equal(fast(drawn), plain(drawn))


@needs_kernels
@pytest.mark.parametrize("addends", [1, 2])
def test_affines_and_functions(addends, rng, without):
    shift, to = 5, Format(width=9, frac=4)
    scales = [rng.integers(-1000, 1000, 30) for _ in range(addends)]
    bounds, bias = [[50_000] * 30] * addends, rng.integers(-(10**8), 10**8, 30)
    size = 3, 30
    values = [
        rng.integers(-50_000, 50_000, size, endpoint=True, dtype=np.int32) for _ in range(addends)
    ]

    def make():
        return Affine(scales, bounds, bias, shift, to), ActivationFunction(Table(), "tanh", to, to)

    found = []
    for affine, function in (make(), without(make)):
        pre = affine(*values)
        found.append((pre, function(pre), function(pre[:, 10:20]), function(pre[:, ::2])))
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one, other)
    # Totals of more than 32 bits.
    bias <<= 20
    fast, _ = make()
    plain, _ = without(make)
    assert np.array_equal(fast(*values), plain(*values))
    # Values of more than 32 bits are left to NumPy.
    assert np.array_equal(fast(*(one.astype(np.int64) for one in values)), plain(*values))


def test_no_compiler_and_no_sense(tmp_path, monkeypatch):
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path))
    for name, text in (
        ("wrong", "int supported( {"),
        ("no", 'extern "C" int supported() {return 0;}'),
    ):
        source = tmp_path / f"{name}.cpp"
        source.write_text(text)
        assert compiled(source) is None
    source = tmp_path / "right.cpp"
    source.write_text('extern "C" int supported() { return 1; }')
    monkeypatch.setenv("PATH", "")
    assert compiled(source) is None


def test_kernels_can_be_switched_off(monkeypatch):
    monkeypatch.setenv("PASCALINE_KERNELS", "0")
    assert kernels._library.__wrapped__() is None
