"""The page of ``compare``: two designs side by side, and its table."""

from __future__ import annotations

from typing import Any

from pascaline.pages.environment import environment
from pascaline.pages.tables import Table
from pascaline.pages.words import number

__all__ = ["page", "side_table"]


def page(found: dict[str, Any]) -> str:
    """The page of what ``compare --json`` prints.

    Parameters
    ----------
    found : dict
        As `measure.compared.compare` makes it, with its ``command``.
    """
    one = side_table(found)
    template = environment().get_template("compare.html.jinja")
    return template.render(found=found, table_=one, advice=_advice(found))


def side_table(found: dict[str, Any]) -> Table:
    """A row for each figure; what is better is marked."""
    names = [f"{side}: {one['model']}" for side, one in zip("AB", found["results"], strict=True)]
    rows = [
        [
            row["what"],
            *(number(value) for value in row["values"]),
            "" if row["ratio"] is None else f"{row['ratio']:.3g}",
            "" if row["better"] is None else "AB"[row["better"]],
        ]
        for row in found["rows"]
    ]
    return Table("Side by side", ["what", *names, "B / A", "better"], rows)


def _advice(found: dict[str, Any]) -> str:
    """Which is the better one, in a sentence."""
    better = [[row["what"] for row in found["rows"] if row["better"] == side] for side in (0, 1)]
    if not any(better):
        return "Neither is better in anything that is known of both."
    first, second = (", ".join(names) for names in better)
    if first and second:
        return f"Take A for {first}; take B for {second}: each costs something of the other."
    side, names = ("A", first) if first else ("B", second)
    return f"Take {side}: it is better in {names}, and worse in nothing."
