"""Buffers of whole sequences, and of the largest of all steps: each vector where it belongs."""

from amaranth.hdl import Array, C, Cat, Mux, Signal

from pascaline.hdl.gather import GatherUnit
from pascaline.hdl.replay import Both, Merge
from pascaline.hdl.residual import Add, Fork
from pascaline.spec.stages import replay as stages
from pascaline.spec.stages import residual
from prove.claim import Claim
from prove.designs import small_core, small_design
from prove.harness import Harness
from prove.traffic import Queue, Tag, feed

__all__ = ["claims"]

SEQUENCES = 2
"""Bits of the number of a sequence: more than two at a time are never on their way."""


class Walk:
    """Where a stream of vectors is: the sequence, its step, one of two directions, the chunk.

    Parameters
    ----------
    harness : Harness
        Where it stands.
    core : Core
        How long sequences are at most.
    chunks : int
        Chunks of a vector.
    directions : int
        Vectors of a step.
    """

    def __init__(self, harness, core, chunks, *, directions, name):
        self._harness = harness
        self.sequence = Signal(SEQUENCES, name=f"{name}_sequence")
        self.step = Signal(range(core.machine.longest), name=f"{name}_step")
        self.direction = Signal(name=f"{name}_direction")
        self.chunk = Signal(range(chunks), name=f"{name}_chunk")
        self.end = Signal(name=f"{name}_end")
        self._turns = Signal(name=f"{name}_turns")
        harness.m.d.comb += [
            self.end.eq(self.chunk == chunks - 1),
            self._turns.eq(self.end & (self.direction == directions - 1)),
        ]
        self._directions = directions

    def go(self, when, last):
        """A beat goes over; ``last``: its step is the sequence's last."""
        m = self._harness.m
        with m.If(when):
            m.d.sync += self.chunk.eq(Mux(self.end, 0, self.chunk + 1))
            with m.If(self.end):
                m.d.sync += self.direction.eq(self.direction + (self._directions > 1))
            with m.If(self._turns):
                m.d.sync += [
                    self.step.eq(Mux(last, 0, self.step + 1)),
                    self.sequence.eq(self.sequence + last),
                ]

    def ends(self, last):
        """A sequence ends with this beat."""
        return self._turns & last


def _core(**layer):
    """Two chunks a vector, the second half empty; at most two steps."""
    network = {"results": "last", **layer}
    bidirectional = {"bidirectional": True}
    return small_core(
        hidden=3, inputs=3, simd=2, longest=2, head=None, layer=bidirectional, network=network
    )


def _checks(harness, core, dut, came, gone, taken, last):
    """What both buffers have in common; the last step of the sequence that goes out."""
    m, given = harness.m, dut.o.valid & dut.o.ready
    steps = Array(Signal.like(came.step, name=f"steps_{k}") for k in range(1 << SEQUENCES))
    with m.If(taken & came.ends(last)):
        m.d.sync += steps[came.sequence].eq(came.step)
    came.go(taken, last)
    final = Signal.like(came.step)
    m.d.comb += final.eq(steps[gone.sequence])
    gone.go(given, gone.step == final)
    m.d.comb += dut.o.ready.eq(harness.free(1, "ready"))
    harness.stable(dut.o)
    harness.always(~dut.o.valid | (gone.sequence != came.sequence))
    # A sequence that is whole does not wait.
    harness.always(dut.o.valid | (harness.past(came.sequence) == gone.sequence))
    return final


def both(harness: Harness):
    """A sequence goes out from its start and from its end, vector by vector in turn."""
    core = _core()
    dut = harness.place(Both(stages.Both(name="both", core=core)), "both")
    feed(harness, dut.i_x, "i")
    chunks = core.x_product.chunks
    came = Walk(harness, core, chunks, directions=1, name="in")
    gone = Walk(harness, core, chunks, directions=2, name="out")
    i, o = dut.i_x.p, dut.o.p
    harness.suppose(~came.end | (came.step != core.machine.longest - 1) | i.last)
    taken = dut.i_x.valid & dut.i_x.ready
    final = _checks(harness, core, dut, came, gone, taken, i.last)
    tag = Tag(harness, len(Cat(came.chunk, came.step, came.sequence)), len(i.data.as_value()))
    tag.comes(taken, Cat(came.chunk, came.step, came.sequence), i.data.as_value())
    step = Signal.like(came.step)
    harness.m.d.comb += step.eq(Mux(gone.direction, final - gone.step, gone.step))
    tag.goes(dut.o.valid, Cat(gone.chunk, step, gone.sequence), o.data.as_value())
    harness.always(~dut.o.valid | (o.stream == gone.direction))
    harness.always(~dut.o.valid | (o.last == (gone.step == final)))


