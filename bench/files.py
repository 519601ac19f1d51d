"""The files of a bench, as texts made of templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pascaline.bench.vectors import GoldenVectors
from pascaline.spec.bus import input_bytes, output_bytes, user_bits
from pascaline.spec.design import Design
from pascaline.spec.ports import ports
from pascaline.spec.registers import registers

__all__ = ["bench_files"]

TEMPLATES = {
    "{}_tb.v": "testbench.v.jinja",
    "test_{}.py": "cocotb.py.jinja",
    "{}_bench.md": "page.md.jinja",
    "Makefile": "makefile.jinja",
}
"""The template of each file."""


def bench_files(vectors: GoldenVectors, verilog: Sequence[str]) -> dict[str, str | bytes]:
    """A bench for sequences, which runs where there is no Pascaline.

    Parameters
    ----------
    vectors : GoldenVectors
        The sequences, and what must come of them.
    verilog : sequence of str
        Names of the files with the Verilog of the machine.

    Returns
    -------
    dict of str to str or bytes
        Contents by the names of the files, which belong into one folder with the Verilog.
    """
    design, known = vectors.design, _known(vectors) | {"verilog": verilog}
    found: dict[str, str | bytes] = {
        name.format(design.name): _environment().get_template(template).render(known)
        for name, template in TEMPLATES.items()
    }
    found |= {f"{design.name}_{end}": text for end, text in vectors.hex_files().items()}
    return found | {f"{design.name}_vectors.npz": vectors.npz()}


def _environment() -> Environment:
    # Verilog, make and Python have braces of their own.
    return Environment(
        loader=PackageLoader("pascaline.bench"),
        variable_start_string="<:",
        variable_end_string=":>",
        line_statement_prefix="//%",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _known(vectors: GoldenVectors) -> dict[str, Any]:
    """What the templates know."""
    design = vectors.design
    known = {
        "name": design.name,
        "source": vectors.source,
        "wires": vectors.wires,
        "x_beats": len(vectors.x),
        "o_beats": len(vectors.o),
        "queues": vectors.queues,
        "values": vectors.values,
        "packets": len(vectors.sequences),
        "steps": vectors.steps,
        "formula": vectors.formula,
        "timeout": vectors.timeout,
        "image_words": len(vectors.load),
        "parity": design.machine.parity,
        "on_bus": design.machine.on_bus,
    }
    return known | (_bus(design) if design.machine.on_bus else _plain(design))


def _plain(design: Design) -> dict[str, Any]:
    states = [port for port in ports(design).values() if "_state" in port.name]
    return {
        "style": "stream.v.jinja",
        "queue": "0",
        "given": [port for port in states if port.direction == "in"],
        "states": [port for port in states if port.direction == "out"],
    }


def _bus(design: Design) -> dict[str, Any]:
    control = design.machine.port_style.control
    assert control is not None
    table = registers(design)
    places = {
        field.name: field.place
        for register in table
        for field in register.fields
        if register.name == "status"
    }
    mdata = 8 * output_bytes(design).beat
    return {
        "style": "bus.v.jinja",
        "control": f"{design.machine.ports}.v.jinja",
        "cocotb_control": f"cocotb_{design.machine.ports}.py.jinja",
        "control_pins": [f"{control.prefix}_{pin.name}" for pin in control.pins],
        "tdata": 8 * input_bytes(design).beat,
        "mdata": mdata,
        "user_bits": user_bits(design),
        "queue": f"o_payload[{mdata + mdata // 8 + 1} +: 8]",
        "constants": [
            (register.name, f"{register.offset:03X}", f"{register.value:08X}")
            for register in table
            if register.fixed
        ],
        "address": {register.name: f"{register.offset:03X}" for register in table},
        "enable": next(
            field.mask
            for register in table
            for field in register.fields
            if (register.name, field.name) == ("control", "enable")
        ),
        **{name: places.get(name) for name in ("busy", "loading", "loaded", "load_ready")},
    }
