"""The block diagram: the parts of a machine, each with its share of the area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cli.page.colours import shade
from cli.page.words import words

__all__ = ["Block", "areas", "blocks", "memories", "unit"]

PLACES = {
    "vector memory": (0, 44, 168, 76),
    "weight memory": (192, 44, 168, 76),
    "lanes": (36, 156, 324, 92),
    "cell units": (36, 284, 324, 92),
    "head": (36, 412, 184, 92),
    "control": (236, 412, 124, 92),
}
"""Left, top, width and height. The arrows are in the template."""

TIMES = "\N{MULTIPLICATION SIGN}"

MEMORIES = ("memory_bits", "lut_rams", "block_rams")
"""Columns of memories."""


@dataclass(frozen=True)
class Block:
    """A box: where it is, its colour, its title, its share, and what else is in it."""

    part: str
    place: tuple[int, int, int, int]
    colour: str
    share: float
    lines: tuple[str, ...]


def areas(result: dict[str, Any]) -> dict[str, float]:
    """Area of each part, as the target counts it."""
    return {
        part: sum(price * counts[column] for column, price in result["cost"].items())
        for part, counts in result["by_part"].items()
    }


def unit(result: dict[str, Any]) -> str:
    """What areas are counted in, in words."""
    return " + ".join(
        (f"{price} {TIMES} " if price != 1 else "") + words(column).removeprefix("area ")
        for column, price in result["cost"].items()
    )


def memories(result: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Memories of each part, by kind: in bits where those are counted, else in blocks."""
    by_part = result["by_part"]
    columns = [column for column in MEMORIES if all(column in parts for parts in by_part.values())]
    return {
        words(column): {part: counts[column] for part, counts in by_part.items()}
        for column in (columns[:1] if "memory_bits" in columns else columns)
        if any(counts[column] for counts in by_part.values())
    }


def blocks(result: dict[str, Any]) -> list[Block]:
    """The boxes of a result."""
    area = areas(result)
    whole = sum(area.values()) or 1
    most = max(area.values()) or 1
    more = _words(result)
    found = []
    for part, place in PLACES.items():
        lines = [more[part]] if part in more else []
        lines += [
            _some(count[part], kind.removeprefix("memory ").removesuffix("s"))
            for kind, count in memories(result).items()
            if count[part]
        ]
        colour = shade(area[part] / most)
        found.append(Block(part, place, colour, area[part] / whole, tuple(lines)))
    return found


def _words(result: dict[str, Any]) -> dict[str, str]:
    step, machine = result["step"], result["machine"]
    head = step["head"]
    each = step["group_cycles"]
    pace = "a cycle" if each == 1 else f"in {each} cycles"
    return {
        "lanes": f"{step['lanes']:,} {TIMES} {_some(step['simd'], 'input')}, {machine['lane']}",
        "cell units": f"{_some(step['cell_units'], 'unit')} {pace}",
        "head": f"{head['rows']:,} rows, {_some(head['lanes'], 'lane')}"
        if head
        else "none: h itself",
    }


def _some(count: int, name: str) -> str:
    return f"{count:,} {name}" + ("s" if count != 1 else "")
