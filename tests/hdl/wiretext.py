"""Verilog of graphs of adders, read and multiplied out: what it computes of any inputs.

A number is a sum of parts with coefficients: an element of the vector, or with a width its lowest
bits (``low``) or all above them (``high``). A value of which both are added up is whole again. What
is computed modulo a power of two is exact if the range of the sum fits, which is checked.
"""

import re
from collections import Counter
from itertools import product

VALUE = re.compile(r"  wire \[(\d+):0\] (\w+) = (.*);")
REGISTER = re.compile(r"  reg \[(\d+):0\] (\w+) <= \2 <= (\w+);")
ROW = re.compile(r"  assign rows\[(\d+):(\d+)\] = (.*);")
ZEROS = re.compile(r"(\d+)'d0")
SIGN = -1
"""Of a value of which nothing else is left."""
FILL = re.compile(r"\{(\d+)\{(\w+)\[(\d+)\]\}\}")


class Reading:
    """The linear forms of a module.

    Parameters
    ----------
    text : str
        The module, all but its name.
    elements : list of Interval
        Ranges of the elements that are at its port.
    rows : list of Interval
        Ranges of the outputs at theirs.

    Attributes
    ----------
    rows : list of list of int
        Coefficients of the elements in each output.
    registers : set of int
        Registers between inputs and outputs, on any path.
    """

    def __init__(self, text, elements, rows):
        self._elements = elements
        self._forms = {}
        self._widths = {}
        self._signed = {}
        self._late = {}
        self.rows = [None] * len(rows)
        self.registers = set()
        bits = [(k, bit) for k, one in enumerate(elements) for bit in range(one.width)]
        ends = []
        for one in rows:
            ends.append((ends[-1] if ends else 0) + one.width)
        for line in _lines(text):
            if found := VALUE.fullmatch(line):
                width, name, expression = int(found[1]) + 1, found[2], found[3]
                if inputs := re.fullmatch(r"x\[(\d+):(\d+)\]", expression):
                    k, bit = bits[int(inputs[2])]
                    assert bit == 0
                    assert bits[int(inputs[1])] == (k, width - 1)
                    self._keep(name, Counter({k: 1}), {0}, width)
                else:
                    self._keep(name, *self._sum(expression, width), width)
            elif found := REGISTER.fullmatch(line):
                _, name, of = found.groups()
                for known in (self._forms, self._widths, self._signed):
                    known[name] = known[of]
                self._late[name] = self._late[of] + 1
            elif found := ROW.fullmatch(line):
                high, low, expression = int(found[1]), int(found[2]), found[3]
                index = ends.index(high + 1)
                assert low == high + 1 - rows[index].width
                form, late = self._number(expression, high + 1 - low)
                self.rows[index] = [form[k] for k in range(len(elements))]
                self.registers |= late

    def _keep(self, name, form, late, width):
        """A value that is a form of the elements, and fits."""
        lows = sum(min(c * self._elements[k].lo, c * self._elements[k].hi) for k, c in form.items())
        highs = sum(
            max(c * self._elements[k].lo, c * self._elements[k].hi) for k, c in form.items()
        )
        signed = lows < 0
        least, most = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
        assert least <= lows
        assert highs <= most, (name, lows, highs, width)
        assert len(late) == 1, f"{name}: operands of several times"
        self._forms[name], self._widths[name], self._signed[name] = form, width, signed
        [self._late[name]] = late

    def _sum(self, expression, width):
        """The form of an expression modulo 2 to its width, and the times of what is in it."""
        if negated := re.fullmatch(r"-(.*)", expression):
            form, late = self._number(negated[1], width)
            return Counter({k: -c for k, c in form.items()}), late
        # Beside the bits of a sum are those that go by below it.
        sums, *tail = [expression] if len(_terms(expression)) > 1 else _parts(expression)
        found, late, place = Counter(), set(), 0
        for text in reversed(tail):
            size = _width(text, self._widths)
            late |= self._add(found, 1 << place, self._low(text, size))
            place += size
        first, *others = _terms(sums)
        late |= self._add(found, 1 << place, self._high(first, width - place))
        for sign, text in others:
            late |= self._add(found, sign << place, self._high(text, width - place))
        return self._whole(found), late

    def _number(self, expression, width):
        form, late = self._high(expression, width)
        return self._whole(form), late

    @staticmethod
    def _add(found, factor, pieces):
        form, late = pieces
        for key, c in form.items():
            found[key] += factor * c
        return late

    def _low(self, text, size):
        """The lowest bits of a value, so many; those beyond it are its sign, or 0."""
        name, high, low, zeros, filled = self._slice(text, size)
        if name is None:
            return Counter(), set()
        bits, signed = self._widths[name], self._signed[name]
        assert low == zeros == 0
        if high == bits - 1 and not signed:
            return Counter({("high", name, 0): 1}), {self._late[name]}
        assert filled or high == size - 1
        assert not filled or high == bits - 1
        return Counter({("low", name, size): 1}), {self._late[name]}

    def _high(self, text, size):
        """All bits of a value from one on, above zeros, modulo 2 to the size."""
        name, high, low, zeros, filled = self._slice(text, size)
        if name is None:
            return Counter(), set()
        assert not filled or high == self._widths[name] - 1
        low = SIGN if high < low else low
        return Counter({("high", name, low): 1 << zeros}), {self._late[name]}

    def _slice(self, text, size):
        """Bits of one value in an expression: name, highest and lowest bit, zeros below, filled.

        Of a value of which nothing is left but its sign, the highest is below the lowest.
        """
        parts = _parts(text)
        assert sum(_width(part, self._widths) for part in parts) == size, (text, size)
        fill, zeros = FILL.fullmatch(parts[0]), 0
        if len(parts) > 1 and (below := ZEROS.fullmatch(parts[-1])):
            zeros = int(below[1])
            del parts[-1]
        if len(parts) == 1 and ZEROS.fullmatch(parts[0]):
            return None, 0, 0, 0, True
        if fill:
            name, bit = fill[2], int(fill[3])
            assert self._signed[name]
            assert bit == self._widths[name] - 1
            if len(parts) == 1:
                return name, bit, bit + 1, zeros, True
        elif len(parts) == 2:
            assert ZEROS.fullmatch(parts[0])
            assert not self._signed[re.match(r"\w+", parts[1])[0]], "the sign is lost"
        name, high, low = _bits(parts[-1], self._widths)
        assert not fill or fill[2] == name
        assert len(parts) < 3
        return name, high, low, zeros, len(parts) == 2

    def _whole(self, pieces):
        """Parts of values put together: over the elements."""
        found, rest = Counter(), Counter(pieces)
        for (kind, name, low), c in pieces.items():
            if kind == "low":
                above = SIGN if low >= self._widths[name] else low
                assert rest.pop(("high", name, above), 0) == c << low, f"{name} is not whole"
                assert rest.pop((kind, name, low)) == c
                rest["high", name, 0] += c
        for (_, name, low), c in rest.items():
            assert low == 0 or c == 0, f"{name} is not whole"
            for key, own in self._forms[name].items():
                found[key] += c * own
        return Counter({key: c for key, c in found.items() if c})


