"""The transform of h: from groups of the drain to sums that meet those of the next step."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.parity import fault_member, read_out, stored, write_in
from pascaline.hdl.shapes import shape
from pascaline.hdl.walsh.banks import Banks
from pascaline.hdl.walsh.control import WalshControl
from pascaline.hdl.walsh.level import level, natural
from pascaline.spec.program import Program

__all__ = ["Transform", "sums_signature"]


def sums_signature(program: Program, *, parity=False):
    """Access to sums: those of a group of a stream, ``walsh.read`` cycles later.

    ``counts``: what is asked for is used; with parity, a fault in it is one.
    """
    walsh = program.walsh
    return wiring.Signature(
        {
            "group": Out(range(program.drain.groups)),
            "stream": Out(program.stream_bits),
            "counts": Out(int(parity)),
            "data": In(data.ArrayLayout(shape(walsh.sum), walsh.group)),
        }
    )


class Transform(wiring.Component):
    """Takes vectors of h, group by group, and has their sums, group by group.

    Takes a vector in ``walsh.cycles``; latencies are those of `spec.walsh.WalshUnit`. A stream's
    next vector may be written as soon as its sums are read, in the same order.

    Parameters
    ----------
    program : Program
        Has the transform, and the streams.
    parity : bool
        Whether words in memories have parity bits.

    Members
    -------
    write : In(1)
        Write a group of a vector.
    write_group : In(range(program.drain.groups))
        With ``write``: its number.
    write_stream : In(program.stream_bits)
        With ``write``: its stream.
    write_data : In(walsh.group * walsh.element.width)
        With ``write``: its numbers.
    wanted : In(1)
        The vector of ``write_stream`` is complete in the next cycle.
    met, met_stream : Out(1), Out(program.stream_bits)
        As of `WalshControl`.
    sums : In(sums_signature(program, parity=parity))
        Reads sums.
    fault : Out(parity)
        What was read from a memory, and is used, is not as it was written.
    """

    def __init__(self, program: Program, *, parity=False):
        self._program, self._walsh, self._parity = program, program.walsh, parity
        walsh = program.walsh
        super().__init__(
            {
                "write": In(1),
                "write_group": In(range(program.drain.groups)),
                "write_stream": In(program.stream_bits),
                "write_data": In(walsh.group * walsh.element.width),
                "wanted": In(1),
                "met": Out(1),
                "met_stream": Out(program.stream_bits),
                "sums": In(sums_signature(program, parity=parity)),
            }
            | fault_member(parity)
        )

    def elaborate(self, platform):
        m = Module()
        walsh = self._walsh
        self._wrong = []
        m.submodules.control = control = WalshControl(self._program)
        m.d.comb += [
            control.wanted.eq(self.wanted),
            control.wanted_stream.eq(self.write_stream),
            self.met.eq(control.met),
            self.met_stream.eq(control.met_stream),
        ]
        first, second = self._vectors(m, control)
        levels = walsh.levels if walsh.whole else 1
        if walsh.passes > 1:
            banks, first, second = self._between(m, control, first, second)
        for number in range(levels):
            reach = walsh.after(number + 1 if walsh.whole else walsh.levels)
            first, second = level(m, first, second, reach, walsh.side, name=f"level_{number}")
        if walsh.passes > 1:
            done = control.go & ~control.into_sums
            m.d.comb += [
                banks.write.eq(delayed(m, done, walsh.through, name="kept")),
                banks.new_first.eq(Cat(first)),
                banks.new_second.eq(Cat(second)),
            ]
        self._sums(m, control, natural(first, second, walsh.side))
        m.d.comb += self.fault.eq(Cat(self._wrong).any()[: len(self.fault)])
        return m

    def _vectors(self, m, control):
        """Memories of the lower and the upper halves of blocks; the pair that was asked for."""
        walsh, stream_bits = self._walsh, self._program.stream_bits
        number, half, group = shape(walsh.element), walsh.block // 2, walsh.group
        slots = walsh.width // walsh.part
        given = Signal(data.ArrayLayout(number, group))
        m.d.comb += given.eq(self.write_data)
        if group <= half:
            # Bits of a group's number: place in its half, which half, block.
            inside = (half // group).bit_length() - 1
            upper = self.write_group[inside]
            at = Cat(self.write_group[:inside], self.write_group[inside + 1 :])
            writes = [self.write & ~upper, self.write & upper]
            parts = [list(given), list(given)]
        else:
            at, writes = self.write_group, [self.write, self.write]
            parts = [
                [given[k] for k in range(group) if (k // half) % 2 == which] for which in range(2)
            ]
        slot_bits = slots.bit_length() - 1
        slot, word = at[:slot_bits], at[slot_bits:]
        checks = delayed(m, control.go & control.from_vector, 1, name="checks_vectors")
        found = []
        for which in range(2):
            cell = stored(walsh.part * walsh.element.width, parity=self._parity)
            contents = memory.Memory(
                shape=data.ArrayLayout(cell, slots), depth=walsh.pairs << stream_bits, init=[]
            )
            m.submodules[f"vectors_{which}"] = contents
            write, read = contents.write_port(granularity=1), contents.read_port()
            entry = Signal(cell, name=f"entry_{which}")
            m.d.comb += [
                *write_in(entry, Cat(parts[which])),
                write.addr.eq(Cat(self.write_stream, word)),
                write.data.eq(entry.as_value().replicate(slots)),
                write.en.eq(writes[which] << slot),
                read.addr.eq(Cat(control.stream, control.pair)),
            ]
            words, wrong = zip(*(read_out(read.data[k]) for k in range(slots)), strict=True)
            self._wrong += [bad & checks for bad in wrong]
            pair = delayed(
                m, Cat(words), walsh.read - 1, name=f"vector_word_{which}", reset_less=True
            )
            found.append(self._numbers(pair, walsh.element))
        return found

    def _between(self, m, control, first, second):
        """The banks; and the pair of the vector or, in later passes, of these."""
        walsh = self._walsh
        m.submodules.banks = banks = Banks(walsh, parity=self._parity)
        m.d.comb += [banks.turn.eq(control.turn), banks.pair.eq(control.pair)]
        later = control.go & ~control.from_vector
        self._wrong.append(banks.fault & delayed(m, later, 1, name="checks_banks"))
        fresh = delayed(m, control.from_vector, walsh.read, name="from_vector", reset_less=True)
        pairs = []
        for which, (new, old) in enumerate(((first, banks.first), (second, banks.second))):
            chosen = []
            for k, (a, b) in enumerate(zip(new, self._numbers(old, walsh.sum), strict=True)):
                number = Signal(shape(walsh.sum), name=f"number_{which}_{k}")
                m.d.comb += number.eq(Mux(fresh, a, b))
                chosen.append(number)
            pairs.append(chosen)
        return banks, *pairs

    def _sums(self, m, control, numbers):
        """The memory of the sums, a word a pair."""
        walsh, program = self._walsh, self._program
        bits = walsh.sum.width
        contents = memory.Memory(
            shape=stored(len(numbers) * bits, parity=self._parity),
            depth=walsh.pairs << program.stream_bits,
            init=[],
        )
        m.submodules.sums_memory = contents
        write, read = contents.write_port(), contents.read_port()
        done = control.go & control.into_sums
        at = Cat(control.stream, control.pair)
        group_bits = (len(numbers) // walsh.group).bit_length() - 1
        place, word = self.sums.group[:group_bits], self.sums.group[group_bits:]
        found, wrong = read_out(read.data)
        self._wrong.append(wrong & delayed(m, self.sums.counts, 1, name="checks_sums"))
        kept = delayed(m, found, walsh.read - 1, name="sums_word", reset_less=True)
        place = delayed(m, place, walsh.read, name="sums_place", reset_less=True)
        m.d.comb += [
            write.en.eq(delayed(m, done, walsh.through, name="done")),
            write.addr.eq(delayed(m, at, walsh.through, name="done_at")),
            *write_in(write.data, Cat(numbers)),
            read.addr.eq(Cat(self.sums.stream, word)),
            self.sums.data.eq(kept.word_select(place, walsh.group * bits)),
        ]

    def _numbers(self, word, reach):
        """Numbers of a range, side by side in a word."""
        width = reach.width
        parts = [word[start : start + width] for start in range(0, len(word), width)]
        return [part.as_signed() if reach.signed else part for part in parts]
