import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pascaline.spec.arithmetic import (
    RULE,
    Binary,
    Exponential,
    Fixed,
    Pow2,
    Ternary,
    arithmetic,
    common,
)
from pascaline.spec.errors import InputError

ALL = [
    "binary",
    "ternary",
    *(f"pow2i{i}f{n - i}" for n in range(1, 9) for i in {0, n // 2}),
    *(f"exp{bits}" for bits in range(3, 6)),
    *(f"fixed{bits}" for bits in range(2, 17)),
]


@pytest.mark.parametrize("name", ALL)
def test_every_weight_has_its_code(name):
    kind = arithmetic(name)
    weights = kind.values
    assert (weights[0], weights[-1]) == (kind.weights.lo, kind.weights.hi)
    assert (np.diff(weights) > 0).all()
    assert (0 in weights) == kind.has_zero
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
    assert Pow2(1, 2).encode([-7, 7]).tolist() == [0b1001, 0b0111]
    assert Exponential(4).encode([0, 1, -1, 64, -64]).tolist() == [0, 1, 0b1001, 7, 0b1111]


def test_weights_are_as_documented():
    assert arithmetic("pow2") == Pow2() == arithmetic("pow2i0f1")
    assert Pow2().values.tolist() == [-1, 0, 1]
    assert Pow2(1, 1).values.tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert [Exponential(bits).weights.hi for bits in (3, 4, 5)] == [4, 64, 1 << 14]
    assert [name for name in ALL if arithmetic(name).trits] == ["ternary", "pow2i0f1"]


@given(st.sampled_from(ALL), st.sampled_from(ALL))
def test_common_has_the_weights_of_both(a, b):
    a, b = arithmetic(a), arithmetic(b)
    both = common(a, b)
    assert both == common(b, a)
    assert both.bits >= max(a.bits, b.bits)
    for kind in (a, b):
        assert np.array_equal(both.decode(both.encode(kind.values)), kind.values)
        assert common(both, kind) == both or common(both, kind).bits == both.bits


@given(st.sampled_from(ALL))
def test_common_with_itself_is_itself(name):
    assert common(arithmetic(name), arithmetic(name)) == arithmetic(name)


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [
        ("binary", "ternary", "ternary"),
        ("ternary", "exp4", "exp4"),
        ("exp3", "exp5", "exp5"),
        ("binary", "pow2i1f2", "pow2i1f2"),
        ("pow2i1f2", "exp3", "pow2i1f2"),
        ("pow2i1f2", "exp4", "fixed8"),
        ("exp4", "fixed4", "fixed8"),
        ("exp5", "fixed12", "fixed16"),
        ("fixed3", "pow2i1f1", "fixed3"),
    ],
)
def test_common_is_the_smallest(a, b, both):
    assert common(arithmetic(a), arithmetic(b)).name == both


def test_what_fits_in_no_arithmetic():
    class Wide(Fixed):
        def __init__(self):
            super().__init__(16)
            self.name = "wide"
            self.values = np.array([0, 1 << 20])

    with pytest.raises(InputError, match=r"^arithmetic: must fit in fixed16 together with binary"):
        common(Binary(), Wide())


def test_equality_is_by_name():
    assert arithmetic("fixed8") == Fixed(8) != Fixed(9)
    assert len({arithmetic("binary"), Binary()}) == 1


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: arithmetic("trinary"),
            f"arithmetic: {RULE}, not 'trinary'",
        ),
        (
            lambda: arithmetic("fixed1"),
            "arithmetic: fixed point must be fixed2 to fixed16, not 'fixed1'",
        ),
        (
            lambda: arithmetic("fixed17"),
            "arithmetic: fixed point must be fixed2 to fixed16, not 'fixed17'",
        ),
        (
            lambda: arithmetic("pow2i5f4"),
            "arithmetic: bits of pow2iNfN must be 1 to 8 together, not 'pow2i5f4'",
        ),
        (lambda: arithmetic("exp6"), "arithmetic: exponents must be exp3 to exp5, not 'exp6'"),
        (
            lambda: Exponential(3).encode([1, 3]),
            "weights[1]: must be 0 or a power of two to 4, or minus it, not 3",
        ),
        (
            lambda: Exponential(3).encode([-8]),
            "weights[0]: must be 0 or a power of two to 4, or minus it, not -8",
        ),
        (lambda: Exponential(3).decode([4]), "weights[0]: must not be a negative zero, not 4"),
        (lambda: Exponential(3).decode([8]), "weights[0]: must be a 3-bit code, not 8"),
        (lambda: Pow2(1, 2).decode([8]), "weights[0]: must be a pow2i1f2 weight, -7 to 7, not -8"),
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
