"""Units of cells: new c and h are the formulas of `spec.cells`, so nothing overflows."""

from prove.cells import finish, gru, lstm, rnn, serial
from prove.cells.unit import claim

__all__ = ["CELLS", "claims"]

CELLS = {
    "lstm": lstm,
    "gru": gru,
    "rnn": rnn,
}
"""The formula of each kind of cell, and what is claimed of its unit."""


def claims():
    """All claims about units."""
    units = [
        claim(f"cells: {name}", cell.formula, layer, options)
        for cell in CELLS.values()
        for name, (layer, options) in cell.CASES.items()
    ]
    return units + serial.claims() + finish.claims()
