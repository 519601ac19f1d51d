"""A folder has the files of one run, and those of the user."""

import subprocess
from itertools import count
from pathlib import Path

import pytest

from pascaline.spec.errors import InputError
from pascaline.spec.manifest import MANIFEST, write_folder

ONE = {"one.v": "module one", "one.h": "register", "one.json": "{}"}
TWO = {"two.v": "module two", "one.h": "another register", "two.json": "{}"}


def contents(folder):
    return {file.name: file.read_text() for file in folder.iterdir() if file.name != MANIFEST}


def test_files_of_the_run_before_are_removed(tmp_path):
    (tmp_path / "mine.v").write_text("mine")
    assert write_folder(tmp_path, ONE) == []
    assert write_folder(tmp_path, TWO) == [tmp_path / "one.json", tmp_path / "one.v"]
    assert contents(tmp_path) == TWO | {"mine.v": "mine"}
    subprocess.run(["sha256sum", "-c", MANIFEST], cwd=tmp_path, check=True, capture_output=True)
    assert len((tmp_path / MANIFEST).read_text().splitlines()) == len(TWO)


def test_writing_the_same_again_touches_nothing(tmp_path):
    write_folder(tmp_path, ONE)
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in ONE}
    assert write_folder(tmp_path, ONE) == []
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in ONE} == before


def test_a_file_that_is_right_becomes_one_of_ours(tmp_path):
    (tmp_path / "one.v").write_text(ONE["one.v"])
    write_folder(tmp_path, ONE)
    assert tmp_path / "one.v" in write_folder(tmp_path, TWO)


OTHERS = {
    "of the user": ({}, lambda folder: (folder / "one.v").write_text("mine")),
    "changed": (ONE, lambda folder: (folder / "one.v").write_text("mine")),
    "old and changed": (ONE | {"old.v": "old"}, lambda folder: (folder / "old.v").write_text("")),
    "a link": (ONE, lambda folder: linked(folder / "one.v")),
    "a folder now": (ONE | {"old.v": "old"}, lambda folder: emptied(folder / "old.v").mkdir()),
}


def emptied(path):
    path.unlink()
    return path


def linked(path):
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


@pytest.mark.parametrize(("before", "change"), OTHERS.values(), ids=OTHERS)
def test_a_file_that_is_not_ours_is_refused(before, change, tmp_path):
    if before:
        write_folder(tmp_path, before)
    change(tmp_path)
    state = sorted((path, path.is_file() and path.read_text()) for path in tmp_path.iterdir())
    with pytest.raises(InputError, match=r"(one|old)\.v: is in the way: no run has written it so"):
        write_folder(tmp_path, ONE | {"one.h": "new"})
    after = sorted((path, path.is_file() and path.read_text()) for path in tmp_path.iterdir())
    assert after == state


@pytest.mark.parametrize("line", ["", "mine", f"{'0' * 64}  ../mine.v", f"{'0' * 64}  .."])
def test_a_manifest_of_somebody_else_is_refused(line, tmp_path):
    (tmp_path / MANIFEST).write_text(f"{'0' * 64}  one.v\n{line}\n")
    with pytest.raises(InputError, match=r"pascaline\.sha256: line 2: must be a checksum, two"):
        write_folder(tmp_path, ONE)
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]


def test_nothing_of_ours_is_a_folder(tmp_path):
    (tmp_path / "one.h").mkdir()
    with pytest.raises(InputError, match=r"one\.h: cannot be written \(Is a directory\)"):
        write_folder(tmp_path, ONE)
    assert names(tmp_path) == ["one.h"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("then", [ONE, TWO], ids=["the old ones", "the new ones"])
def test_a_run_that_is_killed_leaves_what_the_next_one_knows(then, tmp_path, monkeypatch):
    for last in count():
        folder = tmp_path / str(last)
        write_folder(folder, ONE)
        with monkeypatch.context() as patched:
            steps = count()
            for name in ("replace", "unlink"):
                stop_at(patched, name, steps, last)
            try:
                write_folder(folder, TWO)
            except KeyboardInterrupt:
                pass
            else:
                break
        for name, content in contents(folder).items():
            assert content in (ONE.get(name), TWO.get(name))
        write_folder(folder, then)
        assert contents(folder) == then
    assert last > len(TWO)


def stop_at(patched, name, steps, last):
    """Every call of this method of paths of results is a step; the last one does not come."""
    usual = getattr(Path, name)

    def method(self, *given):
        results = {*ONE, *TWO, "new", "both"}
        if self.name in results and next(steps) == last:
            raise KeyboardInterrupt
        return usual(self, *given)

    patched.setattr(Path, name, method)
