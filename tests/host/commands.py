"""Cheap commands of each kind in a folder of their own, and what is right of what they leave."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pascaline.spec.manifest import MANIFEST, write_folder

TINY = "tiny-binary --simd 1 --units 1"
COMMANDS = {
    "image": "image tiny-binary --for given/tiny_binary.json -o out/image.bin",
    "export": "export tiny-binary -o out/network.safetensors",
    "generate": f"generate {TINY} -o out",
    "report": f"report {TINY} --html out/page.html",
    "explore": "explore tiny-binary --simd 1 --units 1 --jobs 1 -o out/explored.json",
    "icarus": f"simulate {TINY} --samples 2 --sim icarus --waves out/run.fst",
    "verilator": f"simulate {TINY} --samples 2 --sim verilator --waves out/run.fst",
}
NEEDED = f"generate {TINY} --weights ram -o given"
"""What has to be there for `image`."""

MARK = "PASCALINE_FAULTS"
"""Environment variable of all processes of a run."""

DATE = slice(202, 321)
"""In the header of an FST file: when it was made."""

OLD = b"old\n"
PATIENCE = 600


@dataclass(frozen=True)
class Ended:
    """How a run has ended: exit status, standard error, seconds."""

    status: int
    said: str
    seconds: float

    def line(self, text: str) -> bool:
        """Whether that is the last line, and nothing before it is a traceback."""
        lines = self.said.splitlines() or [""]
        return text in lines[-1] and lines[-1].startswith("pascaline: ") and not self.broken

    @property
    def early(self) -> bool:
        """Whether it has ended while Python was starting, before the first line of `cli`."""
        return self.broken and "cli/__main__.py" not in self.said

    @property
    def broken(self) -> bool:
        """Whether Python has said something."""
        return (
            "Traceback" in self.said
            or "Fatal Python" in self.said
            or "Exception ignored" in self.said
        )


class Place:
    """Where a command runs, with a cache and temporary files of its own.

    Parameters
    ----------
    folder : Path
        A new one.
    command : str
        What is run; it writes into the folder `out`.
    """

    def __init__(self, folder: Path, command: str) -> None:
        self.words = command.split()
        self.work, self.build, self.tmp = (folder / name for name in ("work", "build", "tmp"))
        self.out = self.work / "out"
        for path in (self.work, self.build, self.tmp):
            path.mkdir(parents=True)
        self.mark = str(folder.absolute())
        self.printed = folder / "printed"
        if "given" in command:
            assert self.run(words=NEEDED.split()).status == 0

    def start(self, words: list[str] | None = None, **options: object) -> subprocess.Popen[str]:
        """Start the command, in a session of its own."""
        variables = {"PASCALINE_BUILD": str(self.build), "TMPDIR": str(self.tmp)}
        with self.printed.open("w") as printed:
            return subprocess.Popen(
                [sys.executable, "-m", "pascaline.cli", *(words or self.words), "--quiet"],
                cwd=self.work,
                env=os.environ | variables | {MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
                **{"stdout": printed, **options},
            )

    def run(self, *, words: list[str] | None = None, **options: object) -> Ended:
        """Run it to its end."""
        begun = time.monotonic()
        return finish(self.start(words, **options), begun)

    def result(self) -> dict[str, str]:
        """The files under final names: their names, and digests without what may vary."""
        found = {}
        for file in self.out.rglob("*") if self.out.exists() else []:
            if file.is_file() and ".pascaline-" not in str(file):
                found[file.name] = digest(file.read_bytes(), file.suffix)
        return found

    def age(self, names: list[str]) -> None:
        """Put old files in the place of results, of an earlier run if there is a list of these."""
        self.out.mkdir(exist_ok=True)
        old = {name: OLD for name in names if name != MANIFEST}
        if MANIFEST in names:
            write_folder(self.out, old)
        for name, content in old.items():
            (self.out / name).write_bytes(content)

    def clear(self, *, cold: bool) -> None:
        """Remove results, and, if it is to be cold, what has been kept but for kernels."""
        shutil.rmtree(self.out, ignore_errors=True)
        for path in self.build.iterdir() if cold else []:
            if path.name != "compiled":
                shutil.rmtree(path)

    def alive(self) -> list[str]:
        """Processes of its runs that go on."""
        found, mark = [], f"{MARK}={self.mark}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_text().replace("\0", " "))
        return found

    def leftovers(self) -> list[Path]:
        """What should not be there after a run that has ended by itself."""
        places = (self.work, self.build, self.tmp)
        return [*self.tmp.iterdir(), *(p for one in places for p in one.rglob(".pascaline-*"))]


def digest(content: bytes, suffix: str) -> str:
    if suffix == ".fst":
        content = content[: DATE.start] + content[DATE.stop :]
    return hashlib.sha256(content).hexdigest()


def finish(process: subprocess.Popen[str], begun: float) -> Ended:
    """Wait for its end, and for that of all who could print for it."""
    _, said = process.communicate(timeout=PATIENCE)
    return Ended(process.returncode, said, time.monotonic() - begun)


def hear_interrupts() -> None:
    """Programs started from now on hear SIGINT, also in the background of a shell."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
