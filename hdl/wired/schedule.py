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
    inputs : int
        Values that are given.
    operands : sequence of sequence of int
        What each node is made of: inputs, or nodes before it, counted on from the inputs.
    outputs : sequence of int
        Inputs and nodes that are wanted; -1 for none.
    widths : list of int
        Bits of each input and node.
    registers : int
        With more than there are levels, some stages have no adders.

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

    def __init__(self, inputs, operands, outputs, widths, registers):
        self.registers = registers
        self._inputs, self._operands = inputs, operands
        self._outputs = [of for of in outputs if of >= 0]
        depth, used = [0] * inputs, set(self._outputs)
        for made in operands:
            depth.append(1 + max(depth[of] for of in made))
        for place in reversed(range(inputs, len(depth))):
            if place in used:
                used.update(operands[place - inputs])
        self.nodes = [place for place in range(inputs, len(depth)) if place in used]
        self._levels = max((depth[of] for of in self._outputs), default=0) or 1
        self._widths = widths
        heights = self._heights(len(depth))
        late = [0] * inputs + [self._levels - height for height in heights[inputs:]]
        starts = [depth, late]
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
