"""What slow tools made, kept by the content of what they were given."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from pascaline.spec.files import write_atomic

__all__ = ["recalled", "remembered"]


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
    kept = _file(cache, identity)
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(kept.with_suffix(".lock")):
        if not kept.exists():
            write_atomic(kept, json.dumps(make()))
    return _read(kept)


def recalled(cache: Path, identity: list[str]) -> dict[str, Any] | None:
    """What `remembered` has kept, without waiting for it; None if there is nothing yet."""
    kept = _file(cache, identity)
    return _read(kept) if kept.exists() else None


def _file(cache: Path, identity: list[str]) -> Path:
    key = hashlib.sha256("\n".join(identity).encode()).hexdigest()[:16]
    return cache / f"{key}.json"


def _read(kept: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found
