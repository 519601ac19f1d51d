"""Where the numbers of a folded transform are between two passes."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.parity import fault_member, read_out, stored, write_in
from pascaline.spec.walsh import WalshUnit

__all__ = ["Banks"]


class Banks(wiring.Component):
    """Two banks of words, of which a pair is read and a pair is written in each cycle.

    What is made of a pair takes its place. So the words of pass ``t`` are where a word's place in
    its blocks, turned right by ``t - 1`` bits, says; those of the first one are where it says. A
    pair's places differ in one bit, hence the parity of a place tells its bank.

    Parameters
    ----------
    walsh : WalshUnit
        The transform.
    parity : bool
        Whether words have a parity bit.

    Members
    -------
    turn : In(range(walsh.passes))
        The pass whose pair is to be read.
    pair : In(range(walsh.pairs))
        Number of the pair.
    first, second : Out(walsh.width * walsh.sum.width)
        The pair, ``walsh.read`` cycles later. Nothing useful in pass 0.
    write : In(1)
        Write a pair, which is made of the one that was asked for ``walsh.through`` cycles ago.
    new_first, new_second : In(walsh.width * walsh.sum.width)
        With ``write``: the pair.
    fault : Out(1)
        The word that was asked for in the last cycle is not as it was written; only there with
        parity.
    """

    def __init__(self, walsh: WalshUnit, *, parity):
        self._walsh, self._parity = walsh, parity
        bits = walsh.width * walsh.sum.width
        super().__init__(
            {
                "turn": In(range(walsh.passes)),
                "pair": In(range(walsh.pairs)),
                "first": Out(bits),
                "second": Out(bits),
                "write": In(1),
                "new_first": In(bits),
                "new_second": In(bits),
            }
            | fault_member(parity)
        )

    def elaborate(self, platform):
        m = Module()
        walsh = self._walsh
        bits = walsh.place_bits
        inner, block = self.pair[: bits - 1], self.pair[bits - 1 :]
        swapped = Signal()
        # The first word's place has a 0 where the second one's has a 1, so its bank is its own.
        m.d.comb += swapped.eq(inner.xor() if bits > 1 else 0)
        rows = [Signal(range(walsh.pairs), name=f"row_{k}") for k in range(2)]
        with m.Switch(self.turn):
            for turn in range(1, walsh.passes):
                with m.Case(turn):
                    for half, row in enumerate(rows):
                        place = Cat(inner, half) if bits > 1 else Cat(half)
                        by = (turn - 1) % bits
                        turned = Cat(place[by:bits], place[:by])
                        m.d.comb += row.eq(Cat(turned[1:bits], block))
            with m.Default():
                # What is made of a pair of the vector goes to places next to each other.
                m.d.comb += [row.eq(self.pair) for row in rows]
        through = walsh.through
        wrong = []
        swapped_read = delayed(m, swapped, walsh.read, name="swapped")
        swapped_write = delayed(m, swapped, through, name="swapped_write")
        found = []
        for number in range(2):
            contents = memory.Memory(
                shape=stored(len(self.first), parity=self._parity), depth=walsh.pairs, init=[]
            )
            m.submodules[f"bank_{number}"] = contents
            read, write = contents.read_port(), contents.write_port()
            row = Mux(swapped, rows[1 - number], rows[number])
            word, bad = read_out(read.data)
            other = (self.new_second, self.new_first)[number]
            mine = (self.new_first, self.new_second)[number]
            m.d.comb += [
                read.addr.eq(row),
                write.addr.eq(delayed(m, row, through, name=f"row_write_{number}")),
                write.en.eq(self.write),
                *write_in(write.data, Mux(swapped_write, other, mine)),
            ]
            found.append(delayed(m, word, walsh.read - 1, name=f"word_{number}", reset_less=True))
            wrong.append(bad)
        m.d.comb += [
            self.first.eq(Mux(swapped_read, found[1], found[0])),
            self.second.eq(Mux(swapped_read, found[0], found[1])),
            self.fault.eq(Cat(wrong).any()[: len(self.fault)]),
        ]
        return m
