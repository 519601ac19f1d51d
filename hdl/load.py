"""The loader: takes the image of a model, checks all of it, and writes the memories."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.lib.wiring import In, Out

from pascaline.hdl.shapes import struct
from pascaline.hdl.store import load_layouts
from pascaline.spec.design import Design
from pascaline.spec.loading import ERRORS, HEADER, header
from pascaline.spec.memories import COLUMN, flat
from pascaline.spec.ports import ports

__all__ = ["Loader"]


class Loader(wiring.Component):
    """Takes images (`spec.loading`), a word a cycle.

    A load begins with its first word, which waits for ``may_begin``. Words go to the memories as
    they come, so that after a wrong image there is none; what follows the first wrong word is
    dropped until the last one has come.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    i : In(stream.Signature(struct(ports(design)["i_load"].layout)))
        Words of an image.
    may_begin : In(1)
        Nobody reads the memories.
    begins : Out(1)
        The first word of an image goes over.
    loaded : Out(1)
        A whole image has come, and it was good; until the next one begins.
    error : Out(len(ERRORS))
        Why the last image was refused, a bit for each of `spec.loading.ERRORS`.
    load : Out(load_layouts(machine, design.memories))
        Writes the memories.
    """

    def __init__(self, design: Design):
        self._design = design
        memories = design.memories
        super().__init__(
            {
                "i": In(stream.Signature(struct(ports(design)["i_load"].layout))),
                "may_begin": In(1),
                "begins": Out(1),
                "loaded": Out(1),
                "error": Out(len(ERRORS)),
                "load": Out(load_layouts(design.machine, memories)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.crc = crc = CRC32_ISO_HDLC(data_width=COLUMN).create()
        word = self.i.p.data
        taken = Signal()
        waits = Signal()
        wrong = Signal.like(self.error)
        m.d.comb += [
            self.i.ready.eq(~waits | self.may_begin),
            taken.eq(self.i.valid & self.i.ready),
            self.begins.eq(taken & waits),
            crc.valid.eq(taken),
            crc.data.eq(word),
            crc.start.eq(self.begins),
        ]
        # Which word is expected: of the header, of the payload, the last one, or none any more.
        payload, last, dropped = range(len(HEADER), len(HEADER) + 3)
        place = Signal(range(dropped + 1))
        after = Signal.like(place)
        ends = self._write(m, word, taken & (place == payload))
        bits = {name: 1 << number for number, name in enumerate(ERRORS)}
        m.d.comb += after.eq(dropped)
        with m.Switch(place):
            for number, (name, constant) in enumerate(header(self._design).items()):
                with m.Case(number):
                    m.d.comb += after.eq(number + 1)
                    with m.If(word != constant):
                        m.d.comb += wrong.eq(bits.get(name, bits["magic"]))
            with m.Case(payload):
                m.d.comb += after.eq(Mux(ends, last, payload))
            with m.Case(last), m.If(word != crc.crc):
                m.d.comb += wrong.eq(bits["crc"])
        with m.If((place != dropped) & (self.i.p.last != (place == last))):
            m.d.comb += wrong.eq(bits["length"])

        m.d.comb += waits.eq(place == 0)
        with m.If(taken):
            m.d.sync += place.eq(Mux(self.i.p.last, 0, Mux(wrong != 0, dropped, after)))
            with m.If(waits | (wrong != 0)):
                m.d.sync += [self.error.eq(wrong), self.loaded.eq(0)]
            with m.Elif(place == last):
                m.d.sync += self.loaded.eq(1)
        return m

    def _write(self, m, word, write):
        """A word into its memory, a cycle later; whether it is the last one of them all."""
        memories = list(flat(self._design.memories))
        which = Signal(range(len(memories)))
        column = Signal(range(max(one.columns for _, one in memories)))
        addr = Signal(range(max(one.depth for _, one in memories)))
        last_word = Signal()
        last_column = Signal()
        to = Signal.like(addr, reset_less=True)
        given = Signal(COLUMN, reset_less=True)
        m.d.sync += [to.eq(addr), given.eq(word)]
        with m.Switch(which):
            for number, (_, one) in enumerate(memories):
                with m.Case(number):
                    m.d.comb += [
                        last_word.eq(addr == one.depth - 1),
                        last_column.eq(column == one.columns - 1),
                    ]
        for number, (path, one) in enumerate(memories):
            load = self.load
            for name in path:
                load = load[name]
            strobes = Signal(one.columns, name="_".join([*path, "en"]))
            # Not as a choice: before reset a simulator that knows nothing would choose to write.
            here = (write & (which == number)).replicate(one.columns)
            m.d.sync += strobes.eq((1 << column) & here)
            m.d.comb += [
                load.en.eq(strobes),
                load.addr.eq(to),
                load.data.eq(given),
                load.check.eq(given.xor()),
            ]
        with m.If(write):
            m.d.sync += addr.eq(Mux(last_word, 0, addr + 1))
            with m.If(last_word):
                m.d.sync += column.eq(Mux(last_column, 0, column + 1))
                with m.If(last_column):
                    m.d.sync += which.eq(which + 1)
        with m.If(self.begins):
            m.d.sync += [which.eq(0), column.eq(0), addr.eq(0)]
        return last_word & last_column & (which == len(memories) - 1)
