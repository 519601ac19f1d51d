from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from pascaline.train.speed import Work, measure  # noqa: E402


@pytest.mark.parametrize("symbols", [None, 5])
def test_both_ways_are_timed(symbols: int | None) -> None:
    work = Work(hidden=4, batch=3, steps=20, symbols=symbols)
    speed = measure(work, torch.device("cpu"), repeats=1)
    assert speed.plain > 0
    assert speed.fused > 0
    assert speed.ratio == speed.plain / speed.fused
