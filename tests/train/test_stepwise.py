from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from pascaline.train.stepwise import StepBatchNorm  # noqa: E402

ROWS, HIDDEN = 12, 3
BIAS = torch.arange(ROWS, dtype=torch.float32)


def test_step_batch_norm_is_that_of_the_batch() -> None:
    made, sums = StepBatchNorm(BIAS), torch.randn(50, ROWS)
    found = made.sums(1, sums, 4)
    expected = torch.nn.functional.batch_norm(sums, None, None, training=True)
    torch.testing.assert_close(found, 0.1 * expected + BIAS, atol=1e-5, rtol=1e-4)
    c = torch.randn(50, HIDDEN)
    expected = torch.nn.functional.batch_norm(c, None, None, training=True)
    torch.testing.assert_close(made.cell(c, 4), 0.1 * expected, atol=1e-5, rtol=1e-4)


def test_step_batch_norm_has_statistics_of_every_step() -> None:
    made = StepBatchNorm(BIAS)
    with torch.no_grad():
        for _ in range(200):
            made.sums(0, torch.randn(500, ROWS) + 3, 1)
        made.eval()
        ones = torch.ones(1, ROWS)
        torch.testing.assert_close(
            made.sums(0, 3 * ones, 1), torch.zeros(1, ROWS), atol=0.02, rtol=0
        )
        torch.testing.assert_close(made.sums(0, 3 * ones, 0), 0.3 * ones, atol=1e-3, rtol=0)


def test_storage_grows_with_the_steps() -> None:
    """Two numbers a step for both sums of every row and for every cell."""
    made = StepBatchNorm(BIAS)
    assert made.numbers(11) - made.numbers(10) == 2 * (2 * ROWS + HIDDEN)
    learned = sum(parameter.numel() for parameter in made.parameters())
    assert made.numbers(0) == learned
