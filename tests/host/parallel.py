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
from contextlib import suppress
from pathlib import Path
from random import Random

AT_ONCE = 20
KILLED = 0.3
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

PASCALINE = "from pascaline.cli.main import run; run()"

VARIES = ("from_cache", "command")
"""Of what is printed."""


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
                [sys.executable, "-c", PASCALINE, *command.split()],
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
        """Wait until all of its processes are over, workers and tools among them."""
        late = time.monotonic() + PATIENCE
        with suppress(ProcessLookupError):
            while time.monotonic() < late:
                os.killpg(self._process.pid, 0)
                time.sleep(0.1)
            raise TimeoutError(self.command)


def attempt(folder: Path, right: dict[str, str], rng: Random, slow: bool) -> dict[str, int]:
    """A round: how many runs there were, were killed, were wrong, and what was left over."""
    counts = {"tried": AT_ONCE, "killed": 0, "again": 0, "wrong": 0, "leftovers": 0}
    chosen = [rng.choice(COMMANDS) for _ in range(AT_ONCE)]
    for place in range(4 if slow else 0):
        chosen[place] = rng.choice(SLOW)
    rng.shuffle(chosen)
    begun = time.monotonic()
    runs = [Run(command, folder, number) for number, command in enumerate(chosen)]
    # Squares of random times: most kills are in the first part, when all is being made.
    doomed = sorted(
        (rng.random() ** 2, number, rng.random() < 0.5)
        for number in range(AT_ONCE)
        if rng.random() < KILLED
    )
    killed = set()
    for share, number, group in doomed:
        while time.monotonic() < begun + share * attempt.seconds:
            time.sleep(0.01)
        if runs[number].kill(group=group):
            killed.add(number)
    rest = [number for number in range(AT_ONCE) if number not in killed]
    counts["killed"] = len(killed)
    counts["wrong"] = sum(differs(runs[number], right) for number in rest)
    attempt.seconds = time.monotonic() - begun
    for one in runs:
        one.settle()
    again = sorted({chosen[number] for number in killed}) or chosen[:1]
    for number, command in enumerate(again, start=AT_ONCE):
        counts["again"] += 1
        counts["wrong"] += differs(Run(command, folder, number), right)
    left = [*folder.rglob(".pascaline-*"), *(folder / "tmp").iterdir()]
    for path in left:
        print(f"left over: {path}", file=sys.stderr, flush=True)
    counts["leftovers"] = len(left)
    return counts


attempt.seconds = 60.0
"""That a round takes, as the last one did."""


def differs(run: Run, right: dict[str, str]) -> bool:
    """Whether the result of a run is wrong, which is told."""
    found = run.result()
    if found == right[run.command]:
        return False
    print(f"{run.command}: {found}", file=sys.stderr, flush=True)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    total: dict[str, int] = {}
    begun, rng = time.monotonic(), Random(chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        alone = Path(name) / "alone"
        alone.mkdir()
        commands = [*COMMANDS, *SLOW]
        right = {c: Run(c, alone, number).result() for number, c in enumerate(commands)}
        assert all(found.startswith("status 0\n") for found in right.values()), right
        for number in range(chosen.runs // AT_ONCE):
            folder = Path(name) / f"round-{number}"
            folder.mkdir()
            counts = attempt(folder, right, rng, slow=number % 2 == 0)
            total = {key: total.get(key, 0) + count for key, count in counts.items()}
            print(json.dumps(total), file=sys.stderr, flush=True)
    print(json.dumps(total | {"seed": chosen.seed, "seconds": round(time.monotonic() - begun)}))
    return 1 if total.get("wrong") or total.get("leftovers") else 0


if __name__ == "__main__":
    sys.exit(main())
