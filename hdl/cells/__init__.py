"""The element-wise part of a step: cells, one module each, and what feeds them.

- `unit`: what the units of all cells have in common;
- `lstm`, `gru`, `rnn`: their formulas, a pipeline each;
- `groups`: units side by side, their scales and biases, and the memory of c;
- `serial`: an LSTM on one multiplier.
"""
