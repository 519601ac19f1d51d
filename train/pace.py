"""How fast the golden model is, beside PyTorch's float LSTM of the same sizes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from pascaline.golden.network import Golden
from pascaline.golden.parallel import run_all
from pascaline.importers.draft import Formats, draft
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.progress import Progress, silent
from pascaline.spec.synthetic import synthetic_model
from pascaline.spec.tensors import Integers
from pascaline.train.learn import build
from pascaline.train.options import SPREADS, Options

__all__ = ["Case", "Pace", "measure"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """What both compute.

    Parameters
    ----------
    name : str
        What it stands for.
    inputs : int
        Inputs a step.
    symbols : bool
        Whether one input a step is 1 and all others are 0; otherwise all are random.
    classes : int
        Rows of the head.
    every : bool
        Whether the head works after every step, or after the last.
    """

    name: str
    inputs: int
    symbols: bool
    classes: int
    every: bool


@dataclass(frozen=True)
class Pace:
    """Seconds of each repetition: one of both sides after the other, so that both meet the same.

    Attributes
    ----------
    golden, torch : tuple of float
        Seconds.
    steps : int
        Steps of sequences in each.
    """

    golden: tuple[float, ...]
    torch: tuple[float, ...]
    steps: int

    @property
    def ratio(self) -> float:
        """Median of how much longer PyTorch takes in the same repetition."""
        return float(np.median(np.array(self.torch) / np.array(self.golden)))

    def rate(self, side: str) -> float:
        """Steps of sequences a second in the median repetition."""
        return self.steps / float(np.median(getattr(self, side)))


def measure(
    case: Case,
    *,
    hidden: int,
    weights: str,
    batch: int,
    steps: int,
    repeats: int,
    threads: int,
    normaliser: str | None = None,
    progress: Progress = silent,
) -> Pace:
    """Measure one case; each side gets ``threads`` threads.

    The integer model has random weights and the formats of training. The float one is an
    ``nn.LSTM`` with an ``nn.Linear``; or with a ``normaliser`` that standardises sums, for which
    PyTorch has no module, the network of real numbers that is trained here. Neither has gradients,
    and both get the same inputs.
    """
    rng = np.random.default_rng(0)
    network = draft(
        Formats(scale_width=8),
        inputs=case.inputs,
        hidden=hidden,
        weights=arithmetic(weights),
        classes=case.classes,
        results="every" if case.every else "last",
        spread=SPREADS.get(str(normaliser)),
    )
    golden = Golden(synthetic_model("pace", network, rng, shared_scale=normaliser is None))
    sequences = list(_inputs(case, rng, (batch, steps)))
    classify = _float_network(case, hidden, normaliser)
    x = torch.from_numpy(np.stack(sequences, axis=1).astype(np.float32) * network.x.lsb)

    def by_golden() -> object:
        return run_all(golden, sequences, threads=threads)

    def by_torch() -> object:
        return classify(x).argmax(dim=-1)

    spent: dict[str, list[float]] = {"golden": [], "torch": []}
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.no_grad():
            for index in range(repeats + 1):
                for side, run in (("golden", by_golden), ("torch", by_torch)):
                    seconds = _seconds(run)
                    # The first one warms up.
                    if index:
                        spent[side].append(seconds)
                progress(f"{case.name}, threads: {threads}", index, repeats)
    finally:
        torch.set_num_threads(before)
    return Pace(tuple(spent["golden"]), tuple(spent["torch"]), batch * steps)


def _float_network(
    case: Case, hidden: int, normaliser: str | None
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Logits of inputs (steps, batch, inputs)."""
    if normaliser is not None:
        chosen = {"weights": "float", "normaliser": normaliser, "hidden": hidden}
        options = Options.parse(chosen, thing="pace")
        network = build(
            options, inputs=case.inputs, hidden=hidden, classes=case.classes, every=case.every
        ).eval()
        return lambda x: network(x)[0]
    lstm, head = nn.LSTM(case.inputs, hidden), nn.Linear(hidden, case.classes)

    def classify(x: torch.Tensor) -> torch.Tensor:
        h = lstm(x)[0]
        logits: torch.Tensor = head(h if case.every else h[-1])
        return logits

    return classify


def _inputs(case: Case, rng: np.random.Generator, shape: tuple[int, int]) -> Integers:
    if not case.symbols:
        return rng.integers(-128, 127, (*shape, case.inputs), endpoint=True)
    return 127 * np.eye(case.inputs, dtype=np.int64)[rng.integers(0, case.inputs, shape)]


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
