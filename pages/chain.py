"""The block diagram of a chain: its stages, each with its share of the area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pascaline.pages.adders import sums_of
from pascaline.pages.blocks import TIMES, Block, areas, core_words, memory_words
from pascaline.pages.colours import shade

__all__ = ["Chain", "chain", "core_title"]

TOP, WIDTH, LINE, GAP = 44, 324, 16, 36


@dataclass(frozen=True)
class Chain:
    """Boxes from top to bottom, and the height of all."""

    blocks: tuple[Block, ...]
    height: int


def chain(result: dict[str, Any]) -> Chain | None:
    """The boxes of a result; None for a core that is alone."""
    stages = result["stages"]
    if len(stages) == 1:
        return None
    counts = {stage["name"]: result["by_unit"].get(stage["name"], {}) for stage in stages}
    area = {name: sum(areas(result, parts).values()) for name, parts in counts.items()}
    whole = sum(areas(result, result["by_part"]).values()) or 1
    most = max(area.values()) or 1
    cores = iter(enumerate(result["cores"]))
    found, top = [], TOP
    for stage in stages:
        name, title, lines = stage["name"], stage["title"], [*stage["lines"]]
        if stage["kind"] == "core":
            index, core = next(cores)
            title, lines = core_title(result, index), _core(result, core)
        lines += memory_words(counts[name])
        height = 56 + LINE * len(lines)
        place = (18, top, WIDTH, height)
        found.append(Block(title, place, shade(area[name] / most), area[name] / whole, (*lines,)))
        top += height + GAP
    return Chain(tuple(found), top)


def core_title(result: dict[str, Any], index: int) -> str:
    """What a core is called: by its number, if there are several."""
    return "core" if len(result["cores"]) == 1 else f"core {index}"


def _core(result: dict[str, Any], core: dict[str, Any]) -> list[str]:
    step = core["step"]
    more = core_words(result, core)
    sizes = f"{step['inputs']:,} to {step['hidden']:,} elements"
    if step["layers"] > 1:
        sizes = f"{step['layers']} layers in turn, {step['hidden']:,} units each"
    if step["directions"] > 1:
        sizes = f"{step['inputs']:,} to {step['directions']} {TIMES} {step['hidden']:,} elements"
    lines = [step["cell"], sizes]
    sums = sums_of(step)
    lines += [f"{sums}: {more[sums]}", f"cells: {more['cell units']}"]
    if step["head"]:
        lines.append(f"head: {more['head']}")
    return lines
