"""The section of a core: what is on it, its parts, its step cycle by cycle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pascaline.pages.adders import graph, sums_of
from pascaline.pages.blocks import Block, blocks
from pascaline.pages.chain import core_title
from pascaline.pages.steps import Row, busy, formula, rows, starts, ticks, window
from pascaline.pages.tables import Table

__all__ = ["Section", "section"]

READ = "the slower of the lanes, of what reads the results, and of both in turns"

NORM = "the slower of the lanes, of layer norm, and of the way of h through both"


@dataclass(frozen=True)
class Section:
    """What the template needs.

    Attributes
    ----------
    at : str
        End of all names in it.
    title, about : str
        Heading, and a sentence on what takes turns on the lanes; both empty for a core alone.
    step, timeline : dict
        Of the result.
    busy : float
        Share of the cycles in which what makes the sums is at work.
    blocks : list of Block
        The diagram of its parts; empty if that is elsewhere.
    rows, window, ticks, starts
        Of the timing diagram.
    numbers : Table
        What the cycles follow from.
    graph : Table or None
        The adders, where weights are wires.
    """

    at: str
    title: str
    about: str
    step: dict[str, Any]
    timeline: dict[str, Any]
    busy: float
    blocks: list[Block]
    rows: list[Row]
    window: int
    ticks: list[int]
    starts: list[tuple[int, bool]]
    numbers: Table
    graph: Table | None


def section(result: dict[str, Any], index: int, *, alone: bool) -> Section:
    """The section of a core; ``alone``: there is nothing else in the machine."""
    core = result["cores"][index]
    step, timeline = core["step"], core["timeline"]
    drawn = rows(core)
    stages = [stage["name"] for stage in result["stages"] if stage["kind"] == "core"]
    counts = {} if alone else result["by_unit"].get(stages[index], {})
    return Section(
        at="" if len(result["cores"]) == 1 else f"-{index}",
        title="" if alone else f"{core_title(result, index)}: {step['cell']}",
        about=_about(step),
        step=step,
        timeline=timeline,
        busy=busy(core),
        blocks=blocks(result, core, counts) if counts else [],
        rows=drawn,
        window=window(core),
        ticks=ticks(window(core)),
        starts=starts(core),
        numbers=_numbers(core),
        graph=graph(step),
    )


def _about(step: dict[str, Any]) -> str:
    passes = step["passes"]
    said = []
    if step["layers"] > 1:
        said.append(
            f"{step['layers']} layers share these lanes: a step has a pass over them for each."
        )
    elif len(passes) > 1:
        said.append(
            f"A step has two passes over the {sums_of(step)}: the candidate's product needs h after"
            " the reset gate, which the first pass makes."
        )
    if step["directions"] > 1:
        said.append(
            f"Both directions share these {sums_of(step)} as two streams: one goes on with its"
            " steps while the other's h is on its way."
        )
    return " ".join(said)


def _numbers(core: dict[str, Any]) -> Table:
    s = core["step"]
    norm = s.get("layer_norm")
    up_to, each = f"of up to {s['simd']} of the", "one a cycle"
    if "adders" in s:
        each = "one a cycle, those of x and h side by side"
    rows_: list[list[Any]] = [
        *_tiles(s),
        ["chunks of x", s["x_chunks"], f"{up_to} {s['inputs']} inputs; {each}"],
        ["chunks of h", s["h_chunks"], f"{up_to} {s['hidden']} elements of h; {each}"],
        *_passes(s),
        *_groups(s),
        ["cycles of a group", s["group_cycles"], "1, or all that a serial cell unit takes for it"],
        ["lane latency", s["lane_latency"], "cycles from a tile's last chunk to its sums"],
        ["cell latency", s["cell_latency"], "cycles from a group's sums to its h"],
        ["h latency", s["h_latency"], "cycles from a pass's last chunk to the last of its h"],
        *(
            [["cycles of layer norm", norm["cycles"], "from a pass to the next one"]]
            if norm
            else []
        ),
        ["cycles a step", s["cycles_per_step"], formula(core) or _slowest(s)],
    ]
    return Table("What the cycles follow from", ["number", "value", "meaning"], rows_)


def _slowest(step: dict[str, Any]) -> str:
    """What decides about the cycles of a step that are no formula."""
    return (NORM if "layer_norm" in step else READ).replace("lanes", sums_of(step))


def _tiles(step: dict[str, Any]) -> list[list[Any]]:
    """Tiles; where weights are wires there is one, of all units."""
    if "adders" in step:
        return []
    units = step["tile_groups"] * step["cell_units"]
    return [["tiles", step["tiles"], f"of up to {units} of the {step['hidden']} hidden units"]]


def _groups(step: dict[str, Any]) -> list[list[Any]]:
    """Groups of units, as their sums leave what has made them."""
    leave = f"that leave the {sums_of(step)} one after the other; units in a group: "
    found: list[list[Any]] = [
        ["groups of a tile", step["tile_groups"], f"{leave}{step['cell_units']}"]
    ]
    if "adders" not in step:
        found.append(["groups of the last tile", step["last_groups"], "which may have fewer units"])
    return found


def _passes(step: dict[str, Any]) -> list[list[Any]]:
    """Chunks of each pass, if there are several."""
    passes = step["passes"]
    if len(passes) == 1:
        return []
    found = []
    for index, one in enumerate(passes):
        what = f"layer {one['layer']}" if step["layers"] > 1 else f"phase {one['phase']}"
        why = "; needs the h of the pass before" if one["waits"] else ""
        found.append([f"chunks of pass {index}", one["chunks"], f"a tile of {what}{why}"])
    return found
