"""Many runs at once from a cold cache, some of which are killed: the others give the right results.

``python -m tests.host.parallel --runs 200`` runs rounds of 20 commands at once, on machines of one
name that differ, each round with a build folder and a folder for temporary files of its own. Some
are killed at a random time: all processes of a run, or the first one alone. What is not killed must
print what it prints alone; so must every killed one when it is run again. In the end nothing may be
left of those that were killed. Needs Icarus.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

AT_ONCE = 20
KILLED = 0.4
"""How likely a run is killed."""

PATIENCE = 1200
"""Seconds for a round."""

TINY = "tiny-binary --simd 1 --units"
COMMANDS = [
    *(f"simulate {TINY} {units} --samples 2 --sim icarus --json" for units in (1, 2, 3)),
    *(f"report {TINY} {units} --json" for units in (1, 2)),
    *(f"generate {TINY} {units} -o out" for units in (1, 2)),
    f"explore {TINY} 1,2 --jobs 2 --json",
]
SLOW = [f"simulate {TINY} {units} --samples 2 --sim verilator --json" for units in (1, 2)]
"""A build takes so long that most of them are killed while they build, or wait for it."""

VARIES = ("from_cache", "command", "explored")
"""Of what is printed; a report shows its machine among those that were explored before."""


class Run:
    """A command in a process group of its own.

    Parameters
    ----------
    command : str
        What is run.
    folder : Path
        For all that it writes: ``build``, ``tmp``, and where it runs.
    number : int
        A run that writes files has a folder of that number for them.
    """

    def __init__(self, command: str, folder: Path, number: int) -> None:
        self.command = command
        self._place = folder / f"run-{number}"
        self._place.mkdir()
        (folder / "tmp").mkdir(exist_ok=True)
        variables = {"PASCALINE_BUILD": str(folder / "build"), "TMPDIR": str(folder / "tmp")}
        with (self._place / "printed").open("wb") as printed:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pascaline.cli", *command.split(), "--quiet"],
                cwd=self._place,
                env=os.environ | variables,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, *, group: bool) -> bool:
        """Kill it, or all of its group; whether it was still there."""
        with suppress(ProcessLookupError):
            if self._process.poll() is None:
                (os.killpg if group else os.kill)(self._process.pid, signal.SIGKILL)
                self._process.wait()
                return True
        return False

    def result(self) -> str:
        """What it has given when it is over, without what may vary."""
        status = self._process.wait(PATIENCE)
        text = (self._place / "printed").read_text()
        if status == 0 and "--json" in self.command:
            found = json.loads(text)
            text = json.dumps({key: found[key] for key in found if key not in VARIES})
        for file in sorted(self._place.rglob("out/*")):
            text += f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n"
        return f"status {status}\n{text}"

    def settle(self) -> None:
        """Wait until all of its processes are over, also those that have lost their parent."""
        late = time.monotonic() + PATIENCE
        while self._process.pid in sessions():
            if time.monotonic() > late:
                raise TimeoutError(self.command)
            time.sleep(0.2)


def sessions() -> set[int]:
    """Those that processes are in; but for what has ended and waits for its parent to see it."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, session = entry.read_text(errors="replace").rpartition(")")[2].split()[:4]
            if state != "Z":
                found.add(int(session))
    return found


class Rounds:
    """Rounds of runs.

    Parameters
    ----------
    right : dict of str to str
        What each command gives.
    rng : Random
        Draws commands and kills.

    Attributes
    ----------
    counts : Counter
        How many were ``tried``, ``killed``, run ``again``, ``wrong``; ``leftovers`` of them.
    """

    def __init__(self, right: dict[str, str], rng: Random) -> None:
        self.counts: Counter[str] = Counter(tried=0, killed=0, again=0, wrong=0, leftovers=0)
        self._right = right
        self._rng = rng
        self._seconds = 60.0

    def attempt(self, folder: Path, *, slow: int) -> None:
        """Try a round, with so many slow commands, in a new folder."""
        rng = self._rng
        chosen = [rng.choice(SLOW if place < slow else COMMANDS) for place in range(AT_ONCE)]
        rng.shuffle(chosen)
        begun = time.monotonic()
        runs = [Run(command, folder, number) for number, command in enumerate(chosen)]
        killed = self._kill(runs, begun)
        self.counts.update(tried=AT_ONCE, killed=len(killed))
        for number, one in enumerate(runs):
            if number not in killed:
                self._judge(one)
        self._seconds = time.monotonic() - begun
        for one in runs:
            one.settle()
        again = sorted({chosen[number] for number in killed})
        self.counts.update(again=len(again))
        for number, command in enumerate(again, start=AT_ONCE):
            self._judge(Run(command, folder, number))
        for path in [*folder.rglob(".pascaline-*"), *(folder / "tmp").iterdir()]:
            self.counts.update(leftovers=1)
            print(f"left over: {path}", file=sys.stderr, flush=True)

    def _kill(self, runs: list[Run], begun: float) -> set[int]:
        """Kill some, at random times within what the last round took."""
        rng, killed = self._rng, set()
        # Squares: most are in the first part, when all is being made.
        doomed = [(rng.random() ** 2, number) for number in range(len(runs))]
        for share, number in sorted(one for one in doomed if rng.random() < KILLED):
            while time.monotonic() < begun + share * self._seconds:
                time.sleep(0.01)
            if runs[number].kill(group=rng.random() < 0.5):
                killed.add(number)
        return killed

    def _judge(self, run: Run) -> None:
        found = run.result()
        if found != self._right[run.command]:
            self.counts.update(wrong=1)
            print(f"{run.command}: {found}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        alone = Path(name) / "alone"
        alone.mkdir()
        commands = enumerate([*COMMANDS, *SLOW])
        right = {command: Run(command, alone, number).result() for number, command in commands}
        assert all(found.startswith("status 0\n") for found in right.values()), right
        rounds = Rounds(right, Random(chosen.seed))
        for number in range(-(-chosen.runs // AT_ONCE)):
            folder = Path(name) / f"round-{number}"
            folder.mkdir()
            rounds.attempt(folder, slow=3)
            print(json.dumps(rounds.counts), file=sys.stderr, flush=True)
    seconds = round(time.monotonic() - begun)
    print(json.dumps({**rounds.counts, "seed": chosen.seed, "seconds": seconds}))
    return 1 if rounds.counts["wrong"] or rounds.counts["leftovers"] else 0


if __name__ == "__main__":
    sys.exit(main())
