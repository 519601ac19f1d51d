"""Named configurations, read from ``configs.toml`` beside this file."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import Field

from pascaline.spec.checked import Checked
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.synthetic import synthetic_model

__all__ = ["Config", "configs"]


class Config(Checked):
    """A machine, and a network with random weights or (without one) a shipped model's name.

    Parameters
    ----------
    machine : Machine
        The machine.
    network : Network or None
        The network, unless there is a model file of the configuration's name.
    seed : int
        Of the random weights.
    shared_scale : bool
        Whether x and h have the same random scales, as training makes them by default.
    orthogonal : bool
        As in `spec.synthetic.synthetic_model`.
    """

    machine: Machine = Machine()
    network: Network | None = None
    seed: int = Field(default=0, ge=0)
    shared_scale: bool = False
    orthogonal: bool = False

    def synthetic(self, name: str) -> Model:
        """The network with its random weights."""
        assert self.network is not None
        rng = np.random.default_rng(self.seed)
        return synthetic_model(
            name, self.network, rng, shared_scale=self.shared_scale, orthogonal=self.orthogonal
        )


@cache
def configs() -> dict[str, Config]:
    """All configurations by name."""
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        name: Config.parse(json.dumps(table), thing=f"configuration {name}")
        for name, table in tables.items()
    }
