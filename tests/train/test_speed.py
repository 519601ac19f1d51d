from __future__ import annotations

from types import SimpleNamespace

import pytest

from pascaline.train.options import Options

torch = pytest.importorskip("torch")

from pascaline.train.speed import HADAMARD, TERNARY, Speed, Work, measure  # noqa: E402
from pascaline.train.steps import Stepper  # noqa: E402


@pytest.mark.parametrize("options", [TERNARY, HADAMARD], ids=["lstm", "linear"])
@pytest.mark.parametrize("symbols", [None, 5])
def test_both_ways_are_timed(
    symbols: int | None, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a clock that only steps advance; the first one is not timed, then the best is."""
    work = Work(hidden=4, batch=3, steps=20, symbols=symbols, options=options)
    now, plain_steps, real_step = 0.0, [], Stepper.step

    def step(stepper: Stepper, number: int, rate: float) -> None:
        nonlocal now
        real_step(stepper, number, rate)
        [plain] = {part.plain for part in stepper.parts}
        plain_steps.append(plain)
        now += [0.5, 7.0, 6.0, 8.0][number] / (1 if plain else 3)

    monkeypatch.setattr(Stepper, "step", step)
    monkeypatch.setattr("pascaline.train.speed.time", SimpleNamespace(perf_counter=lambda: now))
    speed = measure(work, torch.device("cpu"), repeats=3)
    assert plain_steps == [True] * 4 + [False] * 4
    assert (speed.plain, speed.fused) == pytest.approx((6.0, 2.0))


def test_ratio_is_how_many_times_as_fast_the_fused_step_is() -> None:
    assert Speed(plain=6.0, fused=2.0).ratio == 3.0
