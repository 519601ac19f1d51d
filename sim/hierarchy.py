"""Instances and nets of a design, as its Verilog declares them and a waveform has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Array", "Hierarchy", "Net"]

# The text is Yosys', a declaration a line; what it made up itself starts with an underscore.
MODULE = re.compile(r"^module (\w+)\(.*?^endmodule", re.MULTILINE | re.DOTALL)
NET = re.compile(
    r"^  (?P<kind>input|output|wire|reg) (?P<signed>signed )?(?:\[(?P<high>\d+):0\] )?"
    r"(?P<name>[A-Za-z]\w*)(?: = [^;]*)?;$",
    re.MULTILINE,
)
ARRAY = re.compile(r"^  reg (?:\[(\d+):0\] )?(\w+) \[(\d+):(\d+)\];$", re.MULTILINE)
INSTANCE = re.compile(r"^  (\w+) (\w+) \($", re.MULTILINE)
COUNTED = re.compile(r"_\d+$")


@dataclass(frozen=True)
class Net:
    """A net, or a port, of an instance.

    Attributes
    ----------
    path : str
        Names of the instances from the top on and its own, with dots between.
    width : int
        Bits.
    signed : bool
        Whether it is a number in two's complement.
    """

    path: str
    width: int
    signed: bool


@dataclass(frozen=True)
class Array:
    """A memory of an instance.

    Attributes
    ----------
    path : tuple of str
        Names of the instances below the top, and its own.
    width, depth : int
        Bits of a word, and words.
    """

    path: tuple[str, ...]
    width: int
    depth: int


@dataclass(frozen=True)
class _Module:
    ports: dict[str, tuple[int, bool]]
    nets: dict[str, tuple[int, bool]]
    arrays: dict[str, tuple[int, int]]
    instances: dict[str, str]


class Hierarchy:
    """The hierarchy of a design.

    Parameters
    ----------
    verilog : str
        The Verilog, as `hdl.verilog` writes it.
    top : str
        The top module.
    """

    def __init__(self, verilog: str, top: str) -> None:
        self._top = top
        self._modules = {match[1]: _module(match[0]) for match in MODULE.finditer(verilog)}

    def net(self, instance: str, name: str) -> Net | None:
        """The net of that name in the instance of that path below the top, if there is one.

        Where Yosys had to tell nets of one name apart, it counted: then it is the port of that
        name, or if none is a port, the first one.
        """
        module = self._find(instance)
        if module is None:
            return None
        candidates = [*module.ports, *module.nets]
        counted = [net for net in candidates if COUNTED.sub("", net) == name]
        found = name if name in candidates else next(iter(counted), None)
        if found is None:
            return None
        width, signed = (module.ports | module.nets)[found]
        return Net(".".join(filter(None, [self._top, instance, found])), width, signed)

    def module(self, instance: str) -> str | None:
        """The module of the instance of that path below the top, if there is one."""
        module: str | None = self._top
        for name in instance.split(".") if instance else ():
            module = self._modules[module].instances.get(name) if module in self._modules else None
        return module

    def instances(self, instance: str) -> set[str]:
        """Names of the instances right below the one of that path, if there is one."""
        module = self._find(instance)
        return set(module.instances) if module else set()

    def arrays(self) -> list[Array]:
        """All memories."""
        return list(self._arrays(self._top, ()))

    def declared(self) -> list[tuple[str, str]]:
        """Modules and the memories in them, by name."""
        return [(name, array) for name, module in self._modules.items() for array in module.arrays]

    def _arrays(self, module: str, path: tuple[str, ...]) -> Iterator[Array]:
        for name, (width, depth) in self._modules[module].arrays.items():
            yield Array((*path, name), width, depth)
        for name, inner in self._modules[module].instances.items():
            yield from self._arrays(inner, (*path, name))

    def _find(self, instance: str) -> _Module | None:
        module = self.module(instance)
        return None if module is None else self._modules.get(module)


def _module(text: str) -> _Module:
    nets: dict[str, tuple[int, bool]] = {}
    ports = {}
    for match in NET.finditer(text):
        shape = (int(match["high"] or 0) + 1, bool(match["signed"]))
        if match["kind"] in ("input", "output"):
            ports[match["name"]] = shape
        elif match["name"] not in ports:
            nets[match["name"]] = shape
    instances = {name: module for module, name in INSTANCE.findall(text) if module != "module"}
    arrays = {
        name: (int(high or 0) + 1, abs(int(one) - int(other)) + 1)
        for high, name, one, other in ARRAY.findall(text)
    }
    return _Module(ports, nets, arrays, instances)
