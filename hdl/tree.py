"""Balanced adder trees."""

from amaranth.hdl import C, Cat, Signal

from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval

__all__ = ["add", "tree_sum"]


def tree_sum(m, terms, term_range: Interval, registers: int, *, name):
    """Sum of ``terms``, ``registers`` cycles later, one sum a cycle.

    The terms count as level 0 and may be followed by a register like any level of adders;
    ``registers`` (at most ceil(log2(n)) + 1) are spread evenly, the last one at the root.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    terms : list of (Value, Value or None)
        At least one, all of range ``term_range``, and perhaps a carry of each to be added to it.
    term_range : Interval
        Their range. A node over ``n`` terms and ``k`` carries has range ``term_range.times(n)``
        plus 0 to ``k``, and no spare bit.
    registers : int
        Pipeline registers.
    name : str
        Prefix of the signals.

    Returns
    -------
    total : Signal
        The sum, but for ``carry``.
    carry : Value or None
        Of as many carries as terms, one is left: there are fewer adders.
    """
    levels = (len(terms) - 1).bit_length() + 1
    registered = {levels - 1 - (k * levels) // registers for k in range(registers)}
    carries = [carry for _, carry in terms if carry is not None]
    nodes = [(value, term_range) for value, _ in terms]
    for level in range(levels):
        if level > 0:
            sums = []
            for (a, a_range), (b, b_range) in zip(nodes[::2], nodes[1::2], strict=False):
                carry = carries.pop(0) if carries else None
                reach = a_range + b_range + Interval(0, 0 if carry is None else 1)
                sums.append((add(a, b, carry), reach))
            nodes = sums + ([nodes[-1]] if len(nodes) % 2 else [])
        domain = m.d["sync" if level in registered else "comb"]
        named = []
        for index, (value, reach) in enumerate(nodes):
            node = Signal(shape(reach), name=f"{name}_{level}_{index}", reset_less=True)
            domain += node.eq(value)
            named.append((node, reach))
        nodes = named
        if level in registered and carries:
            kept = Signal(len(carries), name=f"{name}_carries_{level}", reset_less=True)
            domain += kept.eq(Cat(carries))
            carries = list(kept)
    [(total, _)] = nodes
    return total, carries[0] if carries else None


def add(a, b, carry=None):
    """``a + b + carry`` in one chain of adders.

    The carry enters below the operands, where both have a bit of their own; synthesis sees one
    addition, and no chain of two.
    """
    if carry is None:
        return a + b
    signed = a.shape().signed or b.shape().signed
    if signed:
        a, b = (v if v.shape().signed else Cat(v, C(0, 1)).as_signed() for v in (a, b))
    low, high = Cat(C(1, 1), a), Cat(carry, b)
    if signed:
        low, high = low.as_signed(), high.as_signed()
    total = (low + high)[1:]
    return total.as_signed() if signed else total
