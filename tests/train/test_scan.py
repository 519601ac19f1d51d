from __future__ import annotations

from typing import Any

import pytest

from pascaline.spec.cells.lstm import LstmLayer
from pascaline.spec.formats import Format

torch = pytest.importorskip("torch")

from pascaline.train.cells.lstm import Lstm  # noqa: E402
from pascaline.train.rounding import Rounding, rounded  # noqa: E402
from pascaline.train.scan import exact, scan  # noqa: E402
from pascaline.train.standard import Standardised  # noqa: E402

STEPS, BATCH, HIDDEN = 5, 3, 4


def make(device: str = "cpu", dtype: Any = torch.float64, hidden: int = HIDDEN) -> list[Any]:
    """Part from x, weights, h, c."""
    torch.manual_seed(0)
    shapes = [(STEPS, BATCH, 4 * hidden), (4 * hidden, hidden), (BATCH, hidden), (BATCH, hidden)]
    made = [torch.randn(shape, dtype=dtype) for shape in shapes]
    made[1] /= hidden**0.5
    return [part.to(device).requires_grad_() for part in made]


def test_is_the_plain_loop() -> None:
    for found, expected in zip(scan(*make()), exact(*make()), strict=True):
        torch.testing.assert_close(found, expected)


def test_gradient() -> None:
    assert torch.autograd.gradcheck(scan, make())


@pytest.mark.parametrize("form", [Format(width=8, frac=7), Format(width=3, frac=0, signed=False)])
def test_rounded_is_quantize(form: Format) -> None:
    values = torch.linspace(-9, 9, 1001, dtype=torch.float64)
    expected = form.quantize(values.numpy()) * form.lsb
    assert rounded(values, form).tolist() == expected.tolist()
    assert rounded(values, None) is values


def test_rounding_reaches_everything() -> None:
    layer = LstmLayer(hidden=HIDDEN, weights="ternary")
    with torch.no_grad():
        h, c = scan(*make(), Rounding.of(layer))
    assert torch.equal(h[1:], rounded(h[1:], layer.h))
    assert torch.equal(c, rounded(c, layer.cell))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("hidden", [20, 140], ids=["whole", "step"])
@pytest.mark.parametrize("with_rounding", [False, True])
def test_kernels(hidden: int, with_rounding: bool) -> None:
    layer = LstmLayer(hidden=hidden, weights="ternary")
    rounding = Rounding.of(layer) if with_rounding else None
    found = []
    for device in ("cpu", "cuda"):
        parts = make(device, torch.float32, hidden)
        h, c = scan(*parts, rounding)
        torch.autograd.backward(h.sin().sum() + c.square().sum())
        found.append([h, c, *(part.grad for part in parts)])
    for one, other in zip(*found, strict=True):
        assert float((one - other.cpu()).norm() / one.norm()) < (5e-2 if with_rounding else 2e-3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("spread", ["rms", "mad"])
@pytest.mark.parametrize("with_rounding", [False, True])
def test_kernels_of_standardised_sums(spread: str, with_rounding: bool) -> None:
    hidden, cell = 140, Lstm()
    normaliser = {"kind": "layernorm", "spread": spread}
    layer = LstmLayer(hidden=hidden, weights="ternary", normaliser=normaliser)
    form = layer if with_rounding else None
    found = []
    for plain in (True, False):
        x, weight, h, c = make("cuda", torch.float32, hidden)
        gain = torch.linspace(0.2, 1.0, 4 * hidden, device="cuda").requires_grad_()
        normal = layer.normaliser.normal if with_rounding else None
        how = Standardised(torch.sign(weight.detach()).requires_grad_(), gain, spread, normal)
        every, last = (cell.loop if plain else cell.scan)(x, how, None, h, c, form)
        torch.autograd.backward(every.sin().sum() + last.square().sum())
        found.append([every, last, *(part.grad for part in (x, how.weight, gain, h, c))])
    for one, other in zip(*found, strict=True):
        assert float((one - other).norm() / one.norm()) < (5e-2 if with_rounding else 2e-3)
