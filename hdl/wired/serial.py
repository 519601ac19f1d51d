"""A graph of adders of one bit, which take the bits of a sum one after the other."""

from amaranth.hdl import Cat, ClockSignal, Instance, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.kinds import Kinds
from pascaline.hdl.wired.parallel import opening, register
from pascaline.hdl.wired.schedule import Schedule

__all__ = ["SerialGraph"]


class SerialGraph(wiring.Component):
    """The products of a constant matrix with a vector, a bit of each a cycle, the lowest first.

    Each adder is a full adder and the flip-flop of its carry; a subtracter has a carry that begins
    with 1, and takes the complement of what it subtracts. A shift is as many flip-flops that begin
    with 0. Bits come ``registers`` cycles after those of the vector; the elements of this go on
    with their signs for as many bits as the widest output has.

    Parameters
    ----------
    graph : Graph
        The graph.
    registers : int
        On each path, at most as many as the graph has levels.

    Members
    -------
    x : In(len(taken))
        A bit of each element that any output needs, see `taken`.
    clear : In(1)
        The lowest bits come in the next cycle.
    rows : Out(outputs)
        A bit of each output.
    """

    def __init__(self, graph, registers):
        self._graph = graph
        self._schedule = Schedule(graph, [1] * (graph.inputs + graph.nodes), registers)
        self.taken = [k for k in range(graph.inputs) if graph.used[k]]
        super().__init__({"x": In(len(self.taken)), "clear": In(1), "rows": Out(len(graph.output))})

    def elaborate(self, platform):
        m = Module()
        if not isinstance(platform, Kinds):
            m.d.comb += self.rows.eq(Cat(self._build(_Logic(self, m))))
            return m
        name = platform.add_verilog("serial", self.verilog())
        inputs = {"i_x": self.x} if self.taken else {}
        m.submodules.graph = Instance(
            name, i_clk=ClockSignal(), i_clear=self.clear, o_rows=self.rows, **inputs
        )
        return m

    def verilog(self):
        """Verilog of the module, all but its name."""
        builder = _Text(self)
        return builder.module(self._build(builder))

    def _build(self, builder):
        """Build the graph; returns what is each output."""
        graph, stage = self._graph, self._schedule.stage
        known = {}

        def at(of, when, shift=0):
            """A value in a stage, shifted."""
            key = of, when, shift
            if key not in known:
                if shift:
                    known[key] = builder.kept(
                        at(of, when, shift - 1), when, f"v{of}_{when}_{shift}"
                    )
                else:
                    known[key] = builder.later(at(of, when - 1), f"v{of}_{when}")
            return known[key]

        for index, k in enumerate(self.taken):
            known[k, 0, 0] = builder.bit(index)
        nodes = list(graph)
        for place in self._schedule.nodes:
            a, a_shift, minus_a, b, b_shift, minus_b = nodes[place - graph.inputs]
            when = stage[place]
            p, q = at(a, when, a_shift), at(b, when, b_shift)
            if minus_a:
                p, q = q, p
            known[place, when, 0] = builder.sum(p, q, minus_a or minus_b, when, f"v{place}")
        rows, negated, last = [], {}, self._schedule.registers
        for of, shift, minus in graph.outputs:
            if of < 0:
                rows.append(builder.zero)
                continue
            found = at(of, last, shift)
            if minus and (of, shift) not in negated:
                name = f"m{of}_{shift}"
                negated[of, shift] = builder.sum(builder.zero, found, True, last, name)
            rows.append(negated[of, shift] if minus else found)
        return rows


class _Logic:
    """Builds it of Amaranth's signals."""

    zero = 0

    def __init__(self, part, m):
        self._m = m
        self._part = part

    def bit(self, index):
        return self._part.x[index]

    def later(self, value, name):
        return delayed(self._m, value, 1, name=name, reset_less=True)

    def kept(self, value, when, name):
        register = Signal(name=name, reset_less=True)
        self._m.d.sync += register.eq(Mux(self._clear(when), 0, value))
        return register

    def sum(self, p, q, minus, when, name):
        total = Signal(2, name=name)
        carry = Signal(name=f"{name}_carry", reset_less=True)
        self._m.d.comb += total.eq(p + (~q if minus else q)[:1] + carry)
        self._m.d.sync += carry.eq(Mux(self._clear(when), int(minus), total[1]))
        return total[0]

    def _clear(self, when):
        return delayed(self._m, self._part.clear, when, name="clear")


class _Text:
    """Builds it as Verilog.

    Of a full adder, sum and carry are written as gates: synthesis makes two LUTs of them, or the
    full adder that a library of cells has, and no chain of carries.
    """

    zero = "1'b0"

    def __init__(self, part):
        self._part = part
        self._lines = []
        self._clears = 0

    def bit(self, index):
        return f"x[{index}]"

    def later(self, value, name):
        self._register(name, value)
        return name

    def kept(self, value, when, name):
        self._register(name, f"~{self._clear(when)} & {value}")
        return name

    def sum(self, p, q, minus, when, name):
        carry, clear = f"{name}_carry", self._clear(when)
        q = f"~{q}" if minus else q
        half = f"{p} ^ {q}"
        if p == self.zero:
            half, next_ = q, f"{q} & {carry}"
        else:
            next_ = f"({p} & {q}) | ({carry} & ({half}))"
        first = f"{clear} | ({next_})" if minus else f"~{clear} & ({next_})"
        self._register(carry, first)
        self._lines.append(f"  wire {name} = {half} ^ {carry};")
        return name

    def _clear(self, when):
        self._clears = max(self._clears, when)
        return f"clear_{when}" if when else "clear"

    def _register(self, name, value):
        self._lines += register(name, value)

    def module(self, rows):
        """The module, all but its name."""
        ports = {"clk": "input", "clear": "input"}
        ports |= {"x": f"input [{len(self._part.x) - 1}:0]"} if self._part.taken else {}
        ports["rows"] = f"output [{len(rows) - 1}:0]"
        lines = opening(ports)
        before = "clear"
        for when in range(1, self._clears + 1):
            name = self._clear(when)
            lines += register(name, before)
            before = name
        rows = [f"  assign rows[{k}] = {row};" for k, row in enumerate(rows)]
        return "\n".join([*lines, *self._lines, *rows, "endmodule\n"])
