"""A new user's walk through the documentation.

``python -m tests.walk`` takes the commands of the README and of pages that it leads to, and runs
them in order, each page in a folder of its own. What is installed has a cache that is empty at
first; a clone has its ``build``. Each must end with status 0 and leave what the page says.

``--program`` is the pascaline that is run: of a clone, or of a wheel that is installed somewhere
else. What needs a network, PyTorch or many minutes is not run; why is said and counted. After the
README the demo is run, as the Makefile has it, and must print what is shown there, to the byte. The
status is 1 if anything is not as documented.
"""

import argparse
import math
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import wave
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CLAIMS", "LEFT_OUT", "PAGES", "Documented", "demo", "documented", "reason", "shown"]

ROOT = Path(__file__).parents[1]

PAGES = (
    "README.md",
    *(f"docs/{name}.md" for name in ("tutorial", "own", "explore", "handover", "loading")),
)

TORCH = "PyTorch: pytest tests/cli/test_readme.py"
MINUTES = "many minutes"

LEFT_OUT = {
    "train ": TORCH,
    "distil ": TORCH,
    "import net.pt ": TORCH,
    "simulate net.safetensors ": TORCH,
    "report net.safetensors ": TORCH,
    "import copy.pt ": TORCH,
    "export copy-1000-hadamard ": TORCH,
    "show waves.safetensors ": TORCH,
    "generate waves.safetensors ": TORCH,
    "simulate waves.safetensors ": TORCH,
    "report waves.safetensors ": TORCH,
    "evaluate digits-ternary": "a network: it fetches recordings",
    "explore digits-ternary --target asic ": "a cell library",
    "explore digits-ternary --dask ": "a Dask cluster",
    "explore digits-ternary --target ecp5 --pnr ": "nextpnr, and many minutes",
    "explore ": MINUTES,
    "measure ": MINUTES,
    "fuzz --cases 20": MINUTES,
}
"""Why commands that begin like this are not run; the first one counts."""

CLAIMS = {
    "list": ["digits-ternary", "austen-norm-fixed8", "tiny-gru"],
    "show digits-ternary": ["formats", "cycles a step"],
    "generate digits-ternary -o out": ["out/digits_ternary.v", "out/digits_ternary.json"],
    "generate digits-ternary --ports axi -o out": [
        "out/digits_ternary.h",
        "out/digits_ternary_driver.py",
        "out/digits_ternary.core",
    ],
    "generate digits-ternary --testbench -o out": ["out/digits_ternary_tb.v", "out/Makefile"],
    "generate digits-ternary --ports axi --testbench --samples 5 -o out": [
        "out/digits_ternary_tb.v",
        "out/digits_ternary_vectors.npz",
    ],
    "generate digits-ternary --weights ram --parity -o out": ["out/digits_ternary.bin"],
    "generate digits-ternary --weights ram -o out": ["out/digits_ternary.bin"],
    "generate digits-small-ternary --weights wired -o out": ["out/digits_small_ternary.v"],
    "image mine.safetensors --for out/digits_ternary.json -o mine.bin": ["mine.bin"],
    "simulate rows-ternary --sim icarus --samples 2": ["rows-ternary in icarus", "correct classes"],
    "simulate digits-ternary --samples 1 --waves run.fst": ["run.fst", "2 of 2"],
    "simulate digits-ternary --weights ram": ["digits-ternary in verilator", "correct classes"],
    "simulate mine.safetensors": ["correct classes", "held-out"],
    "run digits-ternary three.wav": ["class", "margin"],
    "run digits-attention-ternary three.wav": ["class", "margin"],
    "run digits-attention-ternary three.wav --sim verilator": ["class", "margin"],
    "run digits-ternary three.wav --every 4 --sim icarus": ["class", "margin"],
    "run digits-ternary many.wav --window 18 --every 2": ["class", "margin"],
    "report digits-ternary --target ecp5": ["Lattice ECP5", "block rams", "folded table"],
    "report digits-ternary --html digits.html": ["digits.html", "memory bits"],
    "compare digits-binary digits-ternary": ["digits-binary", "digits-ternary"],
    "generate digits-ternary --parity -o out": ["out/digits_ternary.v"],
}
"""What each leaves: files, and words of its output."""


@dataclass(frozen=True)
class Documented:
    """A command of a page: the line that it is in, and its words after ``pascaline``."""

    page: str
    line: int
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words, as they are written."""
        return shlex.join(self.words)


def documented(page: str) -> Iterator[Documented]:
    """The commands of a page, in order: lines of indented blocks, and of those in shell."""
    fence, text = "", (ROOT / page).read_text(encoding="utf-8")
    # A line that goes on in the next one keeps its number, and so do those behind it.
    joined = re.sub(r"\\\n *(.*)", r"\1\n", text)
    for number, line in enumerate(joined.splitlines(), 1):
        if line.startswith("```"):
            fence = "" if fence else line.removeprefix("```") or "text"
        elif (fence == "sh" or (not fence and line.startswith("    "))) and (
            found := re.match(r" *pascaline (.*)", line)
        ):
            yield Documented(page, number, tuple(shlex.split(found[1], comments=True)))


def reason(command: Documented) -> str | None:
    """Why a command is not run; None: it is."""
    text = f"{command.text} "
    return next((why for start, why in LEFT_OUT.items() if text.startswith(start)), None)


def demo() -> list[tuple[str, ...]]:
    """The commands of ``make demo``."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    [block] = re.findall(r"^demo:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    return [tuple(line.split()) for line in re.findall(r"\$\(BIN\)/pascaline (.*)", block)]


