"""Folders for what is being made: none outlives its owner for long, and none is taken from it."""

import multiprocessing
import os
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from pascaline.spec.errors import InputError
from pascaline.spec.files import replacing, write_atomic
from pascaline.spec.scratch import locked, own_temporary, scratch, sweep


def test_a_folder_is_there_as_long_as_it_is_used(tmp_path):
    with scratch(tmp_path / "new") as folder:
        (folder / "file").touch()
        sweep(folder.parent)
        assert (folder / "file").exists()
    assert names(tmp_path / "new") == []


def test_what_a_killed_process_has_left_is_removed(tmp_path):
    context = multiprocessing.get_context("fork")
    began = context.Event()

    def forever():
        with scratch(tmp_path) as folder, locked(tmp_path, "key"):
            (folder / "file").touch()
            began.set()
            signal.pause()

    process = context.Process(target=forever)
    process.start()
    assert began.wait(20)
    sweep(tmp_path)
    assert len(names(tmp_path)) == 3
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    (tmp_path / ".pascaline").mkdir()
    (tmp_path / "pascaline-of_a_user").mkdir()
    sweep(tmp_path)
    assert names(tmp_path) == [".pascaline", "pascaline-of_a_user"]


def test_one_has_a_lock_at_a_time(tmp_path):
    inside, most, over = [], [], Event()

    def work():
        for _ in range(50):
            with locked(tmp_path, "key"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()
        over.set()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while not over.is_set():
        sweep(tmp_path)
    for thread in threads:
        thread.join()
    assert len(most) == 200
    assert set(most) == {1}
    assert names(tmp_path) == []


def test_temporary_files_are_in_one_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with own_temporary():
        made = Path(tempfile.mkdtemp())
        assert os.environ["TMPDIR"] == str(made.parent)
        assert made.parent.parent == tmp_path
    assert names(tmp_path) == []
    assert os.environ["TMPDIR"] == str(tmp_path)
    assert tempfile.tempdir is None


def test_there_may_be_no_place_for_them(monkeypatch):
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/proc/nowhere")
    with own_temporary():
        assert tempfile.tempdir != "/proc/nowhere"


def test_files_are_whole_or_not_at_all(tmp_path):
    path = tmp_path / "ä b" / "file"
    write_atomic(path, "one")
    with suppress(KeyboardInterrupt), replacing(path) as new:
        new.write_text("tw")
        raise KeyboardInterrupt
    assert path.read_text() == "one"
    assert names(path.parent) == ["file"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()
    with pytest.raises(InputError, match="cannot be written"), replacing(path / "below"):
        pass


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def _umask():
    found = os.umask(0)
    os.umask(found)
    return found
