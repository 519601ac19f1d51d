"""The cache: an entry is there whole and right, or it is made again."""

import multiprocessing
import os
import signal
import subprocess
import sys
from threading import Thread

import pytest

from pascaline.golden.kernels import kernel
from pascaline.hdl.verilog import Verilog, generate
from pascaline.host.cache import kept, recalled, remembered
from pascaline.host.compiled import library
from pascaline.measure import simulation
from pascaline.sim.job import Episode, Job
from pascaline.sim.runner import build, run
from pascaline.sim.simulator import Simulator
from tests.sim.machines import design_of, sequences_of, tool_of

DAMAGE = {
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "empty": lambda file: file.write_bytes(b""),
    "another content": lambda file: file.write_bytes(b"{}"),
    "one bit": lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1, *b"wo three"])),
    "missing": lambda file: file.unlink(),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
    "cannot be run": lambda file: file.chmod(0o644),
    "one file too many": lambda file: file.with_name("more").touch(),
    "no list": lambda file: file.with_name("contents.txt").unlink(),
    "an empty list": lambda file: file.with_name("contents.txt").write_bytes(b""),
    "a list that is no text": lambda file: file.with_name("contents.txt").write_bytes(b"\xff"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_entry_is_made_again(damage, tmp_path):
    made = []

    def make(folder):
        made.append(folder)
        (folder / "one").write_text("one two three")
        (folder / "one").chmod(0o755)

    entry = kept(tmp_path, ["what"], make, name="some")
    assert kept(tmp_path, ["what"], make, name="some") == entry
    assert len(made) == 1
    damage(entry / "one")
    assert kept(tmp_path, ["what"], make, name="some") == entry
    assert len(made) == 2
    assert {file.name for file in entry.iterdir()} == {"one", "contents.txt"}
    assert (entry / "one").read_text() == "one two three"
    assert [file.name for file in tmp_path.iterdir()] == [entry.name]


@pytest.mark.parametrize("content", ["", "{", "{}", "[]"])
def test_a_damaged_result_is_not_recalled(content, tmp_path):
    assert recalled(tmp_path, ["what"]) is None
    assert remembered(tmp_path, ["what"], lambda: {"is": 1}) == {"is": 1}
    [file] = tmp_path.rglob("result.json")
    file.write_text(content)
    assert recalled(tmp_path, ["what"]) is None
    assert remembered(tmp_path, ["what"], lambda: {"is": 2}) == {"is": 2}
    assert recalled(tmp_path, ["what"]) == {"is": 2}


def test_what_an_entry_depends_on_is_not_run_together(tmp_path):
    for number, identity in enumerate((["a", "b"], ["ab"], ["a b"], ["", "ab"], [b"a", b"\nb"])):
        assert remembered(tmp_path, identity, lambda n=number: {"is": n}) == {"is": number}


def test_what_fails_is_not_kept(tmp_path):
    def fail(folder):
        (folder / "half").touch()
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        kept(tmp_path, ["what"], fail)
    assert not [*tmp_path.iterdir()]


class Copying(Simulator):
    """What it builds is the Verilog; the first build of A never ends."""

    name = "copying"
    identity = "copying"

    def __init__(self, began):
        self._began = began

    def check(self):
        pass

    def build(self, verilog, top, folder, *, waves):
        if self._began is not None:
            self._began.set()
            signal.pause()
        (folder / top).write_text(verilog)

    def runner(self):
        pass

    def recording(self):
        return {}


def test_a_run_that_waits_for_one_that_is_killed_builds_its_own_machine(tmp_path, monkeypatch):
    texts = {"A": "module machine; // A", "B": "module machine; // B"}
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path))
    monkeypatch.setattr(
        simulation, "make_verilog", lambda of, _: Verilog("machine", texts[of.machine], "", {}, {})
    )
    monkeypatch.setattr(
        simulation, "run", lambda job, folder, *_, **__: (folder / "machine").read_text()
    )
    monkeypatch.setattr(simulation, "bench", lambda job: None)

    class Named:
        name = "machine"

        def __init__(self, machine):
            self.machine = machine

    def simulated(machine, began=None):
        return simulation.run_design(Named(machine), Copying(began), Job(design=None, episodes=()))

    context = multiprocessing.get_context("fork")
    began, built = context.Event(), []
    first = context.Process(target=simulated, args=("A", began))
    first.start()
    assert began.wait(20)
    second = Thread(target=lambda: built.append(simulated("A")[1]))
    second.start()
    assert simulated("B")[1] == texts["B"]
    assert not built
    os.kill(first.pid, signal.SIGKILL)
    first.join()
    second.join(20)
    assert built == [texts["A"]]
    assert simulated("A")[1] == texts["A"]
    assert simulated("B")[1] == texts["B"]


def test_a_broken_simulation_is_built_again(tmp_path, rng):
    design, tool = design_of("tiny-binary"), tool_of("icarus")
    verilog = generate(design).text
    built = build(verilog, design.name, tool, tmp_path)
    (built / "sim.vvp").write_bytes(b"#!/bin/false\n")
    job = Job(design=design, episodes=(Episode(sequences=sequences_of(design, rng, [2])),))
    again = build(verilog, design.name, tool, tmp_path)
    assert again == built
    assert run(job, again, design.name, tool).good


def test_a_broken_library_is_compiled_again(tmp_path, monkeypatch):
    if kernel("pairs") is None:
        pytest.skip("there is no g++")
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path / "build"))
    source = tmp_path / "one more.cpp"
    source.write_text('extern "C" int one() { return 1; }')
    library(source, ())
    [made] = (tmp_path / "build").rglob("*.so")
    made.unlink()  # This process has its content in memory.
    made.write_bytes(b"{}")
    call = f"""
from pathlib import Path
from pascaline.host.compiled import library
print(library(Path({str(source)!r}), ()).one())
"""
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
