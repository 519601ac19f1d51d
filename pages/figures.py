"""The page's own tables: the figures at its top, where they come from, speed and power."""

from __future__ import annotations

from typing import Any

from pascaline.pages.adders import all_adders
from pascaline.pages.blocks import areas, memories, unit
from pascaline.pages.tables import Table, counted
from pascaline.pages.words import number, words

__all__ = ["fastest", "key_figures", "layers", "provenance", "speed", "summary", "time_of"]

SPOKEN_WITH_VOWELS = "AEFHILMNORSX"
"""Letters whose names begin with a vowel."""

Result = dict[str, Any]


def key_figures(result: Result) -> list[tuple[str, str]]:
    """A value, and what it is."""
    cycles = result["cycles_per_step"]
    whole = {"": counted(result)}
    found = [(number(areas(result, whole)[""]), f"{unit(result)}, without memories")]
    for kind, counts in memories(whole).items():
        found.append((number(counts[""]), kind))
    found.append((number(cycles), "cycles a step"))
    encoder = "the encoder's" if result["totals"]["decoder"] else "the"
    adders, sums = all_adders(result), "lanes"
    if adders:
        found.append((number(adders), "adders, no weight memory"))
        sums = "adders"
    found.append((f"{result['totals']['utilisation']:.1%}", f"of {encoder} {sums} at work"))
    clock = fastest(result)
    if clock is not None:
        found.append((f"{clock:.4g} MHz", "highest clock"))
        found.append((time_of(cycles / clock), "a step at that clock"))
    if result.get("energy_per_step_nj") is not None:
        found.append((f"{result['energy_per_step_nj']:.4g} nJ", "a step, without memories"))
    return found


def summary(result: Result) -> str:
    """The network and its machine in a few sentences."""
    found, all_ = result["layers"], result["totals"]
    first = found[0]
    inputs = f"{number(first['inputs'])} inputs"
    if len(found) == 1:
        weights = " and ".join(dict.fromkeys((first["weights_x"], first["weights_h"])))
        name = first["cell"].partition(",")[0]
        spoken = name.split()[0]
        letters = spoken.isupper() and spoken[0] in SPOKEN_WITH_VOWELS
        article = "An" if letters else "A"
        article = "A bidirectional" if first["directions"] > 1 else article
        units = f"{number(first['hidden'])} hidden units and {weights} weights"
        network = f"{article} {name} with {inputs}, {units}"
    else:
        network = f"A network with {inputs}: {result['network']}"
    machine, cores = result["machine"], len(result["cores"])
    chain = f"a chain of {cores} cores, each" if cores > 1 else "a machine"
    if machine["weights"] == "wired":
        return f"{network}, on {chain} of all units. {_wires(result)}"
    sides = f"{number(machine['units'])} units \N{MULTIPLICATION SIGN} {number(machine['simd'])}"
    decoder = all_["decoder"]
    lanes = "The encoder's" if decoder else "All"
    said = (
        f"{network}, on {chain} of {sides} inputs. {lanes} {number(all_['lanes'])} lanes do"
        f" {number(all_['operations_per_cycle'])} weight operations a cycle;"
        f" a step has {number(all_['operations_per_step'])}."
    )
    if decoder:
        said += (
            f" The decoder's {number(decoder['lanes'])} lanes do"
            f" {number(decoder['operations_per_cycle'])} a cycle;"
            f" a symbol has {number(decoder['operations_per_symbol'])}."
        )
    return said


def _wires(result: Result) -> str:
    """The same of a machine whose weights are wires."""
    all_, decoder = result["totals"], result["totals"]["decoder"]
    rows = all_["lanes"] + (decoder["lanes"] if decoder else 0)
    pace = all_["operations_per_cycle"] + (decoder["operations_per_cycle"] if decoder else 0)
    said = (
        f"Weights are wires between {number(all_adders(result))}"
        f" {result['machine'].get('adders', 'parallel')} adders, which have the sums of"
        f" {number(rows)} gate rows and can do {number(pace)} weight operations a cycle;"
        f" a step has {number(all_['operations_per_step'])}"
    )
    if decoder:
        said += f", a symbol {number(decoder['operations_per_symbol'])}"
    return f"{said}."


