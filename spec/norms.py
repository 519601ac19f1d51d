"""The layer norms of a core: of the sums of a pass, of its c, of both or of none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pascaline.spec.cells.layer import Layer
from pascaline.spec.drain import Drain
from pascaline.spec.formats import Interval
from pascaline.spec.norm import NormUnit
from pascaline.spec.pipeline import Pipeline

__all__ = ["Norms"]


@dataclass(frozen=True, kw_only=True)
class Norms:
    """Which there are, and the cycles from one to the next.

    Attributes
    ----------
    sums : NormUnit or None
        What standardises the sums before the cell units get them.
    state : NormUnit or None
        What standardises c in the middle of these. It never lets a pass wait behind that of the
        sums, which keeps its pace.
    """

    sums: NormUnit | None
    state: NormUnit | None

    @classmethod
    def of(
        cls, layer: Layer, drain: Drain, lane_sums: tuple[Interval, ...], *, pipelined: bool
    ) -> Norms:
        """Those of a layer whose sums leave the lanes so."""
        state = sums = None
        if layer.state_standard is not None and layer.carried is not None:
            state = NormUnit(
                standard=layer.state_standard,
                sums=(layer.carried.interval,),
                drain=replace(drain, gates=1),
                pipelined=pipelined,
            )
        standard = layer.normaliser.standard(layer.hidden)
        if standard is not None:
            sums = NormUnit(
                standard=standard,
                sums=lane_sums,
                drain=drain,
                pipelined=pipelined,
                pace=0 if state is None else state.cycles,
            )
            state = state and replace(state, drain=replace(sums.fed, gates=1))
        return cls(sums=sums, state=state)

    @property
    def first(self) -> NormUnit | None:
        """The one that a pass comes to first: lanes wait for its buffers."""
        return self.sums or self.state

    def ahead(self, pipeline: Pipeline) -> int:
        """Cycles from a group at the front of the drain to when it comes there."""
        return pipeline.made if self.state is not None and self.sums is None else 0

    def apart(self, pipeline: Pipeline) -> int:
        """Cycles from the first standardised sums of a pass to when that of c begins with it."""
        assert self.state is not None
        return pipeline.made + self.state.groups - 1 + self.state.fill

    def whole(self, pipeline: Pipeline) -> int:
        """Cycles from a group to the first read of its new h; from behind the first one."""
        if self.state is None:
            return pipeline.whole
        if self.sums is None:
            return pipeline.finish
        return self.apart(pipeline) + self.state.front + pipeline.finish
