"""Full disks and low limits.

``python -m tests.host.full --tries 20 --seed 0`` (as root, which mounts file systems) runs each of
some cheap commands with too little of everything: a small file system for the cache, for temporary
files, for the results or for all of them; standard output that is full; limits on the size of
files, on open files, on memory; folders that must not be written to. A run must be right, or end
with status 2 and one line, which names the place of what is full; no file under its final name may
be a part of one. With room again, it must be right and leave nothing.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.host.commands import COMMANDS, Ended, Place

DISK = "disk"
"""Folder of a file system that is small for a time; its place is named in errors."""

PAGE = 4096

KINDS = ("build", "tmp", "out", "all", "stdout", "size", "files", "memory", "right")


class Shortages:
    """Runs of one command that lack something.

    Attributes
    ----------
    counts : Counter
        How many runs were ``tried``, ``refused`` or right, or failed ``early``, as Python started;
        how many were ``unclear`` or left files that are not whole (``partial``); how many runs with
        room were ``wrong``, or left something (``leftovers``), which short ones must not, either.
    """

    FAULTS = ("unclear", "partial", "wrong", "leftovers")

    def __init__(self, name: str, folder: Path, rng: Random) -> None:
        self.counts: Counter[str] = Counter(
            dict.fromkeys(("tried", "refused", "early", *self.FAULTS), 0)
        )
        self._name, self._rng = name, rng
        self._disk = folder / DISK
        self._place = Place(folder / name, COMMANDS[name])
        self._place.run()  # Kernels and the like.
        self._right = self._place.result()
        self._needed = used(self._place)

    def attempt(self, kind: str) -> None:
        """Lack one thing, and then not."""
        place = self._place
        place.clear(cold=True)
        place.out.mkdir()
        with getattr(self, f"_lack_{'disk' if kind in KINDS[:4] else kind}")(kind) as (
            options,
            names,
        ):
            short = place.run(**options)
            self._judge(kind, short, names)
        done = place.run()
        if done.status or done.broken or place.result() != self._right:
            self._blame("wrong", (kind, done))
        if left := place.leftovers():
            self._blame("leftovers", (kind, left))

    def _judge(self, kind: str, done: Ended, names: tuple[str, ...]) -> None:
        self.counts.update(tried=1)
        found = self._place.result()
        if any(self._right.get(name) != value for name, value in found.items()):
            self._blame("partial", (kind, done, found))
        if left := self._place.leftovers():
            self._blame("leftovers", (kind, done, left))
        if done.status == 0 and found == self._right and not done.broken:
            return
        self.counts.update(refused=1)
        if done.early:
            self.counts.update(early=1)
            return
        named = any(name in done.said for name in names)
        # A machine for which there is too little memory fails; others may not.
        status = 1 if (self._name, kind, done.status) == ("explore", "memory", 1) else 2
        if done.status != status or not done.line("") or done.said.count("\n") != 1 or not named:
            self._blame("unclear", (kind, done))

    @contextmanager
    def _lack_disk(self, kind: str) -> Iterator[tuple[dict, tuple[str, ...]]]:
        place = self._place
        folders = {"build": [place.build], "tmp": [place.tmp], "out": [place.out]}
        folders["all"] = [*folders["build"], *folders["tmp"], *folders["out"]]
        room = int(self._rng.random() ** 2 * self._needed / PAGE)
        with self._moved(folders[kind], f"size={(room + 1) * PAGE}"):
            (self._disk / "others").write_bytes(bytes(PAGE))  # So there may be no room at all.
            yield {}, (str(self._disk), *map(str, folders[kind]), "out")

    @contextmanager
    def _lack_stdout(self, _: str) -> Iterator[tuple[dict, tuple[str, ...]]]:
        with Path("/dev/full").open("w") as full:
            yield {"stdout": full}, ("standard output",)

    def _lack_size(self, _: str) -> object:
        return limited(resource.RLIMIT_FSIZE, int(2 ** self._rng.uniform(0, 21)), "File", "files")

    def _lack_files(self, _: str) -> object:
        return limited(resource.RLIMIT_NOFILE, int(2 ** self._rng.uniform(2, 6)), "open files")

    def _lack_memory(self, _: str) -> object:
        return limited(resource.RLIMIT_AS, int(2 ** self._rng.uniform(24, 33)), "memory")

    @contextmanager
    def _lack_right(self, _: str) -> Iterator[tuple[dict, tuple[str, ...]]]:
        places = [self._place.build, self._place.tmp, self._place.out]
        chosen = self._rng.sample(places, k=self._rng.randint(1, 3))
        with self._moved(chosen, f"size={PAGE}"):
            subprocess.run(["mount", "-o", "remount,ro", self._disk], check=True)
            yield {}, (*map(str, chosen), "out")

    @contextmanager
    def _moved(self, places: list[Path], options: str) -> Iterator[None]:
        """Have folders on a file system of their own."""
        with mounted(self._disk, options):
            for one in places:
                one.rename(one.with_name(f"{one.name}-before"))
                (self._disk / one.name).mkdir()
                one.symlink_to(self._disk / one.name)
            try:
                yield
            finally:
                for one in places:
                    one.unlink()
                    one.with_name(f"{one.name}-before").rename(one)

    def _blame(self, fault: str, what: object) -> None:
        self.counts[fault] += 1
        print(f"{self._name}: {fault}: {what}", file=sys.stderr, flush=True)


@contextmanager
def mounted(disk: Path, options: str) -> Iterator[None]:
    """A new file system in memory."""
    disk.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@contextmanager
def limited(limit: int, value: int, *names: str) -> Iterator[tuple[dict, tuple[str, ...]]]:
    """A limit of the system for the run and all that it starts."""

    def lower() -> None:
        resource.setrlimit(limit, (value, value))

    yield {"preexec_fn": lower}, names


def used(place: Place) -> int:
    """Bytes of all that a run has left, in whole pages."""
    files = [one for folder in (place.build, place.out) for one in folder.rglob("*")]
    return sum(-(-one.stat().st_size // PAGE) * PAGE for one in files) * 2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=20, help="of each kind and command")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", default="image,export,generate,icarus,report")
    parser.add_argument("--kinds", default=",".join(KINDS))
    chosen = parser.parse_args()
    if os.geteuid():
        parser.error("needs root, which mounts file systems")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # Nothing stays mounted.
    faults = 0
    with tempfile.TemporaryDirectory() as name:
        for command in chosen.commands.split(","):
            shortages = Shortages(command, Path(name), Random(f"{chosen.seed} {command}"))
            for kind in chosen.kinds.split(","):
                begun = time.monotonic()
                before = Counter(shortages.counts)
                for _ in range(chosen.tries):
                    shortages.attempt(kind)
                counts = {key: value - before[key] for key, value in shortages.counts.items()}
                seconds = round(time.monotonic() - begun)
                shown = {"command": command, "lacks": kind, **counts, "seed": chosen.seed}
                print(json.dumps(shown | {"seconds": seconds}), flush=True)
            faults += sum(shortages.counts[key] for key in Shortages.FAULTS)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
