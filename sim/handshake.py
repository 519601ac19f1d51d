"""Rules of a handshake between ``valid`` and ``ready``, and pauses in it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

from pascaline.sim.job import Outcome

__all__ = ["Rules", "pause", "pausing"]


class Rules:
    """What AXI asks of whoever sends on a channel: what waits stays as it is.

    Parameters
    ----------
    dut : handle
        The top.
    prefix : str
        Of the channel's ``valid`` and ``ready``.
    names : list of str
        Its signals.
    outcome : Outcome
        Where broken rules are noted.
    """

    def __init__(self, dut: Any, prefix: str, names: list[str], outcome: Outcome) -> None:
        self._prefix, self._outcome = prefix, outcome
        self._valid, self._ready = (getattr(dut, f"{prefix}{end}") for end in ("valid", "ready"))
        handshake = (f"{prefix}valid", f"{prefix}ready")
        self._payload = [getattr(dut, name) for name in names if name not in handshake]
        self.waiting: list[Any] | None = None

    def check(self) -> None:
        """To be called in every cycle."""
        if not self._valid.value:
            if self.waiting is not None:
                self._outcome.fault(f"{self._prefix}valid fell while a transfer was waiting")
            self.waiting = None
            return
        payload = [signal.value for signal in self._payload]
        if not all(value.is_resolvable for value in payload):
            self._outcome.fault(f"{self._prefix}*: unknown bits: {payload}")
        if self.waiting not in (None, payload):
            self._outcome.fault(f"{self._prefix}*: changed while a transfer was waiting")
        self.waiting = None if self._ready.value else payload


def pausing(likely: float, rng: random.Random) -> Iterator[bool]:
    """For each cycle whether to pause, with that probability."""
    while True:
        yield rng.random() < likely


def pause(models: Iterable[Any], likely: float, rng: random.Random) -> None:
    """Let models of cocotbext-axi pause in a cycle with that probability."""
    for model in models:
        model.set_pause_generator(pausing(likely, rng) if likely else None)
        # Else it would keep what an earlier generator said last.
        model.pause = False
