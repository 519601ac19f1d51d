"""Makes the recordings that are shipped beside the models.

``python -m pascaline.data.sample models/digits-sample.npz``
"""

from __future__ import annotations

import sys
from pathlib import Path

from pascaline.data.recordings import Recordings, write_recordings
from pascaline.data.sets import data_set

__all__ = ["COUNT", "write_sample"]

COUNT = 64
"""Recordings in the sample."""


def write_sample(path: Path) -> None:
    """Write the first `COUNT` held-out recordings of the data set ``digits``, as they come."""
    part = data_set("digits").load().held_out
    write_recordings(path, Recordings.of(part).first(COUNT))


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]))
