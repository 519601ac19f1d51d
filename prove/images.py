"""Images of models: their checksum is the CRC-32 of zlib, and a wrong image is never accepted."""

from functools import reduce
from operator import xor
from zlib import crc32

from amaranth.hdl import Array, C, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.crc.catalog import CRC32_ISO_HDLC
from amaranth.lib.wiring import In, Out

from pascaline.hdl.load import Loader
from pascaline.spec.loading import ERRORS, header
from pascaline.spec.memories import COLUMN, flat
from prove.claim import Claim
from prove.designs import small_design
from prove.harness import Harness

__all__ = ["CHANGES", "claims"]

ONES = (1 << COLUMN) - 1
"""The checksum before the first word; what is stored is its complement."""

CHANGES = tuple(crc32((1 << bit).to_bytes(4, "little"), ONES) ^ ONES for bit in range(COLUMN))
"""What each bit of a word changes in the checksum behind it, according to zlib.

A checksum with a word is the exclusive or of those for which their exclusive or, before, has a 1.
These are independent (`tests.prove`), so that any change of one word, or of the checksum before it,
changes all checksums behind it.
"""


class Checksum(wiring.Component):
    """The checksum of a loader, by itself."""

    start: In(1)
    valid: In(1)
    data: In(COLUMN)
    crc: Out(COLUMN)

    def elaborate(self, platform):
        m = Module()
        m.submodules.crc = crc = CRC32_ISO_HDLC(data_width=COLUMN).create()
        m.d.comb += [
            crc.start.eq(self.start),
            crc.valid.eq(self.valid),
            crc.data.eq(self.data),
            self.crc.eq(crc.crc),
        ]
        return m


def checksum(harness: Harness):
    """The checksum after any word that is taken, whatever it was before."""
    dut, m = harness.place(Checksum(), "checksum"), harness.m
    for name in ("start", "valid", "data"):
        port = getattr(dut, name)
        m.d.comb += port.eq(harness.free(len(port), f"{name}_in"))
    before = Signal(COLUMN)
    m.d.comb += before.eq(Mux(dut.start, ONES, ~dut.crc))
    taken = harness.past(dut.valid)
    for bit in range(COLUMN):
        # In the order of the circuit, in which a solver sees at once what else takes it minutes.
        changed = [k for k in reversed(range(COLUMN)) if CHANGES[k] >> bit & 1]
        wanted = Signal(name=f"wanted_{bit}")
        terms = [before[k] for k in changed] + [dut.data[k] for k in changed]
        m.d.comb += wanted.eq(reduce(xor, terms))
        harness.always(~taken | (dut.crc[bit] == ~harness.past(wanted)))


def accepted(harness: Harness):
    """An image is accepted if all of it is right, else the first reason is told.

    Each word of the payload goes to its place, a cycle later, and nothing else is written.
    """
    design = small_design(hidden=1, inputs=1, head=None, weights="ram")
    dut, m = harness.place(Loader(design), "loader"), harness.m
    word, last = harness.free(COLUMN, "word"), harness.free(1, "last")
    m.d.comb += [
        dut.i.valid.eq(harness.free(1, "valid")),
        dut.i.p.data.eq(word),
        dut.i.p.last.eq(last),
        dut.may_begin.eq(harness.free(1, "may_begin")),
    ]
    taken = dut.i.valid & dut.i.ready
    words = header(design)
    places = [
        (path, addr, column)
        for path, one in flat(design.memories)
        for column in range(one.columns)
        for addr in range(one.depth)
    ]
    assert words["length"] == len(places)
    start, end = len(words), len(words) + len(places)
    count = Signal(range(end + 1), name="expected")
    good = Signal(init=1, name="all_right")
    error = Signal(len(ERRORS), name="first_error")
    wrong = Signal(len(ERRORS), name="found_wrong")
    loaded = Signal(name="accepted")
    bits = {name: 1 << k for k, name in enumerate(ERRORS)}
    # The checksum of the words that have been taken.
    crc = Signal(COLUMN)
    m.d.comb += crc.eq(~harness.inside(COLUMN, "loader", "crc_28.crc_reg")[::-1])
    # The reason that the word at hand gives, if it is the first one.
    for k, (name, value) in enumerate(words.items()):
        with m.If((count == k) & (word != value)):
            m.d.comb += wrong.eq(bits.get(name, bits["magic"]))
    with m.If((count == end) & (word != crc)):
        m.d.comb += wrong.eq(bits["crc"])
    with m.If(last != (count == end)):
        m.d.comb += wrong.eq(bits["length"])
    with m.If(taken):
        m.d.sync += [
            count.eq(Mux(last, 0, Mux(count == end, end, count + 1))),
            good.eq(last | (good & (wrong == 0))),
            loaded.eq(last & good & (wrong == 0)),
        ]
        with m.If(good):
            m.d.sync += error.eq(wrong)
    harness.always(dut.i.ready == ((count != 0) | dut.may_begin))
    harness.always(dut.begins == (taken & (count == 0)))
    harness.always(dut.loaded == loaded)
    harness.always(dut.error == error)

    # Writes.
    put = taken & good & (count >= start) & (count < end)
    index, came = harness.past(count - start), harness.past(word)
    for path, one in flat(design.memories):
        port = dut.load
        for name in path:
            port = port[name]
        for column in range(one.columns):
            mine = Array(C(int(at[0] == path and at[2] == column)) for at in places)[index]
            harness.always(port.en[column] == (harness.past(put) & mine))
        at = Array(C(place[1] * (place[0] == path)) for place in places)[index]
        harness.always(~port.en.any() | ((port.addr == at) & (port.data == came)))

    # What makes the induction go through.
    payload = len(words)
    place = harness.inside(3, "loader", "place")
    stage = Mux(count < payload, count, Mux(count < end, payload, payload + 1))
    harness.always(place == Mux(good, stage, payload + 2))
    memories = [path for path, _ in flat(design.memories)]
    now = Mux((count >= start) & (count < end), count - start, 0)
    for name, values in (
        ("which", [memories.index(path) for path, *_ in places]),
        ("addr", [addr for _, addr, _ in places]),
        ("column", [column for *_, column in places]),
    ):
        width = max(values).bit_length()
        counter = harness.inside(width, "loader", name)
        at = Array(C(value, width) for value in values)[now]
        harness.always(~good | (count == 0) | (count == end) | (counter == at))
    harness.always(((count != 0) | good) & (count <= end))
    harness.always((count == 0) | ((good == (error == 0)) & ~loaded))


def claims():
    """All claims about images."""
    return [
        Claim("images: checksum", checksum, 2, "prove"),
        Claim("images: accepted or refused", accepted, 3, "prove"),
    ]
