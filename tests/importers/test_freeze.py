from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.draft import Formats, draft
from pascaline.importers.freeze import Learned, LearnedPart, freeze
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from tests.models import same_scales

TERNARY = arithmetic("ternary")


def make_learned(rng: np.random.Generator, *, hidden: int = 3, inputs: int = 2) -> Learned:
    rows = 4 * hidden
    weight_x, weight_h = rng.integers(-1, 2, (rows, inputs)), rng.integers(-1, 2, (rows, hidden))
    weight_x[:, 0] = weight_h[:, 0] = 1  # no row of zeros
    part = LearnedPart(
        weight_x=weight_x,
        weight_h=weight_h,
        scale_x=rng.uniform(-0.7, 0.7, rows),
        scale_h=rng.uniform(-0.3, 0.3, rows),
        bias=rng.uniform(-2, 2, rows),
    )
    return Learned(
        layers=((part,),),
        head_weight=rng.normal(size=(4, hidden)),
        head_bias=rng.normal(size=4),
    )


@pytest.fixture
def learned() -> Learned:
    return make_learned(np.random.default_rng(0))


def part_of(learned: Learned) -> LearnedPart:
    """Its one direction of one layer."""
    return learned.layers[0][0]


def with_part(learned: Learned, **values: Any) -> Learned:
    """The same with other numbers in it."""
    return replace(learned, layers=((replace(part_of(learned), **values),),))


def network(learned: Learned, formats: Formats | None = None, **kwargs: Any) -> Any:
    part = part_of(learned)
    hidden, inputs = part.weight_h.shape[1], part.weight_x.shape[1]
    kwargs = {"classes": 4} | kwargs
    return draft(formats or Formats(), inputs=inputs, hidden=hidden, weights=TERNARY, **kwargs)


def test_integers_stand_for_the_numbers(learned: Learned) -> None:
    model = freeze(learned, network(learned), name="a")
    layer, tensors = model.network.layer, model.layers[0]
    unit = 2.0 ** -(layer.pre.frac + layer.normaliser.shift)
    for made, real, lsb in (
        (tensors["scale_x"], part_of(learned).scale_x, model.network.x.lsb),
        (tensors["scale_h"], part_of(learned).scale_h, layer.h.lsb),
        (tensors["bias"], part_of(learned).bias, 1.0),
    ):
        np.testing.assert_allclose(made * unit / lsb, real, rtol=0, atol=unit / lsb / 2)
    np.testing.assert_array_equal(tensors["weight_x"], part_of(learned).weight_x)
    np.testing.assert_array_equal(tensors["weight_h"], part_of(learned).weight_h)


@pytest.mark.parametrize("scale_width", [4, 8, 16, 24])
def test_shift_is_the_largest(scale_width: int, learned: Learned) -> None:
    model = freeze(learned, network(learned, Formats(scale_width=scale_width)), name="a")
    affine, tensors = model.network.layer.normaliser, model.layers[0]
    largest = max(np.abs(tensors["scale_x"]).max(), np.abs(tensors["scale_h"]).max())
    assert affine.scale_width == scale_width
    assert 2 * largest + 1 >= affine.scales.hi
    # Not one bit of a bias is unused.
    assert np.abs(tensors["bias"]).max() > affine.biases.hi // 2


def test_shift_when_biases_decide(learned: Learned) -> None:
    tiny = with_part(
        learned, scale_x=part_of(learned).scale_x * 0, scale_h=part_of(learned).scale_h * 1e-9
    )
    affine = freeze(tiny, network(tiny), name="a").network.layer.normaliser
    assert (affine.bias_width, affine.shift) == (48, 38)


def test_all_zero(learned: Learned) -> None:
    part = {key: value for key, value in vars(part_of(learned)).items() if value is not None}
    zero = with_part(learned, **{key: np.zeros_like(value) for key, value in part.items()})
    zero = replace(zero, head_weight=np.zeros((4, 3)), head_bias=np.zeros(4))
    model = freeze(zero, network(learned), name="a")
    assert all(not tensor.any() for tensor in model.tensors.values())
    assert model.network.layer.normaliser.bias_width == 2


def test_equal_scales_stay_equal(learned: Learned) -> None:
    shared = with_part(learned, scale_h=part_of(learned).scale_x)
    assert same_scales(freeze(shared, network(shared), name="a").layers[0])


def test_scale_of_a_row_of_zeros_does_not_count(learned: Learned) -> None:
    part_of(learned).weight_x[4], part_of(learned).weight_x[5] = 0, 0
    part_of(learned).weight_h[4] = 0
    part_of(learned).scale_x[4:6] = 1e9
    part_of(learned).scale_h[4] = 1e9
    tensors = freeze(learned, network(learned), name="a").layers[0]
    assert tensors["scale_x"][4:6].tolist() == [0, 0]
    assert tensors["scale_h"][4] == 0
    assert tensors["scale_h"][5] != 0


def test_equal_scales_stay_equal_where_one_row_is_zero(learned: Learned) -> None:
    part_of(learned).weight_x[4] = 0
    shared = with_part(learned, scale_h=part_of(learned).scale_x)
    tensors = freeze(shared, network(shared), name="a").layers[0]
    np.testing.assert_array_equal(tensors["scale_x"], tensors["scale_h"])
    assert tensors["scale_x"][4] != 0


