"""The loader alone: every wrong image is refused, whichever word is wrong."""

import random

import pytest

from pascaline.hdl.load import Loader
from pascaline.sim.images import WRONG, error_code, wrong_image
from pascaline.spec.loading import HEADER, header, image_words
from pascaline.spec.memories import flat
from tests.hdl.bench import run
from tests.models import make_design, make_model

HEAD = {"classes": 3, "weights": "ternary", "scaled": True}


@pytest.fixture
def design():
    model = make_model(hidden=2, inputs=2, head=HEAD, layer={"cell_affine": {}})
    return make_design(model, weights="ram", units=2, simd=2)


def simulate(design, images):
    """Load images; what the loader says of each, and what it has written if it is only one."""
    dut = Loader(design)
    said, written = [], {}

    async def give(ctx):
        ctx.set(dut.may_begin, 1)
        for words in images:
            for place, word in enumerate(words):
                ctx.set(dut.i.valid, 1)
                ctx.set(dut.i.p.data, word)
                ctx.set(dut.i.p.last, place == len(words) - 1)
                assert ctx.get(dut.i.ready)
                await ctx.tick()
                for path, one in flat(design.memories) if len(images) == 1 else ():
                    view = dut.load
                    for name in path:
                        view = view[name]
                    strobes = ctx.get(view.en)
                    for column in range(one.columns):
                        if strobes >> column & 1:
                            at = (path, ctx.get(view.addr), column)
                            written[at] = ctx.get(view.data)
            said.append((ctx.get(dut.loaded), ctx.get(dut.error)))

    run(dut, give)
    return said, written


def test_a_good_image_is_written(design):
    image = image_words(design)
    assert dict(zip(HEADER, image, strict=False)) == header(design)
    said, written = simulate(design, [image])
    assert said == [(1, 0)]
    wanted = {
        (path, addr, column): word >> 32 * column & 0xFFFFFFFF
        for path, one in flat(design.memories)
        for addr, word in enumerate(one.words)
        for column in range(one.columns)
    }
    assert written == wanted
    assert len(image) == len(HEADER) + len(wanted) + 1


def test_wrong_images_are_refused(design):
    """A bit of every word is flipped once, and the end is missing from each word on."""
    image, rng = image_words(design), random.Random(1)
    cases = [wrong_image("flip", image, rng, place) for place in range(len(image))]
    cases += [wrong_image(kind, image, rng, 0) for kind in WRONG[1:] for _ in range(3)]
    cases += [(image[:place], "length") for place in range(1, len(image))]
    # After some of them a right one.
    for place in range(len(cases) - 1, 0, -9):
        cases.insert(place, (image, None))
    said, _ = simulate(design, [words for words, _ in cases])
    assert said == [(int(error is None), error_code(error)) for _, error in cases]


def test_a_load_waits_for_quiet(design):
    dut = Loader(design)

    async def give(ctx):
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.i.p.data, image_words(design)[0])
        for _ in range(5):
            assert not ctx.get(dut.i.ready)
            await ctx.tick()
        ctx.set(dut.may_begin, 1)
        assert ctx.get(dut.i.ready)
        await ctx.tick()
        ctx.set(dut.may_begin, 0)
        assert ctx.get(dut.i.ready)

    run(dut, give)


def test_shapes(design):
    """Models of one shape have one header; other networks and other machines have others."""
    model, wanted = design.model, header(design)
    same = make_model(hidden=2, inputs=2, head=HEAD, layer={"cell_affine": {}}, seed=5)
    assert header(make_design(same, weights="ram", units=2, simd=2)) == wanted
    fast = make_design(model, weights="ram", units=2, simd=2, pipelined=True)
    assert header(fast) == wanted
    for other in ({"units": 1, "simd": 4}, {"units": 2, "simd": 2, "head_units": 2}):
        assert header(make_design(model, weights="ram", **other))["shape"] != wanted["shape"]
    binary = make_model(hidden=2, inputs=2, weights="binary", head=HEAD)
    assert header(make_design(binary, weights="ram", units=2, simd=2)) != wanted
