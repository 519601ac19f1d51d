from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from pascaline.data.text import encode, read_characters
from pascaline.spec.errors import InputError


def test_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Größe\r\n\tx".encode())
    assert read_characters(tmp_path / "a.txt") == "Größe\r\n\tx"


def test_encode() -> None:
    codes = encode("caß\n", "\nabcß", thing="text")
    assert codes.tolist() == [3, 1, 4, 0]
    assert codes.dtype == np.int64
    with pytest.raises(
        InputError, match=r"^text: line 2: must have only characters of .*, not 'z'$"
    ):
        encode("a\nbz", "\nab", thing="text")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", ": must not be empty"),
        (b"one\ntwo\n\xff\n", ": line 3: must be text in UTF-8"),
        (None, ": no such file"),
    ],
)
def test_bad_text(content: bytes | None, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{re.escape(str(path) + fault)}$"):
        read_characters(path)