def _lines(text):
    """Lines of a module, each register in one."""
    return re.sub(r" = ([01]);\n  always @\(posedge clk\)\n   ", r" <=", text).split("\n")


def _terms(expression):
    """What is added or subtracted: the first one, then each with its sign."""
    depth, found, start, sign = 0, [], 0, None
    for at, letter in enumerate(expression):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0 and expression[at : at + 3] in (" + ", " - "):
            found.append((sign, expression[start:at]))
            sign, start = (1 if expression[at + 1] == "+" else -1), at + 3
    found.append((sign, expression[start:]))
    return [found[0][1], *found[1:]]


def _parts(expression):
    """What is side by side in braces, the highest first."""
    if not expression.startswith("{") or FILL.fullmatch(expression):
        return [expression]
    depth, parts, part = 0, [], ""
    for letter in expression[1:-1]:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += letter
    assert depth == 0, expression
    return [*parts, part.strip()]


def _width(text, widths):
    if len(parts := _parts(text)) > 1:
        return sum(_width(part, widths) for part in parts)
    if found := FILL.fullmatch(text) or ZEROS.fullmatch(text):
        return int(found[1])
    _, high, low = _bits(text, widths)
    return high + 1 - low


def _bits(text, widths):
    name, high, low = re.fullmatch(r"(\w+)(?:\[(\d+):(\d+)\])?", text).groups()
    assert name in widths, name
    return name, (widths[name] - 1 if high is None else int(high)), int(low or 0)


