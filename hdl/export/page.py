"""The registers as a page of Markdown."""

from pascaline.hdl.export.features import page_features
from pascaline.spec.design import Design
from pascaline.spec.fields import RegisterField
from pascaline.spec.register import WORD, Register
from pascaline.spec.registers import LOAD, registers

__all__ = ["page"]

HEAD = """# Registers of {name}

32 bits wide, little-endian, on `{port}`. An access to any other address, and a write to a register
that cannot be written, is answered with an error. After reset, all but constants are 0.

| offset | register | bits | field | access | value | meaning |
| --- | --- | --- | --- | --- | --- | --- |
"""

TAIL = "| 0x{start:03X} to 0x{end:03X} | `load` | | | | | kept for the loading of weights |\n"


def page(design: Design) -> str:
    """A table of registers and of their fields, and what goes in and comes out."""
    table = registers(design)
    rows = [row for register in table for row in _rows(register)]
    head = HEAD.format(name=design.name, port=design.machine.port_style.control.prefix)
    tail = TAIL.format(start=max(LOAD.start, table[-1].offset + 4), end=LOAD.stop - 1)
    return head + "".join(f"| {' | '.join(row)} |\n" for row in rows) + tail + page_features(design)


def _rows(register: Register) -> list[list[str]]:
    """A row for the register, and one for each field; one for both if the field is all of it."""
    start = [f"0x{register.offset:03X}", f"`{register.name}`"]
    if register.fields[0].width == WORD:
        [field] = register.fields
        return [[*start, _bits(field), "", *_access(field), register.doc]]
    fields = [
        ["", "", _bits(field), f"`{field.name}`", *_access(field), field.doc]
        for field in register.fields
    ]
    return [[*start, "", "", "", "", register.doc], *fields]


def _access(field: RegisterField) -> list[str]:
    return [field.access, f"0x{field.value:X}" if field.fixed else ""]


def _bits(field: RegisterField) -> str:
    last = field.place + field.width - 1
    return f"{last}" if field.width == 1 else f"{last}:{field.place}"
