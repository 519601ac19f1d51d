"""The sequencer: what lanes read is the program, step by step, and each chunk when it is there."""

from amaranth.hdl import Array, C, Cat, Mux

from prove.claim import Claim
from prove.designs import PHASES, QUICK, STACK, small_design
from prove.harness import Harness
from prove.steps import Steps, timer
from prove.waits import Results, States, Written, progress

__all__ = ["claims"]

CYCLES = 30
"""In which waves are looked for of what is refuted: two steps at least."""


def order(program):
    """No chunk is lost, or read twice or out of turn; with it comes what is to be told about it."""

    def build(harness: Harness):
        steps = Steps(harness, program)
        dut, read, flags = steps.dut, steps.dut.read, steps.flags
        own, weight = steps.of("own"), _weight(steps)
        bank = steps.bank(steps.turn ^ own, steps.of("vector"))
        told = {name: steps.of(name) for name in ("from_h", "chunk", "ends_source", "ends_tile")}
        told |= {
            "last_tile": steps.of("last_tile"),
            "weight": Cat(flags.stream, weight) if program.directions > 1 else weight,
            "zero": own & steps.fresh,
            "side": ~steps.turn,
            "stream": flags.stream,
        }
        if not program.words:
            del told["weight"]
        for name, wanted in told.items():
            harness.always(~read | (getattr(dut, name) == wanted))
        harness.always(~(read & dut.from_h) | (dut.bank == bank))
        for name, wanted in _token(steps).items():
            harness.always(~read | (dut.token[name] == wanted))
        harness.always(dut.free == (read & steps.frees))
        if not program.issue:
            _hints(steps)

    return build


def _weight(steps):
    """The word of the weights; of a symbol's, the one that is picked."""
    weight, program = steps.of("weight"), steps.program
    if program.picks is None:
        return weight
    picked = steps.harness.past(steps.dut.picked, program.issue)
    return weight + Mux(steps.dut.from_h, 0, picked)


def _token(steps):
    """What goes along with a chunk of a step."""
    program, flags = steps.program, steps.flags
    told = {"fresh": steps.fresh, "result": steps.result, "index": steps.of("index")}
    told |= {name: flags[name] for name in ("last", "stream")}
    if program.onward and program.stateful:
        told |= {name: flags[name] for name in ("state", "dump")}
    return {name: value for name, value in told.items() if len(steps.dut.token[name])}


def _hints(steps):
    """What makes the induction go through: what the sequencer keeps agrees with all that."""
    dut, harness, program = steps.dut, steps.harness, steps.program
    streams = 1 << program.stream_bits

    def kept(name, width, wanted):
        harness.always(harness.inside(width, "sequencer", name) == wanted)

    running = harness.inside(1, "sequencer", "running")
    harness.always(running | steps.first)
    # A step has begun, but its first chunk has to wait.
    begun = running & steps.first
    harness.always(~begun | dut.full)
    for name in ("from_h", "chunk"):
        harness.always(getattr(dut, name) == steps.of(name))
    if program.words:
        harness.always((dut.weight >> (program.directions - 1)) == _weight(steps))
    # Of two tiles, and of two sources of a single layer, it keeps only what is told.
    if program.tiles > 2:
        kept("tile", (program.tiles - 1).bit_length(), steps.of("tile"))
    if program.layers > 1:
        kept("source", (program.sources - 1).bit_length(), steps.of("source"))
    harness.always(dut.last_tile == steps.of("last_tile"))
    token = _token(steps)
    harness.always(~running | Cat(dut.token[name] == value for name, value in token.items()).all())
    if "index" in token:
        harness.always(dut.token.index == token["index"])
    kept("sides", streams, steps.turns)
    if program.stateful:
        stream = (begun << steps.flags.stream)[:streams]
        kept("has_state", streams, steps.before | stream)


def time(program):
    """Nothing is read before it is there, or written over before it has been read; no deadlock."""

    def build(harness: Harness):
        steps = Steps(harness, program)
        written = Written(steps)
        results = Results(steps, written)
        states = States(steps, results) if program.stateful else None
        _operands(steps)
        _drain(steps)
        progress(steps, written, results, states)

    return build


