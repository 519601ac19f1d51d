"""Hostile inputs by format: each is refused with one line, or it is right.

Inputs are drawn from seeds and tried in forks of a worker, whose address space and time are
bounded: what ends a fork, or never ends, is a finding, and the next fork goes on behind it.
"""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NoReturn

from pascaline.measure.workers import workers
from pascaline.spec.errors import InputError
from pascaline.spec.progress import Progress, silent
from pascaline.spec.scratch import temporary

__all__ = [
    "OUTCOMES",
    "Attempt",
    "Format",
    "RightError",
    "Tried",
    "try_inputs",
    "unclear",
]

OUTCOMES = ("refused", "right", "traceback", "hang", "memory")
"""Of the last three there must be none."""

BATCH = 250
LONGEST = 1200
"""Characters of a message, without the path: `spec.errors` lets a rule and a value have as many."""

ROOM = 1 << 30
"""Bytes of address space beyond the limit of memory: libraries reserve some that they never use."""


Found = tuple[int, str, str, str]
"""Seed, mutation, outcome, and what is wrong, if anything."""


@dataclass(frozen=True)
class Attempt:
    """An input.

    Attributes
    ----------
    mutation : str
        How it is wrong.
    subject : object
        What is read: a path, or the words of a command.
    named : str
        How a message must begin.
    """

    mutation: str
    subject: Any
    named: str = ""


@dataclass(frozen=True)
class Format:
    """What is tried. Its functions are of modules, so that workers find them.

    Attributes
    ----------
    draw : callable
        Makes an input of random numbers, in a folder of its own.
    read : callable
        Reads it; raises `InputError` if it refuses it.
    prepare : callable
        Imports what is needed, in a worker, before limits are set.
    begin : callable
        Called in a fork, before the first input: it may change what it likes.
    needs : str or None
        The library without which the format is skipped.
    memory : int
        Bytes that reading may take.
    seconds : int
        How long it may take.
    contained : bool
        Whether the address space is bounded, too: not where programs are started, which reserve
        as much as they like.
    bounded : bool
        Whether the reader bounds its memory itself, as `host.memory.bounded` does: then it may come
        to that bound.
    """

    draw: Callable[[Random, Path], Attempt]
    read: Callable[[Any], object]
    prepare: Callable[[], object] = dict
    begin: Callable[[], object] = dict
    needs: str | None = None
    memory: int = 256 << 20
    seconds: int = 5
    contained: bool = True
    bounded: bool = False


