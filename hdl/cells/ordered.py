"""Memories of the model that are read group by group."""

from amaranth.hdl import Cat

from pascaline.hdl.delay import delayed
from pascaline.hdl.store import read_memory
from pascaline.hdl.vector import GroupPointer
from pascaline.spec.drain import Drain
from pascaline.spec.machine import Machine
from pascaline.spec.program import Program

__all__ = ["read_ordered"]


def read_ordered(
    m,
    advance,
    stream,
    *,
    name,
    memory,
    load,
    latency,
    drain: Drain,
    program: Program,
    machine: Machine,
):
    """Read a memory with one word a group of each pass, in order.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    advance : Value
        Read the next word.
    stream : Value
        With ``advance``: the stream of its step; where a layer has two directions, one of them.
    name : str
        Of the submodule, and prefix of the signals.
    memory, load, machine, latency
        As of `hdl.store.read_memory`.
    drain, program : Drain, Program
        Groups of a pass, passes of a step.

    Returns
    -------
    word, wrong : Value
        ``latency`` cycles after ``advance``; ``wrong`` as of `read_memory`, for words that are
        wanted.
    """
    m.submodules[f"{name}_pointer"] = pointer = GroupPointer(drain.groups * len(program.passes), 1)
    m.d.comb += pointer.advance.eq(advance)
    addr = Cat(stream, pointer.group) if program.directions > 1 else pointer.group
    word, wrong = read_memory(m, machine, memory, addr, latency=latency, name=name, load=load)
    return word, wrong & delayed(m, advance, latency, name=f"{name}_checks")
