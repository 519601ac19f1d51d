"""The element-wise part of a step: cells, one module each, and what feeds them.

- `unit`: what the units of all cells have in common;
- `lstm`, `gru`, `rnn`: their formulas, a pipeline each;
- `groups`: units side by side, their scales and biases, and the memory of c;
- `finishing`: units from c to h, where c of all units is standardised first;
- `ordered`: memories of scales and biases, group by group;
- `serial`: an LSTM on one multiplier;
- `bitserial`: an LSTM on one adder.
"""

from pascaline.hdl.cells.gru import GruUnit
from pascaline.hdl.cells.lstm import LstmUnit
from pascaline.hdl.cells.rnn import RnnUnit

__all__ = ["CELLS"]

CELLS = {
    "lstm": LstmUnit,
    "gru": GruUnit,
    "rnn": RnnUnit,
}
"""The unit of each kind of cell."""
