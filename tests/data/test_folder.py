from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.data.folder import read_folder, split
from pascaline.spec.errors import InputError


def fill(path: Path, counts: dict[str, int], inputs: int = 2) -> Path:
    """A folder for each class, files of both kinds."""
    rng = np.random.default_rng(len(counts))
    for name, count in counts.items():
        (path / name).mkdir(parents=True)
        for index in range(count):
            sequence = rng.normal(size=(int(rng.integers(1, 9)), inputs)).astype(np.float32)
            if index % 2:
                np.save(path / name / f"{index}.npy", sequence)
            else:
                np.savetxt(path / name / f"{index}.csv", sequence, delimiter=",", fmt="%.9g")
    return path


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    folder = read_folder(fill(tmp_path, {"no": 3, "yes": 2, "10": 1, "9": 1}))
    assert folder.classes == ("9", "10", "no", "yes")
    assert folder.part.labels.tolist() == [0, 1, 2, 2, 2, 3, 3]
    assert folder.inputs == 2
    # A text has more digits than 32 bits keep.
    kinds = {sequence.dtype.name for sequence in folder.part.sequences}
    assert kinds == {"float32", "float64"}


def test_labels_in_a_file(tmp_path: Path) -> None:
    fill(tmp_path / "wave", {"a": 2, "b": 1})
    lines = ["file,label", "wave/b/0.csv, up", 'wave/a/1.npy,"down, slowly"', "wave/a/0.csv,up", ""]
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    folder = read_folder(tmp_path)
    assert folder.classes == ("down, slowly", "up")
    assert folder.part.labels.tolist() == [1, 0, 1]
    np.testing.assert_array_equal(
        folder.part.sequences[1], np.load(tmp_path / "wave" / "a" / "1.npy")
    )


def test_kinds_of_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / ".hidden").write_text("?")
    (tmp_path / "a" / "0.csv").write_bytes(b"\xef\xbb\xbfleft, right\r\n1, -2e-1\r\n\r\n3,4\r\n")
    np.save(tmp_path / "a" / "1.npy", np.array([[1, 2]], np.int16))
    np.save(tmp_path / "b" / "2.npy", np.ones((1, 2), np.float64))
    found = read_folder(tmp_path).part.sequences
    np.testing.assert_allclose(found[0], [[1, -0.2], [3, 4]])
    np.testing.assert_array_equal(found[1], [[1, 2]])


def test_one_input(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "0.npy", np.arange(5))
    assert read_folder(tmp_path).part.sequences[0].shape == (5, 1)


def test_split_depends_on_contents_alone(tmp_path: Path) -> None:
    first = read_folder(fill(tmp_path / "one", {"a": 10, "b": 23, "c": 2}))
    parts = split(first)
    assert np.bincount(parts.held_out.labels).tolist() == [2, 4, 1]
    assert np.bincount(parts.train.labels).tolist() == [8, 19, 1]
    for index, file in enumerate(sorted((tmp_path / "one" / "b").iterdir(), reverse=True)):
        file.rename(file.with_name(f"x{index}{file.suffix}"))
    again = read_folder(tmp_path / "one")
    assert again.sha256 == first.sha256

    def members(found: Any) -> set[bytes]:
        return {sequence.tobytes() for sequence in found.sequences}

    assert members(split(again).held_out) == members(parts.held_out)
    (tmp_path / "one" / "a" / "0.csv").write_text("1,2")
    assert read_folder(tmp_path / "one").sha256 != first.sha256


def test_equal_sequences_are_not_torn_apart(tmp_path: Path) -> None:
    fill(tmp_path, {"a": 4, "b": 4})
    for name in ("a", "b"):
        for index in range(4):
            file = next((tmp_path / name).glob(f"{index}.*"))
            file.with_name(f"copy-{file.name}").write_bytes(file.read_bytes())
    parts = split(read_folder(tmp_path))
    seen = {sequence.tobytes() for sequence in parts.train.sequences}
    assert not seen & {sequence.tobytes() for sequence in parts.held_out.sequences}
    assert len(parts.held_out) == 4


