"""Cell libraries for tests: a tiny one as text, and one that Debian has."""

from pathlib import Path

from tests.tools import missing, program

OSU018 = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib")

PIN = "pin({name}) {{ direction : {direction}; {function} }}"


def cell(name, area, inputs, outputs, extra=""):
    """A cell; ``outputs`` maps pins to functions."""
    pins = [PIN.format(name=pin, direction="input", function="") for pin in inputs.split()]
    pins += [
        PIN.format(name=pin, direction="output", function=f'function : "{function}";')
        for pin, function in outputs.items()
    ]
    return f"cell({name}) {{ area : {area}; {extra} {' '.join(pins)} }}"


def library(*cells):
    return "library(small) {\n" + "\n".join(cells) + "\n}\n"


GATES = (
    cell("INV", 1, "A", {"Y": "!A"}),
    cell("NAND", 2, "A B", {"Y": "!(A B)"}),
    cell("NOR", 2, "A B", {"Y": "!(A + B)"}),
    cell("DFF", 8, "CK D", {"Q": "IQ"}, 'ff(IQ, IQN) { clocked_on : "CK"; next_state : "D"; }'),
)

ADDER = cell(
    "ADD3",
    9,
    "p q r",
    {"odd": "(p ^ q) ^ r", "two": "(p q) | (r (p | q))", "even": "!((p ^ q) ^ r)"},
)


def osu018():
    """Path of Debian's library; without it the test is skipped."""
    if not OSU018.exists():
        missing(f"{OSU018} is not there (apt install qflow-tech-osu018)")
    return OSU018


def opensta():
    """Skips the test without OpenSTA."""
    program("sta", package="opensta")
