from __future__ import annotations

import pytest

from pascaline.importers.draft import Formats, draft
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.cells.lstm import LstmLayer
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.network import Network


def test_defaults_are_those_of_the_network() -> None:
    ternary = arithmetic("ternary")
    made = draft(Formats(), inputs=3, hidden=5, weights=ternary, classes=None)
    assert made == Network(inputs=3, layers=(LstmLayer(hidden=5, weights=ternary),))


def test_choices() -> None:
    wide = Format(width=16, frac=12)
    formats = Formats(x=wide, cell=wide, scale_width=20, head=arithmetic("fixed12"))
    made = draft(
        formats,
        inputs=3,
        hidden=5,
        weights=arithmetic("binary"),
        classes=2,
        output="logits",
        results="every",
    )
    assert (made.x, made.layer.cell, made.layer.normaliser.scale_width) == (wide, wide, 20)
    assert made.head is not None
    assert (made.head.weights.name, made.head.output, made.results) == (
        "fixed12",
        "logits",
        "every",
    )


def test_impossible_size() -> None:
    text = r"^network: layers.0.lstm.hidden: should be greater than or equal to 1, not 0$"
    with pytest.raises(InputError, match=text):
        draft(Formats(), inputs=3, hidden=0, weights=arithmetic("binary"), classes=None)


def test_impossible_formats() -> None:
    formats = Formats(cell=Format(width=16, frac=6))
    with pytest.raises(
        InputError, match=r"^network: layers.0.lstm: cell.frac must be at least tanh.frac"
    ):
        draft(formats, inputs=3, hidden=5, weights=arithmetic("binary"), classes=None)


@pytest.mark.parametrize(
    ("reach", "x"), [(1.0, "Q0.7"), (3.0, "Q2.5"), (128.0, "Q7.0"), (0.01, "Q-6.13")]
)
def test_inputs_reach(reach: float, x: str) -> None:
    assert str(Formats().reaching(reach).x) == x


@pytest.mark.parametrize("reach", [129.0, float("inf"), float("nan"), 0.0])
def test_inputs_that_no_bits_reach(reach: float) -> None:
    text = rf"^reach: must be above 2.98023e-08 and at most 128, as x has 8 bits, not {reach}$"
    with pytest.raises(InputError, match=text):
        Formats().reaching(reach)
