"""The memories of the model, wherever their words live (`spec.homes`), with parity or without."""

from amaranth.hdl import Array, Cat, Signal
from amaranth.lib import data
from amaranth.lib.wiring import In

from pascaline.hdl.delay import delayed
from pascaline.hdl.homes import HOMES
from pascaline.spec.machine import Machine
from pascaline.spec.memories import COLUMN, Memories, Memory
from pascaline.spec.pipeline import BLOCK

__all__ = ["late_words", "load_layouts", "load_through", "loads", "read_memory"]


def load_layouts(machine: Machine, memories: Memories):
    """Layout of the ports that write memories, by their names; no bits for those never written."""
    home = HOMES[machine.weights]
    return data.StructLayout(
        {
            name: home.load_layout(one, machine.parity)
            if isinstance(one, Memory)
            else load_layouts(machine, one)
            for name, one in memories.items()
        }
    )


def loads(machine: Machine, memories: Memories):
    """Member ``load`` of a component: what writes its memories."""
    return {"load": In(load_layouts(machine, memories))}


def load_through(load, part):
    """Statements that load a part's memories with those of the same names."""
    return [part.load[name].eq(load[name]) for name in part.load.shape().members]


def late_words(machine: Machine, latency: int) -> bool:
    """Whether words of that latency are unknown for longer than a cycle after a reset."""
    return machine.home.loaded or latency > 1


def read_memory(m, machine: Machine, memory: Memory, addr, *, latency, name, load, en=None):
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
        What writes it, of the layout that its home has for it.
    en : Value
        Read enable, if there is one.

    Returns
    -------
    word, wrong : Value
        ``wrong`` has one bit with parity, and none without.
    """
    depth, home = memory.depth, HOMES[machine.weights]
    size = BLOCK if latency == 3 else depth
    starts = range(0, depth, size)
    outputs = []
    for index, start in enumerate(starts):
        block = f"{name}_{index}" if len(starts) > 1 else name
        span = range(start, min(start + size, depth))
        m.submodules[block] = made = home.contents(m, memory, span, load, machine.parity)
        m.d.comb += made.addr.eq(addr)
        if en is not None:
            m.d.comb += made.en.eq(en)
        kept = min(latency - 1, 1)
        outputs.append(delayed(m, made.data, kept, name=f"{block}_word", reset_less=True))
    if latency < 3:
        return _checked(machine, memory, outputs[0])
    chosen = delayed(m, addr[BLOCK.bit_length() - 1 :], 2, name=f"{name}_block", reset_less=True)
    word = Signal(memory.stored(machine.parity), name=f"{name}_chosen", reset_less=True)
    m.d.sync += word.eq(Array(outputs)[chosen])
    return _checked(machine, memory, word)


def _checked(machine, memory, stored):
    """The word alone; whether the parity of a column is wrong (no bits without parity)."""
    word, checks = stored[: memory.bits], stored[memory.bits :]
    columns = [word[first : first + COLUMN] for first in range(0, memory.bits, COLUMN)]
    wrong = [column.xor() ^ check for column, check in zip(columns, checks, strict=False)]
    return word, Cat(wrong).any()[: int(machine.parity)]