def test_head_keeps_the_order_of_logits(learned: Learned) -> None:
    model = freeze(learned, network(learned, output="logits"), name="a", card={"data": "none"})
    assert model.head is not None
    assert np.abs(model.head.weight).max() == 127
    assert model.card["data"] == "none"
    h = np.array([[0, 0, 0], [127, -128, 5], [-90, 3, 44]])
    logits = Golden(model).results(h) * model.card["logit_unit"]
    assert learned.head_weight is not None
    real = h / 128 @ learned.head_weight.T + learned.head_bias
    np.testing.assert_allclose(logits, real, atol=0.02)


def test_without_head(learned: Learned) -> None:
    model = freeze(learned, network(learned, classes=None), name="a")
    assert model.head is None
    assert model.card == {}


def test_card_is_not_changed(learned: Learned) -> None:
    card: dict[str, Any] = {}
    freeze(learned, network(learned), name="a", card=card)
    assert card == {}


def changed(learned: Learned, name: str, place: tuple[int, ...], value: float) -> Learned:
    whole = name.startswith("head_")
    values = getattr(learned if whole else part_of(learned), name).copy()
    values[place] = value
    return replace(learned, **{name: values}) if whole else with_part(learned, **{name: values})


SHIFT = "must fit its format without any shift"


@pytest.mark.parametrize(
    ("name", "place", "value", "text"),
    [
        ("scale_h", (7,), np.nan, "layers.0.scale_h[7]: must be finite, not nan"),
        ("scale_x", (0,), np.inf, "layers.0.scale_x[0]: must be finite, not inf"),
        ("bias", (11,), -np.inf, "layers.0.bias[11]: must be finite, not -inf"),
        ("head_weight", (3, 1), np.nan, "head.weight[3, 1]: must be finite, not nan"),
        ("head_bias", (2,), np.nan, "head.bias[2]: must be finite, not nan"),
        (
            "scale_x",
            (5,),
            2e4,
            f"layers.0.scale_x[5]: {SHIFT}, not 20000.0",
        ),
        (
            "scale_h",
            (6,),
            -1e300,
            f"layers.0.scale_h[6]: {SHIFT}, not -1e+300",
        ),
        ("head_bias", (3,), 1e30, "head.bias[3]: must fit its format without any shift, not 1e+30"),
        (
            "weight_h",
            (2, 1),
            3,
            "layers.0.weight_h[2, 1]: must be a ternary weight, -1 to 1, not 3",
        ),
    ],
)
def test_bad_number(
    name: str, place: tuple[int, ...], value: float, text: str, learned: Learned
) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        freeze(changed(learned, name, place, value), network(learned), name="a")


def test_no_learned_head(learned: Learned) -> None:
    with pytest.raises(InputError, match=r"^head: has no learned weights$"):
        freeze(replace(learned, head_bias=None), network(learned), name="a")


def test_scaled_head(learned: Learned) -> None:
    """A row that is much larger than others costs them nothing."""
    weight = learned.head_weight * np.array([[1.0], [300.0], [1.0], [0.0]])
    learned = replace(learned, head_weight=weight)
    description = network(learned, Formats(head=arithmetic("fixed8")))
    head = description.head.model_copy(update={"scaled": True, "scale_width": 20})
    model = freeze(learned, description.model_copy(update={"head": head}), name="a")
    unit = model.card["logit_unit"] / model.network.layer.h.lsb
    made = unit * model.head.scale[:, None] * model.head.weight
    step = unit * model.head.scale
    assert (np.abs(made - weight) <= 0.501 * step[:, None]).all()
    np.testing.assert_array_equal(
        np.abs(model.head.weight).max(axis=1) >= 126, [True] * 3 + [False]
    )
    bias = unit * model.network.layer.h.lsb * model.head.bias
    np.testing.assert_allclose(bias, learned.head_bias, atol=unit)


@pytest.mark.parametrize("large", [1e9, -1e15])
def test_a_bias_beyond_all_sums_costs_other_rows_nothing(large: float, learned: Learned) -> None:
    """Its row is at the end of its format for any inputs, as with a bias of any size."""
    rng = np.random.default_rng(2)
    part = part_of(learned)
    learned = with_part(learned, bias=np.where(np.arange(len(part.bias)) == 1, large, part.bias))
    usual = freeze(learned, network(learned), name="a")
    assert usual.network.layer.normaliser.shift >= 14
    pre = usual.network.layer.pre.interval
    golden = Golden(usual)
    x = usual.network.x.interval
    inputs = rng.choice([x.lo, x.hi], (200, 2))
    steps = golden.step(inputs, golden.zero(200))
    assert set(steps[0].pre[:, 1].tolist()) == {pre.hi if large > 0 else pre.lo}


def test_other_binary_points(learned: Learned) -> None:
    """The same numbers in other formats compute nearly the same."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (5, 2))
    found = []
    for frac in (7, 9, 14):
        wide = Format(width=16, frac=frac)
        formats = Formats(x=wide, h=wide, scale_width=20)
        model = freeze(learned, network(learned, formats, classes=None), name="a")
        run = Golden(model).run([model.network.x.quantize(x)])
        found.append(run.state[0].h[0] * wide.lsb)
    np.testing.assert_allclose(found[0], found[2], atol=0.03)
    np.testing.assert_allclose(found[1], found[2], atol=0.03)
