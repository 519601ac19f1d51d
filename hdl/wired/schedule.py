"""Where the registers in a graph of adders are."""

__all__ = ["Schedule"]


class Schedule:
    """Each value of a graph in a stage, so that it is made of values of that stage.

    With so many registers on each path from inputs to outputs there is one stage more. Levels of
    adders are spread evenly over them. Values are at the first level that they can be at, or all at
    the last one; then one after the other is moved to where it takes fewest bits of registers,
    until none can be; and what takes fewer of these two is taken.

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
        self._levels = max(graph.deepest, 1)
        self._widths = widths
        late = [self._levels - height for height in self._heights(len(used))]
        starts = [
            [0] * graph.inputs + level[graph.inputs :] for level in (graph.depth.tolist(), late)
        ]
        for level in starts if registers else ():
            self._settle(level)
        level = min(starts, key=self._bits)
        self.bits = self._bits(level)
        self.stage = [self._at(one) for one in level]
        self.last = self._last(self.stage)

    def _at(self, level):
        """The stage of a level."""
        return max(level - 1, 0) * (self.registers + 1) // self._levels

    def _bits(self, level):
        """Bits of registers with values at these levels."""
        stage = [self._at(one) for one in level]
        sizes = zip(stage, self._last(stage), self._widths, strict=True)
        return sum((end - at) * width for at, end, width in sizes)

    def _settle(self, level):
        """Move one node after the other to where its operands and itself take fewest bits."""
        users = [[] for _ in level]
        for place in self.nodes:
            for of in {*self._operands[place - self._inputs]}:
                users[of].append(place)
        ends = dict.fromkeys(self._outputs, self.registers)

        def last(of, but, at):
            others = (self._at(level[user]) for user in users[of] if user != but)
            return max(ends.get(of, 0), at, *others)

        moved = True
        while moved:
            moved = False
            for place in (*reversed(self.nodes), *self.nodes):
                operands = {*self._operands[place - self._inputs]}
                first = max(level[of] for of in operands) + 1
                final = min((level[user] - 1 for user in users[place]), default=self._levels)

                def bits(one, place=place, operands=operands):
                    at = self._at(one)
                    kept = sum(self._widths[of] * last(of, place, at) for of in operands)
                    return kept - self._widths[place] * at

                best = min(range(first, final + 1), key=bits)
                if bits(best) < bits(level[place]):
                    level[place], moved = best, True

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
