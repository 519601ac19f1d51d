"""How often the outputs of cells change, from a waveform."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["toggles"]


def toggles(vcd: Path, *, clock: str, prefix: str, pins: frozenset[str]) -> dict[str, float]:
    """Changes a clock cycle, from 0 to 1 or back, of each output pin of each cell.

    Parameters
    ----------
    vcd : Path
        The waveform; unknown values do not count.
    clock : str
        Name of the clock in the topmost scope.
    prefix : str
        Scopes whose name starts with it are cells.
    pins : frozenset of str
        Names of their outputs.

    Returns
    -------
    dict
        By the pin's path below the topmost scope, with slashes.
    """
    with vcd.open(encoding="utf-8") as file:
        lines = iter(file)
        clock_code, codes = _pins(lines, clock, prefix, pins)
        values = dict.fromkeys(codes, "x")
        counts = dict.fromkeys(codes, 0)
        for line in lines:
            value, code = line[0], line[1:-1]
            if value in "01x" and code in values:
                if values[code] != value and "x" not in (values[code], value):
                    counts[code] += 1
                values[code] = value
    cycles = max(counts[clock_code] / 2, 1)
    return {path: counts[code] / cycles for code, paths in codes.items() for path in paths}


def _pins(
    lines: Iterator[str], clock: str, prefix: str, pins: frozenset[str]
) -> tuple[str, dict[str, list[str]]]:
    """Read the head of a file: the clock's code, and the paths of pins by their codes."""
    scopes: list[str] = []
    codes: dict[str, list[str]] = {}
    clock_code = ""
    for line in lines:
        words = line.split()
        match words:
            case ["$scope", _, name, "$end"]:
                scopes.append(name)
            case ["$upscope", "$end"]:
                scopes.pop()
            case ["$var", _, "1", code, name, "$end"]:
                if len(scopes) == 1 and name == clock:
                    clock_code = code
                if scopes[-1].startswith(prefix) and name in pins:
                    codes.setdefault(code, []).append("/".join([*scopes[1:], name]))
            case ["$enddefinitions", "$end"]:
                break
    codes.setdefault(clock_code, [])
    return clock_code, codes
