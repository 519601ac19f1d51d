"""The program of a core: what its lanes read, step by step, and when what they make is there."""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.drain import Drain
from pascaline.spec.network import Results
from pascaline.spec.norm import NormUnit
from pascaline.spec.passes import Pass, Source, step_chunks, step_words
from pascaline.spec.walsh import WalshUnit

__all__ = ["ACCUMULATE", "Program"]

ACCUMULATE = 1
"""From the sum of a chunk to the accumulator and the drain."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """Passes, tiles and latencies: all that decides about cycles, and nothing of what is computed.

    Attributes
    ----------
    passes : tuple of Pass
        Of a step, in order.
    tiles : int
        Tiles of each pass.
    drain : Drain
        How sums leave the lanes.
    streams : int
        Sequences under way at a time, each direction of a sequence by itself.
    directions : int
        Sets of weights, which take turns.
    results : {"last", "every", "first-of-backward"}
        After which steps there is a result, see `has_result`.
    stateful : bool
        Whether sequences may start from given or earlier states, and give their last ones.
    onward : bool
        Whether results go to another core, which must know what a sequence starts from.
    hidden_chunks : int
        Chunks of a vector of h.
    issue : int
        From the control to the addresses of what is read.
    registers : int
        From the control's addresses to the last register of the adder trees.
    whole : int
        From a group at the front of the drain to the first read of its new h; with layer norm, from
        a group that this has standardised.
    walsh : WalshUnit or None
        What transforms each new h, whose sums meet those of the stream's next step at the front of
        the drain.
    norm : NormUnit or None
        The first layer norm that a pass comes to: of the sums before the cell units get them, or of
        what these carry.
    ahead : int
        From a group at the front of the drain to when it comes there.
    """

    passes: tuple[Pass, ...]
    tiles: int
    drain: Drain
    streams: int = 1
    directions: int = 1
    results: Results = "last"
    stateful: bool = True
    onward: bool = False
    hidden_chunks: int
    issue: int
    registers: int
    whole: int
    walsh: WalshUnit | None = None
    norm: NormUnit | None = None
    ahead: int = 0

    def has_result(self, stream: int, *, first: bool, last: bool) -> bool:
        """Whether a step has one: of that stream, its sequence's first or last.

        Where there are two directions, stream 1 is the backward one.
        """
        if self.results == "first-of-backward" and stream == 1:
            return first
        return last or self.results == "every"

    @property
    def stream_bits(self) -> int:
        """Width of the number of a stream."""
        return (self.streams - 1).bit_length()

    @property
    def layers(self) -> int:
        """Layers that take turns."""
        return self.passes[-1].layer + 1

    @property
    def beside(self) -> bool:
        """Whether the sources of a pass are read side by side."""
        return self.passes[0].beside

    @property
    def sources(self) -> int:
        """Sources that each pass reads one after the other."""
        return 1 if self.beside else len(self.passes[0].sources)

    @property
    def chunks(self) -> int:
        """The most chunks that are read of a vector."""
        return max(source.chunks for source in self.passes[0].sources)

    @property
    def vectors(self) -> int:
        """Vectors of h that a stream has; each is there twice."""
        return max(max((one.to, *one.reads)) for one in self.passes) + 1

    @property
    def vector_bits(self) -> int:
        """Width of the number of a vector."""
        return (self.vectors - 1).bit_length()

    @property
    def result_vector(self) -> int:
        """The vector that is the core's result."""
        return self.passes[-1].to

    @property
    def hidden_banks(self) -> int:
        """Vectors of h in memory. A bank is, from its low bit: which of two, vector, stream."""
        return 2 << (self.vector_bits + self.stream_bits)

    @property
    def unseen(self) -> int:
        """Cycles from a step to when the input that comes next is seen.

        Where the input is read last, that is when addresses are out.
        """
        last = self.passes[-1].sources[-1].vector is None
        return self.issue if last and not self.beside else 0

    @property
    def waiting(self) -> int:
        """Vectors of the input that may wait or be worked on.

        Where sources are read side by side, a step may take one cycle, and a vector two more until
        its place is free.
        """
        return 4 if self.beside and self.issue else 2

    @property
    def between(self) -> int:
        """Cycles from a step to the next one in which nothing can be read.

        Serial adders take as many cycles as a sum has bits.
        """
        return max(self.unseen, self.drain.fill - 1)

    @property
    def step_words(self) -> int:
        """Words of weights of a step."""
        return step_words(self.passes, self.tiles)

    @property
    def step_chunks(self) -> int:
        """Chunks that lanes read in a step, one a cycle."""
        return step_chunks(self.passes, self.tiles)

    @property
    def picks(self) -> Source | None:
        """The source of which a symbol picks a chunk, if there is one."""
        found = (source for one in self.passes for source in one.sources if source.picked)
        return next(found, None)

    @property
    def words(self) -> int:
        """Words of the lanes' weight memory: of all passes, of all directions."""
        return self.directions * self.step_words

    @property
    def lane_latency(self) -> int:
        """Cycles from reading the last chunk of a tile to its sums at the front of the drain."""
        return self.registers + ACCUMULATE

    @property
    def written_latency(self) -> int:
        """Cycles from reading the last chunk of a pass to the first with all its h in memory.

        With layer norm these are the fewest: a pass may have to wait for the one before it.
        """
        drain = self.drain
        if self.norm is not None:
            return self.filled_latency + self.made_latency
        return self.lane_latency + drain.last_cycles - drain.group_cycles + self.whole

    @property
    def h_latency(self) -> int:
        """Cycles from reading the last chunk of a pass to reading the last of its h; see above."""
        return self.written_latency - self.issue

    @property
    def filled_latency(self) -> int:
        """Cycles from reading the last chunk of a pass to when layer norm may begin with it."""
        assert self.norm is not None
        return self.norm_latency + self.drain.last_cycles - 1 + self.norm.fill

    @property
    def norm_latency(self) -> int:
        """Cycles from reading the last chunk of a tile to when it comes to layer norm."""
        return self.lane_latency + self.ahead

    @property
    def made_latency(self) -> int:
        """Cycles from when layer norm begins with a pass to the first with all its h in memory."""
        assert self.norm is not None
        return self.norm.front + self.norm.groups - 1 + self.whole

    @property
    def freed_latency(self) -> int:
        """Cycles from when layer norm begins with a pass to when its buffer may be filled again.

        This is when the last chunk of the first tile of such a pass may be read: its sums come just
        when the next pass has begun. It is known as soon as the buffer is read for the last time.
        """
        norm = self.norm
        assert norm is not None
        return max(norm.cycles + 1 - norm.fill - self.norm_latency, norm.feed + 1)

    @property
    def met_latency(self) -> int:
        """Cycles from when layer norm begins with a pass to when a source of its h may be read.

        The last chunk is then read when it is there, and each one before it a cycle before.
        """
        return self.made_latency - self.issue - (self.hidden_chunks - 1)

    @property
    def transform_latency(self) -> int:
        """Cycles from a transform's first pair to the last chunk of a tile that meets its sums.

        The address of a group's sums is there a cycle before the group is at the front.
        """
        assert self.walsh is not None
        return max(self.walsh.ready + 1 - self.lane_latency, 0)