@dataclass
class Tried:
    """What has come of the inputs of a format.

    Attributes
    ----------
    by_mutation : dict of str to Counter
        How many had each of `OUTCOMES`.
    right : list of int
        Seeds of those that were right.
    failures : list of (int, str)
        Seeds of those that failed, and how.
    seconds : float
        How long it took, on one core.
    """

    by_mutation: dict[str, Counter[str]] = field(default_factory=dict)
    right: list[int] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0

    def add(self, found: list[Found], seconds: float) -> None:
        """Count some more."""
        self.seconds += seconds
        for seed, mutation, outcome, text in found:
            self.by_mutation.setdefault(mutation, Counter())[outcome] += 1
            if outcome == "right":
                self.right.append(seed)
            if text:
                self.failures.append((seed, f"{mutation}: {outcome}: {text}"))

    @property
    def counts(self) -> dict[str, int]:
        """How many were ``tried``, and had each of `OUTCOMES`."""
        whole = sum(self.by_mutation.values(), Counter[str]())
        return {"tried": whole.total(), **{outcome: whole[outcome] for outcome in OUTCOMES}}

    def card(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found = {
            mutation: {outcome: counts[outcome] for outcome in OUTCOMES}
            for mutation, counts in sorted(self.by_mutation.items())
        }
        return {**self.counts, "seconds": round(self.seconds), "by_mutation": found}


class RightError(BaseException):
    """Raised in the place of work that would begin: the input has been taken."""


def try_inputs(
    forms: Mapping[str, Format], seeds: range, *, jobs: int, progress: Progress = silent
) -> dict[str, Tried]:
    """Try the inputs of some seeds, of some formats by their names."""
    parts = [seeds[at : at + BATCH] for at in range(0, len(seeds), BATCH)]
    tried = {name: Tried() for name in forms}
    with workers(min(jobs, len(parts) * len(forms))) as pool:
        running = [
            (name, pool.submit(_batch, form, part))
            for name, form in forms.items()
            for part in parts
        ]
        for done, (name, batch) in enumerate(running, 1):
            tried[name].add(*batch.result())
            progress("hostile inputs", done, len(running), name)
    return tried


def _batch(form: Format, seeds: range) -> tuple[list[Found], float]:
    """What is found, and the seconds that it took."""
    form.prepare()
    begun = time.monotonic()
    found: list[Found] = []
    with temporary() as folder:
        while len(found) < len(seeds):
            left = seeds[len(found) :]
            done, doing, why = _forked(form, left, folder)
            found += done
            if len(done) < len(left):
                outcome = "hang" if why == "hang" else "traceback"
                found.append((left[len(done)], doing, outcome, why))
    return found, time.monotonic() - begun


def _forked(form: Format, seeds: range, folder: Path) -> tuple[list[Found], str, str]:
    """What a fork finds; if it does not come to its end, what it was at, and how it ended."""
    reader, writer = os.pipe()
    with warnings.catch_warnings(action="ignore"):  # About threads, which it does not use.
        child = os.fork()
    if not child:
        os.close(reader)
        _child(form, seeds, folder, writer)
    os.close(writer)
    done: list[Found] = []
    doing, why = "?", ""
    with os.fdopen(reader, encoding="utf-8") as lines:
        while True:
            # The fork has an alarm of its own, which native code may not let through.
            if not select.select([lines], [], [], 3 * form.seconds)[0]:
                why = "hang"
                os.kill(child, signal.SIGKILL)
            line = lines.readline()
            if not line or why:
                break
            seed, doing, *rest = json.loads(line)
            if rest:
                done.append((seed, doing, *rest))
    status = os.waitpid(child, 0)[1]
    return done, doing, why or f"the process ends ({os.waitstatus_to_exitcode(status)})"


def _child(form: Format, seeds: range, folder: Path, writer: int) -> NoReturn:
    """Try inputs and write about each, a line before and a line after it."""
    os.setpgrp()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    if form.contained and (used := _memory("VmSize")):
        most = used + form.memory + ROOM
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    signal.signal(signal.SIGALRM, _too_late)
    try:
        form.begin()
        for seed in seeds:
            place = folder / str(seed)
            place.mkdir()
            attempt = form.draw(Random(seed), place)
            os.write(writer, json.dumps([seed, attempt.mutation]).encode() + b"\n")
            outcome, text = _tried(form, attempt)
            line = json.dumps([seed, attempt.mutation, outcome, text[:LONGEST]])
            os.write(writer, line.encode() + b"\n")
            shutil.rmtree(place, ignore_errors=True)
    except BaseException as error:  # A fault of what draws.
        line = json.dumps([seed, f"draw: {type(error).__name__}: {error}"[:LONGEST]])
        os.write(writer, line.encode() + b"\n")
        os._exit(1)
    os._exit(0)


def _tried(form: Format, attempt: Attempt) -> tuple[str, str]:
    """The outcome of an input, and what is wrong, if anything."""
    before = _memory("VmRSS")
    _reset_peak()
    signal.alarm(form.seconds)
    outcome, text = "right", ""
    try:
        form.read(attempt.subject)
    except InputError as error:
        outcome = "refused"
        if isinstance(error.__context__, MemoryError) and not form.bounded:
            outcome, text = "memory", str(error)
        elif fault := unclear(str(error), attempt.named):
            outcome, text = "traceback", fault
    except TooLateError:
        outcome, text = "hang", f"takes more than {form.seconds} seconds"
    except MemoryError as error:
        outcome, text = "memory", repr(error)
    except RightError:
        pass
    except BaseException as error:  # Even a panic of a library is a finding.
        outcome, text = "traceback", f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    took = _memory("VmHWM") - before
    if took > form.memory and not text:
        outcome, text = "memory", f"takes {took >> 20} MiB"
    return outcome, text


def unclear(text: str, named: str) -> str | None:
    """What is wrong with a message that must begin with some words, if something is."""
    if not text.startswith(named):
        return f"the message does not begin with {named}: {text!r}"
    if not text.isprintable():
        return f"the message cannot be printed: {text!r}"
    if len(text) > LONGEST + len(named):
        return f"the message is long: {text[:LONGEST]!r}..."
    return None


class TooLateError(BaseException):
    """The time is over; no reader takes it for an error of its library."""


def _too_late(*_: Any) -> None:
    raise TooLateError


def _memory(field: str) -> int:
    """Bytes that the process has; 0 where that is not known."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(text.partition(f"{field}:")[2].split()[0]) << 10


def _reset_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return
