"""The block diagram of a core: its parts, each with its share of the area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pascaline.pages.adders import sums_of
from pascaline.pages.colours import shade
from pascaline.pages.words import words

__all__ = [
    "TIMES",
    "Block",
    "Counts",
    "areas",
    "blocks",
    "core_words",
    "memories",
    "memory_words",
    "some",
    "unit",
]

PLACES = {
    "vector memory": (0, 44, 168, 76),
    "weight memory": (192, 44, 168, 76),
    "lanes": (36, 156, 324, 92),
    "cell units": (36, 284, 324, 92),
    "head": (36, 412, 184, 92),
    "control": (236, 412, 124, 92),
}
"""Left, top, width and height. The arrows are in the template."""

BESIDE = {
    "transform": {"transform": (36, 156, 116, 92), "lanes": (168, 156, 192, 92)},
    "layer_norm": {"lanes": (36, 156, 176, 92), "layer norm": (228, 156, 132, 92)},
}
"""The same of what is beside the lanes, in a core whose step has something of that name."""

WIDE = (0, 44, 360, 76)
"""That of the vector memory where weights are in no memory beside it."""

TIMES = "\N{MULTIPLICATION SIGN}"

Counts = dict[str, dict[str, int]]
"""Columns of each part."""

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


def areas(result: dict[str, Any], counts: Counts) -> dict[str, float]:
    """Area of each part, as the target counts it."""
    return {
        part: sum(price * found[column] for column, price in result["cost"].items())
        for part, found in counts.items()
    }


def unit(result: dict[str, Any]) -> str:
    """What areas are counted in, in words."""
    return " + ".join(
        (f"{price} {TIMES} " if price != 1 else "") + words(column).removeprefix("area ")
        for column, price in result["cost"].items()
    )


def memories(counts: Counts) -> dict[str, dict[str, int]]:
    """Memories of each part, by kind: in bits where those are counted, else in blocks."""
    columns = [column for column in MEMORIES if all(column in found for found in counts.values())]
    return {
        words(column): {part: found[column] for part, found in counts.items()}
        for column in (columns[:1] if "memory_bits" in columns else columns)
        if any(found[column] for found in counts.values())
    }


def blocks(result: dict[str, Any], core: dict[str, Any], counts: Counts) -> list[Block]:
    """The boxes of a core, whose parts have these counts; shares are those of the core."""
    area = areas(result, counts)
    whole = sum(area.values()) or 1
    most = max(area.values()) or 1
    more = core_words(result, core)
    found = []
    for part, place in _places(core["step"]).items():
        lines = [more[part]] if part in more else []
        lines += memory_words({part: counts[part]} if part in counts else {})
        size = area.get(part, 0.0)
        found.append(Block(part, place, shade(size / most), size / whole, tuple(lines)))
    return found


def _places(step: dict[str, Any]) -> dict[str, tuple[int, int, int, int]]:
    """The parts of a core, and where they are."""
    places = dict(PLACES)
    for name, beside in BESIDE.items():
        places |= beside if name in step else {}
    if sums_of(step) == "lanes":
        return places
    del places["weight memory"]
    places["vector memory"] = WIDE
    return {sums_of(step) if part == "lanes" else part: at for part, at in places.items()}


def memory_words(counts: Counts) -> list[str]:
    """The memories of some parts, kind by kind."""
    return [
        some(total, kind.removeprefix("memory ").removesuffix("s"))
        for kind, by_part in memories(counts).items()
        if (total := sum(by_part.values()))
    ]


def core_words(result: dict[str, Any], core: dict[str, Any]) -> dict[str, str]:
    """What is said of the parts of a core."""
    step, machine = core["step"], result["machine"]
    head = step["head"]
    each = step["group_cycles"]
    pace = "a cycle" if each == 1 else f"in {each} cycles"
    transform = step.get("transform")
    butterflies = some(transform["butterflies"], "butterfly") if transform else ""
    norm = step.get("layer_norm")
    return {
        "transform": butterflies,
        "layer norm": f"a pass in {norm['cycles']:,}" if norm else "",
        sums_of(step): _sums_words(step, machine),
        "cell units": f"{some(step['cell_units'], 'unit')} {pace}",
        "head": f"{head['rows']:,} rows, {some(head['lanes'], 'lane')}"
        if head
        else "none: h itself",
    }


def _sums_words(step: dict[str, Any], machine: dict[str, Any]) -> str:
    """What makes the sums of gates."""
    found = step.get("adders")
    if found is None:
        return f"{step['lanes']:,} {TIMES} {some(step['simd'], 'input')}, {machine['lane']}"
    each = "serial" if found["cycles"] > 1 else "parallel"
    return f"{found['adders']:,} {each}, {found['depth']} in a row"


def some(count: int, name: str) -> str:
    """A number of things, the name of one of them."""
    if count == 1:
        return f"{count:,} {name}"
    return f"{count:,} {name[:-1]}ies" if name.endswith("y") else f"{count:,} {name}s"
