"""Golden vectors: what goes into a machine, and what must come out."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pascaline.bench.wires import Expected, Wires, wires_of
from pascaline.golden.network import Golden
from pascaline.golden.rounding import Integers
from pascaline.spec import cycles
from pascaline.spec.design import Design
from pascaline.spec.loading import image_words

__all__ = ["NUMBERS_BITS", "GoldenVectors"]

NUMBERS_BITS = 16
"""Of the field above an expected beat that says how many of its numbers count."""


@dataclass(frozen=True, eq=False)
class GoldenVectors:
    """Sequences for a machine, and the results that the golden model has for them.

    Parameters
    ----------
    design : Design
        The design.
    sequences : sequence of Integers
        Inputs of each, (steps, inputs); the machine can take them.
    source : str
        Where they are from.
    """

    design: Design
    sequences: Sequence[Integers]
    source: str

    @cached_property
    def results(self) -> list[Integers]:
        """Results of each sequence, as `golden.network.Run` has them."""
        return Golden(self.design.model).run(list(self.sequences)).results

    @property
    def distinct(self) -> set[int]:
        """Numbers that are results of all sequences together."""
        return {int(one) for result in self.results for one in np.unique(result)}

    @cached_property
    def wires(self) -> Wires:
        """How they lie on the machine's wires."""
        return wires_of(self.design)

    @cached_property
    def x(self) -> list[int]:
        """Beats that go in."""
        return self.wires.vectors(self.sequences)

    @cached_property
    def o(self) -> list[Expected]:
        """Beats that must come out, queue after queue."""
        found = self.wires.results(self.sequences, self.results)
        return sorted(found, key=lambda one: one.queue)

    @property
    def queues(self) -> list[tuple[int, int]]:
        """Where each queue starts in `o`, and where it stops."""
        numbers = [one.queue for one in self.o]
        return [
            (sum(number < queue for number in numbers), sum(number <= queue for number in numbers))
            for queue in range(self.wires.queues)
        ]

    @property
    def values(self) -> int:
        """Numbers of all results."""
        return sum(one.numbers for one in self.o)

    @property
    def steps(self) -> int:
        """Vectors of all sequences."""
        return sum(map(len, self.sequences))

    @property
    def formula(self) -> int:
        """Cycles from the first beat in to the last one out; 0 on a bus, which has no formula."""
        return 0 if self.design.machine.on_bus else self._cycles

    @property
    def timeout(self) -> int:
        """Cycles that are more than enough, also if both sides wait."""
        needed = self._cycles * self.wires.queues + 2 * (len(self.x) + len(self.o))
        return 10_000 + 8 * (needed + len(self.load))

    @property
    def _cycles(self) -> int:
        symbols = None
        if self.design.network.decoder is not None:
            symbols = [len(one) for one in self.results]
        return cycles.sequence_cycles(self.design, [len(x) for x in self.sequences], symbols)

    @cached_property
    def load(self) -> list[int]:
        """Words of the image that is loaded first, if there is one."""
        return image_words(self.design) if self.design.machine.home.loaded else []

    def hex_files(self) -> dict[str, str]:
        """Texts for ``$readmemh`` by the ends of their names."""
        bits = self.wires.o_bits
        wanted = [one.numbers << bits | one.word for one in self.o]
        files = {
            "x.hex": _hex(self.x, self.wires.x_bits),
            "o.hex": _hex(wanted, bits + NUMBERS_BITS),
        }
        if self.load:
            ends = 0 if self.design.machine.on_bus else 1 << 32  # ``last`` of the plain stream.
            files["load.hex"] = _hex([*self.load[:-1], self.load[-1] | ends], 33 if ends else 32)
        return files

    def npz(self) -> bytes:
        """The same numbers as arrays, without any beats; docs/handover.md names them."""
        entry, file = self.design.entry, io.BytesIO()
        vectors = [entry.numbers(v) for sequence in self.sequences for v in sequence.tolist()]
        rows = [np.ravel(result) for one in self.results for result in one]
        np.savez_compressed(
            file,
            x=np.array(vectors, dtype=np.int64),
            lengths=np.array([len(one) for one in self.sequences]),
            results=np.array(rows, dtype=np.int64),
            counts=np.array([len(one) for one in self.results]),
            parts=np.array([len(part) for part in self.wires.parts(self.results[0][0])]),
            stepwise=np.array(self.wires.stepwise),
            formula=np.array(self.formula),
            timeout=np.array(self.timeout),
        )
        return file.getvalue()


def _hex(words: Iterable[int], bits: int) -> str:
    return "".join(f"{word:0{-(-bits // 4)}x}\n" for word in words)
