"""Balanced adder trees."""

from amaranth.hdl import Signal

from hdl.shapes import shape
from spec.formats import Interval

__all__ = ["tree_sum"]


def tree_sum(m, terms, term_range: Interval, registers: int, *, name):
    """Sum of ``terms``, ``registers`` cycles later, one sum a cycle.

    The terms count as level 0 and may be followed by a register like any level of adders;
    ``registers`` (at most ceil(log2(n)) + 1) are spread evenly, the last one at the root.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    terms : list of Value
        At least one, all of range ``term_range``.
    term_range : Interval
        Their range. A node over ``n`` terms has range ``term_range.times(n)`` and no spare bit.
    registers : int
        Pipeline registers.
    name : str
        Prefix of the signals.
    """
    levels = (len(terms) - 1).bit_length() + 1
    registered = {levels - 1 - (k * levels) // registers for k in range(registers)}
    nodes = [(term, 1) for term in terms]
    for level in range(levels):
        if level > 0:
            pairs = zip(nodes[::2], nodes[1::2], strict=False)
            odd = [nodes[-1]] if len(nodes) % 2 else []
            nodes = [(a + b, n + k) for (a, n), (b, k) in pairs] + odd
        named = []
        for index, (value, count) in enumerate(nodes):
            node_range = term_range.times(count)
            node = Signal(shape(node_range), name=f"{name}_{level}_{index}", reset_less=True)
            m.d["sync" if level in registered else "comb"] += node.eq(value)
            named.append((node, count))
        nodes = named
    [(total, _)] = nodes
    return total
