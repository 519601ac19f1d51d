"""The register file: what it reads after any writes is what its table says."""

from amaranth.hdl import C, Cat, Mux, Signal

from pascaline.hdl.bus.registers import RegisterFile
from pascaline.spec.register import WORD
from pascaline.spec.registers import registers
from prove.claim import Claim
from prove.designs import small_design
from prove.fields import RULES, Field
from prove.harness import Harness

__all__ = ["claims"]


def file(**machine):
    """Any one address is read as the table has it, whatever is written and happens."""

    def build(harness: Harness):
        _file(harness, registers(small_design(inputs=3, ports="axi", **machine)))

    return build


def _file(harness, table):
    dut = harness.place(RegisterFile(table), "registers")
    bus, m = dut.bus, harness.m
    for port in (bus.w_addr, bus.w_data, bus.w_strobe, bus.w_en, dut.clear):
        m.d.comb += port.eq(harness.free(len(port), f"{port.name}_in"))
    asked = harness.constant(len(bus.r_addr), "asked")
    m.d.comb += bus.r_addr.eq(asked)
    mask = Cat(strobe.replicate(8) for strobe in bus.w_strobe)
    known, writable, wanted = C(0, 1), C(0, 1), C(0, WORD)
    for register in table:
        here = bus.w_en & (bus.w_addr[2:] == register.offset // 4)
        value, taken = _register(harness, dut, register, here, Mux(here, mask, 0))
        read = asked[2:] == register.offset // 4
        known |= read
        wanted |= Mux(read, value, 0)
        taken &= register.writable
        writable |= taken & (bus.w_addr[2:] == register.offset // 4)
    harness.always(bus.r_error == ~known)
    harness.always(~known | (bus.r_data == wanted))
    harness.always(bus.w_error == ~writable)


def _register(harness, dut, register, here, written):
    """What a register must read, as one word, and whether a write of it must be taken."""
    kept = Signal(WORD, name=f"{register.name}_kept", init=register.value)
    value, taken = Signal(WORD, name=f"{register.name}_read"), C(1, 1)
    for field in register.fields:
        bits = slice(field.place, field.place + field.width)
        one = Field(
            harness=harness,
            dut=dut,
            name=f"{register.name}_{field.name}",
            here=here,
            written=written[bits],
            data=dut.bus.w_data[bits],
            kept=kept[bits],
        )
        rule = RULES[type(field)](one)
        harness.m.d.sync += kept[bits].eq(rule.kept)
        harness.m.d.comb += value[bits].eq(rule.read)
        taken &= rule.taken
    return value, taken


def claims():
    """All claims about registers."""
    return [
        Claim("registers: weights in ROM", file(), 2, "prove"),
        Claim("registers: weights loaded, parity", file(weights="ram", parity=True), 2, "prove"),
    ]
