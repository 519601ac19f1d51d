"""The fit loop: Adam, with a learning rate that falls to zero; the last iterate is the result.

Nothing here sees held-out data before the end, so nothing can be chosen by it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from pascaline.spec.network import Network
from pascaline.spec.progress import Progress, silent
from pascaline.train.options import Schedule
from pascaline.train.snapshot import Snapshot
from pascaline.train.steps import Stepper

__all__ = ["fit"]

POINTS = 200
"""Of a learning curve, at most."""

PATIENCE = 60.0
"""Seconds between two snapshots."""


def fit(
    stepper: Stepper,
    schedule: Schedule,
    *,
    rounding: Network | None = None,
    snapshot: Snapshot | None = None,
    progress: Progress = silent,
    clock: Callable[[], float] = time.monotonic,
) -> list[tuple[int, float]]:
    """Teach a network, or several side by side.

    Parameters
    ----------
    stepper : Stepper
        The network and what it learns; changed in place, and left in evaluation mode.
    schedule : Schedule
        How long, how fast.
    rounding : Network, optional
        The description to whose formats activations are rounded in the last part of training, so
        that the network adapts to them; by default they never are.
    snapshot : Snapshot, optional
        Where the state of training is kept now and then, and taken up from.
    progress : Progress
        Told after every batch; on a GPU, after some.
    clock : callable
        Seconds; tells when the next snapshot is due.

    Returns
    -------
    list of tuple
        The learning curve: numbers of steps, and the mean loss, in nats, of those before each;
        of several networks, of those whose loss is a number.
    """
    epoch = stepper.feed.steps
    total = schedule.epochs * epoch
    tuned = total - math.floor(total * schedule.tuned)
    every, pause = max(1, total // POINTS), 25 if stepper.device.type == "cuda" else 1
    network, done = stepper.network, 0
    curve: list[tuple[int, float]] = []
    losses: list[float] = []
    if snapshot is not None and (kept := snapshot.restore(stepper.tensors())) is not None:
        done, curve, losses = kept
    network.train()
    due = clock() + PATIENCE
    while done < total:
        stepper.round(rounding if done >= tuned else None)
        stepper.step(done, schedule.rate * (1 + math.cos(math.pi * done / total)) / 2)
        done += 1
        if done % pause == 0 or done % every == 0 or done == total:
            losses.append(stepper.losses.nanmean().item())
            progress("train", done, total, f"loss {losses[-1]:.3f}")
        if done % every == 0 or done == total:
            curve.append((done, sum(losses) / len(losses)))
            losses = []
        if snapshot is not None and (done == total or clock() >= due):
            # At the end Adam has nothing left to do.
            tensors = network.state_dict() if done == total else stepper.tensors()
            snapshot.keep(tensors, done, curve, losses)
            due = clock() + PATIENCE
    stepper.round(rounding if tuned < total else None)
    network.eval()
    return curve
