"""Layer norm behind a sequencer: each pass goes through once, in order, and is held until then."""

from amaranth.hdl import Array, C, Cat, Mux, Signal

from pascaline.hdl.norm.control import NormControl
from pascaline.hdl.norm.hold import Hold
from prove.claim import Claim
from prove.designs import QUICK, small_design
from prove.harness import Harness
from prove.steps import Steps, timer
from prove.traffic import Queue, Tag
from prove.waits import Results, States, progress

__all__ = ["claims"]

UNDER_WAY = 6
"""Passes that have been read and have not come out: no more than these."""

NUMBER = 2
"""Bits of the number of a pass: there is room for two, so one more is never taken for another."""

DRIVEN = ("freed", "met", "met_token")
"""What layer norm tells its sequencer."""


class Passes:
    """Passes that a sequencer reads go through the hold and the control of its layer norm.

    Parameters
    ----------
    steps : Steps
        The sequencer.

    Attributes
    ----------
    hold, control : Hold, NormControl
        Of the layer norm, connected as there.
    done, bank, most
        As of `prove.waits.Written`.
    bank_read, bank_left : Value
        The bank of h that a pass makes which has been read to its end; of one that comes out.
    read, left : Value
        A pass has been read to its end; the first group of one is standardised in the next cycle.
    late : int
        From ``left`` to the first cycle in which h of that group is in memory.
    """

    def __init__(self, steps):
        harness, program, dut = steps.harness, steps.program, steps.dut
        norm, m, past = program.norm, harness.m, harness.past
        self.hold = hold = harness.place(Hold(program), "hold")
        self.control = control = harness.place(NormControl(program), "control")
        wait = program.norm_latency - program.issue - 1
        tile = dut.read & dut.ends_tile
        token = past(dut.token.as_value(), wait)
        m.d.comb += [
            hold.arrives.eq(past(tile, wait)),
            hold.last_tile.eq(past(dut.last_tile, wait)),
            hold.token.as_value().eq(token),
            hold.reads.eq(control.reads),
            hold.group.eq(control.group),
            hold.done.eq(control.done),
            control.full.eq(hold.full),
            control.full_token.as_value().eq(hold.full_token.as_value()),
            dut.freed.eq(control.freed),
            dut.met.eq(control.met),
            dut.met_token.as_value().eq(control.met_token.as_value()),
        ]
        # One comes out for each that goes in, in order.
        self.read, self.left = tile & dut.last_tile, control.arrives
        self.bank_read = steps.bank(steps.turn, steps.of("to"))
        bits = len(dut.token.as_value())
        queue = Queue(harness, bits + len(self.bank_read), UNDER_WAY, name="passes")
        self.bank_left = queue.front[bits:]
        given = Cat(control.token.as_value(), self.bank_left)
        queue.step(
            self.read, Cat(dut.token.as_value(), self.bank_read), self.left, given
        )
        pause = timer(harness, self.left, norm.groups, norm.groups, "tile_of_pass")
        harness.always(~self.left | (pause == 0))
        self.late = 1 + program.whole
        whole = self.late + norm.groups - 1
        final = self.left & (control.token.index == len(program.passes) - 1)
        self.done, self.bank = past(final, whole), past(self.bank_left, whole)
        self.most = program.written_latency - program.issue + 2 * norm.cycles


def time(program):
    """Each pass comes out once, in order; h is read when it is written; no deadlock."""

    def build(harness: Harness):
        steps = Steps(harness, program, DRIVEN)
        passes = Passes(steps)
        results = Results(steps, passes)
        states = States(steps, results) if program.stateful else None
        _operands(steps, passes)
        progress(steps, passes, results, states)

    return build


def _operands(steps, passes):
    """Any one chunk of any one bank of the memory of h is read when it has been written."""
    dut, harness, program = steps.dut, steps.harness, steps.program
    chunks, groups = program.hidden_chunks, program.norm.groups
    slots = program.passes[0].sources[0].product.simd // program.drain.cell_units
    late = [passes.late + min((chunk + 1) * slots, groups) - 1 for chunk in range(chunks)]
    bank = harness.constant(len(dut.bank), "any_bank")
    chunk = harness.constant(range(chunks), "any_chunk")
    harness.suppose(chunk < chunks)
    left = passes.left & (passes.bank_left == bank)
    under_way = Signal(range(UNDER_WAY + 1), name="any_bank_under_way")
    harness.m.d.sync += under_way.eq(
        under_way + (passes.read & (passes.bank_read == bank)) - left
    )
    wait = timer(harness, left, Array(C(one) for one in late)[chunk], max(late), "unwritten")
    read = dut.read & dut.from_h & ~dut.zero & (dut.bank == bank) & (dut.chunk == chunk)
    harness.always(~read | ((under_way == 0) & (wait == 0)))


def held(program):
    """Sums and totals of a pass stay until they have been read, whatever pass comes next."""

    def build(harness: Harness):
        steps = Steps(harness, program, DRIVEN)
        passes = Passes(steps)
        m, norm, hold, control = harness.m, program.norm, passes.hold, passes.control
        sums = harness.free(len(hold.sums.as_value()), "sums")
        m.d.comb += hold.sums.as_value().eq(sums)
        # Groups that come in, groups that are read.
        group, came, gone = Signal(range(norm.groups)), Signal(NUMBER), Signal(NUMBER)
        last = group == norm.groups - 1
        with m.If(hold.shift):
            m.d.sync += [group.eq(Mux(last, 0, group + 1)), came.eq(came + last)]
        m.d.sync += gone.eq(gone + control.done)
        place = Cat(group, came)
        tag = Tag(harness, len(place), len(sums))
        tag.comes(hold.shift, place, sums)
        read, at = control.reads, Cat(control.group, gone)
        past = harness.past
        tag.goes(past(read, norm.read), past(at, norm.read), hold.found.as_value())
        # The total of any one pass, of the first gate and operand.
        total, number = hold.totals.s0[0], harness.constant(NUMBER, "any_pass")
        counted = [hold.sums[k * norm.drain.gates].s0 for k in range(norm.drain.cell_units)]
        wanted = Signal.like(total, name="total")
        added = sum(
            Mux(last, 0, one) if k >= norm.tail else one for k, one in enumerate(counted)
        )
        with m.If(hold.shift & (came == number)):
            m.d.sync += wanted.eq(Mux(group == 0, 0, wanted) + added)
        harness.always(~(control.begins & (gone == number)) | (total == wanted))

    return build


LAYER = QUICK | {"normaliser": {"kind": "layernorm"}}
TILES = {"hidden": 2, "units": 1, "simd": 2}

CASES = {
    "one layer": {"layer": LAYER, **TILES},
}


def claims():
    """All claims about layer norm behind a sequencer."""
    found = []
    for name, options in CASES.items():
        program = small_design(**options).cores[0].program
        found.append(Claim(f"norms: time, {name}", time(program), 60, "reach"))
        found.append(Claim(f"norms: held, {name}", held(program), 60, "reach"))
    return found
