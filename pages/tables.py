"""What ``report`` shows of its result, the object that ``--json`` prints: tables and remarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pascaline.measure.words import adder_words, machine_words

__all__ = ["Table", "counted", "counts", "placed", "remarks", "tables"]

Result = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A title, names of columns, and rows of numbers and text."""

    title: str
    columns: list[str]
    rows: list[list[Any]]


def tables(result: Result) -> list[Table]:
    """The tables: what is counted, and of what is placed and routed where it is slow."""
    return counts(result) + placed(result)


def counts(result: Result) -> list[Table]:
    """Parts, and in a chain of several cores the parts of each."""
    return [_parts(result), *([_units(result)] if result["by_unit"] else [])]


def counted(result: Result) -> dict[str, int]:
    """The columns of the whole machine: as synthesis counts it, or the sum of its parts."""
    if "area" in result:
        return dict(result["area"])
    parts = list(result["by_part"].values())
    return {column: sum(part[column] for part in parts) for column in parts[0]}


def placed(result: Result) -> list[Table]:
    """The device and the slowest paths, if there are any."""
    if "device" not in result:
        return []
    return [_device(result), _critical_path(result), _slowest(result)]


def remarks(result: Result) -> list[str]:
    """What is said below the tables, line by line."""
    shape = machine_words(result["machine"])
    return [shape, *_adders(result), *_folded(result), *_results(result), *_missed(result)]


def _adders(result: Result) -> list[str]:
    """The graph of each core, where weights are wires."""
    found = [core["step"].get("adders") for core in result["cores"]]
    names = ["weights"] if len(found) == 1 else [f"weights of core {k}" for k in range(len(found))]
    return [f"{name}: {adder_words(one)}" for name, one in zip(names, found, strict=True) if one]


def _folded(result: Result) -> list[str]:
    """Each table that is smaller than a full one, and has the same values."""
    lines = [
        f"{name}: a folded table of {one['bits']:,} bits, full {one['full_bits']:,}"
        for layer in result["layers"]
        for name, one in layer["functions"].items()
        if one["form"] == "folded table"
    ]
    return list(dict.fromkeys(lines))


def _results(result: Result) -> list[str]:
    cycles = f"{result['cycles_per_step']:,} cycles a step"
    if "device" in result:
        fmax = result["fmax_mhz"]
        each = ", ".join(f"{fmax:g}" for fmax in result["seeds"].values())
        return [
            f"{fmax:g} MHz, the median of {each}; {result['clock_mhz']:g} MHz was aimed at",
            f"{cycles}, {result['cycles_per_step'] / fmax:.2f} us at this clock",
        ]
    return [*(_timing(result) if "liberty" in result else []), cycles]


def _missed(result: Result) -> list[str]:
    """Of a clock that was not reached, what would help, and what that costs."""
    found = result.get("missed")
    if found is None:
        return []
    asked, reached = found["asked_mhz"], found["reached_mhz"]
    lines = [f"the clock is missed: {reached:.1f} MHz of {asked:g}"]
    for change in found["faster"]:
        cycles = change["cycles_per_step"]
        now = result["cycles_per_step"] / reached
        lines.append(
            f"  more registers: {change['options']}: {cycles:,} cycles a step,"
            f" {cycles / asked:.2f} us at {asked:g} MHz (now {now:.2f} us)"
        )
    return lines


def _parts(result: Result) -> Table:
    by_part = result["by_part"]
    columns = list(next(iter(by_part.values())))
    rows = [[part, *(counts[column] for column in columns)] for part, counts in by_part.items()]
    tools = result.get("tool_version")
    if tools is None:
        tools = ", ".join(f"{tool} {version}" for tool, version in result["tool_versions"].items())
    whole = counted(result)
    rows.append(["whole machine", *(whole[column] for column in columns)])
    return Table(
        f"{result['model']} on {result['target_title']}, {tools}",
        ["part", *(column.replace("_", " ") for column in columns)],
        rows,
    )


def _units(result: Result) -> Table:
    by_unit = result["by_unit"]
    columns = list(next(iter(result["by_part"].values())))
    rows = [
        [f"{unit.replace('_', ' ')}: {part}", *(found[column] for column in columns)]
        for unit, parts in by_unit.items()
        for part, found in parts.items()
    ]
    names = [column.replace("_", " ") for column in columns]
    return Table("Cores, and what joins them", ["part", *names], rows)


def _device(result: Result) -> Table:
    rows = [
        [name.replace("_", " "), use["used"], use["available"], _share(use)]
        for name, use in result["utilisation"].items()
        if use["available"]
    ]
    return Table("Of the device", ["resource", "used", "there", "share"], rows)


def _share(use: dict[str, int]) -> str:
    return f"{use['used'] / use['available']:.0%}"


def _critical_path(result: Result) -> Table:
    path = result["critical_path"]
    logic, routing = path["logic_ns"], path["routing_ns"]
    rows = [
        ["start", path["start"]],
        ["end", path["end"]],
        ["part", path["part"]],
        ["through", ", ".join(path["through"])],
        ["length", f"{path['length_ns']} ns: logic {logic}, routing {routing}"],
    ]
    return Table("Critical path", ["what", "where"], rows)


def _slowest(result: Result) -> Table:
    rows = [[end, length] for end, length in result["slowest"].items()]
    return Table("Slowest paths, by their ends", ["end", "ns"], rows)


def _timing(result: Result) -> list[str]:
    path, gates = result["critical_path"], result["gate_level"]
    if path is None:
        return ["no timing and no power: OpenSTA is not installed (apt install opensta)"]
    timing = (
        f"critical path {path['ns']:.2f} ns ({1000 / path['ns']:.0f} MHz), from {path['start']}"
        f" to {path['end']}: slack {result['slack_ns']:.2f} ns at {result['clock_mhz']:g} MHz"
        f" (OpenSTA {result['opensta_version']}; no wires, {result['buffers']:,} buffers added)"
    )
    if gates is None:
        return [timing, "no power: --power-steps N measures it"]
    inference = result["energy_per_inference_nj"]
    power = (
        f"power {result['power_mw']:.3f} mW, {result['energy_per_step_nj']:.3f} nJ a step"
        + (f", {inference:.1f} nJ an inference" if inference is not None else "")
        + f" (without memories; {gates['steps']} steps on the gates, {gates['source']}:"
        f" {gates['values']:,} values, {gates['mismatches']} mismatches)"
    )
    return [timing, power]
