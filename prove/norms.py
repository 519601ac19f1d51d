"""Layer norm behind a sequencer: each pass goes through once, in order, and is held until then."""

from amaranth.hdl import Array, C, Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.cells.elements import made_layout
from pascaline.hdl.cells.finishing import Finishing
from pascaline.hdl.norm.control import NormControl
from pascaline.hdl.norm.hold import Hold
from pascaline.hdl.shapes import shape
from prove.claim import Claim
from prove.designs import QUICK, small_design
from prove.harness import Harness
from prove.steps import Steps, timer
from prove.traffic import Queue, Tag
from prove.waits import Results, States, progress

__all__ = ["claims"]

UNDER_WAY = 4
"""Passes that have been read and have not come out: no more than these."""

NUMBER = 2
"""Bits of the number of a pass: there is room for two, so one more is never taken for another."""

DRIVEN = ("freed", "met", "met_token")
"""What layer norm tells its sequencer."""


class Norm:
    """The hold and the control of a layer norm, connected as there.

    Parameters
    ----------
    harness : Harness
        Where they stand.
    program : Program
        As the layer norm sees it.
    name : str
        Of it.
    arrives, last_tile, token : Value
        The next cycle has the first group of a tile; whether it is the pass' last; its flags.
    """

    def __init__(self, harness, program, name, *, arrives, last_tile, token):
        self.unit = program.norm
        self.hold = hold = harness.place(Hold(program), f"{name}_hold")
        self.control = control = harness.place(NormControl(program), f"{name}_control")
        harness.m.d.comb += [
            hold.arrives.eq(arrives),
            hold.last_tile.eq(last_tile),
            hold.token.as_value().eq(token),
            hold.reads.eq(control.reads),
            hold.group.eq(control.group),
            hold.done.eq(control.done),
            control.full.eq(hold.full),
            control.full_token.as_value().eq(hold.full_token.as_value()),
        ]


class Held(wiring.Component):
    """What units hold while layer norm has their c, as `Finishing` keeps it, by itself."""

    def __init__(self, core):
        held = data.ArrayLayout(shape(core.layer.held), core.cell_units)
        made = data.ArrayLayout(made_layout(core.layer), core.cell_units)
        super().__init__({"made": In(made), "write": In(1), "busy": In(1), "held": Out(held)})
        self._unit, self._norm, self._machine = core.unit, core.state_norm, core.machine

    def elaborate(self, platform):
        m = Module()
        word, _ = Finishing._queue(self, m, self.write, self.busy)
        m.d.comb += self.held.eq(word)
        return m


class Passes:
    """Passes that a sequencer reads, on their way through layer norm.

    Parameters
    ----------
    harness : Harness
        Where they stand.
    core : Core
        Has layer norm of its sums, of its c, or of both.

    Attributes
    ----------
    steps : Steps
        The sequencer.
    norms : list of Norm
        In the order in which a pass comes to them.
    read, left : Value
        A pass has been read to its end; in the next cycle the first group of one is standardised.
    token : View
        With ``left``: flags of its step.
    bank_read, bank_left : Value
        With ``read``, ``left``: the bank of h that the pass makes.
    banks : Queue
        Those of passes that have been read to their end and have not left.
    late : int
        From ``left`` to the first cycle in which h of that group is in memory.
    done, bank, most
        As of `prove.waits.Written`.
    """

    def __init__(self, harness, core):
        program, m, past = core.program, harness.m, harness.past
        self.steps = steps = Steps(harness, program, DRIVEN)
        dut = steps.dut
        wait = program.norm_latency - program.issue - 1
        tile = dut.read & dut.ends_tile
        arrives, last_tile = past(tile, wait), past(dut.last_tile, wait)
        token = past(dut.token.as_value(), wait)
        self.norms, pipeline = [], core.pipeline
        for name in ("sums", "state"):
            if getattr(core.norms, name) is None:
                continue
            if self.norms:
                arrives, token = (past(one, pipeline.made) for one in (arrives, token))
            seen = getattr(core, f"{name}_program")
            norm = Norm(harness, seen, name, arrives=arrives, last_tile=last_tile, token=token)
            self.norms.append(norm)
            arrives, last_tile = norm.control.arrives, 1
            token = norm.control.token.as_value()
        first, final = self.norms[0].control, self.norms[-1].control
        m.d.comb += [
            dut.freed.eq(first.freed),
            dut.met.eq(final.met),
            dut.met_token.as_value().eq(final.met_token.as_value()),
        ]
        self.read, self.left, self.token = tile & dut.last_tile, final.arrives, final.token
        self.bank_read = steps.bank(steps.turn, steps.of("to"))
        self.banks = Queue(harness, len(self.bank_read), UNDER_WAY, name="banks")
        self.bank_left = self.banks.front
        self.banks.step(self.read, self.bank_read, self.left, self.bank_left)
        whole = self.left & (self.token.index == len(program.passes) - 1)
        groups = self.norms[-1].unit.groups
        self.late = 1 + seen.whole
        until = self.late + groups - 1
        self.done, self.bank = past(whole, until), past(self.bank_left, until)
        waits = sum(2 * norm.unit.cycles for norm in self.norms)
        self.most = program.written_latency - program.issue + waits


def time(core):
    """A chunk of h is read when it is written."""

    def build(harness: Harness):
        _operands(Passes(harness, core))

    return build


def goes_on(core):
    """Results and states move when they are whole; a chunk is read every so many cycles."""

    def build(harness: Harness):
        passes = Passes(harness, core)
        results = Results(passes.steps, passes)
        states = States(passes.steps, results) if core.stateful else None
        progress(passes.steps, passes, results, states)

    return build


