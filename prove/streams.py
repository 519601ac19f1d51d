"""Streams: nothing is lost or comes twice, the order stays, and what waits does not change."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.accelerator import Accelerator
from hdl.dense import ArgMax, RowAffine
from hdl.inputs import Inputs
from hdl.outputs import CoreOutputs
from hdl.reader import VectorReader
from hdl.shapes import shape
from hdl.stages import elastic
from hdl.state import StatePort
from prove.bench import Bench
from prove.claim import Claim
from prove.designs import small_core, small_design
from spec.ports import core_ports

__all__ = ["claims"]


class Queue:
    """What a stream must give, in order: pushed as it becomes known, popped as it comes out.

    Parameters
    ----------
    bench : Bench
        Where it stands.
    shape : Shape
        Of an element.
    depth : int
        Elements on their way at most; that there are no more must hold, too.
    """

    def __init__(self, bench, shape, depth, *, name="queue"):
        self._bench = bench
        self._places = Array(Signal(shape, name=f"{name}_{k}") for k in range(depth))
        self.level = Signal(range(depth + 1), name=f"{name}_level")
        self._depth = depth

    def step(self, push, value, pop, given):
        """In a cycle in which ``value`` is pushed and ``given`` comes out."""
        m, bench = self._bench.m, self._bench
        bench.always(~pop | (self.level != 0))
        bench.always(~pop | (self._places[0] == given))
        bench.always(~push | pop | (self.level != self._depth))
        m.d.sync += self.level.eq(self.level + push - pop)
        for k in range(self._depth):
            after = self._places[k + 1] if k + 1 < self._depth else 0
            at = self.level - pop == k
            moved = Mux(pop, after, self._places[k])
            m.d.sync += self._places[k].eq(Mux(push & at, value, moved))


class Stages(wiring.Component):
    """Some elastic stages with a payload."""

    i: In(stream.Signature(3))
    o: Out(stream.Signature(3))

    def __init__(self, count):
        super().__init__()
        self._count = count

    def elaborate(self, platform):
        m = Module()
        ready = [Signal(name=f"ready_{k}") for k in range(self._count)]
        valid, payload = self.i.valid, self.i.payload
        for k in range(self._count):
            after = ready[k + 1] if k + 1 < self._count else self.o.ready
            full, take = elastic(m, valid, after, name=f"stage_{k}")
            kept = Signal(3, name=f"kept_{k}", reset_less=True)
            with m.If(take):
                m.d.sync += kept.eq(payload)
            m.d.comb += ready[k].eq(~full | after)
            valid, payload = full, kept
        m.d.comb += [self.i.ready.eq(ready[0]), self.o.valid.eq(valid), self.o.payload.eq(payload)]
        return m


def feed(bench, stream_in, name):
    """A stream's input side is anything that keeps the rules."""
    m = bench.m
    m.d.comb += [
        stream_in.valid.eq(bench.free(1, f"{name}_valid")),
        stream_in.payload.as_value().eq(bench.free(len(stream_in.payload.as_value()), f"{name}_p"))
        if hasattr(stream_in.payload, "as_value")
        else stream_in.payload.eq(bench.free(len(stream_in.payload), f"{name}_p")),
    ]
    bench.stable(stream_in, assumed=True)


def stages(count):
    """Beats that go in come out."""

    def build(bench: Bench):
        dut = bench.place(Stages(count), "stages")
        feed(bench, dut.i, "i")
        bench.m.d.comb += dut.o.ready.eq(bench.free(1, "ready"))
        bench.stable(dut.o)
        queue = Queue(bench, 3, count)
        queue.step(
            dut.i.valid & dut.i.ready, dut.i.payload, dut.o.valid & dut.o.ready, dut.o.payload
        )
        if count == 1:
            # What makes the induction of one stage go through.
            bench.always(dut.o.valid == (queue.level != 0))
            bench.always(~dut.o.valid | (queue._places[0] == dut.o.payload))

    return build


