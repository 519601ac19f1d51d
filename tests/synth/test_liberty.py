"""What is read out of Liberty files."""

import gzip

import pytest

from pascaline.spec.errors import InputError
from pascaline.synth.liberty import FullAdder, read_library
from tests.liberty import ADDER, GATES, cell, library, osu018


@pytest.fixture
def read(tmp_path):
    def call(text, *dont_use):
        path = tmp_path / "small.lib"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_library(path, dont_use, tmp_path / "cache")

    return call


def test_cells(read):
    found = read(library(*GATES))
    assert found.name == "small.lib"
    assert found.areas == {"INV": 1, "NAND": 2, "NOR": 2, "DFF": 8}
    assert found.flip_flops == ("DFF",)
    assert (found.full_adder, found.ties, found.unwanted) == (None, {}, ())


def test_a_full_adder_is_known_by_its_truth_table(read):
    liar = cell("FULLADDER", 3, "A B C", {"S": "A ^ B ^ C", "CO": "A | (B C)"})
    larger = cell("ADD3X2", 12, "A B C", {"S": "A ^ B ^ C", "CO": "(A B) | (B C) | (A C)"})
    found = read(library(*GATES, liar, larger, ADDER))
    assert found.full_adder == FullAdder(
        cell="ADD3", operands=("p", "q", "r"), sum="odd", carry="two"
    )


def test_ties(read):
    both = cell("TIE", 4, "", {"H": "1", "L": "0"})
    low = cell("TIELO", 2, "", {"Z": "0"})
    assert read(library(*GATES, both, low)).ties == {0: ("TIELO", "Z"), 1: ("TIE", "H")}


def test_the_smallest_buffer(read):
    large = cell("BUFX2", 4, "A", {"Y": "A"})
    small = cell("BUFX1", 3, "I", {"ZN": "!I", "Z": "!(!I)"})
    assert read(library(*GATES, large, small)).buffer == ("BUFX1", "I", "Z")
    assert read(library(*GATES)).buffer is None


def test_cells_that_must_not_be_used(read):
    marked = ADDER.replace("area", "dont_use : true; area")
    larger = ADDER.replace("ADD3", "ADD3X2").replace("area : 9", "area : 12")
    text = library(*GATES, marked, larger)
    assert read(text).full_adder.cell == "ADD3X2"
    assert read(text).unwanted == ("ADD3",)
    found = read(text, "*X2")
    assert found.full_adder is None
    assert found.unwanted == ("ADD3", "ADD3X2")


def test_compressed(read):
    text = library(*GATES)
    plain, compressed = read(text), read(gzip.compress(text.encode()))
    assert compressed == plain


def test_debians_library(tmp_path):
    found = read_library(osu018(), (), tmp_path)
    assert found.full_adder == FullAdder(
        cell="FAX1", operands=("A", "B", "C"), sum="YS", carry="YC"
    )
    assert found.flip_flops == ("DFFNEGX1", "DFFPOSX1", "DFFSR")
    assert found.areas["FAX1"] == 120


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("hello world", r"must be a Liberty file \(Syntax error in liberty file on line 1\.\)"),
        (
            library(cell("INV", "0", "A", {"Y": "!A"})),
            "INV: area: must be a number, positive, not '0'",
        ),
        (
            library(cell("INV", '"x"', "A", {"Y": "!A"})),
            "INV: area: must be a number, positive, not",
        ),
        (
            library(cell("INV", "nan", "A", {"Y": "!A"})),
            "INV: area: must be a number, positive, not",
        ),
        (library(cell("INV", "1e400", "A", {"Y": "!A"})), "INV: area: must be a number, positive"),
        (library(cell("\xff", 1, "A", {"Y": "!A"})).encode("latin-1"), "must be a Liberty file"),
        (gzip.compress(bytes(100 << 20)), "must have at most 67,108,864 bytes when it is unpacked"),
        ("", r"must be a Liberty file \(No entries found in liberty file"),
        (library(*GATES)[:-20], r"must be a Liberty file \(Syntax error in liberty file on line"),
        (library(), "must have a flip-flop that may be used"),
        (library(*GATES[1:]), "must have an inverter that may be used"),
        (library(GATES[0], *GATES[2:]), "must have a NAND that may be used"),
        (
            gzip.compress(library(*GATES).encode())[:-9],
            r"must be a gzip file \(Compressed file ended",
        ),
    ],
)
def test_no_library(read, text, rule):
    with pytest.raises(InputError, match=rf"small\.lib: {rule}"):
        read(text)


def test_a_pattern_without_a_cell(read):
    with pytest.raises(InputError, match=r"^dont-use: must match a cell of small\.lib, not 'X\*'$"):
        read(library(*GATES), "X*")
