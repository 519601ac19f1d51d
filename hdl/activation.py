"""Activation functions: a table, full or folded, equal segments, or pieces."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.folded import FoldedTable
from pascaline.hdl.homes.rom import Rom
from pascaline.hdl.pieces import PieceFunction
from pascaline.hdl.rounding import narrow
from pascaline.hdl.shapes import shape
from pascaline.spec.activation import (
    Activation,
    AdaptivePieces,
    PiecewiseLinear,
    Table,
    lines,
    table,
)
from pascaline.spec.folded import find_fold
from pascaline.spec.formats import Format, Interval
from pascaline.spec.pieces import find_pieces

__all__ = ["ActivationFunction"]


class ActivationFunction(wiring.Component):
    """One activation function. Latency is ``pipeline.activate``, throughput one value a cycle.

    Parameters
    ----------
    form : Table, PiecewiseLinear or AdaptivePieces
        How it is made.
    function : str
        One of `spec.functions.FUNCTIONS`.
    pre, out : Format
        Formats of the argument and of the value.
    pipelined : bool
        Which pipeline, see `spec.pipeline`.

    Members
    -------
    z : In(shape(pre))
        Argument.
    y : Out(shape(out))
        Value of the function, ``pipeline.activate`` cycles after its argument.
    """

    def __init__(
        self, form: Activation, function: str, pre: Format, out: Format, *, pipelined: bool
    ):
        self._form = form
        self._function = function
        self._pre = pre
        self._out = out
        self._pipelined = pipelined
        super().__init__({"z": In(shape(pre)), "y": Out(shape(out))})

    @property
    def kind(self) -> str:
        """Module name."""
        formats = f"{_code(self._pre)}_{_code(self._out)}"
        return f"{self._function}_{self._form}_{formats}" + "_pipelined" * self._pipelined

    def elaborate(self, platform):
        m = Module()
        form, formats = self._form, (self._pre, self._out)
        if isinstance(form, AdaptivePieces):
            found = find_pieces(self._function, *formats, form.pieces, form.slope_bits)
            m.submodules.pieces = made = PieceFunction(found, self._out, pipelined=self._pipelined)
            m.d.comb += [made.z.eq(self.z), self.y.eq(made.y)]
            return m
        if isinstance(form, Table) and (fold := find_fold(self._function, *formats)):
            m.submodules.folded = made = FoldedTable(fold, *formats, pipelined=self._pipelined)
            m.d.comb += [made.z.eq(self.z), self.y.eq(made.y)]
            return m
        y = Signal(shape(self._out), reset_less=True)
        m.d.comb += self.y.eq(y)
        if isinstance(self._form, PiecewiseLinear):
            m.d.sync += y.eq(self._line(m, self._form.segments))
        else:
            mask = (1 << self._out.width) - 1
            entries = table(self._function, self._pre, self._out).tolist()
            m.submodules.entries = rom = Rom([entry & mask for entry in entries], self._out.width)
            m.d.comb += rom.addr.eq(self.z)
            m.d.sync += y.eq(delayed(m, rom.data, self._pipelined, name="entry", reset_less=True))
        return m

    def _line(self, m, segments):
        """Slope and offset of the segment, then the point on the line."""
        line = lines(self._function, self._pre, self._out, segments)
        slopes, offsets = Interval.of(line.slope), Interval.of(line.offset)
        words = [
            (slope & ((1 << slopes.width) - 1))
            | (offset & ((1 << offsets.width) - 1)) << slopes.width
            for slope, offset in zip(line.slope.tolist(), line.offset.tolist(), strict=True)
        ]
        m.submodules.entries = rom = Rom(words, slopes.width + offsets.width)
        low = Signal(line.low_bits, reset_less=True)
        m.d.comb += rom.addr.eq(self.z[line.low_bits :])
        m.d.sync += low.eq(self.z[: line.low_bits])

        low = delayed(m, low, self._pipelined, name="low", reset_less=True)
        entry = delayed(m, rom.data, self._pipelined, name="entry", reset_less=True)
        slope = Signal(shape(slopes))
        offset = Signal(shape(offsets))
        m.d.comb += Cat(slope, offset).eq(entry)
        rise = Signal(shape(slopes * Interval(0, (1 << line.low_bits) - 1)))
        m.d.comb += rise.eq(slope * low)
        rise = delayed(m, rise, self._pipelined, name="rise", reset_less=True)
        offset = delayed(m, offset, self._pipelined, name="offset", reset_less=True)
        total = Signal(shape(line.total))
        m.d.comb += total.eq(rise + offset)
        narrowed = {"name": "point", "registered": self._pipelined}
        return narrow(m, total, line.total, line.shift, self._out, **narrowed)


def _code(format_: Format) -> str:
    return f"{'s' if format_.signed else 'u'}{format_.width}f{format_.frac}"
