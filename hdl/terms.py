"""Terms of a lane's sum, made of operands and weights, in all lane designs.

A lane design first makes, once for all lanes, the operands that lanes share. In every lane, weights
then make terms of these. A term that is to be subtracted is given as its ones' complement and a
carry, since ``-v = ~v + 1`` and every adder has a place for a carry.
"""

from amaranth.hdl import C, Cat, Mux

from pascaline.hdl.tree import add, tree_sum
from pascaline.spec.arithmetic import Arithmetic, Binary
from pascaline.spec.formats import Interval
from pascaline.spec.lanes import LaneDesign

__all__ = ["Booth", "Complements", "Pairs", "Products", "Shifts", "Signs", "Subsets", "terms_of"]


def terms_of(lane: LaneDesign, arithmetic: Arithmetic, simd: int, element: Interval):
    """The terms of a lane design; see `spec.lanes`."""
    if lane == "pairs":
        return Pairs(arithmetic, simd, element)
    if lane == "subsets":
        return Subsets(simd, element)
    if lane == "booth":
        return Booth(arithmetic, simd, element)
    kinds = {"sign": Signs, "shift": Shifts, "product": Products}
    return kinds[arithmetic.meets](arithmetic, simd, element)


class Terms:
    """How a chunk becomes terms.

    Parameters
    ----------
    arithmetic : Arithmetic
        Of the weights.
    simd : int
        Columns.
    element : Interval
        Range of an operand.

    Attributes
    ----------
    name : str
        Of the lane design with its arithmetic, for names of modules.
    shared : tuple of Interval
        Ranges of the operands that all lanes share.
    term : Interval
        Range of a term, not counting its carry.
    """

    def __init__(self, name, arithmetic, simd, element, *, shared, term):
        self.name = name
        self.shared = tuple(shared)
        self.term = term
        self._arithmetic = arithmetic
        self._simd = simd

    @property
    def total(self):
        """Terms of a sum that is added to twice each row's, or None."""
        return None

    def share(self, operands):
        """The shared operands, in the order of ``shared``."""
        return operands

    def terms(self, shared, codes):
        """Terms and carries: a list of (Value, Value or None); ``codes`` are a lane's weights."""
        raise NotImplementedError

    def chunk(self, m, shared, codes, registers):
        """Sum of the terms, and a carry that is left or None; so many ``registers`` later."""
        return tree_sum(m, self.terms(shared, codes), self.term, registers, name="tree")


class Products(Terms):
    """A multiplier a weight."""

    def __init__(self, arithmetic, simd, element):
        super().__init__(
            f"{arithmetic.name}_tree",
            arithmetic,
            simd,
            element,
            shared=[element] * simd,
            term=arithmetic.weights * element,
        )

    def terms(self, shared, codes):
        return [
            (codes.word_select(k, self._arithmetic.bits).as_signed() * shared[k], None)
            for k in range(self._simd)
        ]


class Booth(Terms):
    """Products made of adders: an operand times the digits of its weight, added up.

    A digit is ``b[j-1] + b[j] - 2 * b[j+1]`` of the bits of a weight, for even j.
    """

    def __init__(self, arithmetic, simd, element):
        super().__init__(
            f"{arithmetic.name}_booth",
            arithmetic,
            simd,
            element,
            shared=[element] * simd,
            term=arithmetic.weights * element + Interval(-1, 0),
        )
        self._digit = _two_sided(element + element)

    def terms(self, shared, codes):
        bits = self._arithmetic.bits
        return [self._product(value, codes.word_select(k, bits)) for k, value in enumerate(shared)]

    def _product(self, value, code):
        """A balanced sum, in which every adder takes one of the digits' carries."""
        bits = Cat(C(0, 1), code, code[-1])
        nodes, carries = [], []
        for place in range(0, len(code), 2):
            below, low, high = bits[place], bits[place + 1], bits[place + 2]
            negative = high & ~(low & below)
            once, twice = low ^ below, (high & ~low & ~below) | (~high & low & below)
            digit = _one_of(self._digit, (once, value), (twice, value << 1))
            term, carry = _signed(digit, negative, self._digit)
            nodes.append(Cat(negative.replicate(place), term).as_signed())
            carries.append(carry)
        while len(nodes) > 1:
            pairs = [
                add(a, b, carries.pop(0)) for a, b in zip(nodes[::2], nodes[1::2], strict=False)
            ]
            nodes = pairs + nodes[len(pairs) * 2 :]
        return nodes[0], carries[0]


