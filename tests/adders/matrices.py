"""Matrices of all kinds, small."""

import numpy as np
from hypothesis import strategies as st

KINDS = {
    "binary": [-1, 1],
    "ternary": [-1, 0, 1],
    "sparse": [0, 0, 0, -1, 1],
    "powers": [0, *(s << k for k in range(5) for s in (-1, 1))],
    "small": list(range(-20, 21)),
    "wide": [0, 1, -(2**30) + 1, 2**30 - 12345],
}


@st.composite
def matrices(draw):
    """Of any kind, with rows of zeros, equal rows and opposite ones."""
    kind = draw(st.sampled_from(list(KINDS)))
    rows, columns = draw(st.integers(0, 9)), draw(st.integers(0, 9))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    matrix = random.choice(KINDS[kind], (rows, columns)).astype(np.int64)
    for r in range(rows):
        twist = draw(st.sampled_from(["none"] * 6 + ["zero", "same", "opposite", "double"]))
        other = int(random.integers(rows))
        if twist == "zero":
            matrix[r] = 0
        elif twist != "none":
            matrix[r] = matrix[other] * {"same": 1, "opposite": -1, "double": 2}[twist]
    return matrix


def drawn(kind, rows, columns=None, seed=0):
    """A random matrix of a kind."""
    shape = (rows, rows if columns is None else columns)
    return np.random.default_rng(seed).choice(KINDS[kind], shape).astype(np.int64)
