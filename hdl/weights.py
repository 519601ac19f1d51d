"""The memory of the lanes' weights."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdl.rom import read_rom
from spec.design import Design
from spec.image import gate_weight_words

__all__ = ["Weights"]


class Weights(wiring.Component):
    """A word holds what all lanes take in a cycle. Latency is ``pipeline.weights``.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    addr : In
        Number of a chunk, in the order of `spec.image.gate_weight_words`.
    codes : Out
        Weights of the lanes, side by side.
    """

    def __init__(self, design: Design):
        self._design = design
        product = design.x_product
        bits = product.lanes * product.simd * design.layer.weights.bits
        super().__init__({"addr": In(range(design.pipeline.words)), "codes": Out(bits)})

    def elaborate(self, platform):
        m = Module()
        words = gate_weight_words(self._design)
        latency = self._design.pipeline.weights
        word = read_rom(m, words, len(self.codes), self.addr, latency=latency, name="words")
        m.d.comb += self.codes.eq(word)
        return m