def inputs(bench: Bench):
    """The vector that is read is the oldest one that came in, with its flags."""
    core = small_core(inputs=3, simd=2)
    dut = bench.place(Inputs(core), "inputs")
    feed(bench, dut.i, "i")
    m, chunks = bench.m, core.x_product.chunks
    free, en = bench.free(1, "free"), bench.free(1, "en")
    bench.suppose(~free | dut.full)
    chunk = bench.free(dut.read.chunk.shape(), "chunk")
    bench.suppose(chunk < chunks)
    m.d.comb += [dut.free.eq(free), dut.read.en.eq(en), dut.read.chunk.eq(chunk)]
    # Vectors in, counted; their beats and flags in a ring of four.
    beat = dut.i.valid & dut.i.ready
    count, came, gone = Signal(range(chunks)), Signal(2), Signal(2)
    bits = len(dut.i.p.data.as_value())
    beats = Array(Signal(bits, name=f"beat_{k}") for k in range(4 * chunks))
    flags = Array(Signal(4, name=f"flag_{k}") for k in range(4))
    start = Signal(init=1)
    first = Signal(3)
    with m.If(beat):
        m.d.sync += [beats[came * chunks + count].eq(dut.i.p.data.as_value()), count.eq(count + 1)]
        with m.If(count == 0):
            m.d.sync += first.eq(Cat(start, dut.i.p.state))
        with m.If(count == chunks - 1):
            now = first if chunks > 1 else Cat(start, dut.i.p.state)
            m.d.sync += [
                count.eq(0),
                came.eq(came + 1),
                flags[came].eq(Cat(now, dut.i.p.last)),
                start.eq(dut.i.p.last),
            ]
    m.d.sync += gone.eq(gone + free)
    level = Signal(2)
    m.d.comb += level.eq(came - gone)
    bench.always(level <= 2)
    bench.always(dut.full == (level != 0))
    bench.always(dut.i.ready == (level != 2))
    given = Cat(dut.flags.start, dut.flags.state, dut.flags.last)
    bench.always(~dut.full | (given == flags[gone]))
    wanted = bench.past(beats[gone * chunks + chunk])
    read = bench.past(en & dut.full)
    bench.always(~read | (dut.read.data.as_value() == wanted))


def _memory(bench, port, banks):
    """A memory that is anything but does not change, behind a read port."""
    bits = len(port.data.as_value())
    words = [bench.constant(bits, f"word_{k}") for k in range(banks << len(port.chunk))]
    held = Signal(bits)
    address = Cat(port.chunk, port.bank)
    with bench.m.If(port.en):
        bench.m.d.sync += held.eq(Array(words)[address])
    bench.m.d.comb += port.data.as_value().eq(held)
    return words


def reader(bench: Bench):
    """The beats of a job's vector, in order, with 0 beyond its end."""
    core = small_core(hidden=3, simd=2)
    product, simd, banks = core.h_product, core.machine.simd, core.hidden_banks
    element = shape(core.layer.h)
    memory = {"element": element, "chunks": product.chunks, "simd": simd, "banks": banks}
    fields = core_ports(core)["o"].layout
    dut = bench.place(VectorReader(memory, fields, product.tail), "reader")
    words = _memory(bench, dut.read, banks)
    m = bench.m
    job = bench.free(len(dut.job.as_value()), "job")
    valid = bench.free(1, "valid")
    waited = bench.past(valid & ~dut.done)
    bench.suppose(~waited | (valid & (job == bench.past(job))))
    m.d.comb += [
        dut.job.as_value().eq(job),
        dut.job_valid.eq(valid),
        dut.o.ready.eq(bench.free(1, "ready")),
    ]
    bench.stable(dut.o)
    # A beat for each word that is read.
    chunk = Signal(range(product.chunks))
    take = dut.read.en
    end = chunk == product.chunks - 1
    with m.If(take):
        m.d.sync += chunk.eq(Mux(end, 0, chunk + 1))
    bench.always(~take | valid)
    bench.always(dut.done == (take & end))
    width = core.layer.h.width
    word = Array(words)[Cat(chunk, dut.job.bank)]
    kept = Mux(end, word & ((1 << (product.tail * width)) - 1), word)
    queue = Queue(bench, len(word) + 1, 1)
    given = Cat(dut.o.p.data.as_value(), dut.o.p.last)
    queue.step(take, Cat(kept, dut.job.mark.last & end), dut.o.valid & dut.o.ready, given)
    bench.always(dut.o.valid == (queue.level != 0))
    bench.always(dut.holding == dut.o.valid)


def outputs(bench: Bench):
    """Jobs are done in the order in which they came, each once."""
    core = small_core(hidden=3, simd=2)
    dut = bench.place(CoreOutputs(core), "outputs")
    _memory(bench, dut.read, core.hidden_banks)
    m = bench.m
    job = bench.free(len(dut.job.as_value()), "job")
    push = bench.free(1, "push")
    queue = Queue(bench, len(job), core.hidden_banks, name="jobs")
    # The sequencer's promise: at most as many jobs as there are banks.
    bench.suppose(~push | (queue.level != core.hidden_banks))
    m.d.comb += [
        dut.job.as_value().eq(job),
        dut.job_valid.eq(push),
        dut.o.ready.eq(bench.free(1, "ready")),
    ]
    bench.stable(dut.o)
    bank = Signal(dut.done_bank.shape())
    m.d.comb += bank.eq(queue._places[0])
    queue.step(push, job, dut.done, queue._places[0])
    bench.always(~dut.done | (bank == dut.done_bank))


