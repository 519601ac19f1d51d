"""What one decides by: each point of a machine in a line, with advice in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pascaline.measure.words import score_words
from pascaline.pages.adders import all_adders, sums_of
from pascaline.pages.blocks import areas, memory_words, unit
from pascaline.pages.explored import Explored, Point
from pascaline.pages.figures import fastest, time_of
from pascaline.pages.steps import busy
from pascaline.pages.tables import Table, counted
from pascaline.pages.words import number, words

__all__ = ["Aspect", "aspects", "classes"]

Result = dict[str, Any]

BUSY = 0.9
"""Share of a step's cycles from which on lanes count as always at work."""

FULL = 0.8
"""Share of a device from which on it counts as full."""


@dataclass(frozen=True)
class Aspect:
    """A point: what it is about, what is the case, and what to do about it."""

    name: str
    value: str
    advice: str


def aspects(result: Result) -> list[Aspect]:
    """All points, in the order in which one asks for them."""
    weights = _adders if _wired(result) else _multiplier
    makers = (_accuracy, _cost, _speed, _energy, _limit, _place, weights)
    return [*(maker(result) for maker in makers), *_peers(result)]


def classes(result: Result) -> list[Table]:
    """How many of each class are right, and what the others are taken for."""
    found = result["accuracy"]
    rows = found["confusion"]
    if rows is None:
        return []
    names = found["classes"] or [str(index) for index in range(len(rows))]
    each = [
        [name, row[index], sum(row), f"{row[index] / sum(row):.1%}"]
        for index, (name, row) in enumerate(zip(names, rows, strict=False))
        if sum(row)
    ]
    taken = [
        [name, *(count or "" for count in row)] for name, row in zip(names, rows, strict=False)
    ]
    return [
        Table("Right, by class", ["class", "right", "of", "share"], each),
        Table("Classes (rows), and what they are taken for", ["class", *names], taken),
    ]


def _accuracy(result: Result) -> Aspect:
    found = result["accuracy"]
    if not found["integer"]:
        how = f"pascaline evaluate {result['model']} --data YOURS measures it."
        return Aspect("Accuracy", "not known", f"The model does not say how good it is; {how}")
    value = f"{score_words(found)} {found['part']}, by the machine's integers"
    if found["float"]:
        value += f"; {score_words({'integer': found['float']})} by the float network"
    if found["confusion"] is None:
        return Aspect("Accuracy", value, f"By class it is not known: {found['unknown']}.")
    names = found["classes"] or [str(index) for index in range(len(found["confusion"]))]
    shares = {
        name: row[index] / sum(row)
        for index, (name, row) in enumerate(zip(names, found["confusion"], strict=False))
        if sum(row)
    }
    worst = min(shares, key=lambda name: shares[name])
    advice = f"The weakest class is {worst}, of which {shares[worst]:.1%} are right; "
    lost = _points(found["float"]) - _points(found["integer"])
    worth = "cost nothing that matters, so only training helps"
    if lost > 1:
        worth = f"cost {lost:.1f} points, so try wider formats"
    return Aspect("Accuracy", value, f"{advice}integers {worth}.")


def _points(score: dict[str, Any] | None) -> float:
    return 100 * score["correct"] / score["total"] if score else 0.0


def _cost(result: Result) -> Aspect:
    whole = {"": counted(result)}
    area, by_part = areas(result, whole)[""], areas(result, result["by_part"])
    memories = ", ".join(memory_words(whole)) or "no memories"
    value = f"{number(area)} {unit(result)} without memories; {memories}"
    largest = max(by_part, key=lambda part: by_part[part])
    advice = f"The largest part is {largest}, with {by_part[largest] / (area or 1):.0%} of the area"
    uses = {
        name: use["used"] / use["available"]
        for name, use in result.get("utilisation", {}).items()
        if use["available"]
    }
    if uses:
        most = max(uses, key=lambda name: uses[name])
        value += f"; {uses[most]:.0%} of the {words(most)} of {result['target_title']}"
        fits = "little room is left" if uses[most] > FULL else "there is room for more"
        return Aspect("Cost", value, f"{advice}; on this device {fits}.")
    return Aspect("Cost", value, f"{advice}: {_smaller(result, largest)}.")


def _smaller(result: Result, largest: str) -> str:
    """What makes the largest part smaller."""
    if largest == "adders":
        if result["machine"].get("adders") == "serial":
            return "a longer search (--effort) may find fewer"
        return "serial ones (--adders serial) make it smaller and slower"
    if _wired(result):
        return "fewer cell units (--cell-units) or rows of the head (--head-units) make it smaller"
    less = "fewer units or inputs a lane" if largest == "lanes" else "fewer units"
    return f"{less} (--units, --simd) make it smaller and slower"


def _wired(result: Result) -> bool:
    return bool(result["machine"]["weights"] == "wired")


def _speed(result: Result) -> Aspect:
    cycles, clock = result["cycles_per_step"], fastest(result)
    value = f"{number(cycles)} cycles a step"
    if clock is None:
        how = "--target ecp5 --pnr, or --target asic with a cell library, finds it"
        return Aspect("Speed", value, f"The clock is not known: {how}.")
    value += f", {clock:.4g} MHz: {time_of(cycles / clock)} a step"
    missed = result.get("missed")
    if not missed:
        return Aspect("Speed", value, "The clock that was aimed at is reached.")
    asked = missed["asked_mhz"]
    value += f"; {asked:g} MHz were asked for"
    if not missed["faster"]:
        return Aspect("Speed", value, "All registers are in use: a smaller machine may be faster.")
    best = min(missed["faster"], key=lambda change: change["cycles_per_step"])
    time = time_of(best["cycles_per_step"] / asked)
    advice = f"Try {best['options']}: at {asked:g} MHz a step would take {time}."
    return Aspect("Speed", value, advice)


