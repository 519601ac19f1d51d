"""The folder of a bench where there is no Pascaline: a copy, with next to no environment."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from pascaline.bench.vectors import GoldenVectors
from pascaline.hdl.homes.rom import checked_words
from pascaline.hdl.verilog import generate
from pascaline.measure.testbench import with_bench
from pascaline.spec.design import Design
from pascaline.spec.files import write_atomic
from pascaline.spec.memories import flat
from tests.bench.machines import other_weight

POISON = 'raise ImportError("there is no Pascaline here")\n'

UNOPTIMISED = "VERILATOR_FLAGS=--binary --timing -Wno-fatal -Wno-lint -Wno-style -CFLAGS -O0"
"""Verilator's part takes as long, the compiler's less."""

MEMORY = re.compile(r"  initial begin\n(?:    words_\d+\[\d+\] = \d+'h[0-9a-f]+;\n)+")
VALUE = re.compile(r" = (\d+)'h([0-9a-f]+);")


def write(folder, design, sequences, macros=None):
    """What `generate --testbench` writes; the Verilog."""
    verilog = generate(design, macros=macros)
    with_bench(verilog, GoldenVectors(design, sequences, "tests")).write(folder)
    return verilog.text


def run(source, folder, *words):
    """Run make in a copy of a folder; its status, and what it has printed."""
    if folder != source:
        shutil.copytree(source, folder)
    (folder / "pascaline.py").write_text(POISON)
    places = [Path(sys.executable).parent, "/usr/local/bin", "/usr/bin", "/bin"]
    done = subprocess.run(
        ["make", *words],
        cwd=folder,
        env={"PATH": os.pathsep.join(map(str, places)), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def change_weight(folder, design, sequences, verilog, rng, tries=100):
    """Change one weight in a folder: words of a memory of the Verilog, or of the image.

    Golden has other results with that weight, for these sequences.
    """
    for _ in range(tries):
        model = other_weight(design.model, sequences, rng, tries=1000)
        other = Design(model=model, machine=design.machine)
        if design.machine.home.loaded:
            name = f"{design.name}_load.hex"
            write_atomic(
                folder / name, GoldenVectors(other, sequences, "tests").hex_files()["load.hex"]
            )
            return
        if changed := _with_words(verilog, design, other):
            write_atomic(folder / f"{design.name}.v", changed)
            return
    raise AssertionError("no weight is in a memory of its own")


def _with_words(verilog, design, other):
    """The Verilog with what differs in the memories of another design; None if it has no place."""
    pairs = list(zip(flat(design.memories), flat(other.memories), strict=True))
    differ = [(old, new) for (_, old), (_, new) in pairs if old.words != new.words]
    parity = design.machine.parity
    for old, new in differ:
        wanted = list(checked_words(old, parity))
        places = [found for found in _places(verilog) if _words(found) == wanted]
        if old.bits != new.bits or len(places) != 1:
            return None
        low = 0
        for text in places[0]:
            width = int(VALUE.search(text)[1])
            words = [word >> low & (1 << width) - 1 for word in checked_words(new, parity)]
            verilog = verilog.replace(text, _replaced(text, words))
            low += width
    return verilog if differ else None


def _places(verilog):
    """Contents of memories: each one or more texts, for pieces of words from the low end."""
    for module in verilog.split("endmodule"):
        pieces = [found[0] for found in MEMORY.finditer(module)]
        if pieces:
            yield pieces


def _words(pieces):
    words, low = [0] * len(VALUE.findall(pieces[0])), 0
    for text in pieces:
        found = VALUE.findall(text)
        words = [
            word | int(value, 16) << low for word, (_, value) in zip(words, found, strict=True)
        ]
        low += int(found[0][0])
    return words


def _replaced(text, values):
    left = iter(values)
    return VALUE.sub(lambda found: f" = {found[1]}'h{next(left):x};", text)