def _operands(passes):
    """Any one chunk of any one bank of the memory of h is read when it has been written."""
    steps = passes.steps
    dut, harness, program = steps.dut, steps.harness, steps.program
    chunks, groups = program.hidden_chunks, passes.norms[-1].unit.groups
    slots = program.passes[0].sources[0].product.simd // program.drain.cell_units
    late = [passes.late + min((chunk + 1) * slots, groups) - 1 for chunk in range(chunks)]
    bank = harness.constant(len(dut.bank), "any_bank")
    chunk = harness.constant(range(chunks), "any_chunk")
    harness.suppose(chunk < chunks)
    left = passes.left & (passes.bank_left == bank)
    wait = timer(harness, left, Array(C(one) for one in late)[chunk], max(late), "unwritten")
    read = dut.read & dut.from_h & ~dut.zero & (dut.bank == bank) & (dut.chunk == chunk)
    harness.always(~read | (~passes.banks.has(bank) & (wait == 0)))


def held(core):
    """Sums, totals and flags of a pass stay until they have been read, whatever comes next."""

    def build(harness: Harness):
        passes = Passes(harness, core)
        flags = Tag(harness, NUMBER, len(passes.token.as_value()), name="flags")
        number = {}
        for name in ("read", "left"):
            count = number[name] = Signal(NUMBER, name=f"passes_{name}")
            harness.m.d.sync += count.eq(count + getattr(passes, name))
        flags.comes(passes.read, number["read"], passes.steps.dut.token.as_value())
        flags.goes(passes.left, number["left"], passes.token.as_value())
        for norm in passes.norms:
            _sums(harness, norm)

    return build


def _sums(harness, norm):
    """Of any pass any group of sums, and any total of one, of the first gate and operand."""
    m, past, unit, hold, control = harness.m, harness.past, norm.unit, norm.hold, norm.control
    sums = harness.free(len(hold.sums.as_value()), "sums")
    m.d.comb += hold.sums.as_value().eq(sums)
    # Groups that come in, groups that are read.
    group, came, gone = Signal(range(unit.groups)), Signal(NUMBER), Signal(NUMBER)
    last = group == unit.groups - 1
    with m.If(hold.shift):
        m.d.sync += [group.eq(Mux(last, 0, group + 1)), came.eq(came + last)]
    m.d.sync += gone.eq(gone + control.done)
    place = Cat(group, came)
    tag = Tag(harness, len(place), len(sums))
    tag.comes(hold.shift, place, sums)
    at = Cat(control.group, gone)
    tag.goes(past(control.reads, unit.read), past(at, unit.read), hold.found.as_value())
    total, number = hold.totals.s0[0], harness.constant(NUMBER, "any_pass")
    counted = [hold.sums[k * unit.drain.gates].s0 for k in range(unit.drain.cell_units)]
    wanted = Signal.like(total, name="total")
    added = sum(Mux(last, 0, one) if k >= unit.tail else one for k, one in enumerate(counted))
    with m.If(hold.shift & (came == number)):
        m.d.sync += wanted.eq(Mux(group == 0, 0, wanted) + added)
    harness.always(~(control.begins & (gone == number)) | (total == wanted))


def queue(core):
    """What a group holds meets its c behind layer norm: none is lost, each is there once."""

    def build(harness: Harness):
        norm = Passes(harness, core).norms[-1]
        dut, m, past, unit = harness.place(Held(core), "held"), harness.m, harness.past, norm.unit
        made = harness.free(len(dut.made.as_value()), "made_in")
        left = timer(harness, norm.control.arrives, unit.groups + 1, unit.groups + 1, "groups_left")
        m.d.comb += [
            dut.made.as_value().eq(made),
            dut.write.eq(norm.hold.shift),
            dut.busy.eq(left != 0),
        ]
        places = []
        for name, goes in (("in", dut.write), ("out", dut.busy)):
            group = Signal(range(unit.groups), name=f"group_{name}")
            number = Signal(NUMBER, name=f"pass_{name}")
            last = group == unit.groups - 1
            with m.If(goes):
                m.d.sync += [group.eq(Mux(last, 0, group + 1)), number.eq(number + last)]
            places.append(Cat(group, number))
        came, gone = places
        given = Cat(one.held for one in dut.made)
        tag = Tag(harness, len(came), len(given))
        tag.comes(dut.write, came, given)
        late = core.pipeline.meets
        tag.goes(past(dut.busy, late), past(gone, late), dut.held.as_value())

    return build


NORM = {"kind": "layernorm", "mantissa": 4}
TILES = {"units": 1, "simd": 2}

CASES = {
    "sums": {"layer": QUICK | {"normaliser": NORM}},
    "c": {"layer": {"cell_affine": NORM}},
}
"""What is claimed: what is standardised."""

PASSES = 48
"""Cycles in which three passes go through."""


def claims():
    """All claims about layer norm behind a sequencer."""
    found = []
    for name, options in CASES.items():
        [core] = small_design(**options, **TILES).cores
        found += [
            Claim(f"norms: time, {name}", time(core), PASSES, "reach"),
            # ABC finds an invariant for the shorter of the two alone.
            Claim(
                f"norms: progress, {name}",
                goes_on(core),
                PASSES,
                "reach" if core.norm is not None else "merge",
            ),
            Claim(f"norms: held, {name}", held(core), PASSES, "merge"),
        ]
        if core.state_norm is not None:
            found.append(Claim(f"norms: queue, {name}", queue(core), PASSES, "merge"))
    return found
