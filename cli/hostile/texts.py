"""Hostile texts: machines in TOML, sequences and labels in CSV, characters, cell libraries."""

from __future__ import annotations

import gzip
import re
import tempfile
from pathlib import Path
from random import Random

from pascaline.cli.hostile.places import broken, written
from pascaline.data.folder import LABELS
from pascaline.data.text import encode, read_characters
from pascaline.measure.hostile import Attempt
from pascaline.synth.liberty import read_library

__all__ = [
    "draw_csv",
    "draw_labels",
    "draw_liberty",
    "draw_text",
    "draw_toml",
    "read_liberty",
    "read_text",
]

TOKENS = (
    "", "0", "-1", "nan", "inf", "-inf", "1e400", "1e-400", "9" * 5000, "0x10", "1_000", "true",
    "\0", "\xff", "é", "\u2028", "\U0001f600", "a[/b]", "<script>", "$(id)", "'", '"', '"""', "\\",
    "\r", "\n\n", ",", ";", "=", "{", "}", "[", "]", "[" * 50_000, "{a=" * 5000, "a." * 50_000,
    "#", "//", "/*", "../../etc/passwd", "/dev/zero", "2026-11-28", "\ufeff", " " * 100_000,
    "x" * 300_000, "%s%n", "-" * 50_000, "(" * 50_000, "!" * 20_000,
)  # fmt: skip

WORD = re.compile(r"[\w.+-]+|[^\w\s]")

TOML = 'units = 2\nsimd = 4\nlane = "tree"\nlayer_units = [2, 2]\npipelined = true\nlongest = 16\n'
CSV = "a,b,c\n1,2,3\n4.5,-6,7e1\n8,9,10\n"
TABLE = "file,label\nx.csv,1\ny.csv,2\nz.csv,1\nw.csv,2\n"
LIBERTY = """library(small) {
  cell(INV) { area : 1; pin(A) { direction : input; } pin(Y) { direction : output; function : "!A"; } }
  cell(NAND) { area : 2; pin(A) { direction : input; } pin(B) { direction : input; }
    pin(Y) { direction : output; function : "!(A B)"; } }
  cell(NOR) { area : 2; pin(A) { direction : input; } pin(B) { direction : input; }
    pin(Y) { direction : output; function : "!(A + B)"; } }
  cell(DFF) { area : 8; ff(IQ, IQN) { clocked_on : "CK"; next_state : "D"; }
    pin(CK) { direction : input; } pin(D) { direction : input; }
    pin(Q) { direction : output; function : "IQ"; } }
}
"""  # noqa: E501


def _wrong(good: str, rng: Random) -> tuple[str, bytes]:
    """A text that is broken, or has other words."""
    if rng.random() < 0.3:
        return broken(good.encode(), rng)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        words = list(WORD.finditer(good))
        if not words:
            break
        one = rng.choice(words)
        end = rng.choice((one.end(), one.end(), one.start()))
        good = good[: one.start()] + rng.choice(TOKENS) + good[end:]
    return "tokens", good.encode(rng.choice(("utf-8", "utf-8", "latin-1")), errors="replace")


def draw_toml(rng: Random, folder: Path) -> Attempt:
    """A machine."""
    return written(rng, folder / "m.toml", *_wrong(TOML, rng))


def draw_csv(rng: Random, folder: Path) -> Attempt:
    """A sequence."""
    return written(rng, folder / "s.csv", *_wrong(CSV, rng))


def draw_text(rng: Random, folder: Path) -> Attempt:
    """Characters."""
    return written(rng, folder / "t.txt", *_wrong(CSV, rng))


def read_text(path: Path) -> None:
    """Read characters, and number them."""
    text = read_characters(path)
    encode(text, "".join(sorted(set(text))), thing=str(path))


def draw_labels(rng: Random, folder: Path) -> Attempt:
    """A folder with labels, or with a folder for each class."""
    if rng.random() < 0.7:
        for name in "xyzw":
            (folder / f"{name}.csv").write_text(CSV)
        attempt = written(rng, folder / LABELS, *_wrong(TABLE, rng))
        return Attempt(attempt.mutation, folder)
    for name in ("1", rng.choice(("2", "9" * 200, "²", "a[b]", "é", "\udcff", "-1", "'", "<b>"))):
        (folder / name).mkdir()
        for file in ("x.csv", "y.csv"):
            written(rng, folder / name / file, *_wrong(CSV, rng))
    return Attempt("folders", folder)


def draw_liberty(rng: Random, folder: Path) -> Attempt:
    """A cell library."""
    kind, content = _wrong(LIBERTY, rng)
    if rng.random() < 0.5:  # What most care about.
        area = rng.choice(("nan", "inf", "0", "-1", '"x"', "1e400", "9" * 5000, "", '""', "é"))
        text = re.sub(r"area : \d", f"area : {area}", LIBERTY, count=rng.choice((1, 2, 4)))
        kind, content = "area", text.encode("latin-1")
    if rng.random() < 0.3:
        packed = gzip.compress(content + rng.choice((b"", b"", b" " * (200 << 20))))
        kind, content = "gzip", rng.choice((packed, broken(packed, rng)[1]))
    return written(rng, folder / "c.lib", kind, content)


def read_liberty(path: Path) -> None:
    """Read a cell library; nothing is kept."""
    with tempfile.TemporaryDirectory(dir=path.parent) as cache:
        read_library(path, (), Path(cache))
