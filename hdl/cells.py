# amaranth: UnusedElaboratable=no
"""The element-wise part of a step: what leaves the drain becomes new c and h."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from hdl.kinds import place
from hdl.lstm import LstmUnit
from hdl.rom import read_rom
from hdl.shapes import delayed, shape, sums_struct
from hdl.vector import GroupPointer
from spec.design import Design
from spec.image import cell_layout, cell_words, row_layout, row_words
from spec.network import GATES

__all__ = ["Cells", "cells_members", "token_layout"]


def token_layout(design: Design):
    """What travels with a tile.

    The step starts from zero, has a result, ends its sequence; the stream that it belongs to.
    """
    fields = {"fresh": 1, "result": 1, "last": 1, "stream": design.stream_bits}
    return data.StructLayout(fields)


def cells_members(design: Design):
    """What the element-wise part has to do with the rest of a machine, whatever it is made of.

    Members
    -------
    loaded : In
        The next cycle has a new tile at the front of the drain.
    last_tile : In
        With ``loaded``: it is the step's last.
    token : In
        With ``loaded``: flags of the step.
    sums : In
        The front of the drain.
    shift : Out
        Bring the next sums to the front.
    h : Out
        New h of a group.
    write : Out
        ``h`` is there.
    write_token : Out
        With ``write``: flags of the step.
    state : In
        Access to c while no step is on its way: ``addr`` is a group and ``stream`` its stream,
        ``data`` the word of the address ``pipeline.memory`` cycles ago, ``write_en`` and
        ``write_data`` write.
    """
    cell = data.ArrayLayout(shape(design.layer.cell), design.cell_units)
    state = {
        "select": Out(1),
        "addr": Out(range(design.groups)),
        "stream": Out(design.stream_bits),
        "data": In(cell),
        "write_en": Out(1),
        "write_data": Out(cell),
    }
    return {
        "loaded": In(1),
        "last_tile": In(1),
        "token": In(token_layout(design)),
        "sums": In(data.ArrayLayout(sums_struct(design.row_sums), design.front)),
        "shift": Out(1),
        "h": Out(data.ArrayLayout(shape(design.layer.h), design.cell_units)),
        "write": Out(1),
        "write_token": Out(token_layout(design)),
        "state": In(wiring.Signature(state)),
    }


class Cells(wiring.Component):
    """``cell_units`` LSTM units, their scales and biases, and the memory of c.

    A tile is taken from the front of the drain group by group, one a cycle, without a pause. Each
    group's new h comes out after ``pipeline.whole - 1`` cycles, and is in memory one later.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    See `cells_members`.
    """

    def __init__(self, design: Design):
        self._design = design
        super().__init__(cells_members(design))

    def elaborate(self, platform):
        m = Module()
        design = self._design

        # Draining: `busy` from the cycle after `loaded` until the last group is at the front.
        busy = Signal()
        left = Signal(range(max(design.tile_groups, 2)))
        flags = Signal(token_layout(design))
        with m.If(self.loaded):
            m.d.sync += [
                busy.eq(1),
                left.eq(Mux(self.last_tile, design.last_groups - 1, design.tile_groups - 1)),
                flags.eq(self.token),
            ]
        with m.Elif(left == 0):
            m.d.sync += busy.eq(0)
        with m.Else():
            m.d.sync += left.eq(left - 1)
        m.d.comb += self.shift.eq(busy)

        # Scales and biases must be there `rows` cycles after the group, so they are read one cycle
        # before it.
        upcoming = Signal()
        m.d.comb += upcoming.eq(self.loaded | (busy & (left != 0)))
        rows = self._parameters(m, "rows", upcoming, row_words(design), self._row_bits)

        # Units, and c for them.
        pipeline = design.pipeline
        written = delayed(m, busy, pipeline.whole - 1, name="write")
        tokens = delayed(m, flags.as_value(), pipeline.whole - 1, name="flags")
        m.d.comb += [self.write.eq(written), self.write_token.eq(tokens)]
        old_c, new_c = self._cell_memory(m, busy, flags.stream)
        after = pipeline.cell_memory - pipeline.memory
        fresh = delayed(m, flags.fresh, pipeline.old_cell - after, name="fresh")
        if design.layer.cell_affine is not None:
            wait = pipeline.old_cell + pipeline.update - pipeline.memory
            reading = delayed(m, busy, wait, name="affine")
            bits = cell_layout(design).bits * design.cell_units
            affines = self._parameters(m, "affines", reading, cell_words(design), bits)
        row_bits = self._row_bits // design.cell_units
        front_bits = sums_struct(design.row_sums).size * len(GATES)
        for k in range(design.cell_units):
            inputs = {
                "sums": self.sums.as_value().word_select(k, front_bits),
                "rows": rows.word_select(k, row_bits),
                "c": delayed(m, Mux(fresh, 0, old_c[k]), after, name=f"c_{k}", reset_less=True),
            }
            if design.layer.cell_affine is not None:
                inputs["affine"] = affines.word_select(k, cell_layout(design).bits)
            unit = place(m, platform, f"unit_{k}", LstmUnit(design), **inputs)
            m.d.comb += [new_c[k].eq(unit.c_next), self.h[k].eq(unit.h_next)]
        return m

    @property
    def _row_bits(self):
        design = self._design
        return row_layout(design).bits * len(GATES) * design.cell_units

    def _parameters(self, m, name, advance, words, bits):
        """A ROM with one word a group, read group after group; latency is ``pipeline.memory``."""
        m.submodules[f"{name}_pointer"] = pointer = GroupPointer(self._design.groups, 1)
        m.d.comb += pointer.advance.eq(advance)
        latency = self._design.pipeline.memory
        return read_rom(m, words, bits, pointer.group, latency=latency, name=name)

    def _cell_memory(self, m, busy, stream):
        """Memory of c: there for the units when they want it, written when they have made it.

        A group's c is written long before the same group of its stream's next step is read: that
        step's tiles wait for h, which is made from c.
        """
        design, state, pipeline = self._design, self.state, self._design.pipeline
        cell = data.ArrayLayout(shape(design.layer.cell), design.cell_units)
        depth = design.groups << design.stream_bits
        m.submodules.old_c = contents = memory.Memory(shape=cell, depth=depth, init=[])
        m.submodules.read_pointer = reader = GroupPointer(design.groups, 1)
        m.submodules.write_pointer = writer = GroupPointer(design.groups, 1)
        read, write = contents.read_port(), contents.write_port()
        at_state = Cat(state.stream, state.addr)
        old_c = delayed(m, read.data, pipeline.long, name="c_word", reset_less=True)
        new_c = Signal(cell)
        reads, writes = (
            pipeline.old_cell - pipeline.cell_memory,
            pipeline.old_cell + pipeline.update,
        )
        written = delayed(m, busy, writes, name="c_write")
        read_stream = delayed(m, stream, reads, name="c_read_stream")
        write_stream = delayed(m, stream, writes, name="c_write_stream")
        m.d.comb += [
            reader.advance.eq(delayed(m, busy, reads, name="c_read")),
            writer.advance.eq(written),
            read.addr.eq(Mux(state.select, at_state, Cat(read_stream, reader.group))),
            state.data.eq(old_c),
        ]
        for port, given, made in (
            (write.addr, at_state, Cat(write_stream, writer.group)),
            (write.en, state.write_en, written),
            (write.data.as_value(), state.write_data.as_value(), new_c.as_value()),
        ):
            chosen = Mux(state.select, given, made)
            m.d.comb += port.eq(delayed(m, chosen, pipeline.long, name="c_chosen"))
        return old_c, new_c
