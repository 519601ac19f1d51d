"""The head behind its lanes: logits and classes come out as they are computed, in order."""

from amaranth.hdl import Cat, Mux, Signal

from pascaline.hdl.head.affine import HeadAffine
from pascaline.hdl.head.argmax import ArgMax
from pascaline.spec.payloads import core_ports
from prove.claim import Claim
from prove.designs import small_core
from prove.harness import Harness
from prove.traffic import Queue, feed

__all__ = ["claims"]


def rows(*, pipelined, scaled):
    """Logits are scale times sum plus bias, row after row, with what is told about them."""

    def build(harness: Harness):
        head = {"classes": 3, "weights": "ternary", "scaled": scaled, "output": "logits"}
        head |= {"scale_width": 3, "bias_width": 4}
        core = small_core(hidden=2, head=head, pipelined=pipelined)
        dut = harness.place(HeadAffine(core.head_unit, core_ports(core)["o"].layout), "rows")
        m = harness.m
        sum_, last, mark = (
            harness.free(port.shape() if name == "sum" else len(port), name)
            for name, port in (
                ("sum", dut.sum),
                ("last", dut.last_row),
                ("mark", dut.mark.as_value()),
            )
        )
        valid = harness.free(1, "valid")
        waited = harness.past(valid & ~dut.i_ready)
        beat = Cat(sum_, last, mark)
        harness.suppose(~waited | (valid & (beat == harness.past(beat))))
        row, reach = Signal(range(3)), core.head_unit.sum
        harness.suppose(last == (row == 2))
        harness.suppose((sum_ >= reach.lo) & (sum_ <= reach.hi))
        m.d.comb += [
            dut.sum.eq(sum_),
            dut.last_row.eq(last),
            dut.mark.as_value().eq(mark),
            dut.i_valid.eq(valid),
            dut.o.ready.eq(harness.free(1, "ready")),
        ]
        harness.stable(dut.o)
        tensors = core.head_unit.tensors
        scales = [1] * 3 if tensors.scale is None else tensors.scale.tolist()
        wide = Signal(range(-(1 << 20), 1 << 20))
        products = [sum_ * s + b for s, b in zip(scales, tensors.bias.tolist(), strict=True)]
        m.d.comb += wide.eq(Mux(row == 0, products[0], Mux(row == 1, products[1], products[2])))
        push = valid & dut.i_ready
        with m.If(push):
            m.d.sync += row.eq(Mux(last, 0, row + 1))
        given = Signal(wide.shape())
        m.d.comb += given.eq(dut.o.p.value)
        queue = Queue(harness, len(wide) + 1 + len(mark), 5)
        told = Cat(given, dut.o.p.last_row, dut.o.p.mark.as_value())
        queue.step(push, Cat(wide, last, mark), dut.o.valid & dut.o.ready, told)

    return build


def argmax(harness: Harness):
    """The class is the first of the largest logits; the marks are those of the last one."""
    head = {"classes": 3, "weights": "ternary", "bias_width": 2}
    core = small_core(hidden=1, head=head, h={"width": 2, "frac": 1})
    dut = harness.place(ArgMax(core.head_unit, core_ports(core)["o"].layout), "argmax")
    feed(harness, dut.i, "i")
    m = harness.m
    row, best, best_row = Signal(range(3)), Signal(dut.i.p.value.shape()), Signal(range(3))
    harness.suppose(dut.i.p.last_row == (row == 2))
    m.d.comb += dut.o.ready.eq(harness.free(1, "ready"))
    harness.stable(dut.o)
    better, push = Signal(), dut.i.valid & dut.i.ready
    m.d.comb += better.eq((row == 0) | (dut.i.p.value > best))
    with m.If(push):
        m.d.sync += row.eq(Mux(dut.i.p.last_row, 0, row + 1))
        with m.If(better):
            m.d.sync += [best.eq(dut.i.p.value), best_row.eq(row)]
    queue = Queue(harness, 3, 1)
    end = push & dut.i.p.last_row
    wanted = Cat(Mux(better, row, best_row)[:2], dut.i.p.mark.last)
    queue.step(end, wanted, dut.o.valid & dut.o.ready, Cat(dut.o.p.data[:2], dut.o.p.last))
    harness.always(dut.o.valid == (queue.level != 0))
    harness.always(~dut.o.valid | (queue.front == Cat(dut.o.p.data[:2], dut.o.p.last)))


def claims():
    """All claims about the head."""
    return [
        *(
            Claim(f"head: rows{kind}", rows(pipelined=pipelined, scaled=scaled), 12)
            for kind, pipelined, scaled in (
                ("", False, False),
                (", scaled", False, True),
                (", scaled, pipelined", True, True),
            )
        ),
        Claim("head: largest logit", argmax, 12),
    ]
