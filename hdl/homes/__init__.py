"""The homes of `spec.homes`: what makes the memories of a model, one module each.

A home has two methods. ``load_layout(memory, parity)`` is the layout of the port through which a
memory is written; it has no bits where nothing is. ``contents(m, memory, span, load, parity)``
makes a component that holds the words of a range, with the members ``addr``, ``en`` and ``data`` of
`hdl.homes.rom.Rom`.
"""

from pascaline.hdl.homes.logic import LogicHome
from pascaline.hdl.homes.ram import RamHome
from pascaline.hdl.homes.rom import RomHome

__all__ = ["HOMES"]

HOMES = {"rom": RomHome(), "logic": LogicHome(), "ram": RamHome(), "wired": RomHome()}
"""The homes by the same names as in `spec.homes.HOMES`; weights that are wires have no memory."""
