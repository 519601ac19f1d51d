"""Where the registers in a graph of adders are."""

__all__ = ["Schedule"]


class Schedule:
    """Each value of a graph in a stage, so that it is made of values of that stage.

    With so many registers on each path from inputs to outputs there is one stage more. Levels of
    adders are spread evenly over them. Values are in the first stage that they can be in, or all in
    the last one, whatever takes fewer bits of registers.

    Parameters
    ----------
    graph : Graph
        The graph.
    widths : list of int
        Bits of each input and node.
    registers : int
        At most as many as there are levels.

    Attributes
    ----------
    registers : int
        The same.
    nodes : list of int
        The nodes that any output needs, counted on from the inputs.
    stage : list of int
        Of each input and node.
    last : list of int
        The last stage in which each of them is needed.
    bits : int
        Of all registers.
    """

    def __init__(self, graph, widths, registers):
        self.registers = registers
        self._inputs = graph.inputs
        self._operands = list(zip(graph.left.tolist(), graph.right.tolist(), strict=True))
        self._outputs = [of for of in graph.output.tolist() if of >= 0]
        used = graph.used.tolist()
        self.nodes = [place for place in range(graph.inputs, len(used)) if used[place]]
        levels = max(graph.deepest, 1)
        late = [levels - height for height in self._heights(len(used))]
        found = []
        for level in (graph.depth.tolist(), late):
            stage = [max(one - 1, 0) * (registers + 1) // levels for one in level]
            stage[: graph.inputs] = [0] * graph.inputs
            last = self._last(stage)
            sizes = zip(stage, last, widths, strict=True)
            found.append((sum((end - at) * width for at, end, width in sizes), stage, last))
        self.bits, self.stage, self.last = min(found, key=lambda one: one[0])

    def _heights(self, count):
        """Adders in a row behind each input and node, up to an output."""
        found = [0] * count
        for place in reversed(self.nodes):
            for of in self._operands[place - self._inputs]:
                found[of] = max(found[of], found[place] + 1)
        return found

    def _last(self, stage):
        last = list(stage)
        for place in self.nodes:
            for of in self._operands[place - self._inputs]:
                last[of] = max(last[of], stage[place])
        for of in self._outputs:
            last[of] = self.registers
        return last
