"""Sequences without labels, of files and folders."""

import numpy as np
import pytest

from pascaline.data.unlabelled import read_unlabelled
from pascaline.spec.errors import InputError

ONE = np.arange(6.0).reshape(3, 2)


def test_one_sequence(tmp_path):
    np.save(tmp_path / "a.npy", ONE)
    (tmp_path / "b.csv").write_text("left,right\n0,1\n2,3\n4,5\n")
    for name in ("a.npy", "b.csv"):
        (found,) = read_unlabelled(tmp_path / name)
        np.testing.assert_array_equal(found, ONE)


def test_a_batch(tmp_path):
    np.save(tmp_path / "a.npy", np.stack([ONE, ONE + 1]))
    np.testing.assert_array_equal(read_unlabelled(tmp_path / "a.npy"), [ONE, ONE + 1])


def test_an_archive(tmp_path):
    np.savez(tmp_path / "a.npz", b=np.stack([ONE, ONE + 1]), a=ONE[:1])
    assert [len(one) for one in read_unlabelled(tmp_path / "a.npz")] == [3, 3, 1]


def test_recordings_are_their_features(tmp_path):
    features = np.arange(4.0)[:, None]
    np.savez(tmp_path / "a.npz", features=features, lengths=[3, 1], labels=[0, 1])
    one, other = read_unlabelled(tmp_path / "a.npz")
    np.testing.assert_array_equal(one, features[:3])
    np.testing.assert_array_equal(other, features[3:])
    np.savez(tmp_path / "a.npz", features=np.array([[np.nan]]), lengths=[1])
    with pytest.raises(InputError, match=r"a.npz\[0\]: step 0, input 0: must be a number"):
        read_unlabelled(tmp_path / "a.npz")


def test_folders(tmp_path):
    np.save(tmp_path / "a.npy", ONE)
    (tmp_path / "deep").mkdir()
    np.save(tmp_path / "deep" / "b.npy", ONE[:2])
    (tmp_path / ".hidden").write_text("?")
    assert [len(one) for one in read_unlabelled(tmp_path)] == [3, 2]
    (tmp_path / "labels.csv").write_text("file,label\ndeep/b.npy,x\n")
    assert [len(one) for one in read_unlabelled(tmp_path)] == [2]


def test_symbols_are_numbers(tmp_path):
    np.save(tmp_path / "a.npy", np.array([3, 1, 2]))
    (found,) = read_unlabelled(tmp_path / "a.npy")
    np.testing.assert_array_equal(found, [[3], [1], [2]])


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.npy", b"garbage", r"a.npy: must be an npy file of numbers \("),
        ("a.npz", b"garbage", r"a.npz: must be an npz file of numbers \("),
        ("a.csv", b"1,2\n3,x\n", r"a.csv: line 2: must be a number, finite in 32 bits, not 'x'$"),
        ("a.csv", b"1,2\n3\n", r"a.csv: line 2: must have 2 cells as the lines before, not 1$"),
        ("a.csv", b"", "a.csv: must have at least one step and one input$"),
        ("a.txt", b"1", "a.txt: must end with .npy, .csv, .npz, .wav, not '.txt'$"),
    ],
)
def test_garbage(name, content, text, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=text):
        read_unlabelled(tmp_path / name)


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.zeros((2, 3, 4, 5)), r"must be real numbers, \[steps, inputs\] or \[steps\]"),
        (np.array([[[1.0, np.nan]]]), r"a.npy\[0\]: step 0, input 1: must be a number"),
        (np.array(["a"]), "must be real numbers"),
        (np.array([None]), r"must be an npy file of numbers"),
        (np.zeros((2, 0, 4)), r"a.npy\[0\]: must have at least one step and one input$"),
        (np.zeros((0, 3, 4)), r"a.npy: must have at least one sequence$"),
    ],
)
def test_wrong_arrays(array, text, tmp_path):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(InputError, match=text):
        read_unlabelled(tmp_path / "a.npy")


def test_other_widths_and_nothing(tmp_path):
    with pytest.raises(InputError, match=r"none: no such file or folder$"):
        read_unlabelled(tmp_path / "none")
    with pytest.raises(InputError, match=r"must have at least one sequence$"):
        read_unlabelled(tmp_path)
    np.save(tmp_path / "a.npy", ONE)
    np.save(tmp_path / "b.npy", ONE[:, :1])
    with pytest.raises(InputError, match=r"b.npy: must have 2 inputs as .*a.npy has, not 1$"):
        read_unlabelled(tmp_path)