class Signs(Terms):
    """Each operand with the sign of its weight, or nothing."""

    def __init__(self, arithmetic, simd, element):
        super().__init__(
            f"{arithmetic.name}_tree",
            arithmetic,
            simd,
            element,
            shared=[element] * simd,
            term=_two_sided(element),
        )

    def terms(self, shared, codes):
        signs = [_Sign(self._arithmetic, codes, k) for k in range(self._simd)]
        return [
            _signed(Mux(sign.present, value, 0), sign.negative, self.term)
            for sign, value in zip(signs, shared, strict=True)
        ]


class Shifts(Terms):
    """Each operand with a sign, shifted by an exponent; nothing for an exponent code of 0.

    A code is one more than the exponent, so an operand starts one place below the binary point. It
    is negated before it is shifted, while it is narrow: places that become free get its sign.
    """

    def __init__(self, arithmetic, simd, element):
        places = arithmetic.weights.hi.bit_length() - 1
        super().__init__(
            f"{arithmetic.name}_tree",
            arithmetic,
            simd,
            element,
            shared=[element] * simd,
            term=Interval.signed_bits(_two_sided(element).width + places),
        )
        self._narrow = _two_sided(element)

    def terms(self, shared, codes):
        terms = []
        for k, value in enumerate(shared):
            code = codes.word_select(k, self._arithmetic.bits)
            exponent, negative = code[:-1], code[-1]
            value, carry = _signed(Mux(exponent.any(), value, 0), negative, self._narrow)
            for place, bit in enumerate(exponent):
                far = 1 << place
                value = Mux(bit, Cat(negative.replicate(far), value).as_signed(), value)
            terms.append((value[1:].as_signed(), carry))
        return terms


