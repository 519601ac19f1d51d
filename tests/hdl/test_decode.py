"""The decoder by itself, with back pressure, and the cycles that it takes."""

import numpy as np
import pytest

from pascaline.golden.attention import Weighed, scores
from pascaline.golden.cells import cell_of
from pascaline.golden.head import Head
from pascaline.hdl.decode import DecodeUnit
from pascaline.spec.attention import Attention
from pascaline.spec.core import Core
from pascaline.spec.decoder import Decoder
from pascaline.spec.flow import End
from pascaline.spec.formats import Format
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.machine import Machine
from pascaline.spec.stages.decode import Decode
from tests.hdl.bench import play
from tests.models import make_design, make_model


def stage(*, kind="lstm", hidden=3, both=False, embedding=3, most=6, classes=4, **machine):
    """A decoder behind layers, and what its golden model needs."""
    machine = Machine(units=1, **machine)
    encoder = make_model(
        layer={"hidden": hidden, "bidirectional": both}, pooling="attention", attention={}
    )
    parts = (hidden,) * (2 if both else 1)
    outputs = sum(parts)
    layer = {"kind": kind, "hidden": outputs}
    inner = make_model(layer=layer, inputs=embedding + outputs, x={"width": 8, "frac": 7})
    head_model = make_model(
        layer={"hidden": 2 * outputs}, head={"classes": classes, "weights": "ternary"}
    )
    decoder = Decoder(
        layer=inner.network.layer,
        embedding=embedding,
        end=1,
        most=most,
        attention=Attention(query=inner.network.layer.h, score=Format(width=10, frac=6)),
    )
    h = encoder.network.layer.h
    core = Core(
        layers=(inner.network.layer,),
        tensors=inner.directions,
        inputs=(embedding, *parts),
        x=h,
        machine=machine,
        results="every",
        onward=True,
    )
    head = HeadUnit(
        head=head_model.network.head,
        tensors=head_model.head,
        inputs=(outputs, *parts),
        h=h,
        machine=machine,
        budget=core.program.step_chunks,
    )
    rng = np.random.default_rng(3)
    table = rng.integers(h.interval.lo, h.interval.hi, (classes, embedding), endpoint=True)
    before = make_design(encoder, simd=machine.simd).stages[-2]
    decode = Decode(
        name="decode",
        before=before,
        decoder=decoder,
        core=core,
        embedding=table,
        inputs=parts,
        h=h,
        machine=machine,
        head=head,
    )
    return decode, cell_of(inner.network.layer, inner.layers[0], h), Head(head_model.head, h)


def decoded(decode, cell, head, vectors):
    """The symbols of a sequence, by the formulas of `spec.decoder`."""
    decoder, outputs = decode.decoder, vectors.shape[1]
    symbol, context, state = decoder.end, np.zeros((1, outputs), int), cell.zero(1)
    found = []
    while len(found) < decoder.most:
        x = np.concatenate([decode.embedding[symbol][None], context], axis=1)
        state = cell.step(x, state).state
        weighed = Weighed(decoder.attention, decode.h, 1, outputs)
        for vector in vectors:
            score = scores(decoder.attention, decode.h, state.h[0], vector[None])
            weighed.add(score, vector[None], np.array([True]))
        context = weighed.mean
        symbol = int(head(np.concatenate([state.h, context], axis=1)).argmax())
        found.append(symbol)
        if symbol == decoder.end:
            break
    return found


def chunks(decode, vector):
    found = []
    for part in np.split(vector, len(decode.inputs)):
        padded = np.pad(part, (0, -len(part) % decode.machine.simd))
        found += padded.reshape(-1, decode.machine.simd).tolist()
    return found


@pytest.mark.parametrize("pauses", [(0, 0), (0.4, 0.5)])
@pytest.mark.parametrize(
    "shape",
    [
        {"hidden": 3, "simd": 2},
        {"hidden": 4, "simd": 2, "both": True, "pipelined": True, "embedding": 5},
        {"kind": "gru", "hidden": 5, "simd": 4, "longest": 9, "parity": True, "most": 3},
        {"kind": "rnn", "hidden": 1, "simd": 1, "embedding": 1, "most": 1},
    ],
)
def test_equals_golden(shape, pauses):
    decode, cell, head = stage(**({"longest": 7} | shape))
    rng = np.random.default_rng(5)
    given, wanted, lengths, symbols = [], [], [], []
    for _ in range(4):
        steps = int(rng.integers(1, decode.machine.longest + 1))
        interval = decode.h.interval
        vectors = rng.integers(interval.lo, interval.hi, (steps, sum(decode.inputs)))
        for step, vector in enumerate(vectors):
            found = chunks(decode, vector)
            last = step == steps - 1
            given += [
                {"data": one, "last": last and k == len(found) - 1} for k, one in enumerate(found)
            ]
        result = decoded(decode, cell, head, vectors)
        wanted += [
            {"data": symbol, "last": k == len(result) - 1} for k, symbol in enumerate(result)
        ]
        lengths.append(steps)
        symbols.append(len(result))
    taken, got = play(DecodeUnit(decode), given, wanted, pauses, rng)
    if pauses == (0, 0):
        end = End(symbols)
        clock = decode.clock(end, end)
        when, ends = -1, []
        for steps in lengths:
            for step in range(steps):
                when = max(when + 1, clock.room(0)) + decode.chunks - 1
                clock.push(when, 0, first=step == 0, last=step == steps - 1)
            ends.append(end.last)
        assert [cycle for cycle, beat in zip(got, wanted, strict=True) if beat["last"]] == ends
    assert len(taken) == len(given)
