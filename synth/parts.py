"""The parts of a machine that are counted apart, as the description of its Verilog lists them."""

from __future__ import annotations

from collections import Counter
from typing import Any

__all__ = ["Counts", "Place", "Places", "total"]

Place = tuple[str, str]
"""Where something is: its stage (empty for what is around the stages, and in a machine that is one
stage alone), and its part."""

Counts = dict[str, dict[str, int]]
"""Columns of each part."""


class Places:
    """Where the instances of a machine belong.

    Parameters
    ----------
    description : dict
        What was generated beside the Verilog.

    Attributes
    ----------
    parts : list of str
        All parts of the machine, in the order of reports.
    modules : dict of str to Place
        The modules that are made apart, so that they can be counted; one of them is the top.
    """

    def __init__(self, description: dict[str, Any]) -> None:
        instances = description["instances"]
        self.parts: list[str] = description["parts"]
        self._places: dict[str, Place] = {
            path: (one["stage"], one["part"]) for path, one in instances.items()
        }
        self.modules = {one["module"]: self._places[path] for path, one in instances.items()}

    def of(self, path: str) -> Place:
        """The place of the instance of that path below the top, with dots between names."""
        while path not in self._places:
            path = path.rpartition(".")[0]
        return self._places[path]

    def stage(self, name: str) -> list[str]:
        """The parts of a stage, in the order of reports."""
        own = {part for stage, part in self._places.values() if stage == name}
        return [part for part in self.parts if part in own]

    @property
    def stages(self) -> list[str]:
        """The stages that are told apart, and the empty name if something is around them."""
        return sorted({stage for stage, _ in self._places.values()})


def total(by_stage: dict[str, Counts], parts: list[str]) -> Counts:
    """Columns of each of some parts, in all stages together."""
    counted: dict[str, Counter[str]] = {part: Counter() for part in parts}
    for found in by_stage.values():
        for part, columns in found.items():
            counted[part].update(columns)
    return {part: dict(columns) for part, columns in counted.items()}
