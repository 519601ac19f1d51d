"""Where the registers in a graph of adders are."""

__all__ = ["Schedule"]


class Schedule:
    """Each value of a graph in a stage, so that it is made of values of that stage.

    With so many registers on each path from inputs to outputs there is one stage more. Levels of
    adders are spread evenly over them. Values are in the first stage that they can be in, or all in
    the last one, whatever takes fewer bits of registers.

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
        levels = max((depth[of] for of in self._outputs), default=0) or 1
        late = [levels - height for height in self._heights(len(depth))]
        found = []
        for level in (depth, late):
            stage = [max(one - 1, 0) * (registers + 1) // levels for one in level]
            stage[:inputs] = [0] * inputs
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
