"""Proofs: what holds is proven, what does not is refuted, and all claims are told apart."""

import json

import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from click.testing import CliRunner

from prove.__main__ import all_claims, main
from prove.claim import Claim, prove
from prove.streams import feed, stages
from spec.errors import InputError
from spec.tools import find_tool

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def solver():
    try:
        find_tool("z3", "pip install z3-solver")
    except InputError as error:
        pytest.skip(str(error))


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


def hasty(bench):
    dut = bench.place(Hasty(), "hasty")
    feed(bench, dut.i, "i")
    bench.m.d.comb += dut.o.ready.eq(bench.free(1, "ready"))
    bench.stable(dut.o)


def test_what_holds_is_proven(tmp_path):
    proof = prove(Claim("one stage", stages(1), 2, "prove"), tmp_path)
    assert (proof.outcome, proof.folder) == ("proven", None)
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_hold_is_refuted_with_a_trace(tmp_path):
    proof = prove(Claim("hasty: a beat", hasty, 5), tmp_path)
    assert proof.outcome == "refuted"
    assert list(proof.folder.glob("claim/engine_0/trace.vcd"))


def test_claims_have_names_of_their_own():
    names = [claim.name for claim in all_claims()]
    assert len(set(names)) == len(names)
    assert {claim.group for claim in all_claims()} == {"streams", "sums", "numbers"}


def test_command():
    done = CliRunner().invoke(main, ["one elastic", "--json"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert (found["claims"], found["failed"]) == (1, 0)
    assert found["proofs"][0]["outcome"] == "proven"
    assert CliRunner().invoke(main, ["nothing like it"]).exit_code == 2
