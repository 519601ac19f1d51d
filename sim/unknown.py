"""Verilog in which nothing is known before it is reset, written or read, as in an ASIC.

Registers and memories that are written lose their initial values; ROMs keep theirs. Verilog takes
an unknown condition of ``if`` for false, and does not write to an unknown address, which hides what
is unknown. Here a register gets a choice by ``? :`` instead, in which a bit is known only if both
ways agree on it, and no word of a memory is known any more once it is unknown whether or where it
is written.
"""

from __future__ import annotations

import re

from pascaline.sim.hierarchy import ARRAY, MODULE

__all__ = ["forgotten", "unknown_start"]

# In a netlist registers may have the names of words, which are escaped.
NAME = r"(?:\\\S+ |\w+)"
REGISTER = re.compile(rf"^(  reg (?:signed )?(?:\[\d+:0\] )?{NAME}) = [^;]*;$", re.MULTILINE)
CONTENTS = re.compile(
    r"^  initial (?:begin\n    (?P<one>\w+)\[.*?^  end|for \([^)]*\) (?P<all>\w+)\[[^;]*;)\n",
    re.MULTILINE | re.DOTALL,
)
ALWAYS = re.compile(
    r"^  always @\(posedge (\w+)\)(.*?)(?=^(?:  (?!end$)\S|endmodule|$))", re.MULTILINE | re.DOTALL
)
WORD = re.compile(r"\s*(if \(|else\b|begin\b|end\b|[^;]*?<=[^;]*;)")
ASSIGNMENT = re.compile(rf"({NAME})(\[.*\])? <= (.*);", re.DOTALL)

Shapes = dict[str, tuple[int, int]]
"""Bits of a word, and words, of each memory."""

Write = tuple[str, str, str, str]
"""Of a memory: when, its name, address and bits, and what is written."""


def unknown_start(verilog: str) -> str:
    """The same Verilog, in which all but ROMs starts unknown and what is unknown spreads.

    Parameters
    ----------
    verilog : str
        The Verilog, as `hdl.verilog` writes it.

    Raises
    ------
    ValueError
        If there is an always block of another form.
    """
    return MODULE.sub(lambda match: _spreading(match[0]), forgotten(verilog))


def forgotten(verilog: str) -> str:
    """The same Verilog without initial values of all that is written; it can be synthesised."""
    return MODULE.sub(lambda match: _forgotten(match[0]), verilog)


def _forgotten(text: str) -> str:
    def kept(match: re.Match[str]) -> str:
        name = match["one"] or match["all"]
        return "" if re.search(rf"\b{name}\[.*<=", text) else match[0]

    return CONTENTS.sub(kept, REGISTER.sub(r"\1;", text))


def _spreading(text: str) -> str:
    shapes = {
        name: (int(high or 0) + 1, abs(int(one) - int(other)) + 1)
        for high, name, one, other in ARRAY.findall(text)
    }
    writes: list[Write] = []

    def always(match: re.Match[str]) -> str:
        block = _Block(match[2], shapes)
        lines = [f"{name} <= {value};" for name, value in block.values.items()]
        for write in block.writes:
            lines.append(_write(len(writes), write, shapes))
            writes.append(write)
        body = "".join(f"    {line}\n" for line in lines)
        return f"  always @(posedge {match[1]}) begin\n{body}  end\n"

    text, count = ALWAYS.subn(always, text)
    if count != text.count("always @"):
        raise ValueError("an always block is not understood")
    return text


class _Block:
    """The body of an always block.

    Attributes
    ----------
    values : dict of str to str
        What each register, or some bits of it, takes next.
    writes : list of tuple
        Of memories.
    """

    def __init__(self, text: str, memories: Shapes) -> None:
        self._text, self._at, self._memories = text, 0, memories
        self.writes: list[Write] = []
        self.values: dict[str, str] = {}
        while self._text[self._at :].strip():
            self._statement(self.values, "1'b1")

    def _statement(self, values: dict[str, str], when: str) -> None:
        """Take a statement, of which ``when`` is the condition."""
        word = self._word()
        if word == "begin":
            while not self._next("end"):
                self._statement(values, when)
            self._word()
        elif word == "if (":
            condition = self._condition()
            yes, no = dict(values), dict(values)
            self._statement(yes, f"{when} && {condition}")
            if self._next("else"):
                self._word()
                self._statement(no, f"{when} && !{condition}")
            for name in yes | no:
                one, other = yes.get(name, name), no.get(name, name)
                values[name] = one if one == other else f"{condition} ? ({one}) : ({other})"
        elif match := ASSIGNMENT.fullmatch(word):
            name, place, value = match[1], match[2] or "", match[3]
            if name in self._memories:
                self.writes.append((when, name, place, value))
            else:
                values[name + place] = value
        else:
            raise ValueError(f"a statement is not understood: {word}")

    def _word(self) -> str:
        match = WORD.match(self._text, self._at)
        if match is None:
            raise ValueError(f"a statement is not understood: {self._text[self._at :]}")
        self._at = match.end()
        return match[1]

    def _next(self, word: str) -> bool:
        match = WORD.match(self._text, self._at)
        return match is not None and match[1] == word

    def _condition(self) -> str:
        """What is in parentheses, the first of which has been taken."""
        start = self._at - 1
        self._at = _closed(self._text, start)
        return self._text[start : self._at]


def _closed(text: str, start: int) -> int:
    """The place behind what closes the parenthesis or bracket at ``start``."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "([") - (text[at] in ")]")
        if depth == 0:
            return at + 1
    raise ValueError(f"a statement is not understood: {text[start:]}")


def _write(number: int, write: Write, shapes: Shapes) -> str:
    """A write, after which nothing is known of the memory if it is not known whether or where."""
    when, name, place, value = write
    width, depth = shapes[name]
    address = place[1 : _closed(place, 0) - 1]
    # No name of the machine has a dollar sign in it.
    each = f"for (any$word = 0; any$word < {depth}; any$word = any$word + 1)"
    return f"""if (({when}) !== 1'b0) begin : write${number}
      integer any$word;
      if (^({when}) === 1'bx || ^({address}) === 1'bx)
        {each} {name}[any$word] <= {{{width}{{1'bx}}}};
      else {name}{place} <= {value};
    end"""
