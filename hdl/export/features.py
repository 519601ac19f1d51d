"""What a host needs to feed raw features: the rule of the model and the names of its classes.

All three forms (description, C, Python) compute in double precision what `spec.preprocess` does, in
the same order, so they give the same integers. Multiplying by a power of two is exact, so it does
not matter whether a compiler fuses that product with the sum behind it. The C is in
`hdl.export.c_features`.
"""

from pascaline.spec.classes import class_names
from pascaline.spec.design import Design
from pascaline.spec.formats import Format
from pascaline.spec.preprocess import OneHot, Preprocess, Rule, rule_of

__all__ = ["affine", "described", "listed", "page_features", "python_features", "rule_for"]


def rule_for(design: Design) -> Rule | None:
    """What makes inputs of raw features; None if nobody has said it, as of random weights."""
    return rule_of(design.model) if "preprocess" in design.model.card else None


def described(design: Design) -> dict:
    """Of the description: ``features``, with the format of x, and ``classes`` in their order."""
    rule, features = rule_for(design), None
    if rule is not None:
        features = rule.model_dump(mode="json") | {"format": str(design.network.x)}
    return {"features": features, "classes": list(class_names(design.model))}


def listed(items) -> str:
    """A line for each, as elements of a list."""
    return "\n".join(f"    {item}," for item in items)


def affine(rule: Preprocess, x: Format) -> dict:
    """The numbers of an affine, as C and Python write them, by what templates call them."""
    return {
        "x": x,
        "offset": listed(map(repr, rule.offset)),
        "gain": listed(map(repr, rule.gain)),
        "unit": repr(float(1 << x.frac)),
        "lo": x.interval.lo,
        "hi": x.interval.hi,
    }


PYTHON_CLASSES = '''
CLASSES = {names!r}
"""Names of the classes by their numbers, if they have any."""
'''

PYTHON_AFFINE = '''
OFFSET = (
{offset}
)
GAIN = (
{gain}
)
"""Raw features become inputs by (feature - offset) * gain."""

UNIT, LEAST, LARGEST = {unit}, {lo}, {hi}
"""Of x, {x}: what 1 is, and the ends of its range."""

STEPS = {steps}
"""Steps of a sequence that count; None: all."""


def quantize(sequence):
    """Vectors for raw features, a list for each step; and how many features are cut, beyond x.

    The integers are those of the golden model. Raises ValueError for another number of features,
    or one that is not finite.
    """
    vectors, cut = [], 0
    for features in sequence[:STEPS]:
        if len(features) != len(GAIN):
            raise ValueError(f"a step must have {{len(GAIN)}} features, not {{len(features)}}")
        vector = []
        for feature, offset, gain in zip(features, OFFSET, GAIN):
            real = (float(feature) - offset) * gain
            if not isfinite(real):
                raise ValueError(f"a feature must be finite, not {{feature}}")
            scaled = real * UNIT
            cut += scaled > LARGEST + 1 or scaled < LEAST - 0.5
            vector.append(floor(min(max(scaled + 0.5, LEAST), LARGEST)))
        vectors.append(vector)
    return vectors, cut
'''

PYTHON_SYMBOLS = '''
SYMBOLS = {names}
"""Symbols in the order of their numbers, or how many there are."""


def quantize(sequence):
    """Vectors for a sequence of numbers of symbols; raises ValueError if there is no such one."""
    for symbol in sequence:
        if not 0 <= index(symbol) < {inputs}:
            raise ValueError(f"a symbol must be 0 to {{{inputs} - 1}}, not {{symbol}}")
    return {body}
'''


def python_features(design: Design) -> str:
    """Of the driver: ``CLASSES``, and ``quantize`` if the model has a rule for features."""
    names, rule, x = class_names(design.model), rule_for(design), design.network.x
    text = PYTHON_CLASSES.format(names=names)
    if isinstance(rule, Preprocess):
        text += PYTHON_AFFINE.format(**affine(rule, x), steps=rule.steps)
    elif rule is not None:
        inputs, one = design.network.inputs, int(x.quantize(1.0))
        body = f"[[{one} * (k == symbol) for k in range({inputs})] for symbol in sequence]"
        if design.machine.symbols:
            body = "[[symbol] for symbol in sequence]"
        alphabet = rule.alphabet if isinstance(rule, OneHot) else inputs
        text += PYTHON_SYMBOLS.format(names=repr(alphabet), inputs=inputs, body=body)
    return text


PAGE_AFFINE = """
## Features

Raw features become integers of x, {x}, by (feature - offset) * gain in double precision, rounded to
the nearest, ties up, and cut at the ends of the format.{steps}

| input | offset | gain |
| --- | --- | --- |
"""


def page_features(design: Design) -> str:
    """Of the page of registers: how features become inputs, and what classes are called."""
    rule, text = rule_for(design), ""
    if isinstance(rule, Preprocess):
        steps = f" Only the first {rule.steps} steps of a sequence count." if rule.steps else ""
        text += PAGE_AFFINE.format(x=design.network.x, steps=steps)
        pairs = zip(rule.offset, rule.gain, strict=True)
        text += "".join(
            f"| {k} | {offset!r} | {gain!r} |\n" for k, (offset, gain) in enumerate(pairs)
        )
    elif rule is not None:
        text += "\n## Symbols\n\nRaw features are numbers of symbols.\n"
        if isinstance(rule, OneHot):
            text += _page_names("symbol", rule.alphabet)
    if names := class_names(design.model):
        text += "\n## Classes\n" + _page_names("name", names)
    return text


def _page_names(title: str, names) -> str:
    shown = [name if name.isprintable() and name.strip() else repr(name) for name in names]
    rows = "".join(f"| {k} | {_escaped(name)} |\n" for k, name in enumerate(shown))
    return f"\n| number | {title} |\n| --- | --- |\n{rows}"


def _escaped(name: str) -> str:
    return "".join(f"\\{c}" if c in "|\\`*_<[" else c for c in name)
