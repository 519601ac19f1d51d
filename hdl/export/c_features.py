"""Raw features in C: the integers of the golden model, in a header that needs no library."""

from pascaline.hdl.export.features import affine, listed, rule_for
from pascaline.spec.bus import input_bytes
from pascaline.spec.classes import class_names
from pascaline.spec.design import Design
from pascaline.spec.preprocess import OneHot, Preprocess, Rule

__all__ = ["c_features"]

C_CLASSES = """\
/* Classes by their numbers. */
#define {prefix}_CLASSES {count}
static const char *const {name}_classes[{prefix}_CLASSES] = {{
{names}
}};
"""

C_AFFINE = """\
/* Raw features become integers of x ({x}) by (feature - offset) * gain, rounded to the nearest,
   ties up, and cut at the ends of the format.{steps} */
#define {prefix}_FEATURES {inputs}
static const double {name}_offset[{prefix}_FEATURES] = {{
{offset}
}};
static const double {name}_gain[{prefix}_FEATURES] = {{
{gain}
}};

/* The integers of a vector; returns how many features are beyond x and are cut, or -1 if one is no
   finite number. Doubles must be doubles (FLT_EVAL_METHOD 0: not x87; no -ffast-math): then these
   are the integers of the golden model, bit by bit. */
static inline int {name}_quantize(const double *features, int32_t *x)
{{
    int cut = 0;
    for (int k = 0; k < {prefix}_FEATURES; k++) {{
        const double real = (features[k] - {name}_offset[k]) * {name}_gain[k];
        const double scaled = real * {unit}, up = scaled + 0.5;
        if (!(real >= -DBL_MAX && real <= DBL_MAX))
            return -1;
        cut += scaled > {hi}.0 + 1.0 || scaled < {lo}.0 - 0.5;
        if (up >= {hi}.0 + 1.0) {{
            x[k] = {hi};
        }} else if (up < {lo}.0) {{
            x[k] = {least};
        }} else {{
            x[k] = (int32_t)up;
            x[k] -= x[k] > up;
        }}
    }}
    return cut;
}}
"""

C_SYMBOLS = """\
/* Symbols come as their numbers, 0 to {prefix}_SYMBOLS - 1. */
#define {prefix}_SYMBOLS {inputs}
{names}
/* The integers of a vector for the number of a symbol; returns 0, or -1 if there is no such one. */
static inline int {name}_quantize(uint32_t symbol, int32_t *x)
{{
    if (symbol >= {prefix}_SYMBOLS)
        return -1;
    {body}
    return 0;
}}
"""

C_NAMES = """\
static const char *const {name}_symbols[{prefix}_SYMBOLS] = {{
{names}
}};
"""

VECTOR = "for (uint32_t k = 0; k < {prefix}_SYMBOLS; k++)\n        x[k] = k == symbol ? {one} : 0;"

C_ENCODE = """\
/* The bytes of a vector in a packet, {prefix}_VECTOR_BYTES of them. */
#define {prefix}_VECTOR_BYTES {bytes}
static inline void {name}_encode(const int32_t *x, uint8_t *packet)
{{
    for (int k = 0; k < {prefix}_VECTOR_BYTES; k++) {{
        const int number = k / {size};
        const uint32_t value = number < {numbers} ? (uint32_t)x[number] : 0;
        packet[k] = (uint8_t)(value >> 8 * (k % {size}));
    }}
}}
"""


def c_features(design: Design) -> list[str]:
    """Lines of the C header."""
    words = {"name": design.name, "prefix": design.name.upper()}
    lanes = input_bytes(design)
    packet = {"bytes": lanes.beats * lanes.beat, "size": lanes.size, "numbers": lanes.numbers}
    parts = ["#include <float.h>\n#include <stdint.h>\n"]
    if names := class_names(design.model):
        texts = listed(map(_c_string, names))
        parts.append(C_CLASSES.format(**words, count=len(names), names=texts))
    rule = rule_for(design)
    if isinstance(rule, Preprocess):
        parts.append(_c_affine(design, rule, words))
    elif rule is not None:
        parts.append(_c_symbols(design, rule, words))
    parts.append(C_ENCODE.format(**words, **packet))
    return "\n".join(parts).rstrip().split("\n")


def _c_affine(design: Design, rule: Preprocess, words: dict) -> str:
    x = design.network.x
    # The least integer of 32 bits has no literal of its own.
    least = f"(-{-(x.interval.lo + 1)} - 1)" if x.interval.lo else "0"
    steps = f"\n   Only the first {rule.steps} steps of a sequence count." if rule.steps else ""
    return C_AFFINE.format(
        **words, **affine(rule, x), steps=steps, inputs=len(rule.offset), least=least
    )


def _c_symbols(design: Design, rule: Rule, words: dict) -> str:
    names = ""
    if isinstance(rule, OneHot):
        names = C_NAMES.format(**words, names=listed(map(_c_string, rule.alphabet)))
    one = int(design.network.x.quantize(1.0))
    symbols = design.machine.symbols
    body = "x[0] = (int32_t)symbol;" if symbols else VECTOR.format(**words, one=one)
    return C_SYMBOLS.format(**words, inputs=design.network.inputs, names=names, body=body)


def _c_string(text: str) -> str:
    """A literal of its bytes in UTF-8."""
    plain = {*range(0x20, 0x7F)} - {*b'"\\?'}
    made = "".join(chr(c) if c in plain else f"\\{c:03o}" for c in text.encode())
    return f'"{made}"'