def put(name: str, content: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        (path / name).write_bytes(content)

    return change


def save(name: str, array: Any) -> Callable[[Path], None]:
    return lambda path: np.save(path / name, array)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (put("a/x.csv", b""), "/a/x.csv: must have at least one step and one input"),
        (put("a/x.csv", b"u,v\n"), "/a/x.csv: must have at least one step and one input"),
        (
            put("a/x.csv", b"1,2\n3,four\n"),
            "/a/x.csv: line 2: must be a number, finite in 32 bits, not 'four'",
        ),
        (
            put("a/x.csv", b"1,2\n\n3,nan\n"),
            "/a/x.csv: line 3: must be a number, finite in 32 bits, not 'nan'",
        ),
        (
            put("a/x.csv", b"1,2\n3,1e99\n"),
            "/a/x.csv: line 2: must be a number, finite in 32 bits, not '1e99'",
        ),
        (put("a/x.csv", b"1,2\n3\n"), "/a/x.csv: line 2: must have 2 cells as the lines before"),
        (put("b/x.csv", b"1,2,3\n"), "/b/x.csv: must have 2 inputs as "),
        (put("a/x.csv", b"\xff\xfe1"), "/a/x.csv: line 1: must be text in UTF-8"),
        (put("a/x.csv", b'1,"2\n'), "/a/x.csv: must be a csv file ("),
        (put("a/x.txt", b"1"), "/a/x.txt: must end with .npy, .csv, .wav, not '.txt'"),
        (put("a/x.npy", b"1"), "/a/x.npy: must be an npy file of numbers ("),
        (put("a/x.npy", b""), "/a/x.npy: must be an npy file of numbers ("),
        (
            save("a/x.npy", np.array([[1, 2], [np.nan, 3]])),
            "/a/x.npy: step 1, input 0: must be a number, finite in 32 bits, not 'nan'",
        ),
        (save("a/x.npy", np.zeros((0, 2))), "/a/x.npy: must have at least one step"),
        (
            save("a/x.npy", np.zeros((2, 2, 2))),
            "/a/x.npy: must be real numbers, [steps, inputs] or [steps], not 'float64[2, 2, 2]'",
        ),
        (save("a/x.npy", np.array(["a"])), "/a/x.npy: must be real numbers,"),
        (lambda path: (path / "a" / "x.csv").mkdir(), "/a/x.csv: cannot be read (Is a directory)"),
        (put("labels.csv", b""), "/labels.csv: line 1: must be file,label, not ''"),
        (
            put("labels.csv", b"file,label\n../x.csv,a\n"),
            "/labels.csv: line 2: must be a file in the folder, not '../x.csv'",
        ),
        (
            put("labels.csv", b"file,label\n/dev/zero,a\n"),
            "/labels.csv: line 2: must be a file in the folder, not '/dev/zero'",
        ),
        (
            put("labels.csv", b"file,label\n\0.csv,a\nx.csv,b\n"),
            "/\\x00.csv: must be the name of",
        ),
        (put("labels.csv", b"name,class\n"), "/labels.csv: line 1: must be file,label, not 'name,"),
        (
            put("labels.csv", b"file,label\na/0.csv\n"),
            "/labels.csv: line 2: must be a file and its label, not 'a/0.csv'",
        ),
        (
            put("labels.csv", b"file,label\na/0.csv,a\nnone.csv,b\n"),
            "/none.csv: no such file",
        ),
        (
            put("labels.csv", b"file,label\na/0.csv,a\n"),
            ": must have at least two classes: a folder for each, or labels.csv, not 'a'",
        ),
    ],
)
def test_bad_folder(change: Callable[[Path], None], text: str, tmp_path: Path) -> None:
    change(fill(tmp_path, {"a": 3, "b": 3}))
    with pytest.raises(InputError, match=f"^{re.escape(str(tmp_path) + text)}") as fault:
        read_folder(tmp_path)
    assert "\n" not in str(fault.value)


def test_no_class(tmp_path: Path) -> None:
    text = "must have at least two classes: a folder for each, or labels.csv$"
    with pytest.raises(InputError, match=text):
        read_folder(tmp_path)
    with pytest.raises(InputError, match=r"none: cannot be read \(No such file or directory\)$"):
        read_folder(tmp_path / "none")


def test_a_class_of_one_sequence(tmp_path: Path) -> None:
    text = r"^class b: must have at least two different sequences: one is held out, not 1$"
    with pytest.raises(InputError, match=text):
        split(read_folder(fill(tmp_path, {"a": 3, "b": 1})))