def rows(*, pipelined, scaled):
    """Logits are scale times sum plus bias, row after row, with what is told about them."""

    def build(bench: Bench):
        head = {"classes": 3, "weights": "ternary", "scaled": scaled, "output": "logits"}
        head |= {"scale_width": 3, "bias_width": 4}
        core = small_core(hidden=2, head=head, pipelined=pipelined)
        dut = bench.place(RowAffine(core.dense, core_ports(core)["o"].layout), "rows")
        m = bench.m
        sum_, last, mark = (
            bench.free(port.shape() if name == "sum" else len(port), name)
            for name, port in (
                ("sum", dut.sum),
                ("last", dut.last_row),
                ("mark", dut.mark.as_value()),
            )
        )
        valid = bench.free(1, "valid")
        waited = bench.past(valid & ~dut.i_ready)
        beat = Cat(sum_, last, mark)
        bench.suppose(~waited | (valid & (beat == bench.past(beat))))
        row = Signal(range(3))
        bench.suppose(last == (row == 2))
        m.d.comb += [
            dut.sum.eq(sum_),
            dut.last_row.eq(last),
            dut.mark.as_value().eq(mark),
            dut.i_valid.eq(valid),
            dut.o.ready.eq(bench.free(1, "ready")),
        ]
        bench.stable(dut.o)
        tensors = core.dense.tensors
        scales = [1] * 3 if tensors.scale is None else tensors.scale.tolist()
        wide = Signal(range(-(1 << 20), 1 << 20))
        products = [sum_ * s + b for s, b in zip(scales, tensors.bias.tolist(), strict=True)]
        m.d.comb += wide.eq(Mux(row == 0, products[0], Mux(row == 1, products[1], products[2])))
        push = valid & dut.i_ready
        with m.If(push):
            m.d.sync += row.eq(Mux(last, 0, row + 1))
        given = Signal(wide.shape())
        m.d.comb += given.eq(dut.o.p.value)
        queue = Queue(bench, len(wide) + 1 + len(mark), 5)
        told = Cat(given, dut.o.p.last_row, dut.o.p.mark.as_value())
        queue.step(push, Cat(wide, last, mark), dut.o.valid & dut.o.ready, told)

    return build


def argmax(bench: Bench):
    """The class is the first of the largest logits; the marks are those of the last one."""
    head = {"classes": 3, "weights": "ternary", "bias_width": 2}
    core = small_core(hidden=1, head=head, h={"width": 2, "frac": 1})
    dut = bench.place(ArgMax(core.dense, core_ports(core)["o"].layout), "argmax")
    feed(bench, dut.i, "i")
    m = bench.m
    row, best, best_row = Signal(range(3)), Signal(dut.i.p.value.shape()), Signal(range(3))
    bench.suppose(dut.i.p.last_row == (row == 2))
    m.d.comb += dut.o.ready.eq(bench.free(1, "ready"))
    bench.stable(dut.o)
    better, push = Signal(), dut.i.valid & dut.i.ready
    m.d.comb += better.eq((row == 0) | (dut.i.p.value > best))
    with m.If(push):
        m.d.sync += row.eq(Mux(dut.i.p.last_row, 0, row + 1))
        with m.If(better):
            m.d.sync += [best.eq(dut.i.p.value), best_row.eq(row)]
    queue = Queue(bench, 3, 1)
    end = push & dut.i.p.last_row
    wanted = Cat(Mux(better, row, best_row)[:2], dut.i.p.mark.last)
    queue.step(end, wanted, dut.o.valid & dut.o.ready, Cat(dut.o.p.data[:2], dut.o.p.last))
    bench.always(dut.o.valid == (queue.level != 0))
    bench.always(~dut.o.valid | (queue._places[0] == Cat(dut.o.p.data[:2], dut.o.p.last)))


