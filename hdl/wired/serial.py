"""A graph of adders of one bit, which take the bits of a sum one after the other."""

from amaranth.hdl import Cat, ClockSignal, Instance, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.kinds import Kinds
from pascaline.hdl.wired.parallel import opening, register
from pascaline.hdl.wired.schedule import Schedule
from pascaline.hdl.wired.sums import Sums

__all__ = ["SerialGraph"]


class SerialGraph(wiring.Component):
    """The products of a constant matrix with a vector, a bit of each a cycle, the lowest first.

    An adder takes up to four bits a cycle, and has one or two flip-flops for its carry, which
    begins with 1 for each operand that is subtracted: of that it takes the complement. A shift is
    as many flip-flops that begin with 0. Bits come ``registers`` cycles after those of the vector;
    the elements of this go on with their signs for as many bits as the widest output has.

    Parameters
    ----------
    graph : Graph
        The graph.
    registers : int
        On each path.

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
        self._sums = sums = Sums(graph)
        operands = [[of for of, _, _ in terms] for terms in sums.terms]
        outputs = [of for of, _, _ in sums.outputs]
        bits = [1] * (graph.inputs + len(operands))
        self._schedule = Schedule(graph.inputs, operands, outputs, bits, registers)
        self.taken = [k for k in range(graph.inputs) if graph.used[k]]
        super().__init__({"x": In(len(self.taken)), "clear": In(1), "rows": Out(len(outputs))})

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
        sums, stage = self._sums, self._schedule.stage
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
        for place in self._schedule.nodes:
            when = stage[place]
            terms = [
                (at(of, when, shift), minus) for of, shift, minus in sums.terms[place - sums.inputs]
            ]
            known[place, when, 0] = builder.sum(terms, when, f"v{place}")
        rows, negated, last = [], {}, self._schedule.registers
        for of, shift, minus in sums.outputs:
            if of < 0:
                rows.append(builder.zero)
                continue
            found = at(of, last, shift)
            if minus and (of, shift) not in negated:
                negated[of, shift] = builder.sum([(found, True)], last, f"m{of}_{shift}")
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

    def sum(self, terms, when, name):
        first = sum(minus for _, minus in terms)
        most = len(terms) - 1 or 1
        total = Signal(range(len(terms) + most + 1), name=name)
        carry = Signal(range(most + 1), name=f"{name}_carry", reset_less=True)
        bits = [(~value if minus else value)[:1] for value, minus in terms]
        self._m.d.comb += total.eq(sum(bits, carry))
        self._m.d.sync += carry.eq(Mux(self._clear(when), first, total >> 1))
        return total[0]

    def _clear(self, when):
        return delayed(self._m, self._part.clear, when, name="clear")


class _Text:
    """Builds it as Verilog.

    Full adders are written as gates: synthesis makes LUTs of them, or the full adders that a
    library of cells has, and no chain of carries.
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
        self._begun(name, self._clear(when), 0, value)
        return name

    def sum(self, terms, when, name):
        first = sum(minus for _, minus in terms)
        bits = [f"~{value}" if minus else value for value, minus in terms]
        carry, wide = f"{name}_carry", len(terms) > 2
        if not wide:
            self._lines.append(f"  wire {name} = {_parity(*bits, carry)};")
            next_ = [_carries(*bits, carry)]
        else:
            # Bits of the same weight are added, three at a time.
            self._lines += [
                f"  wire {name}_half = {_parity(*bits[:3])};",
                f"  wire {name}_low = {_carries(*bits[:3])};",
                f"  wire {name} = {_parity(f'{name}_half', *bits[3:], carry)};",
                f"  wire {name}_high = {_carries(f'{name}_half', *bits[3:], carry)};",
            ]
            twos = f"{name}_low", f"{name}_high", f"{carry}_1"
            next_ = [_parity(*twos), _carries(*twos)]
        clear = self._clear(when)
        for bit, value in enumerate(next_):
            begin = first >> bit & 1
            self._begun(f"{carry}_1" if bit else carry, clear, begin, value)
        return name

    def _clear(self, when):
        self._clears = max(self._clears, when)
        return f"clear_{when}" if when else "clear"

    def _begun(self, name, clear, begin, value):
        """A register that begins with a bit, which flip-flops with a synchronous reset have."""
        self._lines += register(name, f"{clear} ? 1'b{begin} : {value}", init=begin)

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


def _parity(*bits):
    """The lower bit of a sum of bits."""
    return " ^ ".join(bits)


def _carries(p, q, r=None):
    """The upper bit of a sum of two or three bits."""
    return f"{p} & {q}" if r is None else f"({p} & {q}) | ({r} & ({p} ^ {q}))"
