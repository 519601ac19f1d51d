"""The registers of a machine on a bus: one table.

The register file, the C header, the page and the Python driver are all made from it. Registers are
32 bits wide and little-endian; an access to an address that is not in the table is answered with an
error, and so is a write to a register that has nothing to write.
"""

from __future__ import annotations

from pascaline.spec.bus import TID_BITS, input_bytes, output_bytes
from pascaline.spec.design import Design
from pascaline.spec.fields import (
    Constant,
    Control,
    Counter,
    Pulse,
    RegisterField,
    Status,
    Sticky,
    Word,
)
from pascaline.spec.loading import ERRORS as REFUSALS
from pascaline.spec.loading import header
from pascaline.spec.machine import Machine
from pascaline.spec.modelfile import model_hash
from pascaline.spec.register import WORD, Register
from pascaline.spec.states import ELEMENT_BITS, state_size

__all__ = [
    "ERRORS",
    "LOAD",
    "MAGIC",
    "MAP_VERSION",
    "packet_errors",
    "registers",
]

MAGIC = 0x50415343
"""The value of register ``id``: PASC in ASCII."""

MAP_VERSION = 0x00010000
"""Version of this table: major in the upper half, minor in the lower."""

LOAD = range(0x800, 0x1000)
"""Addresses for the loading of weights; not used if weights are in ROM."""

ERRORS = {
    "cut": "a packet ended in the middle of a vector, or lacked bytes (TKEEP) of one",
    "long": "a packet had more than `longest` vectors",
    "tid": "the TID of a beat was not that of a stream of the machine",
    "early": "a beat came while the machine was not enabled",
    "range": "an element was not in the range of its format",
    "loading": "a beat came while weights were loaded, or before there were any",
}
"""Faults of packets by the names of their bits, from bit 0 on. The packet is dropped as a whole."""


STATES = {
    "loading": "an image is coming, or waits for the results of packets",
    "loaded": "there are good weights",
    "load_ready": "a word of an image can be written",
}
"""Bits of register ``status`` about weights that are loaded, from bit 1 on."""


def registers(design: Design) -> tuple[Register, ...]:
    """The registers of a design, by address. What a machine does not have is not there."""
    states = _states(design) if design.machine.bus_states else []
    loading = _loading() if design.machine.home.loaded else []
    return (
        *_identity(design),
        *_shape(design),
        *_control(design),
        *_counters(),
        *states,
        *loading,
    )


def packet_errors(design: Design) -> list[str]:
    """Those of `ERRORS` that a machine can tell."""
    return [name for name in ERRORS if design.machine.home.loaded or name != "loading"]


def _identity(design: Design) -> list[Register]:
    if design.machine.home.loaded:
        doc = "Whose images it takes: the word `shape` of their headers."
        weights = _constant("shape", 0x00C, header(design)["shape"], doc)
    else:
        doc = (
            "Which weights are inside: the first 32 bits of the SHA-256 of the model file as it is."
        )
        weights = _constant("model", 0x008, int(model_hash(design.model)[:8], 16), doc)
    return [
        _constant("id", 0x000, MAGIC, "Says that this is such a machine: PASC in ASCII."),
        _constant("version", 0x004, MAP_VERSION, "Of this table: major, then minor, 16 bits each."),
        weights,
    ]


def _inputs(machine: Machine) -> str:
    if machine.symbols:
        return "Symbols; a vector is the number of one, or a number beyond them for none."
    return "Elements of an input vector."


def _shape(design: Design) -> list[Register]:
    network, machine, head = design.network, design.machine, design.head
    given, taken = input_bytes(design), output_bytes(design)
    ways = network.layer.directions if head is None else 1
    kind = 2 if head is None else ("class", "logits").index(head.output)
    every = network.results == "every"
    wired = machine.home.wired
    units = max(core.units for core in design.cores) if wired else machine.units
    return [
        _constant("inputs", 0x010, network.inputs, _inputs(machine)),
        _constant("beats", 0x014, given.beats, "Beats of an input vector."),
        _constant("results", 0x018, taken.numbers * ways, "Numbers of a result."),
        _constant("longest", 0x01C, machine.longest, "Vectors that a packet may have."),
        _constant("streams", 0x020, machine.streams, "Streams of sequences; TIDs are below."),
        Register(
            name="format",
            offset=0x024,
            doc="How numbers are built.",
            fields=(
                _fixed("x_bits", 0, 8, given.width, "bits of an element of x"),
                _fixed("x_signed", 8, 1, given.signed, "it is signed"),
                _fixed("x_bytes", 9, 4, given.size, "bytes that it takes on `s_axis`"),
                _fixed("o_bits", 16, 8, taken.width, "bits of a number of a result"),
                _fixed("o_signed", 24, 1, taken.signed, "it is signed"),
                _fixed("o_bytes", 25, 4, taken.size, "bytes that it takes on `m_axis`"),
                _fixed("result", 29, 2, kind, "0: a class; 1: logits; 2: h"),
                _fixed("every", 31, 1, every, "a result after every vector, not only the last"),
            ),
        ),
        Register(
            name="machine",
            offset=0x028,
            doc="How much hardware there is.",
            fields=(
                _fixed("units", 0, 16, units, "hidden units side by side"),
                _fixed("simd", 16, 16, machine.simd, "inputs that a lane adds in a cycle"),
            ),
        ),
    ]


