"""The side of an element-wise part that a core sees, whatever the part is made of."""

from amaranth.hdl import Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.parity import fault_member
from pascaline.hdl.shapes import shape, sums_struct
from pascaline.hdl.store import loads
from pascaline.hdl.walsh.transform import sums_signature
from pascaline.spec.cells.layer import Layer
from pascaline.spec.drain import Drain
from pascaline.spec.machine import Machine
from pascaline.spec.program import Program
from pascaline.spec.unit import UnitSpec

__all__ = ["Elements", "count_groups", "made_layout", "next_group", "token_layout"]


def token_layout(program: Program):
    """Flags of a step that go with a tile from the lanes to the results.

    ``fresh``: the step starts from zero. ``result``: it has a result. ``last``: it ends its
    sequence. ``stream``: its stream. ``index``: the number of the pass. For a core that comes next,
    ``state``: what the sequence starts from; ``dump``: its final state is wanted.
    """
    passes = (len(program.passes) - 1).bit_length()
    onward = program.onward and program.stateful
    fields = {"fresh": 1, "result": 1, "last": 1, "stream": program.stream_bits, "index": passes}
    return data.StructLayout(fields | {"state": 2 * onward, "dump": 1 * onward})


def made_layout(layer: Layer):
    """What a unit gives whose state is standardised: ``c``, and what is ``held`` for its h."""
    return data.StructLayout({"c": shape(layer.carried), "held": shape(layer.held)})


def count_groups(m, arrives, token, groups, most):
    """Count the groups of a tile, one a cycle, from the cycle after it has arrived.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    arrives : Value
        Its first group is at the front in the next cycle.
    token : Value
        With ``arrives``: flags of its step.
    groups : Value
        With ``arrives``: how many groups it has, less 1.
    most : int
        ``groups`` is less than that.

    Returns
    -------
    busy : Signal
        There is a group at the front.
    left : Signal
        How many come after it.
    flags : Signal
        With ``busy``: the token.
    """
    busy = Signal()
    left = Signal(range(most))
    flags = Signal.like(token, name="flags")
    with m.If(arrives):
        m.d.sync += [busy.eq(1), left.eq(groups), flags.eq(token)]
    with m.Elif(left == 0):
        m.d.sync += busy.eq(0)
    with m.Else():
        m.d.sync += left.eq(left - 1)
    return busy, left, flags


def next_group(m, arrives, token, busy, left, flags):
    """Whether there is a group in the next cycle, and its stream; see `count_groups`."""
    upcoming = Signal()
    stream = Signal.like(token.stream, name="stream")
    m.d.comb += [
        upcoming.eq(arrives | (busy & (left != 0))),
        stream.eq(Mux(arrives, token.stream, flags.stream)),
    ]
    return upcoming, stream


class Elements(wiring.Component):
    """What all element-wise parts have in common: their side of a core.

    Parameters
    ----------
    unit, drain, program : UnitSpec, Drain, Program
        What a unit is like; how sums come to the units; which steps they belong to.
    memories : Memories
        Scales and biases, ``rows``; if there are any, tensors of units, ``units``, and the c that
        sequences start from, ``initial_c``. Where the state is standardised, `Finishing` has those
        of units.
    machine : Machine
        Where those live, and whether there is parity.

    Members
    -------
    arrives : In(1)
        The next cycle has a new tile at the front of the drain.
    last_tile : In(1)
        With ``arrives``: it is the pass' last.
    token : In(token_layout(program))
        With ``arrives``: flags of the step.
    sums : In(data.ArrayLayout(sums_struct(unit.lane_sums), drain.front))
        The front of the drain.
    transform : Out(sums_signature(program, parity=machine.parity))
        Reads the sums of the transform that meet those of the lanes; only there if there is one.
    shift : Out(1)
        Bring the next sums to the front.
    h : Out(data.ArrayLayout(shape(layer.h), drain.cell_units))
        New h of a group; this and the next two are only there if the state is not standardised.
    write : Out(1)
        ``h`` is there (only there with it).
    write_token : Out(token_layout(program))
        With ``write``: flags of the step (only there with it).
    made : Out(data.ArrayLayout(made_layout(layer), drain.cell_units))
        What a group gives ``pipeline.made`` cycles after it came to the front; only there if the
        state is standardised.
    state : In(wiring.Signature)
        Access to c while no step is on its way (only there if there is a c): ``addr`` is a group of
        one of the layers and ``stream`` its stream, ``data`` the word of the address
        ``pipeline.memory`` cycles ago, ``write_en`` and ``write_data`` write. ``dumps``: ``data``
        is read to be given out; ``wrong``: it is not as it was written.
    load : In(load_layouts(machine, memories))
        What writes scales, biases and tensors of units.
    fault : Out(machine.parity)
        What was read for a step was not as it had been written.
    """

    def __init__(
        self, *, unit: UnitSpec, drain: Drain, program: Program, memories, machine: Machine
    ):
        self._unit, self._drain, self._program = unit, drain, program
        self._memories, self._machine = memories, machine
        members = {
            "arrives": In(1),
            "last_tile": In(1),
            "token": In(token_layout(program)),
            "sums": In(data.ArrayLayout(sums_struct(unit.lane_sums), drain.front)),
            "shift": Out(1),
        }
        if unit.layer.held is None:
            members |= {
                "h": Out(data.ArrayLayout(shape(unit.layer.h), drain.cell_units)),
                "write": Out(1),
                "write_token": Out(token_layout(program)),
            }
        else:
            members["made"] = Out(data.ArrayLayout(made_layout(unit.layer), drain.cell_units))
        if unit.transformed:
            members["transform"] = Out(sums_signature(program, parity=machine.parity))
        if unit.layer.carried is not None:
            cell = data.ArrayLayout(shape(unit.layer.carried), drain.cell_units)
            state = {
                "select": Out(1),
                "addr": Out(range(program.layers * drain.groups)),
                "stream": Out(program.stream_bits),
                "data": In(cell),
                "write_en": Out(1),
                "write_data": Out(cell),
                "dumps": Out(int(machine.parity)),
                "wrong": In(int(machine.parity)),
            }
            members["state"] = In(wiring.Signature(state))
        super().__init__(members | loads(machine, memories) | fault_member(machine.parity))