def serial_matrix(text, elements, outputs):
    """What a module of adders of one bit computes: coefficients of each row; checked gate by gate.

    A stream of bits, the lowest first, stands for its number modulo any power of two: a register
    that begins with 0 doubles it, and an adder adds and subtracts, whose carry begins with 1 for
    each of its operands that is complemented.
    """
    forms = {f"x[{k}]": [int(k == j) for j in range(elements)] for k in range(elements)}
    forms["1'b0"] = [0] * elements
    stage = dict.fromkeys(forms, 0) | {"clear": 0}
    lines = [line.strip() for line in _lines(text)]
    wires = dict(found.groups() for line in lines if (found := WIRE.fullmatch(line)))
    begun = {found[1]: found.groups()[1:] for line in lines if (found := BEGUN.fullmatch(line))}
    rows = [None] * outputs
    for line in lines:
        if found := BEGUN.fullmatch(line):
            name, clear, first, given = found.groups()
            if "_carry" not in name:
                assert first == "0"
                assert stage[clear] == stage[given]
                forms[name], stage[name] = [2 * c for c in forms[given]], stage[given]
        elif found := re.fullmatch(r"reg (\w+) <= \1 <= (\S+);", line):
            name, given = found.groups()
            stage[name] = stage[given] + 1
            if given in forms:
                forms[name] = forms[given]
        elif (found := WIRE.fullmatch(line)) and re.fullmatch(r"[vm]\d+(_\d+)?", found[1]):
            name = found[1]
            signs, clear = _adder(name, wires, begun)
            assert {stage[of] for of in signs} == {stage[clear]}
            columns = zip(*(forms[of] for of in signs), strict=True)
            forms[name] = [
                sum(s * v for s, v in zip(signs.values(), column, strict=True))
                for column in columns
            ]
            stage[name] = stage[clear]
        elif found := re.fullmatch(r"assign rows\[(\d+)\] = (.*);", line):
            rows[int(found[1])] = forms[found[2]]
    return rows


WIRE = re.compile(r"wire (\w+) = (.*);")
BEGUN = re.compile(r"reg (\w+) <= \1 <= (clear\w*) \? 1'b([01]) : (.*);")
NAME = re.compile(r"~?\b[a-z]\w*(?:\[\d+\])?")


def _adder(name, wires, begun):
    """The sign of each operand of an adder, and its clear, for all bits that can come."""
    carries = [one for one in (f"{name}_carry", f"{name}_carry_1") if one in begun]
    [clear] = {begun[one][0] for one in carries}
    results = [_whole_text(name, text, wires) for text in (wires[name], *_given(carries, begun))]
    read = {one for text in results for one in NAME.findall(text)} - {*carries}
    signs = {one.removeprefix("~"): -1 if one.startswith("~") else 1 for one in sorted(read)}
    assert len(signs) == len(read)
    minus = sum(sign < 0 for sign in signs.values())
    assert sum(int(begun[one][1]) << bit for bit, one in enumerate(carries)) == minus
    codes = [compile(_letters(text, [*signs, *carries]), name, "eval") for text in results]
    for *bits, carry in product(*[(0, 1)] * len(signs), range(max(len(signs), 2))):
        given = [*bits, *(carry >> bit & 1 for bit in range(len(carries)))]
        values = {f"_{k}_": value for k, value in enumerate(given)}
        found = [eval(code, {}, values) & 1 for code in codes]
        total = carry + sum(
            bit ^ (sign < 0) for bit, sign in zip(bits, signs.values(), strict=True)
        )
        assert sum(bit << k for k, bit in enumerate(found)) == total, name
    return signs, clear


def _given(carries, begun):
    return [begun[one][2] for one in carries]


def _whole_text(name, text, wires):
    """An expression without what is between the bits of one adder."""
    inner = re.compile(rf"\b{name}_(?:half|low|high)\b")
    while inner.search(text):
        text = inner.sub(lambda one: f"({wires[one[0]]})", text)
    return text


def _letters(text, names):
    numbers = {name: f"_{k}_" for k, name in enumerate(names)}
    text = NAME.sub(
        lambda one: one[0][: one[0].startswith("~")] + numbers[one[0].removeprefix("~")], text
    )
    assert re.fullmatch(r"[_0-9~&|^() ]+", text), text
    return text
