"""Where the registers in a graph of adders are."""

import numpy as np

__all__ = ["Schedule"]


class Schedule:
    """Each value of a graph in a stage, so that it is made of values of that stage.

    With so many registers on each path from inputs to outputs there is one stage more. Levels of
    adders are spread evenly over them. A value is in the first stage that it can be in or in the
    last one, whatever takes fewer bits of registers in all.

    Parameters
    ----------
    graph : Graph
        The graph.
    widths : sequence of int
        Bits of each input and node.
    registers : int
        At most as many as there are levels.

    Attributes
    ----------
    registers : int
        The same.
    nodes : list of int
        Inputs and nodes that an output needs: the latter only.
    stage : list of int
        Of each input and node.
    last : list of int
        The last stage in which each of them is needed.
    """

    def __init__(self, graph, widths, registers):
        self.registers = registers
        used = np.flatnonzero(graph.used)
        self.nodes = [int(place) for place in used if place >= graph.inputs]
        levels = max(graph.deepest, 1)
        early = graph.depth
        late = levels - _heights(graph)
        found = []
        for level in (early, late):
            stage = np.maximum(level - 1, 0) * (registers + 1) // levels
            stage[: graph.inputs] = 0
            last = self._last(graph, stage)
            bits = int(((last - stage) * np.asarray(widths))[used].sum())
            found.append((bits, stage.tolist(), last.tolist()))
        self.bits, self.stage, self.last = min(found, key=lambda one: one[0])

    def _last(self, graph, stage):
        last = stage.copy()
        for place in self.nodes:
            for operand in (graph.left, graph.right):
                of = operand[place - graph.inputs]
                last[of] = max(last[of], stage[place])
        last[graph.output[graph.output >= 0]] = self.registers
        return last


def _heights(graph):
    """Adders in a row behind each input and node, up to an output."""
    found = np.zeros(graph.inputs + graph.nodes, np.int64)
    for node in reversed(range(graph.nodes)):
        place = graph.inputs + node
        if graph.used[place]:
            for operand in (graph.left[node], graph.right[node]):
                found[operand] = max(found[operand], found[place] + 1)
    return found