class Pairs(Terms):
    """Of each pair of columns a + b or a - b, or one of a and b alone, with a sign.

    An odd column at the end is its own sum.
    """

    def __init__(self, arithmetic, simd, element):
        sums = [element + element, element + _negative(element)]
        pair = [*sums, element, element] if arithmetic.has_zero else sums
        single = [element] * (simd % 2)
        super().__init__(
            f"{arithmetic.name}_pairs",
            arithmetic,
            simd,
            element,
            shared=pair * (simd // 2) + single,
            term=_two_sided(sums[0] | sums[1]) if simd > 1 else _two_sided(element),
        )
        self._each = len(pair)

    def share(self, operands):
        shared = []
        for a, b in _pairs(operands):
            if b is None:
                shared.append(a)
            else:
                shared += [a + b, a - b, a, b][: self._each]
        return shared

    def terms(self, shared, codes):
        terms = []
        for pair in range(self._simd // 2):
            values = shared[pair * self._each : (pair + 1) * self._each]
            a, b = (_Sign(self._arithmetic, codes, 2 * pair + k) for k in range(2))
            value = Mux(a.negative ^ b.negative, values[1], values[0])
            negative = a.negative
            if self._each > 2:
                # One of four, selected by gates: at most one of the conditions holds.
                both = a.present & b.present
                unlike = a.negative ^ b.negative
                value = _one_of(
                    self.term,
                    (both & ~unlike, values[0]),
                    (both & unlike, values[1]),
                    (a.present & ~b.present, values[2]),
                    (b.present & ~a.present, values[3]),
                )
                negative = Mux(a.present, a.negative, b.negative)
            terms.append(_signed(value, negative, self.term))
        if self._simd % 2:
            sign = _Sign(self._arithmetic, codes, self._simd - 1)
            value = Mux(sign.present, shared[-1], 0)
            terms.append(_signed(value, sign.negative, self.term))
        return terms


class Subsets(Terms):
    """Of each pair of columns the sum of those with weight -1, as its ones' complement.

    A lane's sum is ``U``, the sum of ``-s - 1`` over the subset sums s of its pairs; a row is
    ``(T + 2 * pairs) + 2 * U``, the first of which `Complements` makes. The complement is what one
    gate makes that selects one of three.
    """

    def __init__(self, simd, element):
        super().__init__(
            "binary_subsets",
            Binary(),
            simd,
            element,
            shared=_subset_sums(simd, element),
            term=_two_sided(element + element if simd > 1 else element),
        )
        self._element = element

    @property
    def total(self):
        return Complements(self._simd, self._element)

    def share(self, operands):
        shared = []
        for a, b in _pairs(operands):
            shared += [a] if b is None else [a, b, a + b]
        return shared

    def terms(self, shared, codes):
        terms = []
        for pair in range(self._simd // 2):
            a, b, both = shared[3 * pair : 3 * pair + 3]
            in_a, in_b = codes[2 * pair], codes[2 * pair + 1]
            chosen = _one_of(self.term, (in_a & ~in_b, a), (in_b & ~in_a, b), (in_a & in_b, both))
            terms.append((~chosen, None))
        if self._simd % 2:
            terms.append((~_one_of(self.term, (codes[self._simd - 1], shared[-1])), None))
        return terms


class Complements(Terms):
    """``T + 2 * pairs`` of a chunk, from the same shared operands as `Subsets`."""

    def __init__(self, simd, element):
        self._pairs = -(-simd // 2)
        super().__init__(
            "complements",
            Binary(),
            simd,
            element,
            shared=_subset_sums(simd, element),
            term=(element + element) | Interval(0, 2 * self._pairs),
        )

    def terms(self, shared, codes):
        sums = [shared[3 * pair + 2] for pair in range(self._simd // 2)]
        single = [shared[-1]] if self._simd % 2 else []
        return [(value, None) for value in [*sums, *single, C(2 * self._pairs)]]


class _Sign:
    """Whether a binary or ternary weight uses its operand, and whether it negates it."""

    def __init__(self, arithmetic, codes, index):
        code = codes.word_select(index, arithmetic.bits)
        self.present = code[0] if arithmetic.has_zero else C(1, 1)
        self.negative = code[-1]


def _signed(value, negative, term):
    """A term of ``value`` or, with its carry, of ``-value``."""
    width = term.width
    return (_widened(value, width) ^ negative.replicate(width)).as_signed(), negative


def _one_of(term, *choices):
    """The value whose condition holds; 0 if none does. No two conditions may hold."""
    width = term.width
    chosen = C(0, width)
    for condition, value in choices:
        chosen |= condition.replicate(width) & _widened(value, width)
    return chosen.as_signed()


def _widened(value, width):
    """The bits of a value, extended by its sign to so many."""
    missing = width - len(value)
    sign = value[-1] if value.shape().signed else C(0, 1)
    return Cat(value, sign.replicate(missing)) if missing > 0 else value.as_unsigned()


def _pairs(operands):
    """Operands two by two; None beside an odd one."""
    return [
        (operands[k], operands[k + 1] if k + 1 < len(operands) else None)
        for k in range(0, len(operands), 2)
    ]


def _subset_sums(simd, element):
    """Ranges of what `Subsets` shares: a, b, a + b of every pair, an odd operand at the end."""
    return [element, element, element + element] * (simd // 2) + [element] * (simd % 2)


def _negative(interval):
    return Interval(-interval.hi, -interval.lo)


def _two_sided(interval):
    """The range of all numbers, and ones' complements, of a range and 0."""
    return Interval.signed_bits((interval | Interval(-1, 0)).width)
