import numpy as np
import pytest

from spec.arithmetic import Binary, Fixed, Ternary, arithmetic
from spec.errors import InputError

ALL = ["binary", "ternary", "fixed2", "fixed3", "fixed8", "fixed16"]


def values(kind):
    lo, hi = kind.weights.lo, kind.weights.hi
    return np.array([v for v in range(lo, hi + 1) if v or kind.has_zero])


@pytest.mark.parametrize("name", ALL)
def test_every_weight_has_its_code(name):
    kind = arithmetic(name)
    weights = values(kind)
    codes = kind.encode(weights)
    assert len(set(codes.tolist())) == len(weights)
    assert codes.max() < 1 << kind.bits
    assert np.array_equal(kind.decode(codes), weights)


@pytest.mark.parametrize("name", ALL)
def test_padding_is_a_code(name):
    kind = arithmetic(name)
    assert kind.decode([kind.padding])[0] == (0 if kind.has_zero else 1)


def test_codes_are_as_documented():
    assert Binary().encode([1, -1]).tolist() == [0, 1]
    assert Ternary().encode([0, 1, -1]).tolist() == [0b00, 0b01, 0b11]
    assert Fixed(4).encode([-8, 7]).tolist() == [0b1000, 0b0111]


def test_equality_is_by_name():
    assert arithmetic("fixed8") == Fixed(8) != Fixed(9)
    assert len({arithmetic("binary"), Binary()}) == 1


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: arithmetic("trinary"),
            "arithmetic: must be binary, ternary or fixed2 to fixed16, not 'trinary'",
        ),
        (
            lambda: arithmetic("fixed1"),
            "arithmetic: fixed point must be fixed2 to fixed16, not 'fixed1'",
        ),
        (
            lambda: arithmetic("fixed17"),
            "arithmetic: fixed point must be fixed2 to fixed16, not 'fixed17'",
        ),
        (lambda: Binary().encode([[1, 0]]), "weights[0, 1]: must be -1 or 1, not 0"),
        (lambda: Ternary().encode([2]), "weights[0]: must be a ternary weight, -1 to 1, not 2"),
        (
            lambda: Ternary().decode([0, 0b10]),
            "weights[1]: must be a ternary weight, -1 to 1, not -2",
        ),
        (lambda: Fixed(4).encode([8]), "weights[0]: must be a fixed4 weight, -8 to 7, not 8"),
        (lambda: Fixed(4).decode([16]), "weights[0]: must be a 4-bit code, not 16"),
        (lambda: Binary().decode([2]), "weights[0]: must be a binary code, 0 or 1, not 2"),
    ],
)
def test_errors(call, text):
    with pytest.raises(InputError) as error:
        call()
    assert str(error.value) == text
