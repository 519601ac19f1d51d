from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from pascaline.train.linear_scan import every, last  # noqa: E402

BATCH = 2


def make(steps: int, inputs: int, size: int, *, first: bool) -> list[Any]:
    """Inputs, what they meet, an orthogonal matrix, and perhaps h before the first step."""
    torch.manual_seed(steps)
    shapes = [(steps, BATCH, inputs), (size, inputs), (size, size), (BATCH, size)]
    made = [torch.randn(shape, dtype=torch.float64) for shape in shapes[: 3 + first]]
    made[2], _ = torch.linalg.qr(made[2])
    return [part.requires_grad_() for part in made]


def loop(x: Any, taken: Any, kept: Any, h: Any = None) -> Any:
    """Step by step."""
    h = x.new_zeros(BATCH, len(kept)) if h is None else h
    found = [h]
    for now in x:
        found.append(found[-1] @ kept.T + now @ taken.T)
    return torch.stack(found)


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize(
    ("steps", "inputs", "size"),
    [(1, 3, 4), (7, 3, 4), (16, 1, 8), (37, 11, 16), (130, 2, 16), (300, 1, 64)],
)
def test_values_and_gradients_are_those_of_the_loop(
    steps: int, inputs: int, size: int, first: bool
) -> None:
    given = make(steps, inputs, size, first=first)
    wanted = loop(*given)
    for found, same in ((every(*given), wanted), (last(*given), wanted[-1])):
        torch.testing.assert_close(found, same)
        weight = torch.randn_like(same)
        mine, right = (
            torch.autograd.grad(
                (weight * made).sum(), given, retain_graph=True, materialize_grads=True
            )
            for made in (found, same)
        )
        torch.testing.assert_close(mine, right)


def test_single_precision_holds_for_a_thousand_steps() -> None:
    given = make(1000, 2, 32, first=False)
    exact = loop(*given)
    rough = every(*[part.float() for part in given])
    assert (rough - exact).abs().max() < 1e-4 * exact.abs().max()