def _energy(result: Result) -> Aspect:
    energy = result.get("energy_per_step_nj")
    if energy is None:
        how = "Measure it on the gates: --target asic --liberty FILE --power-steps 100."
        return Aspect("Energy", "not measured", how)
    inference = result.get("energy_per_inference_nj")
    value = f"{energy:.4g} nJ a step, without memories"
    value += f"; {inference:.4g} nJ an inference" if inference is not None else ""
    advice = "Memories come on top: ask their vendor for the energy of a read, times the cycles."
    return Aspect("Energy", value, advice)


def _limit(result: Result) -> Aspect:
    paces = [core["step"]["cycles_per_step"] for core in result["cores"]]
    slowest = max(range(len(paces)), key=lambda index: paces[index])
    if paces[slowest] < result["cycles_per_step"]:
        value = "a stage behind the cores sets the pace"
        return Aspect("Limit", value, "Wider chunks (--simd) make it faster; more units do not.")
    core = result["cores"][slowest]
    name = f"the {sums_of(core['step'])}" + ("" if len(paces) == 1 else f" of core {slowest}")
    found = core["step"].get("adders")
    serial = found is not None and found["cycles"] > 1
    share, taken = busy(core), "chunks or bits" if serial else "a chunk"
    if share >= BUSY:
        value = f"{name}, which take {taken} in {share:.0%} of all cycles"
        more = "More inputs a cycle (--simd)" if found else "More units or inputs a lane"
        more = "Parallel adders (--adders parallel)" if serial else more
        return Aspect("Limit", value, f"{more} make a step shorter.")
    if result["machine"]["cell_unit"] != "parallel":
        value = f"the one cell unit: {name} take {taken} in {share:.0%} of all cycles only"
        faster = "A parallel one (--cell-unit parallel) is faster, and larger."
        return Aspect("Limit", value, faster)
    value = f"waiting: {name} take {taken} in {share:.0%} of all cycles only"
    fewer = "Fewer lanes would be nearly as fast"
    if found:
        fewer = "Narrower chunks (--simd)" + ("" if serial else " or serial adders")
        fewer += " may be nearly as fast"
    if core["step"]["streams"] == core["step"]["directions"] == 1:
        fewer += ", or --streams 2 fills the gaps"
    return Aspect("Limit", value, f"{fewer}.")


def _place(result: Result) -> Aspect:
    name, found = "Among others", result.get("explored")
    explore = f"pascaline explore {result['model']} --target {result['target']}"
    explore += " --weights rom,wired" if _wired(result) else ""
    if not found or not found["points"]:
        return Aspect(name, "none were explored", f"{explore} tries them; then its place is here.")
    explored = Explored.model_validate(found)
    mine = next((one for one in explored.points if one.is_of(result["machine"])), None)
    if mine is None:
        area = areas(result, {"": counted(result)})[""]
        if explored.unit != unit(result):
            return Aspect(name, "not comparable", f"{explore} counts another unit; run it again.")
        cycles = result["cycles_per_step"]
    else:
        area, cycles = mine.area, mine.cycles_per_step
    better = [one for one in explored.points if _beats(one, area, cycles)]
    count = len(explored.points)
    if not better:
        return Aspect(name, f"none of {count} explored machines is better", "Keep it.")
    value = (
        f"{len(better)} of {count} explored machines are better in area or cycles, in none worse"
    )
    best = min(better, key=lambda one: one.area * one.cycles_per_step)
    costs = f"{number(best.area)} {explored.unit} and {number(best.cycles_per_step)} cycles a step"
    return Aspect(name, value, f"Take {best.options} instead: {costs}.")


def _beats(point: Point, area: float, cycles: float) -> bool:
    as_good = point.area <= area and point.cycles_per_step <= cycles
    return as_good and (point.area < area or point.cycles_per_step < cycles)


def _multiplier(result: Result) -> Aspect:
    name, found = "12-bit multiplier", result["beside"]["multiplier"]
    if found is None:
        return Aspect(name, "not measured for these lanes", "docs/machine.md has those that were.")
    value = (
        f"{found['ratio']:g} times the area of a {found['weights']} weight operation in"
        f" {found['lane']} lanes, on {found['measured_on']}"
    )
    worth = "Quantised weights pay" if found["ratio"] > 1 else "Weights of 12 bits cost no more"
    return Aspect(name, value, f"{worth} where lanes are a large part of the machine.")


def _adders(result: Result) -> Aspect:
    count, alone = all_adders(result), all_adders(result, "unshared")
    value = f"{number(count)}; {number(alone)} if rows shared none"
    effort = max(core["step"]["adders"]["effort"] for core in result["cores"])
    advice = f"A longer search than --effort {effort} may find fewer."
    return Aspect("Adders", value, advice)


def _peers(result: Result) -> list[Aspect]:
    found = []
    for peer in result["beside"]["peers"]:
        more = f", {number(peer['luts'])} LUTs" if peer["luts"] is not None else ""
        value = f"{number(peer['cycles'])} cycles a step{more}; {peer['exact']} results exact"
        ratio = peer["cycles"] / result["cycles_per_step"]
        pace = f"{ratio:.2g} times as fast" if ratio >= 1 else f"{1 / ratio:.2g} times as slow"
        advice = f"This machine needs {number(result['cycles_per_step'])} cycles: {pace}."
        found.append(Aspect(peer["name"], value, advice))
    return found
