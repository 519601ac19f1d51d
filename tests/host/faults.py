"""Faults of the machine: runs that are ended at any moment, full disks, limits.

``python -m tests.host.faults --kills 200 --seed 0`` ends each of some cheap commands at random
moments by SIGINT (the run alone, or all of its group, as Ctrl-C does), SIGTERM or SIGKILL.
Afterwards no process of it may go on for more than 2 seconds; a file under its final name must be
the old one or right; SIGINT and SIGTERM must give their line and status. Every so many kills it
is run to its end in the same place: that must be right, and leave nothing temporary.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

from pascaline.spec.manifest import MANIFEST
from tests.host.commands import COMMANDS, OLD, Place, digest, finish, hear_interrupts

PROMISED = {
    signal.SIGINT: (130, "interrupted"),
    signal.SIGTERM: (143, "terminated"),
}
SURVIVE = 2.0
"""Seconds that processes of a killed run may go on."""


class Kills:
    """Kills of one command.

    Attributes
    ----------
    counts : Counter
        How many runs were ``killed``, or ``early``, before Python had started, or had ``finished``;
        how many ended with another line or status (``ends``), left processes (``children``) or
        files that are not whole (``partial``); how many ran to their end (``next``) and were
        ``wrong``, or left something (``leftovers``).
    """

    FAULTS = ("ends", "children", "partial", "wrong", "leftovers")

    def __init__(self, name: str, folder: Path, rng: Random) -> None:
        keys = ("killed", "early", "finished", "next", *self.FAULTS)
        self.counts: Counter[str] = Counter(dict.fromkeys(keys, 0))
        self._name, self._rng = name, rng
        self._place = Place(folder / name, COMMANDS[name])
        self._place.run()  # Kernels and the like.
        self._place.clear(cold=True)
        done = self._place.run()
        assert done.status == 0, done
        self._seconds, self._right = done.seconds, self._place.result()

    def try_some(self, kills: int) -> None:
        """Kill it so many times, then run it to its end."""
        place, rng = self._place, self._rng
        place.clear(cold=rng.random() < 0.7)
        if rng.random() < 0.5:
            place.age(list(self._right))
        for _ in range(kills):
            self._kill()
        done = place.run()
        self._seconds = max(done.seconds, self._seconds * 0.8)
        self.counts.update(next=1)
        if done.status or done.broken or place.result() != self._right:
            self._blame("wrong", done)
        if left := place.leftovers():
            self._blame("leftovers", left)

    def _kill(self) -> None:
        place, rng = self._place, self._rng
        number = rng.choice((signal.SIGINT, signal.SIGTERM, signal.SIGKILL))
        send = os.killpg if number == signal.SIGINT and rng.random() < 0.5 else os.kill
        begun, wait = time.monotonic(), rng.random() * self._seconds
        process = place.start()
        with suppress(ValueError):
            time.sleep(begun + wait - time.monotonic())
        process.poll()
        over = process.returncode is not None
        if not over:
            with suppress(ProcessLookupError):
                send(process.pid, number)
        done = finish(process, begun)
        self._judge(number, done, over=over)
        late = time.monotonic() + SURVIVE
        while (alive := place.alive()) and time.monotonic() < late:
            time.sleep(0.05)
        if alive:
            self._blame("children", (number, alive))
        right = {
            name: (value, digest(OLD, Path(name).suffix)) for name, value in self._right.items()
        }
        for name, found in place.result().items():
            # A manifest has all that is old or new, as long as both are there.
            if name != MANIFEST and found not in right.get(name, ()):
                self._blame("partial", (number, name))

    def _judge(self, number: int, done: object, *, over: bool) -> None:
        """How it has ended."""
        if over or done.status == 0:
            self.counts.update(finished=1)
            return
        self.counts.update(killed=1)
        if number == signal.SIGKILL:
            return
        status, text = PROMISED[number]
        if done.status == status and done.line(text):
            return
        if done.early or (done.status == -number and not done.said):
            self.counts.update(early=1)
        else:
            self._blame("ends", (number, done))

    def _blame(self, fault: str, what: object) -> None:
        self.counts[fault] += 1
        print(f"{self._name}: {fault}: {what}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="of each command")
    parser.add_argument("--every", type=int, default=4, help="so many kills, one run to its end")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", default=",".join(COMMANDS))
    chosen = parser.parse_args()
    hear_interrupts()
    faults = 0
    with tempfile.TemporaryDirectory() as name:
        for command in chosen.commands.split(","):
            begun = time.monotonic()
            kills = Kills(command, Path(name), Random(f"{chosen.seed} {command}"))
            for first in range(0, chosen.kills, chosen.every):
                kills.try_some(min(chosen.every, chosen.kills - first))
            seconds = round(time.monotonic() - begun)
            shown = {"command": command, **kills.counts, "seed": chosen.seed, "seconds": seconds}
            print(json.dumps(shown), flush=True)
            faults += sum(kills.counts[key] for key in Kills.FAULTS)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
