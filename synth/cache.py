"""What slow tools made, kept by the content of what they were given."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from spec.files import write_atomic

__all__ = ["remembered"]


def remembered(
    cache: Path, identity: list[str], make: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """What ``make`` returns, from an earlier call if there was one.

    Parameters
    ----------
    cache : Path
        Folder of earlier results. Processes that want the same one wait for the first.
    identity : list of str
        All that the result depends on, versions of tools among it.
    make : callable
        Makes the result, of plain values. If it raises, nothing is kept.
    """
    key = hashlib.sha256("\n".join(identity).encode()).hexdigest()[:16]
    kept = cache / f"{key}.json"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{key}.lock"):
        if not kept.exists():
            write_atomic(kept, json.dumps(make()))
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found
