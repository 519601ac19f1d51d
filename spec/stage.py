"""A stage of a design's chain: everything that other code needs to know about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from pascaline.spec.flow import End, StageClock
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.layout import Layout
from pascaline.spec.memories import Memories
from pascaline.spec.payloads import Port

__all__ = ["Part", "Phases", "Stage", "Views"]

Views = dict[str, dict[str, str]]
"""Nets of a stage for waveform viewers: for each title (empty: the stage's own), names of nets,
separated by blanks, by the instance below the stage that they are in."""

Phases = dict[str, dict[str, str]]
"""Words for what goes on, each with the condition under which it does: Verilog over names of nets,
by the instance below the stage that these are in. The first that holds counts; the last one has
none. Those whose nets a machine lacks are left out."""


@dataclass(frozen=True)
class Part:
    """Hardware that reports count together.

    Attributes
    ----------
    name : str
        What it is called. Several stages may have parts of one name.
    instances : tuple of str
        Paths of instances below the stage, with dots between names; the empty one is the stage
        itself. All that is in an instance belongs to its part, except for instances that another
        part has.
    """

    name: str
    instances: tuple[str, ...]


class Stage(ABC):
    """A stage of the chain that vectors go through, from the stream ``i_x`` to the stream ``o``.

    What is built, timed, counted and shown of a design is made of what its stages say here; the
    hardware of each kind is in the table `hdl.accelerator.COMPONENTS`.

    Attributes
    ----------
    kind : str
        The kind of stage, equal for all stages of a class.
    name : str
        The stage's name, and that of its instance. No two stages of a design share it.
    """

    kind: ClassVar[str]
    name: str

    @property
    @abstractmethod
    def i_x(self) -> Layout:
        """Payload of the stream of its inputs."""

    @property
    @abstractmethod
    def o(self) -> Layout:
        """Payload of the stream of its outputs."""

    @property
    def directed(self) -> bool:
        """Whether the two directions of an output are vectors of their own, told by ``stream``."""
        return False

    @property
    def ports(self) -> dict[str, Port]:
        """Its streams beside ``i_x`` and ``o``, by name; they are streams of the top, too."""
        return {}

    @property
    def gives(self) -> dict[str, Layout]:
        """Payloads of further streams that it gives to a stage behind it, by name."""
        return {}

    @property
    def takes(self) -> dict[str, Layout]:
        """The same of those that it takes: each from the last stage before it that gives one."""
        return {}

    @property
    def memories(self) -> Memories:
        """The model's memories in it: a group of them, by the name that it has in an image."""
        return {}

    @property
    def head_unit(self) -> HeadUnit | None:
        """The head, if it is in this stage."""
        return None

    @property
    @abstractmethod
    def parts(self) -> tuple[Part, ...]:
        """Its parts, which together are all of it."""

    @property
    @abstractmethod
    def views(self) -> Views:
        """Its nets for waveform viewers. Nets that a stage does not have are left out."""

    @property
    def phases(self) -> Phases:
        """What goes on in it, for waveform viewers."""
        return {}

    @property
    @abstractmethod
    def title(self) -> str:
        """Its title in reports."""

    @property
    @abstractmethod
    def lines(self) -> tuple[str, ...]:
        """Further lines about it in reports, a few words each."""

    @property
    @abstractmethod
    def pace(self) -> float:
        """Cycles that it needs for a step of the design, at least, in the middle of a sequence."""

    @abstractmethod
    def clock(self, after: StageClock, end: End) -> StageClock:
        """When it takes and gives vectors.

        Parameters
        ----------
        after : StageClock
            Of the stage behind it, or ``end``.
        end : End
            Of the design's output.
        """
