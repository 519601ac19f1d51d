"""Instances and nets of a design, as its Verilog declares them and a waveform has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Hierarchy", "Net"]

# The text is Yosys', a declaration a line; what it made up itself starts with an underscore.
MODULE = re.compile(r"^module (\w+)\(.*?^endmodule", re.MULTILINE | re.DOTALL)
NET = re.compile(
    r"^  (?P<kind>input|output|wire|reg) (?P<signed>signed )?(?:\[(?P<high>\d+):0\] )?"
    r"(?P<name>[A-Za-z]\w*)(?: = [^;]*)?;$",
    re.MULTILINE,
)
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
class _Module:
    ports: dict[str, tuple[int, bool]]
    nets: dict[str, tuple[int, bool]]
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

    def _find(self, instance: str) -> _Module | None:
        found = self._modules.get(self._top)
        for name in instance.split(".") if instance else ():
            found = self._modules.get(found.instances.get(name, "")) if found else None
        return found


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
    return _Module(ports, nets, instances)
