"""Where things are kept that can be made again.

Without a variable that says so: in ``build`` of a checkout; for an installed package, in
``pascaline`` of the user's cache (``$XDG_CACHE_HOME`` or ``~/.cache``).
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["build_folder", "data_folder"]


def build_folder() -> Path:
    """Folder of simulations, reports and explorations; ``$PASCALINE_BUILD`` moves it."""
    return _chosen("PASCALINE_BUILD") or _kept()


def data_folder() -> Path:
    """Folder of fetched packages; ``$PASCALINE_DATA`` moves it."""
    return _chosen("PASCALINE_DATA") or _kept() / "data"


def _chosen(variable: str) -> Path | None:
    chosen = os.environ.get(variable)
    return Path(chosen) if chosen else None


def _kept() -> Path:
    root = Path(__file__).resolve().parents[1]
    if (root / "pyproject.toml").exists():
        return root / "build"
    return (_chosen("XDG_CACHE_HOME") or Path.home() / ".cache") / "pascaline"
