"""The serial unit: every h and c are the formulas of an LSTM, each in its cycle, one at a time."""

from types import SimpleNamespace

from amaranth.hdl import C, Mux, Signal
from amaranth.lib import data

from pascaline.hdl.core import cell_units
from pascaline.hdl.shapes import shape, struct
from pascaline.spec.cells.lstm import GATES
from pascaline.spec.memories import core_memories
from prove.cells.lstm import formula
from prove.cells.unit import Formulas
from prove.claim import Claim
from prove.designs import small_core
from prove.harness import Harness

__all__ = ["claims"]

AFFINE = {"cell_affine": {"scale_width": 3, "bias_width": 4, "shift": 2}}

CASES = {
    "LSTM, serial, one sum": ({}, {"shared": True}),
    "LSTM, serial, two sums": ({}, {}),
    "LSTM, serial, normalised cell": (AFFINE, {}),
}
"""What is claimed: the layer and the machine."""


class Recorded(Formulas):
    """What a serial unit has got: sums as they left the drain, and the words of a model.

    Parameters
    ----------
    harness, core
        As of `Formulas`.
    """

    def __init__(self, harness, core):
        super().__init__(harness, core)
        memories, unit = core_memories(core), core.unit
        self.rows = self._words(memories["rows"], unit.row_layout)
        if "units" in memories:
            [self.tensors] = self._words(memories["units"], unit.unit_layout)

    def _words(self, memory, layout):
        return [data.View(struct(layout), C(word, struct(layout).size)) for word in memory.words]


def serial(layer, options):
    """One unit: what comes at each shift, c from the step before, from outside, or 0."""

    def build(harness: Harness):
        core = _core(layer, options)
        pipeline, m = core.pipeline, harness.m
        dut = harness.place(cell_units(core), "serial")
        busy = Signal(name="busy")
        cycle = Signal(range(pipeline.whole))
        arrives, over = harness.free(1, "arrives"), cycle == pipeline.whole - 1
        token = harness.free(len(dut.token.as_value()), "token")
        kept = Signal.like(token, name="token_kept")
        harness.suppose(~arrives | ~busy | over)
        m.d.comb += [dut.arrives.eq(arrives), dut.last_tile.eq(1), dut.token.as_value().eq(token)]
        m.d.sync += cycle.eq(Mux(arrives | ~busy, 0, cycle + 1))
        with m.If(arrives):
            m.d.sync += [busy.eq(1), kept.eq(token)]
        with m.Elif(over):
            m.d.sync += busy.eq(0)

        # The sum at the front stays until it is shifted on, which happens once for each gate.
        given, front = Recorded(harness, core), dut.sums[0]
        m.d.comb += front.as_value().eq(harness.free(len(front.as_value()), "front"))
        stays = harness.past(busy & ~dut.shift)
        harness.suppose(~stays | (front.as_value() == harness.past(front.as_value())))
        gate, sums = Signal(range(len(GATES) + 1)), [Signal.like(front) for _ in GATES]
        with m.If(~busy | over):
            m.d.sync += gate.eq(0)
        with m.Elif(dut.shift):
            m.d.sync += gate.eq(gate + 1)
        harness.always(~dut.shift | (busy & (gate != len(GATES))))
        harness.always(~over | (gate == len(GATES)))
        for k, one in enumerate(sums):
            with m.If(dut.shift & (gate == k)):
                m.d.sync += one.eq(front)
        given.sums = sums
        for index in range(len(GATES)):
            given.suppose_row(index)

        # The memory of c, which others may use while no step is on its way.
        state, c = dut.state, Signal(shape(core.layer.carried), reset_less=True)
        use, puts = harness.free(1, "select"), harness.free(1, "write_en")
        put = harness.free(len(state.write_data.as_value()), "write_data")
        harness.suppose(~(busy | arrives) | ~use)
        m.d.comb += [
            state.select.eq(use),
            state.write_en.eq(puts),
            state.write_data.as_value().eq(put),
        ]
        read = harness.past(use & ~puts)
        harness.always(~read | (state.data[0] == harness.past(c)))
        old = Signal.like(c)
        given.old = SimpleNamespace(c=old)
        made, h = formula(given)
        with m.If(arrives):
            after = made["c"] if pipeline.serial_cell == pipeline.whole - 1 else c
            m.d.sync += old.eq(Mux(dut.token.fresh, 0, after))
        with m.If(use & puts):
            m.d.sync += c.eq(put.as_signed())
        with m.Elif(busy & (cycle == pipeline.serial_cell)):
            m.d.sync += c.eq(made["c"])

        harness.always(dut.write == (busy & over))
        harness.always(~dut.write | (dut.h[0] == h))
        harness.always(~dut.write | (dut.write_token.as_value() == kept))

    return build


def _core(layer, options):
    return small_core(hidden=1, inputs=1, layer=layer, cell_unit="serial", **options)


def claims():
    """All claims about serial units."""
    return [
        Claim(f"cells: {name}", serial(*case), _core(*case).pipeline.whole + 4)
        for name, case in CASES.items()
    ]