def merge(harness: Harness):
    """Of each step comes out what came forward, then what came backward, in the order of steps."""
    core = _core(results="every")
    dut = harness.place(Merge(stages.Merge(name="merge", core=core)), "merge")
    feed(harness, dut.i_x, "i")
    chunks = core.h_product.chunks
    came = Walk(harness, core, chunks, directions=2, name="in")
    gone = Walk(harness, core, chunks, directions=2, name="out")
    i, o, m = dut.i_x.p, dut.o.p, harness.m
    # The core's rules: directions in turn, and the last step's vectors both say so at their end.
    forward = Signal()
    taken = dut.i_x.valid & dut.i_x.ready
    with m.If(taken & came.end):
        m.d.sync += forward.eq(i.last)
    longest = came.step == core.machine.longest - 1
    harness.suppose(i.stream == came.direction)
    harness.suppose(came.end | ~i.last)
    harness.suppose(~came.end | came.direction | ~longest | i.last)
    harness.suppose(~came.end | ~came.direction | (i.last == forward))
    final = _checks(harness, core, dut, came, gone, taken, i.last)
    place = Cat(came.chunk, came.direction, came.step, came.sequence)
    tag = Tag(harness, len(place), len(i.data.as_value()))
    tag.comes(taken, place, i.data.as_value())
    step = Signal.like(came.step)
    m.d.comb += step.eq(Mux(gone.direction, final - gone.step, gone.step))
    place = Cat(gone.chunk, gone.direction, step, gone.sequence)
    tag.goes(dut.o.valid, place, o.data.as_value())
    last = (gone.step == final) & gone.direction & gone.end
    harness.always(~dut.o.valid | (o.last == last))


def gather(*, directions, streams=1, pooling="max"):
    """Of any chunk of a vector come out the largest elements, or means, of all one or two steps."""

    def build(harness: Harness):
        layer = {"bidirectional": directions > 1}
        network = {"pooling": pooling, "results": "last"}
        design = small_design(
            hidden=3, simd=2, head=None, layer=layer, network=network, streams=streams, longest=2
        )
        word = design.stages[-1]
        dut, m = harness.place(GatherUnit(word), "gather"), harness.m
        feed(harness, dut.i_x, "i")
        m.d.comb += dut.o.ready.eq(harness.free(1, "ready"))
        harness.stable(dut.o)
        i, o, taken = dut.i_x.p, dut.o.p, dut.i_x.valid & dut.i_x.ready
        number = i.stream if streams > 1 else C(0, 1)
        direction = i.stream if directions > 1 else C(0, 1)
        # The core's rules: vectors are whole, 0 beyond their ends; directions come in turn, and
        # both say that it is the last step.
        chunk, turn = Signal(range(word.part_chunks)), Signal()
        end, forward, whose = chunk == word.part_chunks - 1, Signal(), Signal()
        harness.suppose((chunk == 0) | (number == whose))
        harness.suppose(direction == turn)
        harness.suppose(end | ~i.last)
        harness.suppose(~end | ~turn | (i.last == forward))
        harness.suppose(~end | (i.data[1] == 0))
        with m.If(taken):
            m.d.sync += [chunk.eq(Mux(end, 0, chunk + 1)), whose.eq(number)]
            with m.If(end):
                m.d.sync += [turn.eq(turn + (directions > 1)), forward.eq(i.last)]
        if pooling == "mean":
            # More steps than the machine can count never come.
            again = Signal(streams)
            with m.If(taken & end & (turn == directions - 1)):
                m.d.sync += again.bit_select(number, 1).eq(~i.last)
            harness.suppose(~again.bit_select(number, 1) | ~end | (turn != 0) | i.last)

        place = harness.constant(range(word.chunks), "any_place")
        stream = harness.constant(1, "any_stream")
        harness.suppose((place < word.chunks) & (stream < streams))
        here = taken & (number == stream) & (Cat(direction * word.part_chunks + chunk)[:3] == place)
        largest, best = Signal.like(i.data), Signal.like(i.data)
        first = Signal(init=1)
        for k in range(design.machine.simd):
            if pooling == "mean":
                found = Mux(first, i.data[k], (i.data[k] + best[k] + 1) >> 1)
            else:
                found = Mux(first | (i.data[k] > best[k]), i.data[k], best[k])
            m.d.comb += largest[k].eq(Mux(here, found, best[k]))
        with m.If(here):
            m.d.sync += [best.eq(largest), first.eq(0)]
        whole = taken & end & i.last & (number == stream) & (turn == directions - 1)
        with m.If(whole):
            m.d.sync += first.eq(1)

        out = Signal(range(word.chunks))
        given = dut.o.valid & dut.o.ready
        with m.If(given):
            m.d.sync += out.eq(Mux(out == word.chunks - 1, 0, out + 1))
        mine = dut.o.valid & (out == place) & ((o.stream if streams > 1 else 0) == stream)
        bits = len(largest.as_value())
        queue = Queue(harness, bits, 4)
        queue.step(whole, largest.as_value(), mine & dut.o.ready, o.data.as_value())
        harness.always(~mine | ((queue.level != 0) & (queue.front == o.data.as_value())))
        harness.always(~dut.o.valid | (o.last == (out == word.chunks - 1)))

    return build


