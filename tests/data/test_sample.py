from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pascaline import models
from pascaline.data import sample, sets
from pascaline.data.recordings import read_recordings
from pascaline.data.sample import write_sample
from pascaline.data.sets import DataSet


def test_sample_is_the_start_of_the_held_out_part(
    tones: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sets.DATA_SETS, "digits", tones)
    monkeypatch.setattr(sample, "COUNT", 9)
    monkeypatch.setattr(models, "SAMPLE", tmp_path / "sample.npz")
    write_sample(models.SAMPLE)
    part, found = tones.load().held_out, read_recordings(models.SAMPLE)
    assert found.labels is not None
    assert found.labels.tolist() == part.labels[:9].tolist()
    for left, right in zip(found.sequences, part.sequences, strict=False):
        np.testing.assert_array_equal(left, right)
    content = models.SAMPLE.read_bytes()
    write_sample(models.SAMPLE)
    assert models.SAMPLE.read_bytes() == content