def _operands(steps):
    """Any one chunk of any one bank of the memory of h is read when it has been written."""
    dut, harness, program = steps.dut, steps.harness, steps.program
    drain, chunks = program.drain, program.hidden_chunks
    slots = program.passes[0].sources[0].product.simd // drain.cell_units
    # Of each chunk the last group: the tile that it is of, and the cycles from that one's end.
    last = [min((chunk + 1) * slots, drain.groups) - 1 for chunk in range(chunks)]
    tiles = [group // drain.tile_groups for group in last]
    least = program.lane_latency - program.issue + program.whole
    late = [least + group % drain.tile_groups * drain.group_cycles for group in last]
    bank = harness.constant(len(dut.bank), "any_bank")
    chunk = harness.constant(range(chunks), "any_chunk")
    harness.suppose(chunk < chunks)
    ends = dut.read & steps.of("ends_tile") & (steps.bank(steps.turn, steps.of("to")) == bank)
    made = ends & (steps.of("tile") == Array(C(tile) for tile in tiles)[chunk])
    left = timer(harness, made, Array(C(one) for one in late)[chunk], max(late), "unwritten")
    read = dut.read & dut.from_h & ~dut.zero & (dut.bank == bank) & (dut.chunk == chunk)
    harness.always(~read | (left == 0))


def _drain(steps):
    """The sums of a tile come when those of the one before it have left, bit by bit."""
    dut, drain = steps.dut, steps.program.drain
    leaves = Mux(steps.of("last_tile"), drain.last_cycles, drain.tile_cycles) + drain.fill - 1
    ends = dut.read & steps.of("ends_tile")
    left = timer(steps.harness, ends, leaves, drain.tile_cycles + drain.fill - 1, "undrained")
    steps.harness.always(~ends | (left == 0))
    if drain.fill > 1:
        # Nothing is read while the bits of what has been read move out.
        moves = timer(steps.harness, ends, C(drain.fill), drain.fill, "moves")
        steps.harness.always(~dut.read | (moves == 0))


TILES = {"hidden": 3, "units": 1, "simd": 2}
WIRES = {"hidden": 3, "simd": 2, "weights": "wired", "effort": 0}

CASES = {
    "one layer": {"layer": QUICK, **TILES},
    "slow drain": {
        "layer": QUICK,
        "hidden": 3,
        "units": 2,
        "simd": 4,
        "cell_units": 1,
        "inputs": 1,
    },
    "two streams, pipelined": {"layer": QUICK, **TILES, "streams": 2, "pipelined": True},
    "two phases": {"layer": PHASES, "units": 1, "simd": 2},
    "two directions": {"layer": QUICK | {"bidirectional": True}, **TILES, "longest": 2},
    "shared stack": {"network": STACK, **TILES, "stack": "shared"},
    "symbols": {"layer": QUICK, **TILES, "symbols": True, "inputs": 3},
    "wires": {"layer": QUICK, **WIRES, "inputs": 3},
    "wires, two phases": {"layer": PHASES, **WIRES, "adders": "serial"},
}
"""What is claimed: machines."""

NORM = {"normaliser": {"kind": "layernorm"}}

ORDERED = CASES | {
    "transform": {"layer": QUICK | {"recurrent": "walsh"}, "hidden": 4, "units": 2, "simd": 2},
    "wires, two streams, pipelined": {"layer": QUICK, **WIRES, "streams": 2, "pipelined": True},
    "layer norm": {"layer": QUICK | NORM, "units": 1, "simd": 2},
    "layer norm, two streams": {"layer": QUICK | NORM, "units": 1, "simd": 2, "streams": 2},
    "layer norm, two phases": {"layer": PHASES | NORM, "units": 1, "simd": 2},
}
"""The same, those that wait for a transform or layer norm, at any time (see `prove.norms`), and one
whose times have no answer after 7 minutes.
"""


def claims():
    """All claims about the sequencer."""
    found = []
    for name, options in ORDERED.items():
        program = small_design(**options).cores[0].program
        mode = "reach" if program.issue else "prove"
        found.append(Claim(f"sequencer: order, {name}", order(program), 16, mode))
        if name in CASES:
            found.append(Claim(f"sequencer: time, {name}", time(program), CYCLES, "reach"))
    return found