def sums(*, results):
    """Of each vector with a result comes out h and x, added; the queue holds all on their way."""

    def build(harness: Harness):
        x = {"width": 3, "frac": 2}
        core = small_core(
            hidden=3,
            inputs=3,
            simd=2,
            head=None,
            layer={"residual": True},
            network={"x": x, "results": results, "pooling": "none"},
        )
        m = harness.m
        stage = residual.Fork(name="fork", core=core)
        fork = harness.place(Fork(stage), "queue_of_x")
        add = harness.place(Add(residual.Add(name="add", core=core)), "sums")
        feed(harness, fork.i_x, "i")
        m.d.comb += [
            fork.o.ready.eq(harness.free(1, "takes")),
            add.skip.valid.eq(fork.skip.valid),
            add.skip.p.eq(fork.skip.p),
            fork.skip.ready.eq(add.skip.ready),
            add.o.ready.eq(harness.free(1, "ready")),
        ]
        feed(harness, add.i_x, "h")
        harness.stable(add.o)
        i, h = fork.i_x.p, add.i_x.p
        chunk, held = Signal(range(stage.chunks)), Signal(range(stage.vectors + 1))
        end = chunk == stage.chunks - 1
        taken = fork.o.valid & fork.o.ready
        kept = taken & end & (1 if results == "every" else i.last)
        given = add.i_x.valid & add.i_x.ready
        out = Signal(range(stage.chunks))
        gone = given & (out == stage.chunks - 1)
        # The core's rules: it has so many vectors at most, and h comes long after x.
        settled, before = Signal.like(held), Signal.like(held)
        m.d.sync += [
            held.eq(held + kept - gone),
            settled.eq(held - gone),
            before.eq(settled - gone),
        ]
        harness.suppose(~add.i_x.valid | (before != 0))
        harness.suppose(~taken | (held != stage.vectors))
        with m.If(taken):
            m.d.sync += chunk.eq(Mux(end, 0, chunk + 1))
        with m.If(given):
            m.d.sync += out.eq(Mux(out == stage.chunks - 1, 0, out + 1))
        # A chunk of any vector that has a result.
        number, come = Signal(3), Signal(3)
        m.d.sync += [come.eq(come + kept), number.eq(number + gone)]
        place, at = Cat(chunk, come), Cat(out, number)
        tag = Tag(harness, len(place), len(i.data.as_value()))
        wanted = Signal.like(i.data)
        for k in range(2):
            beyond = end if stage.chunks * 2 - 2 + k >= 3 else 0
            m.d.comb += wanted[k].eq(Mux(beyond, 0, i.data[k]))
        tag.comes(taken, place, wanted.as_value())
        tag.goes(given, at, fork.skip.p.data.as_value())
        # A beat of h never waits for x.
        harness.always(~add.i_x.valid | fork.skip.valid)
        least, most = core.layer.h.interval.lo, core.layer.h.interval.hi
        for k in range(2):
            total = h.data[k] + fork.skip.p.data[k]
            cut = Mux(total > most, most, Mux(total < least, least, total))
            harness.always(
                ~harness.past(given) | (add.o.valid & (add.o.p.data[k] == harness.past(cut)))
            )

    return build


def claims():
    """All claims about sequences."""
    return [
        Claim("sequences: both directions out", both, 18),
        Claim("sequences: both directions merged", merge, 18),
        Claim(
            "sequences: largest of all steps, two streams",
            gather(directions=1, streams=2),
            14,
        ),
        Claim(
            "sequences: largest of all steps, two directions",
            gather(directions=2),
            16,
        ),
        Claim("sequences: x added to h of every step", sums(results="every"), 16),
        Claim("sequences: x added to h of last steps", sums(results="last"), 16),
        Claim(
            "sequences: mean of all steps, two streams",
            gather(directions=1, streams=2, pooling="mean"),
            24,
        ),
    ]