def loading(bench: Bench):
    """A state is written group by group, as it came, with 0 beyond its end."""
    core = small_core(hidden=3, simd=2, units=2, cell_units=2)
    dut = bench.place(StatePort(core), "state")
    feed(bench, dut.i, "i")
    m, groups = bench.m, core.groups
    load = bench.free(1, "load")
    # The sequencer asks until the state is there.
    done = bench.past(dut.loaded)
    bench.suppose(~(bench.past(load) & ~done) | load)
    bench.suppose(~done | ~load)
    m.d.comb += dut.load.eq(load)
    group = Signal(range(groups))
    bench.always(dut.write == (dut.i.valid & dut.i.ready))
    bench.always(~dut.write | (dut.group == group))
    bench.always(dut.loaded == (dut.write & (group == groups - 1)))
    bench.always(~dut.write | bench.past(load))
    with m.If(dut.write):
        m.d.sync += group.eq(Mux(group == groups - 1, 0, group + 1))
    for port, given in ((dut.h_data, dut.i.p.h), (dut.c_data, dut.i.p.c)):
        bench.always(~dut.write | (port[0] == given[0]))
        beyond = group == groups - 1
        bench.always(~dut.write | (port[1] == Mux(beyond, 0, given[1])))


def dumping(*, pipelined):
    """A state is given group by group, as the memories have it, and what waits stays."""

    def build(bench: Bench):
        core = small_core(hidden=3, simd=2, units=2, cell_units=2, pipelined=pipelined)
        dut = bench.place(StatePort(core), "state")
        m, groups = bench.m, core.groups
        words = _memory(bench, dut.read, 1)
        cells = [bench.constant(len(dut.c_read.as_value()), f"cell_{k}") for k in range(groups)]
        read = Array(cells)[dut.group]
        m.d.comb += dut.c_read.as_value().eq(bench.past(read, core.pipeline.memory))
        dump = bench.free(1, "dump")
        done = bench.past(dut.dumped)
        bench.suppose(~(bench.past(dump) & ~done) | dump)
        bench.suppose(~done | ~dump)
        m.d.comb += [dut.dump.eq(dump), dut.o.ready.eq(bench.free(1, "ready"))]
        bench.stable(dut.o)
        group = Signal(range(groups))
        given = dut.o.valid & dut.o.ready
        with m.If(given):
            m.d.sync += group.eq(Mux(group == groups - 1, 0, group + 1))
        end = group == groups - 1
        bench.always(dut.dumped == (given & end))
        width = core.layer.h.width
        word = Array(words)[group]
        h = word & Mux(end, (1 << width) - 1, (1 << 2 * width) - 1)
        cell = core.layer.carried.width
        c = Array(cells)[group] & Mux(end, (1 << cell) - 1, (1 << 2 * cell) - 1)
        bench.always(~dut.o.valid | (dut.o.p.h.as_value() == h))
        bench.always(~dut.o.valid | (dut.o.p.c.as_value() == c))

    return build


def top(**options):
    """What waits at a port of a whole machine stays, and no result comes without a vector."""

    def build(bench: Bench):
        design = small_design(**options)
        dut = bench.place(Accelerator(design), "machine")
        m = bench.m
        feed(bench, dut.i_x, "i_x")
        feed(bench, dut.i_state, "i_state")
        m.d.comb += [
            dut.o.ready.eq(bench.free(1, "o_ready")),
            dut.o_state.ready.eq(bench.free(1, "o_state_ready")),
        ]
        bench.stable(dut.o)
        bench.stable(dut.o_state)
        owed = Signal(4)
        came = dut.i_x.valid & dut.i_x.ready
        gone = dut.o.valid & dut.o.ready
        m.d.sync += owed.eq(owed + came - gone)
        bench.always(~dut.o.valid | (owed != 0))

    return build


def claims():
    """All claims about streams."""
    return [
        Claim("streams: one elastic stage", stages(1), 2, "prove"),
        Claim("streams: three elastic stages", stages(3), 16),
        Claim("streams: input vectors", inputs, 10),
        Claim("streams: reader of h", reader, 16),
        Claim("streams: queue of results", outputs, 10),
        *(
            Claim(f"streams: rows of the head{kind}", rows(pipelined=pipelined, scaled=scaled), 12)
            for kind, pipelined, scaled in (
                ("", False, False),
                (", scaled", False, True),
                (", scaled, pipelined", True, True),
            )
        ),
        Claim("streams: largest logit", argmax, 10),
        Claim("streams: state in", loading, 14),
        Claim("streams: state out", dumping(pipelined=False), 14),
        Claim("streams: state out, pipelined", dumping(pipelined=True), 16),
        Claim("streams: ports of a machine", top(hidden=1, inputs=1, head=None), 14),
    ]
