"""How near a model is to the network that it was made of, as tables of its card."""

from __future__ import annotations

from typing import Any

from pascaline.pages.tables import Table

__all__ = ["precision_tables"]

NAMES = {"pre": "z", "c": "c", "h": "h"}
"""What is compared, by the names that people use."""

SHOWN = 3
"""Formats of which the next bit is told."""


def precision_tables(found: dict[str, Any]) -> list[Table]:
    """Tables of ``card["precision"]``, or of what ``evaluate`` finds beside a float network.

    Parameters
    ----------
    found : dict
        As `importers.calibrate.precision` makes it.
    """
    made = [_summary(found), _layers(found), _limits(found)]
    if found.get("quantized"):
        rows = [[row["matrix"], row["snr"], row["rule"]] for row in found["quantized"]]
        columns = ["matrix", "dB of products", "dB by the rule of 0.7"]
        made.append(Table("What binary or ternary weights leave", columns, rows))
    next_bits = [row for row in found.get("next_bit", ()) if row["gain"] is not None][:SHOWN]
    if next_bits:
        rows = [
            [row["format"], row["now"], row["wider"], f"{row['gain']:+.2f}"] for row in next_bits
        ]
        made.append(Table("What the next bit would buy", ["format", "is", "would be", "dB"], rows))
    return made


def _summary(found: dict[str, Any]) -> Table:
    x = found["x"]
    rows: list[list[Any]] = []
    decided = "same decisions" if found["head"] else "same largest outputs"
    if "bits" in found:
        rows.append(["data", f"{found['sequences']:,} sequences, {found['steps']:,} steps"])
        rows.append(["bits of signals", str(found["bits"])])
    rows += [
        ["h of the last layer", f"{found['snr']:.1f} dB"],
        ["results", f"{found['results_snr']:.1f} dB"],
        [decided, f"{found['agreement']:.2f} % of {found['results']:,}"],
        ["x", f"{x['format']}, {_percent(x['cut'])} of inputs are cut"],
    ]
    if head := found["head"]:
        scales = "a scale a row" if head["scaled"] else "one scale for all rows"
        dead = f", {head['dead']} of them now 0" if head["dead"] else ""
        rows.append(["head", f"{head['rows']:,} rows{dead}, {scales}"])
    rows += [["warning", line] for line in found["warnings"]]
    return Table("Precision, against the float network", ["what", "value"], rows)


def _layers(found: dict[str, Any]) -> Table:
    rows = []
    for index, layer in enumerate(found["layers"]):
        snr = {
            name: f"{layer['snr'][key]:.1f}" for key, name in NAMES.items() if key in layer["snr"]
        }
        formats = ", ".join(f"{key} {form}" for key, form in layer["formats"].items())
        dead = sum(layer["dead"].values())
        rows.append([index, layer["cell"], *(snr.get(name, "") for name in NAMES.values())])
        rows[-1] += [f"{dead} of {len(layer['dead']) * layer['rows']}", formats]
    columns = ["layer", "cell", *(f"{name}, dB" for name in NAMES.values()), "dead rows", "formats"]
    return Table("Layers", columns, rows)


def _limits(found: dict[str, Any]) -> Table:
    rows = []
    for index, layer in enumerate(found["layers"]):
        for key, parts in layer["limits"].items():
            texts = ", ".join(f"{name} {_percent(part)}" for name, part in parts.items())
            rows.append([index, key, layer["formats"][key], texts])
    return Table("Values at the ends of their formats", ["layer", "format", "is", "values"], rows)


def _percent(part: float) -> str:
    return f"{100 * part:.3g} %"
