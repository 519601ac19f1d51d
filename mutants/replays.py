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

__all__ = ["MOST", "read_replays", "write_replays"]

MOST = 4
"""Of a machine: the shortest ones."""


def write_replays(path: Path, folder: Path, numbers: Collection[int]) -> None:
    """Write the shortest of the inputs that a campaign has found.

    Parameters
    ----------
    path : Path
        The file.
    folder : Path
        Of the campaign.
    numbers : collection of int
        Of the mutants that only replay has killed.
    """
    found = {
        number: json.loads((folder / f"witness-{number}.json").read_text(encoding="utf-8"))
        for number in sorted(numbers)
    }
    short = sorted(found, key=lambda number: len(found[number]["seen"]))[:MOST]
    text = json.dumps({number: found[number] for number in short})
    write_atomic(path, gzip.compress(text.encode(), mtime=0))


def read_replays(path: Path) -> dict[int, dict[str, Any]]:
    """Inputs by mutant, as `mutants.runs.Witness` has them."""
    found = json.loads(gzip.decompress(path.read_bytes()))
    return {int(number): witness for number, witness in found.items()}