def _control(design: Design) -> list[Register]:
    faults: list[RegisterField] = [
        Sticky(name=name, place=list(ERRORS).index(name), doc=ERRORS[name])
        for name in packet_errors(design)
    ]
    states = _flags({"busy": "packets are waiting, or have results to come"})
    if design.machine.home.loaded:
        states += _flags(STATES, first=1)
        doc = "an image was refused when its last word had come; `load_error` says why"
        faults.append(Sticky(name="load", place=16, doc=doc))
    else:
        rom = "weights are wires" if design.machine.home.wired else "weights are in ROM"
        states += (
            _fixed("loading", 1, 1, 0, f"0: {rom}"),
            _fixed("loaded", 2, 1, 1, f"1: {rom}"),
        )
        faults.append(_fixed("load", 16, 1, 0, f"0: {rom}"))
    if design.machine.bus_states:
        doc = "nothing uses the memory of states: it can be written and read"
        states += (Status(name="states", place=4, doc=doc),)
    if design.machine.parity:
        doc = "a word of a memory was not as it had been written: no more results until reset"
        faults.append(Status(name="fault", place=17, doc=doc))
    events = {"done": "the last result of a packet was taken", "error": "a bit of `error` was set"}
    return [
        Register(
            name="control",
            offset=0x040,
            doc="What the machine is to do.",
            fields=(
                Control(name="enable", doc="take packets"),
                Pulse(name="clear", place=1, doc="set all counters to 0"),
            ),
        ),
        Register(
            name="status",
            offset=0x044,
            doc="What the machine is doing.",
            fields=states,
        ),
        Register(
            name="error",
            offset=0x048,
            doc="What was wrong; bits 0 to 15: with packets that were dropped.",
            fields=tuple(faults),
        ),
        Register(
            name="interrupt_enable",
            offset=0x04C,
            doc="Which events raise `irq`.",
            fields=tuple(
                Control(name=name, place=place, doc=doc)
                for place, (name, doc) in enumerate(events.items())
            ),
        ),
        Register(
            name="interrupt_status",
            offset=0x050,
            doc="Which events there were; `irq` is 1 while one of them is enabled.",
            fields=tuple(
                Sticky(name=name, place=place, doc=doc)
                for place, (name, doc) in enumerate(events.items())
            ),
        ),
    ]


def _counters() -> list[Register]:
    counted = {
        "packets": "Packets that were taken.",
        "dropped": "Packets that were dropped.",
        "steps": "Vectors that went into the lanes' memory.",
        "results_out": "Packets of results whose last beats were taken.",
        "busy_cycles": "Cycles in which `status.busy` was 1.",
        "stalled_in": "Cycles in which a beat of `s_axis` had to wait.",
        "stalled_out": "Cycles in which a beat of `m_axis` had to wait.",
    }
    return [
        Register(
            name=name,
            offset=0x060 + 4 * place,
            doc=doc,
            fields=(Counter(name="count", width=WORD, doc="modulo 2**32"),),
        )
        for place, (name, doc) in enumerate(counted.items())
    ]


def _states(design: Design) -> list[Register]:
    return [
        _constant("state_size", 0x080, state_size(design), "Elements of a stream's state."),
        Register(
            name="state_index",
            offset=0x084,
            doc="The element of the memory of states that comes next; an error if there is none.",
            fields=(
                Word(name="element", width=ELEMENT_BITS, doc="each layer's h, then its c"),
                Word(name="stream", place=ELEMENT_BITS, width=TID_BITS, doc="stream, as in TID"),
            ),
        ),
        Register(
            name="state_in",
            offset=0x088,
            doc="Writes that element, and goes on to the next one of the stream's state.",
            fields=(Word(name="element", width=WORD, doc="extended by sign"),),
        ),
        Register(
            name="state_out",
            offset=0x08C,
            doc="Reads that element; 0 while `status.states` is 0, and beyond the last one.",
            fields=(Status(name="element", width=WORD, doc="extended by sign"),),
        ),
    ]


def _loading() -> list[Register]:
    given = Word(name="word", width=WORD, doc="a word")
    return [
        Register(
            name="load_data",
            offset=LOAD.start,
            doc="A word of an image, but not its last one.",
            fields=(given,),
        ),
        Register(
            name="load_last", offset=LOAD.start + 4, doc="An image's last word.", fields=(given,)
        ),
        Register(
            name="load_error",
            offset=LOAD.start + 8,
            doc="Why the last image was refused; 0 from the first word of the next one on.",
            fields=_flags(REFUSALS),
        ),
    ]


def _flags(docs: dict[str, str], *, first: int = 0) -> tuple[RegisterField, ...]:
    """Signals of the machine, a bit each."""
    return tuple(
        Status(name=name, place=place, doc=doc)
        for place, (name, doc) in enumerate(docs.items(), first)
    )


def _constant(name: str, offset: int, value: int, doc: str) -> Register:
    field = Constant(name="value", width=WORD, value=value, doc="a constant")
    return Register(name=name, offset=offset, doc=doc, fields=(field,))


def _fixed(name: str, place: int, width: int, value: int, doc: str) -> Constant:
    return Constant(name=name, place=place, width=width, value=int(value), doc=doc)
