from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from spec.errors import InputError
from train import text
from train.text import OTHER, encode, read_text, split

PANGRAM = "the quick brown fox jumps over the lazy dog\n" * 5


def test_the_tail_is_held_out() -> None:
    texts = split(PANGRAM, thing="text")
    assert str(texts.train) + str(texts.held_out) == PANGRAM
    assert len(texts.held_out) == len(PANGRAM) // 10
    assert texts.train.symbols == texts.held_out.symbols == (*sorted(set(PANGRAM)), OTHER)
    assert texts.train.codes.dtype == np.int64


def test_validation_is_the_tail_of_the_training_part() -> None:
    texts = split(PANGRAM, thing="text")
    chosen = texts.validation()
    assert str(chosen.train) + str(chosen.held_out) == str(texts.train)
    assert len(chosen.held_out) == len(texts.train) // 10
    assert chosen.held_out.symbols == texts.train.symbols


def test_characters_that_were_never_seen_are_others() -> None:
    texts = split("ab" * 45 + "abzé\ufffdbbaa", thing="text")
    assert texts.train.symbols == ("a", "b", OTHER)
    assert texts.held_out.codes.tolist() == [0, 1, 2, 2, 2, 1, 1, 0, 0]
    assert str(texts.held_out) == f"ab{OTHER}{OTHER}{OTHER}bbaa"
    assert encode("", texts.train.symbols).codes.tolist() == []


def test_rare_characters_of_many_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "SYMBOLS", 4)
    texts = split("ccbbaadd" * 10 + "ccc" * 10, thing="text")
    assert texts.train.symbols == ("a", "b", "c", OTHER)
    assert OTHER in str(texts.train)


def test_other_in_the_text_is_no_second_symbol() -> None:
    assert split(f"ab{OTHER}" * 20, thing="text").train.symbols == ("a", "b", OTHER)


def test_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(("Größe\r\n" * 20).encode())
    texts = read_text(path)
    assert str(texts.train).startswith("Größe\r\nGröße")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", ": must have at least 20 characters, not 0"),
        (b"19 characters, not 20"[:19], ": must have at least 20 characters, not 19"),
        (b"a" * 100, ": must have more than one character to tell apart, not 'a'"),
        (b"one\ntwo\n\xff\n" * 10, ": line 3: must be text in UTF-8"),
        (None, ": cannot be read (No such file or directory)"),
    ],
)
def test_bad_text(content: bytes | None, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{re.escape(str(path) + fault)}$"):
        read_text(path)
