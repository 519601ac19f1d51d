"""The block diagram of a chain: its cores and what joins them, each with its share of the area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pascaline.cli.page.blocks import TIMES, Block, areas, core_words, memory_words, some
from pascaline.cli.page.colours import shade

__all__ = ["Chain", "chain", "core_title"]

TOP, WIDTH, LINE, GAP = 44, 324, 16, 36


@dataclass(frozen=True)
class Chain:
    """Boxes from top to bottom, and the height of all."""

    blocks: tuple[Block, ...]
    height: int


def chain(result: dict[str, Any]) -> Chain | None:
    """The boxes of a result; None for a core that is alone."""
    units = _units(result)
    if len(units) == 1:
        return None
    area = {
        unit: sum(areas(result, result["by_unit"].get(unit, {})).values()) for unit, _, _ in units
    }
    whole = sum(areas(result, result["by_part"]).values()) or 1
    most = max(area.values()) or 1
    found, top = [], TOP
    for unit, title, lines in units:
        lines = [*lines, *memory_words(result["by_unit"].get(unit, {}))]
        height = 56 + LINE * len(lines)
        place = (18, top, WIDTH, height)
        found.append(Block(title, place, shade(area[unit] / most), area[unit] / whole, (*lines,)))
        top += height + GAP
    return Chain(tuple(found), top)


def core_title(result: dict[str, Any], index: int) -> str:
    """What a core is called: by its number, if there are several."""
    return "core" if len(result["cores"]) == 1 else f"core {index}"


def _units(result: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """The parts of the chain: names of their instances, titles, and what else is said."""
    found: list[tuple[str, str, list[str]]] = []
    for index, core in enumerate(result["cores"]):
        buffers, title = result["sequence_buffers"][index], core_title(result, index)
        if buffers["before"]:
            lines = ["each read from both ends"]
            found.append((f"both_{index}", "buffer of two sequences", lines))
        found.append((f"core_{index}", title, _core(result, core)))
        if buffers["behind"]:
            lines = ["both directions side by side"]
            found.append((f"merge_{index}", "buffer of two sequences", lines))
    gather, head = result["gather"], result["head"]
    if gather is not None:
        title = "pooling" if gather["pools"] else "gathering"
        what = "largest of all steps" if gather["pools"] else "results"
        lines = [f"{what}: {sum(gather['parts']):,} elements"]
        if head:
            lines.append(f"head: {head['rows']:,} rows, {some(head['lanes'], 'lane')}")
        found.append(("gather", f"{title} and head" if head else title, lines))
    return found


def _core(result: dict[str, Any], core: dict[str, Any]) -> list[str]:
    step = core["step"]
    more = core_words(result, core)
    sizes = f"{step['inputs']:,} to {step['hidden']:,} elements"
    if step["layers"] > 1:
        sizes = f"{step['layers']} layers in turn, {step['hidden']:,} units each"
    if step["directions"] > 1:
        sizes = f"{step['inputs']:,} to {step['directions']} {TIMES} {step['hidden']:,} elements"
    lines = [step["cell"], sizes]
    lines += [f"lanes: {more['lanes']}", f"cells: {more['cell units']}"]
    if step["head"]:
        lines.append(f"head: {more['head']}")
    return lines
