"""However a command ends, there is one line, a status of its own, and no child."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pascaline.cli.guard import FAULT

FULL = Path("/dev/full")

STARTS = """
import signal, subprocess, sys
from pascaline.cli.guard import guarded
# It is ignored where the tests run in the background of a shell.
signal.signal(signal.SIGINT, signal.default_int_handler)
# A grandchild that its parent has left, in a session of its own.
leaves = (
    "import os, subprocess;"
    "one = subprocess.Popen(['sleep', '60'], start_new_session=True);"
    "print(one.pid, file=open('{}', 'w'), flush=True); os._exit(0)"
)
command = ["sh", "-c", '"$0" -c "$1"; exec sleep 60', sys.executable, leaves]
sys.exit(guarded(lambda: subprocess.run(command, check=False)))
"""


def failing(monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("pascaline.cli.show.find_design", fail)


def is_running(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (
            KeyError("what"),
            FAULT,
            "this is a fault of pascaline: KeyError: 'what' (at pascaline.cli.show:",
        ),
        (EOFError(), FAULT, "this is a fault of pascaline: EOFError (at pascaline."),
        (RecursionError("a\nb"), FAULT, "this is a fault of pascaline: RecursionError: a b (at "),
        (MemoryError(), 2, "memory: must be more than there is for this\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (OSError(28, "No space left", "/x"), 2, "/x: cannot be used (No space left)\n"),
        (FileNotFoundError(2, "No such file", "/x"), FAULT, "this is a fault of pascaline: "),
    ],
)
def test_one_line_and_a_status_of_its_own(pascaline, monkeypatch, error, status, text):
    failing(monkeypatch, error)
    found, out, err = pascaline("show", "tiny-binary")
    assert (found, out) == (status, "")
    assert err.startswith(f"pascaline: {text}"), err
    assert err.count("\n") == 1


def test_a_traceback_if_one_asks_for_it(pascaline, monkeypatch):
    failing(monkeypatch, ZeroDivisionError("why"))
    assert "PASCALINE_DEBUG=1" in pascaline("show", "tiny-binary")[2]
    monkeypatch.setenv("PASCALINE_DEBUG", "1")
    status, _, err = pascaline("show", "tiny-binary")
    assert status == FAULT
    assert err.startswith("Traceback (most recent call last):")
    assert err.splitlines()[-1].startswith("pascaline: this is a fault of pascaline: ")


@pytest.mark.parametrize(
    ("sent", "status", "text"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_no_child_is_left(tmp_path, sent, status, text):
    said = tmp_path / "pid"
    running = subprocess.Popen(
        [sys.executable, "-c", STARTS.format(said)], stderr=subprocess.PIPE, text=True
    )
    while not (said.exists() and said.read_text()):
        time.sleep(0.02)
    grandchild = int(said.read_text())
    assert is_running(grandchild)
    running.send_signal(sent)
    _, err = running.communicate(timeout=20)
    assert (running.returncode, err) == (status, f"pascaline: {text}\n")
    assert not is_running(grandchild)


def test_workers_end_without_another_line(tmp_path):
    words = ["fuzz", "--files", "100000", "--format", "json", "--jobs", "1"]
    running = subprocess.Popen(
        [sys.executable, "-m", "pascaline.cli", *words], stderr=subprocess.PIPE, text=True
    )
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    while len(children.read_text().split()) < 2:  # A worker, and the tracker beside it.
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    _, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (143, "pascaline: terminated\n")


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "words",
    [
        ["show", "tiny-binary"],
        ["show", "tiny-binary", "--json"],
        # This one exits by itself.
        ["fuzz", "--files", "1", "--format", "json"],
    ],
)
def test_output_that_cannot_be_written(words):
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pascaline.cli", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "No space left on device" in done.stderr
