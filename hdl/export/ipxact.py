"""The machine as a component of IP-XACT (IEEE 1685-2014), which vendors' tools import."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from importlib.metadata import version

from pascaline.spec.bus import pins
from pascaline.spec.design import Design
from pascaline.spec.fields import RegisterField, Sticky
from pascaline.spec.register import ADDRESS_BITS, WORD, Register
from pascaline.spec.registers import registers

__all__ = ["ipxact"]

SPACE = "http://www.accellera.org/XMLSchema/IPXACT/1685-2014"
VENDOR = "pascaline"

ACCESS = {
    (True, False): "read-only",
    (True, True): "read-write",
    (False, True): "write-only",
}
"""What software may do with a field, by whether it is readable and writable."""

BUSES = {
    "AXI4-Lite": ("amba.com", "AMBA4", "AXI4Lite", "r0p0_0"),
    "Wishbone": ("opencores.org", "wishbone", "wishbone", "b4"),
    "AXI4-Stream": ("amba.com", "AMBA4", "AXI4Stream", "r0p0_1"),
}
"""Vendor, library, name and version of the definitions of buses."""


def ipxact(design: Design, verilog: Sequence[str]) -> str:
    """The component: its interfaces, its registers, its ports and its files."""
    control = design.machine.port_style.control
    root = ET.Element("ipxact:component", {"xmlns:ipxact": SPACE})
    _say(root, vendor=VENDOR, library="accelerators", name=design.name)
    _say(root, version=version("pascaline"))
    interfaces = _inside(root, "busInterfaces")
    _interface(interfaces, design, "s_axis", "AXI4-Stream", "slave")
    _interface(interfaces, design, "m_axis", "AXI4-Stream", "master")
    slave = _interface(interfaces, design, control.prefix, control.bus.split()[0], "slave")
    _inside(slave, "memoryMapRef", memoryMapRef=control.prefix)
    _memory_map(_inside(_inside(root, "memoryMaps"), "memoryMap"), design)
    _model(_inside(root, "model"), design)
    files = _inside(_inside(root, "fileSets"), "fileSet")
    _say(files, name="verilog")
    for file in verilog:
        _say(_inside(files, "file"), name=file, fileType="verilogSource")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _interface(above: ET.Element, design: Design, prefix: str, bus: str, role: str) -> ET.Element:
    """An interface with its pins by their logical names; gives the element of its role."""
    vendor, library, name, number = BUSES[bus]
    found = _inside(above, "busInterface")
    _say(found, name=prefix)
    of_bus = {"vendor": vendor, "library": library, "name": name, "version": number}
    _inside(found, "busType", **of_bus)
    kind = _inside(_inside(found, "abstractionTypes"), "abstractionType")
    _inside(kind, "abstractionRef", **(of_bus | {"name": f"{name}_rtl"}))
    maps = _inside(kind, "portMaps")
    for pin in pins(design):
        if pin.name.startswith(f"{prefix}_"):
            both = _inside(maps, "portMap")
            _say(_inside(both, "logicalPort"), name=pin.name.removeprefix(f"{prefix}_").upper())
            _say(_inside(both, "physicalPort"), name=pin.name)
    return _inside(found, role)


def _memory_map(above: ET.Element, design: Design) -> None:
    _say(above, name=design.machine.port_style.control.prefix)
    block = _inside(above, "addressBlock")
    _say(block, name="registers", baseAddress="'h0", range=f"'h{1 << ADDRESS_BITS:X}")
    _say(block, width=WORD)
    for register in registers(design):
        _register(_inside(block, "register"), register)
    _say(above, addressUnitBits=8)


def _register(above: ET.Element, register: Register) -> None:
    _say(above, name=register.name, description=register.doc)
    _say(above, addressOffset=f"'h{register.offset:X}", size=WORD)
    for field in register.fields:
        _field(_inside(above, "field"), field)


def _field(above: ET.Element, field: RegisterField) -> None:
    _say(above, name=field.name, description=field.doc, bitOffset=field.place)
    if field.kept:
        _say(_inside(_inside(above, "resets"), "reset"), value=f"'h{field.value:X}")
    _say(above, bitWidth=field.width, access=ACCESS[field.readable, field.writable])
    if isinstance(field, Sticky):
        _say(above, modifiedWriteValue="oneToClear")


def _model(above: ET.Element, design: Design) -> None:
    view = _inside(_inside(above, "views"), "view")
    _say(view, name="rtl", componentInstantiationRef="rtl")
    made = _inside(_inside(above, "instantiations"), "componentInstantiation")
    _say(made, name="rtl", language="verilog", moduleName=design.name)
    _say(_inside(made, "fileSetRef"), localName="verilog")
    ports = _inside(above, "ports")
    for pin in pins(design):
        port = _inside(ports, "port")
        _say(port, name=pin.name)
        wire = _inside(port, "wire")
        _say(wire, direction=pin.direction)
        if pin.width > 1:
            _say(_inside(_inside(wire, "vectors"), "vector"), left=pin.width - 1, right=0)


def _inside(above: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(above, f"ipxact:{tag}", attributes)


def _say(above: ET.Element, **texts: object) -> None:
    """Elements with a text each, in that order, which the schema wants."""
    for tag, text in texts.items():
        _inside(above, tag).text = str(text)
