"""The memories of the model: in the netlist or loaded, with parity or without."""

from amaranth.hdl import Array, C, Cat, Mux, Signal
from amaranth.lib.wiring import In

from pascaline.hdl.ram import Ram, load_layouts
from pascaline.hdl.rom import Rom
from pascaline.hdl.shapes import delayed
from pascaline.spec.machine import Machine
from pascaline.spec.memories import COLUMN, Memories, Memory
from pascaline.spec.pipeline import BLOCK

__all__ = ["load_through", "loads", "read_memory"]


def loads(machine: Machine, memories: Memories):
    """The member through which a component's memories are loaded, if they are."""
    if not machine.loadable:
        return {}
    return {"load": In(load_layouts(memories, parity=machine.parity))}


def load_through(load, part):
    """Statements that load a part's memories with those of the same names."""
    return [part.load[name].eq(load[name]) for name in part.load.shape().members]


def read_memory(m, machine: Machine, memory: Memory, addr, *, latency, name, load=None, en=None):
    """The word of ``addr`` that many cycles ago, and whether it is not as it was written.

    With three cycles the memory is made of blocks of 1024 words: each is a memory and its register,
    and the block is chosen between registers.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    machine : Machine
        Tells where the words are.
    memory : Memory
        The words.
    addr : Value
        Index of a word.
    latency : int
        1 to 3.
    name : str
        Of the submodule, and prefix of the signals.
    load : View
        What writes it, if it is loaded: see `hdl.ram.load_layout`.
    en : Value
        Read enable, if there is one.

    Returns
    -------
    word, wrong : Value
        Without parity nothing is ever wrong.
    """
    depth = memory.depth
    size = BLOCK if latency == 3 else depth
    starts = range(0, depth, size)
    words = [] if machine.loadable else _stored(machine, memory)
    outputs = []
    for index, start in enumerate(starts):
        block = f"{name}_{index}" if len(starts) > 1 else name
        if machine.loadable:
            made = _loaded(m, machine, memory, load, range(start, min(start + size, depth)))
        else:
            made = Rom(words[start : start + size], _width(machine, memory))
        m.submodules[block] = made
        m.d.comb += made.addr.eq(addr)
        if en is not None:
            m.d.comb += made.en.eq(en)
        kept = min(latency - 1, 1)
        outputs.append(delayed(m, made.data, kept, name=f"{block}_word", reset_less=True))
    if latency < 3:
        return _checked(machine, memory, outputs[0])
    chosen = delayed(m, addr[BLOCK.bit_length() - 1 :], 2, name=f"{name}_block", reset_less=True)
    word = Signal(_width(machine, memory), name=f"{name}_chosen", reset_less=True)
    m.d.sync += word.eq(Array(outputs)[chosen])
    return _checked(machine, memory, word)


def _loaded(m, machine, memory, load, span):
    """A RAM for some of the words."""
    ram = Ram(len(span), memory.bits, parity=machine.parity)
    strobes = load.en
    if len(span) < memory.depth:
        here = load.addr[BLOCK.bit_length() - 1 :] == span[0] // BLOCK
        strobes = Mux(here, load.en, 0)
    m.d.comb += [
        ram.load.en.eq(strobes),
        ram.load.addr.eq(load.addr),
        ram.load.data.eq(load.data),
        ram.load.check.eq(load.check),
    ]
    return ram


def _width(machine, memory):
    return memory.bits + machine.parity * memory.columns


def _stored(machine, memory):
    """Words with their parity bits above."""
    if not machine.parity:
        return memory.words
    mask, firsts = (1 << COLUMN) - 1, range(0, memory.bits, COLUMN)
    return [
        word
        | sum(
            ((word >> first & mask).bit_count() & 1) << (memory.bits + k)
            for k, first in enumerate(firsts)
        )
        for word in memory.words
    ]


def _checked(machine, memory, stored):
    """The word alone; whether the parity of a column is wrong."""
    if not machine.parity:
        return stored, C(0)
    word, checks = stored[: memory.bits], stored[memory.bits :]
    columns = [word[first : first + COLUMN] for first in range(0, memory.bits, COLUMN)]
    wrong = [column.xor() ^ check for column, check in zip(columns, checks, strict=True)]
    return word, Cat(wrong).any()
