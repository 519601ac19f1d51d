"""Buffer trees, so that no net of a mapped netlist has too many loads."""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import Any

from pascaline.synth.liberty import Library

__all__ = ["FANOUT", "buffered"]

FANOUT = 16
"""Loads that a net may have in a module."""

Netlist = dict[str, Any]


def buffered(netlist: Netlist, library: Library, clock: str) -> tuple[Netlist, dict[str, int]]:
    """A netlist with buffer trees, and how many buffers each module has got.

    Nets are looked at in each module for itself: an instance of a module is as many loads as its
    input has inside. Clocks, which are ports of the same name everywhere, stay as they are, as does
    everything if the library has no buffer.

    Parameters
    ----------
    netlist : dict
        Modules as Yosys' ``write_json`` gives them.
    library : Library
        What they are mapped to.
    clock : str
        Name of the clocks.
    """
    netlist = copy.deepcopy(netlist)
    if library.buffer is None:
        return netlist, {}
    trees = _Trees(netlist, library, clock)
    for module in netlist:
        trees.loads(module)
    return netlist, trees.buffers


class _Trees:
    def __init__(self, netlist: Netlist, library: Library, clock: str) -> None:
        assert library.buffer is not None
        self._netlist = netlist
        self._outputs = library.outputs
        self._cell, self._input, self._output = library.buffer
        self._clock = clock
        self._loads: dict[str, dict[str, list[int]]] = {}
        self.buffers: dict[str, int] = {}

    def loads(self, name: str) -> dict[str, list[int]]:
        """How many loads each bit of each input of a module is, after it has got its buffers."""
        if name in self._loads:
            return self._loads[name]
        module = self._netlist[name]
        sinks: dict[int | str, list[tuple[list[Any], int, int]]] = defaultdict(list)
        for cell in module["cells"].values():
            for bits, weights in self._inputs(cell):
                for index, (bit, weight) in enumerate(zip(bits, weights, strict=True)):
                    if isinstance(bit, int):
                        sinks[bit].append((bits, index, weight))
        clock = module["ports"].get(self._clock, {"bits": []})["bits"]
        fresh = 1 + max((bit for bit in _bits(module) if isinstance(bit, int)), default=1)
        self.buffers[name] = 0
        for bit in [bit for bit in sinks if bit not in clock]:
            while sum(weight for _, _, weight in sinks[bit]) > FANOUT and len(sinks[bit]) > 1:
                roots = []
                for group in _groups(sinks[bit]):
                    pin: list[Any] = [bit]
                    number = self.buffers[name]
                    module["cells"][f"buffer_{number}"] = {
                        "hide_name": 0,
                        "type": self._cell,
                        "parameters": {},
                        "attributes": {},
                        "connections": {self._input: pin, self._output: [fresh]},
                    }
                    for bits, index, _ in group:
                        bits[index] = fresh
                    roots.append((pin, 0, 1))
                    self.buffers[name] += 1
                    fresh += 1
                sinks[bit] = roots
        self._loads[name] = {
            port: [sum(weight for _, _, weight in sinks[bit]) for bit in ports["bits"]]
            for port, ports in module["ports"].items()
            if ports["direction"] == "input"
        }
        return self._loads[name]

    def _inputs(self, cell: dict[str, Any]) -> list[tuple[list[Any], list[int]]]:
        """The bits of each input of a cell, and how many loads each is."""
        type_, connections = cell["type"], cell["connections"]
        if type_ in self._netlist:
            loads = self.loads(type_)
            return [(connections[port], loads[port]) for port in connections if port in loads]
        outputs = self._outputs.get(type_)
        if outputs is None:  # A memory.
            return []
        return [(bits, [1] * len(bits)) for pin, bits in connections.items() if pin not in outputs]


def _bits(module: dict[str, Any]) -> list[Any]:
    return [bit for net in module["netnames"].values() for bit in net["bits"]] + [
        bit
        for cell in module["cells"].values()
        for bits in cell["connections"].values()
        for bit in bits
    ]


def _groups(sinks: list[tuple[list[Any], int, int]]) -> list[list[tuple[list[Any], int, int]]]:
    """Sinks in groups of so many loads as a buffer may have; one that is more is alone."""
    groups: list[list[tuple[list[Any], int, int]]] = []
    room = 0
    for sink in sinks:
        if not groups or sink[2] > room:
            groups.append([])
            room = FANOUT
        groups[-1].append(sink)
        room -= sink[2]
    return groups