def shown() -> str:
    """What the demo ends like, by the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(r"ends like this:\n\n((?:    .*\n|\n)+)", text)
    return "\n".join(line.removeprefix("    ") for line in block.rstrip().splitlines())


def plain(output: str) -> str:
    """Output without the spaces that tables have behind their columns."""
    return "\n".join(line.rstrip() for line in output.splitlines())


class Walk:
    """Runs commands as a new user does.

    Parameters
    ----------
    program : list of str
        What stands for ``pascaline``.
    folder : Path
        Where; it has a cache of its own.

    Attributes
    ----------
    counts : Counter
        Commands that are ``documented``, were ``run``, and were ``as documented``; and those that
        were not run, by the reason.
    """

    def __init__(self, program: list[str], folder: Path) -> None:
        self.counts: Counter[str] = Counter()
        self._program = program
        self._folder = folder
        names = ("PYTHONPATH", "PASCALINE_BUILD", "PASCALINE_DATA")
        self._environment = {name: value for name, value in os.environ.items() if name not in names}
        self._environment["XDG_CACHE_HOME"] = str(folder / "cache")
        # The tools of YoWASP are compiled once for all folders.
        self._environment.setdefault("YOWASP_CACHE_DIR", str(Path.home() / ".cache" / "YoWASP"))

    def page(self, page: str) -> None:
        """The commands of a page, in a folder of their own with the files that they are given."""
        place = self._folder / page.replace("/", "-").removesuffix(".md")
        place.mkdir()
        shutil.copy(ROOT / "models" / "digits-ternary.safetensors", place / "mine.safetensors")
        for name, seconds in (("three.wav", 0.5), ("many.wav", 3.0)):
            _tone(place / name, seconds)
        for command in documented(page):
            self.counts["documented"] += 1
            if (why := reason(command)) is not None:
                self.counts[f"not run: {why}"] += 1
                continue
            self.counts["run"] += 1
            begun = time.monotonic()
            faults, output = self._run(command.words, place)
            faults += [
                f"no {claim!r}"
                for claim in CLAIMS.get(command.text, ())
                if claim not in output and not (place / claim).exists()
            ]
            self.counts["as documented"] += not faults
            seconds = time.monotonic() - begun
            verdict = "; ".join(faults) or "as documented"
            print(f"{page}:{command.line}: {command.text}: {verdict} ({seconds:.0f} s)", flush=True)

    def demo(self) -> None:
        """What the README says that the demo prints."""
        place = self._folder / "demo"
        place.mkdir()
        outputs = []
        for words in demo():
            faults, output = self._run(words, place)
            outputs.append(plain(output))
            if faults:
                break
        said, wanted = "\n".join(outputs), shown()
        self.counts.update({"documented": 1, "run": 1, "as documented": said.endswith(wanted)})
        print(f"README.md: make demo: {'as documented' if said.endswith(wanted) else said}")

    def _run(self, words: tuple[str, ...], place: Path) -> tuple[list[str], str]:
        """What is wrong with how a command has ended, and what it has printed."""
        done = subprocess.run(
            [*self._program, *words],
            cwd=place,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return [f"status {done.returncode}: {done.stderr.strip()[-500:]}"], done.stdout
        return [], done.stdout


def _tone(path: Path, seconds: float) -> None:
    """A sound of 8 kHz."""
    count = int(8000 * seconds)
    values = (int(9000 * math.sin(0.3 * k) * math.sin(math.pi * k / count)) for k in range(count))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, count, "NONE", ""))
        file.writeframes(struct.pack(f"<{count}h", *values))


def main() -> None:
    """Walk, and say how far the documentation was right."""
    parser = argparse.ArgumentParser(prog="python -m tests.walk", description=__doc__)
    beside = str(Path(sys.executable).with_name("pascaline"))
    parser.add_argument("--program", default=beside, help="the pascaline to run")
    parser.add_argument("--page", action="append", choices=PAGES, help="this page alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk([str(Path(options.program).absolute())], Path(folder))
        pages = options.page or PAGES
        for page in pages:
            walk.page(page)
        if "README.md" in pages:
            walk.demo()
    for what, number in walk.counts.items():
        print(f"{number:4} {what}")
    sys.exit(walk.counts["run"] != walk.counts["as documented"])


if __name__ == "__main__":
    main()
