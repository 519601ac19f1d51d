# amaranth: UnusedElaboratable=no
"""The memory of the lanes' weights."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.kinds import place
from pascaline.hdl.store import loads, read_memory
from pascaline.hdl.trits import TritDecoder
from pascaline.spec.core import Core
from pascaline.spec.memories import core_memories
from pascaline.spec.trits import GROUP

__all__ = ["Weights"]


class Weights(wiring.Component):
    """A word holds what all lanes take in a cycle. Latency is ``pipeline.weights``.

    Parameters
    ----------
    core : Core
        The core.

    Members
    -------
    addr : In(range(core.program.words))
        Number of a chunk, in the order of `spec.image.gate_weight_words`.
    codes : Out(product.lanes * product.simd * arithmetic.bits)
        Weights of the lanes, side by side.
    load : In(load_layouts(machine, {"weights": ...}))
        Writes the memory, if weights are loaded.
    wrong : Out(int(machine.parity))
        ``codes`` are not as they were written; no bits without parity.
    """

    def __init__(self, core: Core):
        self._core = core
        product = core.x_product
        bits = product.lanes * product.simd * core.arithmetic.bits
        self._memory = core_memories(core)["weights"]
        super().__init__(
            {"addr": In(range(core.program.words)), "codes": Out(bits)}
            | loads(core.machine, {"weights": self._memory})
            | {"wrong": Out(int(core.machine.parity))}
        )

    def elaborate(self, platform):
        m = Module()
        core, pipeline = self._core, self._core.pipeline
        bits = core.weight_bits
        word, wrong = read_memory(
            m,
            core.machine,
            self._memory,
            self.addr,
            latency=pipeline.word,
            name="words",
            load=self.load.weights,
        )
        late = pipeline.weights - pipeline.word
        m.d.comb += self.wrong.eq(delayed(m, wrong, late, name="wrong"))
        if not core.packed:
            m.d.comb += self.codes.eq(word)
            return m
        decoded = Signal(bits // 8 * 2 * GROUP)
        for index in range(bits // 8):
            packed = word.word_select(index, 8)
            decoder = place(m, platform, f"decoder_{index}", TritDecoder(), packed=packed)
            m.d.comb += decoded.word_select(index, 2 * GROUP).eq(decoder.codes)
        kept = delayed(m, decoded, pipeline.weights - pipeline.word, name="kept", reset_less=True)
        m.d.comb += self.codes.eq(kept)
        return m
