"""The files that come with a machine on a bus."""

from collections.abc import Sequence

from pascaline.hdl.export.c_header import c_header
from pascaline.hdl.export.driver import driver
from pascaline.hdl.export.fusesoc import core_file, linted
from pascaline.hdl.export.ipxact import ipxact
from pascaline.hdl.export.litex import litex_module
from pascaline.hdl.export.page import page
from pascaline.hdl.export.systemrdl import systemrdl
from pascaline.spec.bus import Bytes, input_bytes, output_bytes
from pascaline.spec.design import Design
from pascaline.spec.register import ADDRESS_BITS

__all__ = ["bus_files", "interfaces", "sources"]


def sources(name: str, *, memories: bool) -> list[str]:
    """Names of the files with Verilog of a machine, whose memories may have a file of their own."""
    return [f"{name}.v", *[f"{name}_memories.v"] * memories]


def bus_files(design: Design, verilog: Sequence[str] = ()) -> dict[str, str]:
    """Texts by the names of their files, for Verilog in those files; by default in one."""
    verilog = verilog or sources(design.name, memories=False)
    name = design.name
    return {
        f"{name}.h": c_header(design),
        f"{name}_registers.md": page(design),
        f"{name}_driver.py": driver(design),
        f"{name}.core": core_file(design, verilog),
        f"{name}_lint.v": linted(verilog),
        f"{name}_litex.py": litex_module(design, verilog),
        f"{name}.rdl": systemrdl(design),
        f"{name}.xml": ipxact(design, verilog),
    }


def interfaces(design: Design) -> list[dict]:
    """The interfaces for the description: two streams and the control port."""
    control = design.machine.port_style.control
    return [
        _stream("s_axis", "in", input_bytes(design)),
        _stream("m_axis", "out", output_bytes(design)),
        {
            "name": control.prefix,
            "protocol": control.protocol,
            "address_width": ADDRESS_BITS,
        },
    ]


def _stream(name: str, direction: str, lanes: Bytes) -> dict:
    return {
        "name": name,
        "protocol": "AXI4-Stream",
        "direction": direction,
        "element": {"width": lanes.width, "signed": lanes.signed, "bytes": lanes.size},
        "elements_per_beat": lanes.count,
        "elements": lanes.numbers,
        "beats": lanes.beats,
    }
