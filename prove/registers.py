"""The register file: what it reads after any writes is what its table says."""

from typing import get_args

from amaranth.hdl import C, Cat, Mux, Signal

from pascaline.hdl.bus.registers import RegisterFile
from pascaline.spec.bus import WORD
from pascaline.spec.register import Kind
from pascaline.spec.registers import registers
from prove.bench import Bench
from prove.claim import Claim
from prove.designs import small_design

__all__ = ["claims"]


def file(**machine):
    """Any one address is read as the table has it, whatever is written and happens."""

    def build(bench: Bench):
        _file(bench, registers(small_design(inputs=3, ports="axi", **machine)))

    return build


def _file(bench, table):
    dut = bench.place(RegisterFile(table), "registers")
    bus, m = dut.bus, bench.m
    for port in (bus.w_addr, bus.w_data, bus.w_strobe, bus.w_en, dut.clear):
        m.d.comb += port.eq(bench.free(len(port), f"{port.name}_in"))
    asked = bench.constant(len(bus.r_addr), "asked")
    m.d.comb += bus.r_addr.eq(asked)
    mask = Cat(strobe.replicate(8) for strobe in bus.w_strobe)
    known, writable, wanted = C(0, 1), C(0, 1), C(0, WORD)
    for register in table:
        here = bus.w_en & (bus.w_addr[2:] == register.offset // 4)
        value = _register(bench, dut, register, Mux(here, mask, 0))
        read = asked[2:] == register.offset // 4
        known |= read
        wanted |= Mux(read, value, 0)
        taken = register.writable & _takes(bench, dut, register)
        writable |= taken & (bus.w_addr[2:] == register.offset // 4)
    bench.always(bus.r_error == ~known)
    bench.always(~known | (bus.r_data == wanted))
    bench.always(bus.w_error == ~writable)


def _register(bench, dut, register, written):
    """What a register must read, as one word; ``written``: its bits that this write has."""
    m, data = bench.m, dut.bus.w_data
    masks = dict.fromkeys(get_args(Kind), 0)
    events = {"sticky": C(0, WORD), "counter": C(0, WORD), "status": C(0, WORD)}
    reset = 0
    for field in register.fields:
        masks[field.kind] |= field.mask
        reset |= field.value << field.place
        if field.kind in events:
            port = getattr(dut, f"{register.name}_{field.name}")
            event = bench.free(len(port), f"{register.name}_{field.name}_in")
            m.d.comb += port.eq(event)
            events[field.kind] |= event << field.place
    kept = Signal(WORD, name=f"{register.name}_kept", init=reset)
    control = (kept & ~written | data & written) & masks["control"]
    sticky = (kept & ~(data & written) | events["sticky"]) & masks["sticky"]
    counter = Mux(dut.clear, 0, kept + events["counter"]) & masks["counter"]
    m.d.sync += kept.eq(control | sticky | counter | kept & masks["constant"])
    for field in register.fields:
        bits = slice(field.place, field.place + field.width)
        name = f"{register.name}_{field.name}"
        if field.kind == "control":
            bench.always(getattr(dut, name) == kept[bits])
        if field.kind == "pulse":
            bench.always(getattr(dut, name) == (data & written)[bits])
        if field.kind == "sticky":
            bench.always(getattr(dut, f"{name}_set") == kept[bits])
    return kept | events["status"]


def _takes(bench, dut, register):
    """A write is taken: of words only all bytes, and if who wants them takes them."""
    takes = C(1, 1)
    for field in register.fields:
        if field.kind == "word":
            port = getattr(dut, f"{register.name}_{field.name}")
            ready = bench.free(1, f"{register.name}_{field.name}_ready")
            bench.m.d.comb += port.ready.eq(ready)
            here = dut.bus.w_en & (dut.bus.w_addr[2:] == register.offset // 4)
            whole = dut.bus.w_strobe.all()
            bench.always(port.valid == (here & whole))
            data = dut.bus.w_data[field.place : field.place + field.width]
            bench.always(~port.valid | (port.payload == data))
            takes &= ready & whole
    return takes


def claims():
    """All claims about registers."""
    return [
        Claim("registers: weights in ROM", file(), 2, "prove"),
        Claim("registers: weights loaded, parity", file(weights="ram", parity=True), 2, "prove"),
    ]
