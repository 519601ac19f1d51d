"""Inputs that tell mutants from their machine where traffic does not, as small files.

Whatever they reach is hard to reach: so they are played to the machine in `tests.mutants`, too.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pascaline.spec.files import write_atomic

__all__ = ["MOST", "read_replays", "restored", "write_replays"]

MOST = 4
"""Of a machine: the shortest ones."""


def write_replays(
    path: Path, folder: Path, numbers: Collection[int], needed: Collection[int] = ()
) -> None:
    """Write the shortest of the inputs that a campaign has found, and those that it has needed.

    Parameters
    ----------
    path : Path
        The file.
    folder : Path
        Of the campaign.
    numbers : collection of int
        Of the mutants that only replay has killed.
    needed : collection of int
        Of those that only inputs of the file have, see `restored`.
    """
    found = {
        number: json.loads((folder / f"witness-{number}.json").read_text(encoding="utf-8"))
        for number in sorted({*numbers, *needed})
    }
    short = sorted(numbers, key=lambda number: (len(found[number]["seen"]), number))[:MOST]
    text = json.dumps({number: found[number] for number in dict.fromkeys([*short, *needed])})
    write_atomic(path, gzip.compress(text.encode(), mtime=0))


def restored(path: Path, folder: Path, numbers: Collection[int]) -> list[int]:
    """Put inputs of the file into the folder of a campaign, and say of which mutants.

    They may be written by hand, where a campaign finds none.
    """
    found = read_replays(path) if path.exists() else {}
    wanted = [number for number in numbers if number in found]
    for number in wanted:
        write_atomic(folder / f"witness-{number}.json", json.dumps(found[number]))
    return wanted


def read_replays(path: Path) -> dict[int, dict[str, Any]]:
    """Inputs by mutant, as `mutants.runs.Witness` has them."""
    found = json.loads(gzip.decompress(path.read_bytes()))
    return {int(number): witness for number, witness in found.items()}
