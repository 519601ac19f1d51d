"""Proofs: what holds is proven, what does not is refuted, and all claims are told apart."""

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.cli.guard import guarded
from pascaline.spec.errors import InputError
from prove.__main__ import main
from prove.claim import SOLVERS, Claim, prove
from prove.groups import GROUPS, all_claims
from prove.images import CHANGES
from prove.traffic import feed

QUICK = (
    "buses: Wishbone",
    "cells: RNN, relu",
    "head: largest logit",
    "sequencer: order, one layer",
)


class Hasty(wiring.Component):
    """A stream whose payload does not wait."""

    i: In(stream.Signature(2))
    o: Out(stream.Signature(2))

    def elaborate(self, platform):
        m = Module()
        with m.If(self.i.valid):
            m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(self.i.payload)]
        m.d.comb += self.i.ready.eq(1)
        return m


def hasty(harness):
    dut = harness.place(Hasty(), "hasty")
    feed(harness, dut.i, "i")
    harness.m.d.comb += dut.o.ready.eq(harness.free(1, "ready"))
    harness.stable(dut.o)


@pytest.fixture
def command(capsys):
    """Run the command in this process; returns status, standard output, standard error."""

    def call(*words):
        status = guarded(lambda: main.main(words, standalone_mode=False))
        return status, *capsys.readouterr()

    return call


def below(process):
    """Processes that a process has started, and theirs, with their command lines."""
    found = {}
    with suppress(OSError):  # It has ended.
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                found[child] = Path(f"/proc/{child}/cmdline").read_text()
                found |= below(child)
    return found


@pytest.mark.usefixtures("solvers")
@pytest.mark.parametrize("name", QUICK)
def test_what_holds_is_proven(name, tmp_path):
    [claim] = [claim for claim in all_claims() if claim.name == name]
    proof = prove(claim, tmp_path)
    assert (proof.outcome, proof.folder) == ("proven", None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("solvers")
@pytest.mark.parametrize("mode", ["bmc", "prove"])
def test_what_does_not_hold_is_refuted_with_a_trace(mode, tmp_path):
    proof = prove(Claim("hasty: a beat", hasty, 5, mode), tmp_path)
    assert proof.outcome == "refuted"
    assert list(proof.folder.glob("claim/engine_0/trace*.vcd"))


def test_a_solver_that_is_not_there_is_named(monkeypatch, tmp_path):
    def none(tool, hint):
        raise InputError(tool, f"is not installed ({hint})")

    monkeypatch.setattr("prove.claim.find_tool", none)
    proof = prove(Claim("hasty: a beat", hasty, 5), tmp_path)
    rule = "yosys-abc: is not installed (apt install yosys)"
    assert proof.outcome == f"not proven ({rule})"


def test_nothing_is_tried_without_a_solver(command, monkeypatch):
    for mode in SOLVERS:
        monkeypatch.setitem(SOLVERS, mode, ("no-such-solver", "apt install it"))
    line = "pascaline: no-such-solver: is not installed (apt install it)\n"
    assert command("buses") == (2, "", line)


def test_any_change_of_a_word_changes_the_checksum():
    """What the bits change are independent: no exclusive or of some of them is 0."""
    found = []
    for change in CHANGES:
        for one in found:
            change = min(change, change ^ one)
        assert change
        found.append(change)


def test_claims_have_names_of_their_own():
    names = [claim.name for claim in all_claims()]
    assert len(set(names)) == len(names)
    assert {claim.group for claim in all_claims()} == {
        group.__name__.split(".")[1] for group in GROUPS
    }


@pytest.mark.usefixtures("solvers")
def test_command(command):
    status, out, _ = command("one elastic", "--json")
    assert status == 0
    found = json.loads(out)
    assert (found["claims"], found["failed"]) == (1, 0)
    assert found["proofs"][0]["outcome"] == "proven"


def test_words_of_no_claim(command):
    line = "pascaline: no claim has one of nothing like it in its name\n"
    assert command("nothing like it") == (2, "", line)


@pytest.mark.usefixtures("solvers")
def test_a_stop_ends_what_runs():
    # This one takes a minute.
    words = [sys.executable, "-m", "prove", "images: checksum"]
    running = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    while "sby" not in " ".join((started := below(running.pid)).values()):
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    _, err = running.communicate(timeout=20)
    assert (running.returncode, err) == (143, "pascaline: terminated\n")
    # What Python has beside its workers ends a little later, by itself.
    proving = [process for process, line in started.items() if "resource_tracker" not in line]
    assert not [process for process in proving if Path(f"/proc/{process}").exists()]
