"""Zero points of weights: the sum that all rows share, and which zero point a chunk has."""

from amaranth.hdl import Array, C, Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.parity import fault_member
from pascaline.hdl.shapes import shape
from pascaline.hdl.store import loads, read_memory
from pascaline.hdl.terms import Terms
from pascaline.hdl.tree import tree_sum
from pascaline.spec.core import Core
from pascaline.spec.memories import core_memories

__all__ = ["ZeroChoice", "ZeroTerms"]


class ZeroTerms(Terms):
    """The sum of a chunk's operands times a zero point, of which there is one in all lanes.

    Parameters
    ----------
    simd : int
        Columns.
    element : Interval
        Range of an operand.
    zero : Interval
        Range of a zero point, which follows the operands.
    """

    def __init__(self, simd, element, zero):
        operand, point = (f"{'su'[not one.signed]}{one.width}" for one in (element, zero))
        super().__init__(
            f"zero_{simd}x{operand}_{point}",
            None,
            simd,
            element,
            shared=[element] * simd + [zero],
            term=element,
        )
        self._zero = zero

    def chunk(self, m, shared, codes, registers):
        """The product; of several registers one is behind it, all others are in the tree."""
        *operands, zero = shared
        behind = int(registers > 1)
        before = registers - behind
        terms = [(operand, None) for operand in operands]
        total, _ = tree_sum(m, terms, self.term, before, name="tree")
        zero = delayed(m, zero, before, name="zero", reset_less=True)
        product = Signal(shape(self._zero * self.term.times(self._simd)), name="product")
        m.d.comb += product.eq(total * zero)
        return delayed(m, product, behind, name="product", reset_less=True), None


class ZeroChoice(wiring.Component):
    """The zero point of the weights of a chunk, ``pipeline.weights`` cycles after it is read.

    Parameters
    ----------
    core : Core
        A core whose weights have zero points.

    Members
    -------
    read : In(1)
        A chunk is read; this and the next four members are those of `hdl.sequencer.Sequencer`.
    ends_source : In(1)
        It is the last one of any source but the last.
    ends_tile : In(1)
        It is the last one of a tile.
    index : In(range(passes))
        Its pass.
    direction : In(range(directions))
        Its direction.
    zero : Out(shape(core.zeros.values))
        Its zero point.
    load : In(load_layouts(machine, {"zeros": ...}))
        Writes the memory; only there if zero points are loaded.
    fault : Out(machine.parity)
        What was read is not as it was written.
    """

    def __init__(self, core: Core):
        self._core = core
        found = core_memories(core)
        self._memories = {name: found[name] for name in ("zeros",) if name in found}
        super().__init__(
            {
                "read": In(1),
                "ends_source": In(1),
                "ends_tile": In(1),
                "index": In(range(len(core.passes))),
                "direction": In(range(core.directions)),
                "zero": Out(shape(core.zeros.values)),
            }
            | loads(core.machine, self._memories)
            | fault_member(core.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        zeros, latency = self._core.zeros, self._core.pipeline.weights
        source = Signal(range(len(zeros.ranges)))
        with m.If(self.read):
            with m.If(self.ends_tile):
                m.d.sync += source.eq(0)
            with m.Elif(self.ends_source):
                m.d.sync += source.eq(source + 1)
        row = Cat(self.direction, self.index)
        if zeros.loaded:
            word, wrong = read_memory(
                m,
                self._core.machine,
                self._memories["zeros"],
                row,
                latency=1,
                name="words",
                load=self.load.zeros,
            )
            m.d.comb += self.fault.eq(wrong & delayed(m, self.read, 1, name="checks"))
            source, latency = delayed(m, source, 1, name="source", reset_less=True), latency - 1
            choices, place = [], 0
            for field in zeros.layout.fields:
                choices.append(word[place : place + field.bits].as_signed())
                place += field.bits
        else:
            rows = [[C(value, shape(zeros.values)) for value in row] for row in zeros.rows]
            choices = [Array(column)[row] for column in zip(*rows, strict=True)]
        chosen = Signal(shape(zeros.values))
        m.d.comb += chosen.eq(Array(choices)[source])
        m.d.comb += self.zero.eq(delayed(m, chosen, latency, name="chosen", reset_less=True))
        return m
