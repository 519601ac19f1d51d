"""The driver in C: functions of the header that use the registers and the bytes of packets."""

from pascaline.hdl.export.packets import room
from pascaline.spec.bus import DUMP, GO_ON, RESTORE, output_bytes
from pascaline.spec.design import Design
from pascaline.spec.registers import registers

__all__ = ["c_driver"]

ACCESS = """\
/* How a register is read and written. A system that needs more than a store (a barrier, a function
   of its own) defines both before it includes this. */
#ifndef PASCALINE_READ
#define PASCALINE_READ(machine, offset) ((machine)[(offset) / 4])
#define PASCALINE_WRITE(machine, offset, word) ((machine)[(offset) / 4] = (word))
#endif
"""

START = """\
/* Whether this is the machine that this header was generated for: 0, or -1. */
static inline int {name}_check(volatile uint32_t *machine)
{{
    static const uint32_t fixed[][2] = {{
{fixed}
    }};
    for (unsigned k = 0; k < sizeof fixed / sizeof fixed[0]; k++)
        if (PASCALINE_READ(machine, fixed[k][0]) != fixed[k][1])
            return -1;
    return 0;
}}

/* The errors since the last call, bits {prefix}_ERROR_..._MASK; they are cleared. */
static inline uint32_t {name}_errors(volatile uint32_t *machine)
{{
    const uint32_t found = PASCALINE_READ(machine, {prefix}_ERROR);
    PASCALINE_WRITE(machine, {prefix}_ERROR, found);
    return found;
}}

/* Check the machine, clear what is left of earlier work, and take packets: 0, or -1 if it is
   another machine, which is then left alone. */
static inline int {name}_start(volatile uint32_t *machine)
{{
    if ({name}_check(machine))
        return -1;
    {name}_errors(machine);
    PASCALINE_WRITE(machine, {prefix}_CONTROL,
                    {prefix}_CONTROL_ENABLE_MASK | {prefix}_CONTROL_CLEAR_MASK);
    return 0;
}}
"""

RESULTS = """\
/* Bytes of the results of a packet of so many vectors, at most. */
#define {prefix}_RESULT_BYTES(vectors) ({fixed} + {each} * (vectors))

/* The number at a place of a packet of results: a class, a logit or an element of h. */
static inline {type} {name}_result(const uint8_t *packet, size_t place)
{{
    uint64_t value = 0;
    for (unsigned k = 0; k < {size}; k++)
        value |= (uint64_t)packet[place * {size} + k] << 8 * k;
    return ({type})({extended});
}}
"""

LOAD = """\
/* Load an image of so many words of 32 bits; it waits for all results of packets that have been
   sent, and packets that come meanwhile are dropped. 0; or why it is refused, a bit
   {prefix}_LOAD_ERROR_..._MASK; or -1 if status has not changed after so many reads. */
static inline int {name}_load(volatile uint32_t *machine, const uint32_t *image, size_t words,
                              uint32_t tries)
{{
    uint32_t left = tries;
    if (PASCALINE_READ(machine, {prefix}_STATUS) & {prefix}_STATUS_LOADING_MASK) {{
        /* What somebody has begun cannot go on: it is refused. */
        while (!(PASCALINE_READ(machine, {prefix}_STATUS) & {prefix}_STATUS_LOAD_READY_MASK))
            if (!left--)
                return -1;
        PASCALINE_WRITE(machine, {prefix}_LOAD_LAST, 0);
        for (left = tries;
             PASCALINE_READ(machine, {prefix}_STATUS) & {prefix}_STATUS_LOADING_MASK;)
            if (!left--)
                return -1;
    }}
    /* An image without a word is refused, too. */
    for (size_t k = 0; k < words || k == 0; k++) {{
        const uint32_t word = words ? image[k] : 0;
        /* Only the first word makes the next one wait. */
        for (left = tries; k < 2 && !(PASCALINE_READ(machine, {prefix}_STATUS) &
                                      {prefix}_STATUS_LOAD_READY_MASK);)
            if (!left--)
                return -1;
        if (k + 1 < words)
            PASCALINE_WRITE(machine, {prefix}_LOAD_DATA, word);
        else
            PASCALINE_WRITE(machine, {prefix}_LOAD_LAST, word);
    }}
    for (left = tries; PASCALINE_READ(machine, {prefix}_STATUS) & {prefix}_STATUS_LOADING_MASK;)
        if (!left--)
            return -1;
    if (PASCALINE_READ(machine, {prefix}_STATUS) & {prefix}_STATUS_LOADED_MASK)
        return 0;
    return (int)PASCALINE_READ(machine, {prefix}_LOAD_ERROR);
}}
"""

STATES = """\
/* TUSER of a packet that goes on, that starts from the memory of states, that is kept there. */
#define {prefix}_GO_ON {go_on}u
#define {prefix}_RESTORE {restore}u
#define {prefix}_DUMP {dump}u

/* The state of a stream, {prefix}_STATE_SIZE_VALUE elements: of each layer h, then c if it has
   one. Both functions wait until no packet is under way; none may come meanwhile, and with parity
   error.fault is to be read afterwards. */
static inline void {name}_write_state(volatile uint32_t *machine, uint32_t stream,
                                     const int32_t *state)
{{
    while (!(PASCALINE_READ(machine, {prefix}_STATUS) & {prefix}_STATUS_STATES_MASK))
        ;
    PASCALINE_WRITE(machine, {prefix}_STATE_INDEX, stream << {prefix}_STATE_INDEX_STREAM_SHIFT);
    for (uint32_t k = 0; k < {prefix}_STATE_SIZE_VALUE; k++)
        PASCALINE_WRITE(machine, {prefix}_STATE_IN, (uint32_t)state[k]);
}}

static inline void {name}_read_state(volatile uint32_t *machine, uint32_t stream, int32_t *state)
{{
    while (!(PASCALINE_READ(machine, {prefix}_STATUS) & {prefix}_STATUS_STATES_MASK))
        ;
    for (uint32_t k = 0; k < {prefix}_STATE_SIZE_VALUE; k++) {{
        PASCALINE_WRITE(machine, {prefix}_STATE_INDEX,
                        stream << {prefix}_STATE_INDEX_STREAM_SHIFT | k);
        state[k] = (int32_t)PASCALINE_READ(machine, {prefix}_STATE_OUT);
    }}
}}
"""


def c_driver(design: Design) -> list[str]:
    """Lines of the C header, behind the offsets of the registers."""
    words = {"name": design.name, "prefix": design.name.upper()}
    fixed = "\n".join(
        f"        {{0x{register.offset:03X}u, 0x{register.value:X}u}},"
        for register in registers(design)
        if register.fixed
    )
    parts = ["#include <stddef.h>\n", ACCESS, START.format(**words, fixed=fixed)]
    parts.append(_results(design, words))
    if design.machine.home.loaded:
        parts.append(LOAD.format(**words))
    if design.machine.bus_states:
        parts.append(STATES.format(**words, go_on=GO_ON, restore=RESTORE, dump=DUMP))
    return "\n".join(parts).rstrip().split("\n")


def _results(design: Design, words: dict) -> str:
    lanes, (fixed, each) = output_bytes(design), room(design)
    bits, sign = 8 * lanes.size, "" if lanes.signed else "u"
    extended = f"({sign}int{bits}_t)value"
    return RESULTS.format(
        **words,
        fixed=fixed,
        each=each,
        size=lanes.size,
        type="int64_t" if lanes.size > 4 or (lanes.size == 4 and not lanes.signed) else "int32_t",
        extended=extended,
    )
