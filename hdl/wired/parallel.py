"""A graph of adders, each as wide as its sums."""

from amaranth.hdl import Cat, ClockSignal, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.kinds import Kinds
from pascaline.hdl.shapes import shape
from pascaline.hdl.wired.schedule import Schedule

__all__ = ["ParallelGraph", "opening", "register"]


class ParallelGraph(wiring.Component):
    """The products of a constant matrix with a vector, a vector a cycle.

    Latency is ``registers``. Each adder is as wide as the range of its sums and as what it adds, so
    nothing overflows, and nothing is cut.

    Parameters
    ----------
    graph : Graph
        The graph.
    elements : list of Interval
        Range of each element of the vector.
    rows : list of Interval
        Range that each output has at its port.
    registers : int
        At most as many as the graph has levels.

    Members
    -------
    x : In(sum(elements[k].width for k in taken))
        The elements that any output needs, see `taken`, side by side.
    rows : Out(sum(row.width for row in rows))
        The outputs, side by side.
    """

    def __init__(self, graph, elements, rows, registers):
        self._graph = graph
        self._rows = rows
        self._ranges = graph.ranges(elements)
        self._widths = widths = [one.width for one in self._ranges]
        for place, (a, a_shift, _, b, b_shift, _) in enumerate(graph, graph.inputs):
            widths[place] = max(widths[place], widths[a] + a_shift, widths[b] + b_shift)
        operands = list(zip(graph.left.tolist(), graph.right.tolist(), strict=True))
        outputs = graph.output.tolist()
        self._schedule = Schedule(graph.inputs, operands, outputs, widths, registers)
        self.taken = [k for k in range(graph.inputs) if graph.used[k]]
        super().__init__(
            {
                "x": In(sum(widths[k] for k in self.taken)),
                "rows": Out(sum(row.width for row in rows)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        if isinstance(platform, Kinds):
            name = platform.add_verilog("graph", self.verilog())
            inputs = {"i_x": self.x} if self.taken else {}
            if self._schedule.registers:
                inputs["i_clk"] = ClockSignal()
            m.submodules.graph = Instance(name, o_rows=self.rows, **inputs)
            return m
        graph, stage = self._graph, self._schedule.stage
        values, place = {}, 0
        for k in self.taken:
            value = Signal(shape(self._ranges[k]), name=f"v{k}")
            m.d.comb += value.eq(self.x[place : place + len(value)])
            values[k], place = value, place + len(value)

        def at(of, when):
            return delayed(m, values[of], when - stage[of], name=f"v{of}", reset_less=True)

        nodes = list(graph)
        for place in self._schedule.nodes:
            a, a_shift, minus_a, b, b_shift, minus_b = nodes[place - graph.inputs]
            left, right = at(a, stage[place]) << a_shift, at(b, stage[place]) << b_shift
            value = values[place] = Signal(shape(self._ranges[place]), name=f"v{place}")
            total = (-left if minus_a else left) + (-right if minus_b else right)
            m.d.comb += value.eq(total)
        rows = []
        for (of, shift, minus), row in zip(graph.outputs, self._rows, strict=True):
            value = Signal(shape(row), name=f"row_{len(rows)}")
            if of >= 0:
                found = at(of, self._schedule.registers) << shift
                m.d.comb += value.eq(-found if minus else found)
            rows.append(value)
        m.d.comb += self.rows.eq(Cat(rows))
        return m

    def verilog(self):
        """Verilog of the module, all but its name.

        Operands are extended by hand to the width of their adder, and bits that no other bits are
        added to go by it: synthesis then makes adders of no more bits than there are sums of.
        """
        graph, schedule = self._graph, self._schedule
        ports = {"clk": "input"} if schedule.registers else {}
        ports |= {"x": f"input [{len(self.x) - 1}:0]"} if self.taken else {}
        ports["rows"] = f"output [{len(self.rows) - 1}:0]"
        lines = opening(ports)
        place = 0
        for k in self.taken:
            width = self._widths[k]
            lines += self._value(k, f"x[{place + width - 1}:{place}]")
            place += width
        nodes = list(graph)
        for place in schedule.nodes:
            lines += self._value(place, self._sum(place, nodes[place - graph.inputs]))
        negated = set()
        for of in graph.output[graph.output_negative & (graph.output >= 0)].tolist():
            if of not in negated:
                width = (-self._ranges[of]).width
                value = self._bits(of, schedule.registers, 0, width)
                lines.append(f"  wire [{width - 1}:0] m{of} = -{value};")
                negated.add(of)
        place = 0
        for (of, shift, minus), row in zip(graph.outputs, self._rows, strict=True):
            value = self._row(of, shift, minus, row.width)
            lines.append(f"  assign rows[{place + row.width - 1}:{place}] = {value};")
            place += row.width
        return "\n".join([*lines, "endmodule\n"])

    def _value(self, place, text):
        """A value, and its registers in later stages."""
        schedule, width = self._schedule, self._widths[place]
        lines = [f"  wire [{width - 1}:0] v{place} = {text};"]
        before = f"v{place}"
        for cycle in range(1, schedule.last[place] - schedule.stage[place] + 1):
            name = f"v{place}_{cycle}"
            lines += register(name, before, width)
            before = name
        return lines

    def _sum(self, place, node):
        """The sum or the difference that a node is."""
        a, a_shift, minus_a, b, b_shift, minus_b = node
        width, stage = self._widths[place], self._schedule.stage[place]
        first, second = ((b, b_shift), (a, a_shift)) if minus_a else ((a, a_shift), (b, b_shift))
        minus = minus_a or minus_b
        if not minus and second[1] < first[1]:
            first, second = second, first
        (p, p_shift), (q, q_shift) = first, second
        least = min(p_shift, q_shift, width - 1)
        tail, width = [f"{least}'d0"] * (least > 0), width - least
        p_shift, q_shift = p_shift - least, q_shift - least
        # Below a shifted operand, the bits of a positive one go by.
        low = min(q_shift, width - 1) if p_shift == 0 else 0
        if low:
            tail = [self._bits(p, stage, 0, low), *tail]
        p_bits = self._bits(p, stage, low - p_shift, width - low)
        q_bits = self._bits(q, stage, low - q_shift, width - low)
        total = f"{p_bits} {'-' if minus else '+'} {q_bits}"
        if not tail:
            return total
        # Within braces an operand has its own width, which both have here.
        return f"{{{', '.join([total, *tail])}}}"

    def _row(self, of, shift, minus, width):
        """An output, as wide as its port."""
        if of < 0:
            return f"{width}'d0"
        if minus:
            negative = -self._ranges[of]
            return _extended(f"m{of}", negative.width, negative.signed, -shift, width)
        return self._bits(of, self._schedule.registers, -shift, width)

    def _bits(self, of, stage, first, width):
        """So many bits of a value in a stage, from a bit on; those below bit 0 are 0."""
        cycles = stage - self._schedule.stage[of]
        name = f"v{of}_{cycles}" if cycles else f"v{of}"
        return _extended(name, self._widths[of], self._ranges[of].signed, first, width)


def opening(ports):
    """Lines that a module begins with: its ports, each with its kind."""
    return [f"({', '.join(ports)});", *(f"  {kind} {name};" for name, kind in ports.items())]


def register(name, value, width=None, init=0):
    """Lines of a register."""
    bits = "" if width is None else f"[{width - 1}:0] "
    return [f"  reg {bits}{name} = {init};", "  always @(posedge clk)", f"    {name} <= {value};"]


def _extended(name, bits, signed, first, width):
    """Bits of a value of so many bits, from a bit on, with zeros below and its sign above."""
    zeros = min(max(-first, 0), width)
    low, high = max(first, 0), min(first + width, bits)
    parts = []
    inside = max(high - low, 0)
    if above := width - zeros - inside:
        parts.append(f"{{{above}{{{name}[{bits - 1}]}}}}" if signed else f"{above}'d0")
    if inside == bits:
        parts.append(name)
    elif inside:
        parts.append(f"{name}[{high - 1}:{low}]")
    if zeros:
        parts.append(f"{zeros}'d0")
    return parts[0] if len(parts) == 1 else f"{{{', '.join(parts)}}}"