def layers(result: Result) -> Table:
    """The layers, with their formats."""
    columns = ["layer", "cell", "inputs", "hidden", "weights", "formats"]
    rows = []
    for index, layer in enumerate(result["layers"]):
        hidden = layer["hidden"]
        if layer["directions"] > 1:
            hidden = f"{layer['directions']} \N{MULTIPLICATION SIGN} {number(hidden)}"
        names = dict.fromkeys((layer["weights_x"], layer["weights_h"]))
        formats = ", ".join(f"{name} {text}" for name, text in layer["formats"].items())
        rows.append([index, layer["cell"], layer["inputs"], hidden, " and ".join(names), formats])
    return Table("Layers", columns, rows)


def fastest(result: Result) -> float | None:
    """The highest clock in MHz, if it is known."""
    if "fmax_mhz" in result:
        return float(result["fmax_mhz"])
    path = result.get("critical_path")
    return 1000 / float(path["ns"]) if path else None


def time_of(microseconds: float) -> str:
    """A time in nanoseconds or microseconds."""
    if microseconds < 1:
        return f"{1000 * microseconds:.3g} ns"
    return f"{microseconds:.4g} \N{MICRO SIGN}s"


def provenance(result: Result) -> list[tuple[str, str]]:
    """Tools, files and hashes."""
    made = [f"{tool.capitalize()} {version}" for tool, version in result["generator"].items()]
    tools = result.get("tool_versions") or {}
    used = [result["tool_version"]] if "tool_version" in result else []
    used += [f"{tool} {version}" for tool, version in tools.items()]
    if result.get("opensta_version"):
        used.append(f"OpenSTA {result['opensta_version']}")
    found = [
        ("Verilog made by", ", ".join(made)),
        ("SHA-256 of it", result["verilog_sha256"]),
        ("measured by", ", ".join(used)),
        ("hard multipliers", "may be used" if result["dsp"] else "not used"),
    ]
    if "cells" in result:
        found.append(("cells", number(result["cells"])))
    if "liberty" in result:
        library = result["liberty"]
        found.append(("cell library", f"{library['file']}, SHA-256 {library['sha256']}..."))
    return found


def speed(result: Result) -> list[Table]:
    """Clock and power, as far as they are known."""
    found = []
    if "seeds" in result:
        rows = [[seed, number(fmax)] for seed, fmax in result["seeds"].items()]
        rows.append(["median", number(result["fmax_mhz"])])
        rows.append(["aimed at", number(result["clock_mhz"])])
        found.append(Table("Clock by seed", ["seed", "MHz"], rows))
    if "liberty" in result and result["critical_path"] is not None:
        path = result["critical_path"]
        rows = [
            ["clock aimed at", f"{number(result['clock_mhz'])} MHz"],
            ["slack", f"{number(result['slack_ns'])} ns"],
            ["critical path", f"{number(path['ns'])} ns"],
            ["from", path["start"]],
            ["to", path["end"]],
            ["buffers added", number(result["buffers"])],
        ]
        found.append(Table("Timing", ["what", "value"], rows))
    if result.get("gate_level") is not None:
        rows = [["power", f"{number(result['power_mw'])} mW"]]
        rows.append(["energy of a step", f"{number(result['energy_per_step_nj'])} nJ"])
        if result["energy_per_inference_nj"] is not None:
            energy = number(result["energy_per_inference_nj"])
            rows.append(["energy of an inference", f"{energy} nJ"])
        rows += [[words(name), number(value)] for name, value in result["gate_level"].items()]
        found.append(Table("Power, without memories", ["what", "value"], rows))
    return found
