"""The serial LSTM units with their memories, against Python integers, each unit in its cycle."""

import pytest

from pascaline.hdl.cells.bitserial import BitSerialGroups
from pascaline.hdl.cells.serial import SerialGroups
from tests.hdl.elementbench import ElementBench
from tests.hdl.elements import Elements

FORMS = {
    "lstm": {},
    "lstm, affine": {"cell_affine": {}},
    "lstm, lines": {"activation": {"form": "pwl", "segments": 8}},
    "lstm, pieces": {"activation": {"form": "pieces", "pieces": 9}},
}

UNITS = {"serial": SerialGroups, "bitserial": BitSerialGroups}

SHAPES = {
    "one unit": {"hidden": 1, "units": 1},
    "last tile short": {"hidden": 5, "units": 3},
    "streams": {"hidden": 3, "units": 2, "streams": 3},
}


def make(rng, kind, form, **rest):
    machine = {"cell_unit": kind, **rest.pop("machine", {})}
    return Elements(rng=rng, layer=FORMS[form], machine=machine, serial=True, **rest)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scales", ["numbers", "powers", "equal"])
@pytest.mark.parametrize("form", FORMS)
def test_steps(form, scales, shape, rng):
    check(rng, "serial", form, scales, shape)


@pytest.mark.parametrize(
    ("form", "scales", "shape"),
    [
        ("lstm", "numbers", "last tile short"),
        ("lstm", "equal", "streams"),
        ("lstm, affine", "powers", "one unit"),
        ("lstm, affine", "equal", "last tile short"),
        ("lstm, lines", "equal", "one unit"),
        ("lstm, pieces", "powers", "streams"),
    ],
)
def test_steps_bit_by_bit(form, scales, shape, rng):
    check(rng, "bitserial", form, scales, shape)


def check(rng, kind, form, scales, shape):
    """Equal scales: one sum a row; others: two."""
    elements = make(rng, kind, form, scales=scales, **SHAPES[shape])
    assert elements.unit.pipeline.sums == (1 if scales == "equal" else 2)
    ElementBench(UNITS[kind], elements, pauses=int(rng.choice([0, 0, 40]))).check()


@pytest.mark.parametrize("name", ["rows", "units", None])
@pytest.mark.parametrize("kind", UNITS)
def test_a_wrong_word_is_a_fault_whenever_it_is_read(kind, name, rng):
    elements = make(
        rng, kind, "lstm, affine", hidden=3, units=2, machine={"weights": "ram", "parity": True}
    )
    # The rows of the third unit's gates, a word each, and its affine.
    wrong = {"rows": ("rows", 4 * 2 + 1), "units": ("units", 2), None: None}[name]
    bench = ElementBench(UNITS[kind], elements, steps=3, wrong=wrong).check()
    begins = [cycle for cycle, _, tile in bench.fronts if tile == 1]
    assert len(bench.faults) == (3 if name else 0)
    for begin, fault in zip(begins, bench.faults, strict=False):
        assert begin <= fault < begin + elements.unit.pipeline.whole
