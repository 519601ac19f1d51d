"""Makes the recordings that are shipped beside the models.

``python -m train.sample models/digits-sample.npz``
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np

from spec.files import write_atomic
from train.data import data_set

__all__ = ["COUNT", "write_sample"]

COUNT = 64
"""Recordings in the sample."""


def write_sample(path: Path) -> None:
    """Write the first `COUNT` held-out recordings of the data set ``digits``, as they come."""
    indices = np.arange(COUNT)
    part = data_set("digits").load().held_out.take(indices)
    content = io.BytesIO()
    np.savez_compressed(
        content,
        features=np.concatenate(part.sequences),
        lengths=np.array([len(sequence) for sequence in part.sequences]),
        labels=part.labels,
        indices=indices,
    )
    write_atomic(path, content.getvalue())


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]))
