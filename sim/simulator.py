"""What a simulator is."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

__all__ = ["DESIGN", "Simulator", "quiet"]

DESIGN = "design.v"
"""What the Verilog is called while it is built."""


class Simulator(ABC):
    """A simulator that cocotb can drive.

    Attributes
    ----------
    name : str
        What users write.
    unknowns : bool
        Whether bits may be unknown (X).
    waves : str
        The file in its folder in which a run leaves a waveform.
    """

    name: ClassVar[str]
    unknowns: ClassVar[bool] = False
    waves: ClassVar[str] = "waves.fst"

    @abstractmethod
    def check(self) -> None:
        """Raise `InputError` if it is not installed."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """Tools, versions and flags: with the Verilog, what a build depends on."""

    @abstractmethod
    def build(self, verilog: str, top: str, folder: Path, *, waves: bool) -> None:
        """Build a design; what runs need is left in ``folder``, and nothing else.

        Raises
        ------
        ToolError
            If the design is refused.
        """

    @abstractmethod
    def runner(self) -> Any:
        """A cocotb runner for a design that has been built."""

    def quick(self) -> Simulator:
        """The same for short runs: what builds fast rather than runs fast."""
        return self

    @abstractmethod
    def recording(self) -> dict[str, Any]:
        """What its runner's ``test`` needs to record `waves`, if it was built to do that."""


def quiet(runner: Any) -> Any:
    """The runner, without a word of its own."""
    runner.log.setLevel(logging.CRITICAL)
    return runner
