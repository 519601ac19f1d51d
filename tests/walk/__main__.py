"""Walks, and says how far the documentation was right; see `tests.walk`."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import tests.walk
from tests.walk.given import give
from tests.walk.pages import PAGES, Command, Program, demo, plain, read, shown
from tests.walk.plan import ALSO, BEFORE, STANDS_FOR, TORCH, claims, wants

__all__ = ["Walk"]


class Walk:
    """Runs commands as a new user does.

    Parameters
    ----------
    program : Path
        What stands for ``pascaline``; the Python of its environment is beside it.
    folder : Path
        Where; it has a cache of its own.
    also : collection of str
        What is there, of what commands want.
    build : Path, optional
        What another walk has built; by default nothing is there.

    Attributes
    ----------
    counts : Counter
        Commands that are ``documented``, were ``run``, and were ``as documented``; those that were
        not run, by what they want; programs in Python.
    """

    def __init__(
        self, program: Path, folder: Path, also: Sequence[str] = (), build: Path | None = None
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._program = program
        self._folder = folder
        names = ("PYTHONPATH", "PASCALINE_BUILD", "PASCALINE_DATA")
        self._environment = {name: value for name, value in os.environ.items() if name not in names}
        self._environment["XDG_CACHE_HOME"] = str(folder / "cache")
        if build is not None:
            self._environment["PASCALINE_BUILD"] = str(build.absolute())
        # The tools of YoWASP are compiled once for all folders.
        self._environment.setdefault("YOWASP_CACHE_DIR", str(Path.home() / ".cache" / "YoWASP"))
        found = not self._run([*self._python, "-c", "import torch"], folder)[0]
        self._there = {"", *also, *([TORCH] if found else [])}

    @property
    def good(self) -> bool:
        """Whether all was as documented."""
        return all(not self.counts[what] for what in ("otherwise", "programs that failed"))

    @property
    def _python(self) -> list[str]:
        return [str(self._program.with_name("python"))]

    def page(self, page: str) -> None:
        """What a page documents, in a folder with the files that it takes for granted."""
        place = self._folder / page.replace("/", "-").removesuffix(".md")
        place.mkdir()
        give(place)
        for one in read(page):
            self._tried(one, place)

    def _tried(self, one: Command | Program, place: Path) -> None:
        is_command = isinstance(one, Command)
        self.counts["documented" if is_command else "programs"] += 1
        if (what := wants(one)) not in self._there:
            self.counts[f"not run, as it wants {what}"] += 1
            return
        begun = time.monotonic()
        if is_command:
            faults = self._command(one, place)
            self.counts["run"] += 1
            self.counts["otherwise" if faults else "as documented"] += 1
        else:
            faults, _ = self._run([*self._python, "-c", one.text], place)
            self.counts["programs that failed"] += bool(faults)
        verdict = "; ".join(faults) or "as documented"
        text = one.text if is_command else "a program"
        seconds = f"{time.monotonic() - begun:.0f} s"
        print(f"{one.page}:{one.line}: {text}: {verdict} ({seconds})", flush=True)

    def _command(self, command: Command, place: Path) -> list[str]:
        """What is wrong with what a command has left."""
        for start, files in BEFORE.items():
            if command.text.startswith(start):
                for name, words in files.items():
                    _, output = self._run([str(self._program), *words.split()], place)
                    if not (place / name).exists():
                        (place / name).write_text(output, encoding="utf-8")
        words = [STANDS_FOR.get(word, word) for word in command.words]
        faults, output = self._run([str(self._program), *words], place)
        return faults + [
            f"no {claim!r}"
            for claim in claims(command)
            if claim not in output and not (place / claim).exists()
        ]

    def demo(self) -> None:
        """What the README says that the demo prints."""
        place = self._folder / "demo"
        place.mkdir()
        outputs = []
        for words in demo():
            faults, output = self._run([str(self._program), *words], place)
            outputs.append(plain(output))
            if faults:
                break
        said = "\n".join(outputs)
        good = said.endswith(shown())
        self.counts.update(["documented", "run", "as documented" if good else "otherwise"])
        print(f"README.md: make demo: {'as documented' if good else said}", flush=True)

    def _run(self, words: list[str], place: Path) -> tuple[list[str], str]:
        """What is wrong with how it has ended, and what it has printed."""
        done = subprocess.run(
            words, cwd=place, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            return [f"status {done.returncode}: {done.stderr.strip()[-500:]}"], done.stdout
        return [], done.stdout


def main() -> None:
    """Walk, and say how far the documentation was right."""
    parser = argparse.ArgumentParser(prog="python -m tests.walk", description=tests.walk.__doc__)
    beside = Path(sys.executable).with_name("pascaline")
    parser.add_argument("--program", type=Path, default=beside, help="the pascaline to run")
    parser.add_argument("--page", action="append", choices=PAGES, help="this page alone")
    parser.add_argument(
        "--also", action="append", default=[], choices=ALSO, help="run what wants this, too"
    )
    parser.add_argument("--build", type=Path, help="what another walk has built is here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(options.program.absolute(), Path(folder), options.also, options.build)
        pages = options.page or PAGES
        for page in pages:
            walk.page(page)
        if "README.md" in pages:
            walk.demo()
    for what, number in walk.counts.items():
        print(f"{number:4} {what}")
    sys.exit(not walk.good)


if __name__ == "__main__":
    main()
