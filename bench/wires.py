"""How sequences and results lie on the wires of a machine: the beats that a bench compares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pascaline.golden.rounding import Integers
from pascaline.spec.bus import TID_BITS, input_bytes, output_bytes
from pascaline.spec.design import Design
from pascaline.spec.ports import FROM_ZERO, ports
from pascaline.spec.schedule import interleaved

__all__ = ["Expected", "Wires", "wires_of"]


@dataclass(frozen=True)
class Expected:
    """A beat that must come out.

    Attributes
    ----------
    queue : int
        Beats of a queue come in order; those of different queues in any.
    numbers : int
        How many numbers count, at the low end of the word.
    word : int
        The beat.
    """

    queue: int
    numbers: int
    word: int


@dataclass(frozen=True)
class Wires(ABC):
    """The beats of a design.

    Parameters
    ----------
    design : Design
        The design.
    """

    design: Design

    @property
    @abstractmethod
    def x_bits(self) -> int:
        """Bits of a beat of vectors."""

    @property
    @abstractmethod
    def o_bits(self) -> int:
        """Bits of a beat of results."""

    @property
    @abstractmethod
    def lanes(self) -> int:
        """Numbers of a beat of results, at its low end."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Bits that a number takes there."""

    @property
    @abstractmethod
    def queues(self) -> int:
        """Queues of results, see `Expected`."""

    @property
    def stepwise(self) -> bool:
        """Whether a result comes out step by step, or all when the sequence has ended."""
        return self.design.network.results == "every" and not self.design.network.whole

    @abstractmethod
    def vectors(self, sequences: Sequence[Integers]) -> list[int]:
        """Beats of vectors of sequences, (steps, inputs) each, in the order in which they go in."""

    @abstractmethod
    def results(self, sequences: Sequence[Integers], results: Sequence[Integers]) -> list[Expected]:
        """Beats of the results of these sequences, as `golden.network.Run` has them."""

    def beats(self, results: Integers) -> list[list[int]]:
        """The numbers of results, one after the other, in beats."""
        return [
            part[place : place + self.lanes]
            for result in results
            for part in self.parts(result)
            for place in range(0, len(part), self.lanes)
        ]

    def parts(self, result: Integers) -> Iterator[list[int]]:
        """The numbers of a result that begin with a beat of their own."""
        numbers: list[int] = np.ravel(result).tolist()
        whole = (len(numbers),)
        for elements in whole if self.design.head is not None else self.design.result_parts:
            yield numbers[:elements]
            numbers = numbers[elements:]


class Plain(Wires):
    """The streams of `spec.ports`; results come in the order of their vectors."""

    @property
    def x_bits(self) -> int:
        return ports(self.design)["i_x"].layout.bits

    @property
    def o_bits(self) -> int:
        return ports(self.design)["o"].layout.bits

    @property
    def lanes(self) -> int:
        return ports(self.design)["o"].layout.fields[0].count or 1

    @property
    def width(self) -> int:
        return ports(self.design)["o"].layout.fields[0].width

    @property
    def queues(self) -> int:
        return 1

    def vectors(self, sequences: Sequence[Integers]) -> list[int]:
        entry, layout = self.design.entry, ports(self.design)["i_x"].layout
        words = []
        for stream, number, step in self._order(sequences):
            vector = entry.numbers(sequences[number][step].tolist())
            vector += [0] * (entry.beats * entry.simd - len(vector))
            last = step == len(sequences[number]) - 1
            for beat in range(entry.beats):
                ends = last and beat == entry.beats - 1
                data = vector[beat * entry.simd : (beat + 1) * entry.simd]
                flags = {"last": int(ends), "dump": 0, "state": FROM_ZERO, "stream": stream}
                words.append(layout.pack({"data": data, **flags}))
        return words

    def results(self, sequences: Sequence[Integers], results: Sequence[Integers]) -> list[Expected]:
        found = []
        for stream, number, step in self._order(sequences):
            last = step == len(sequences[number]) - 1
            if self.stepwise:
                found += self._beats(results[number][step : step + 1], stream, last=last)
            elif last:
                found += self._beats(results[number], stream, last=True)
        return found

    def _order(self, sequences: Sequence[Integers]) -> Iterator[tuple[int, int, int]]:
        return interleaved([len(one) for one in sequences], self.design.machine.streams)

    def _beats(self, results: Integers, stream: int, *, last: bool) -> list[Expected]:
        layout = ports(self.design)["o"].layout
        vector = layout.fields[0].count is not None
        beats = self.beats(results)
        found = []
        for place, numbers in enumerate(beats):
            data = numbers + [0] * (self.lanes - len(numbers)) if vector else numbers[0]
            ends = last and place == len(beats) - 1
            flags = {"last": int(ends), "stream": stream, "long": 0}
            found.append(Expected(0, len(numbers), layout.pack({"data": data, **flags})))
        return found


class Bus(Wires):
    """AXI4-Stream: TDATA, TKEEP, TLAST and TID, from the low end; packets in turn on all TIDs."""

    @property
    def x_bits(self) -> int:
        return _bits(input_bytes(self.design).beat)

    @property
    def o_bits(self) -> int:
        return _bits(output_bytes(self.design).beat) + int(self.design.machine.parity)

    @property
    def lanes(self) -> int:
        return output_bytes(self.design).count

    @property
    def width(self) -> int:
        return 8 * output_bytes(self.design).size

    @property
    def queues(self) -> int:
        return self.design.machine.streams

    def vectors(self, sequences: Sequence[Integers]) -> list[int]:
        lanes, words = input_bytes(self.design), []
        for number, sequence in enumerate(sequences):
            vectors = [self.design.entry.numbers(vector) for vector in sequence.tolist()]
            beats = [
                vector[place : place + lanes.count]
                for vector in vectors
                for place in range(0, len(vector), lanes.count)
            ]
            for place, beat in enumerate(beats):
                last = place == len(beats) - 1
                # What is beyond a vector does not count, whatever TKEEP says.
                words.append(
                    _word(lanes.encode(beat), lanes.beat, lanes.beat, last, self._tid(number))
                )
        return words

    def results(self, sequences: Sequence[Integers], results: Sequence[Integers]) -> list[Expected]:
        lanes, found = output_bytes(self.design), []
        for number, packet in enumerate(results):
            beats = self.beats(packet)
            tid = self._tid(number)
            for place, beat in enumerate(beats):
                last = place == len(beats) - 1
                word = _word(lanes.encode(beat), lanes.size * len(beat), lanes.beat, last, tid)
                found.append(Expected(tid, len(beat), word))
        return found

    def _tid(self, number: int) -> int:
        return number % self.design.machine.streams


def wires_of(design: Design) -> Wires:
    """The wires of a design's style of ports."""
    return Bus(design) if design.machine.on_bus else Plain(design)


def _bits(size: int) -> int:
    """Bits of a beat of so many bytes."""
    return 9 * size + 1 + TID_BITS


def _word(data: bytes, kept: int, size: int, last: bool, tid: int) -> int:
    flags = (1 << kept) - 1 | last << size | tid << (size + 1)
    return int.from_bytes(data, "little") | flags << 8 * size
