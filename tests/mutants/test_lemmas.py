"""Lemmas: words, and induction over one cycle of a small machine that all runs know."""

import numpy as np
import pytest

from mutants.bitparallel import BitParallel
from mutants.environment import environment
from mutants.graph import Builder, Graph
from mutants.induction import Induction
from mutants.lemmas import LEMMAS
from mutants.lemmas.words import State, Word, every, total
from mutants.machines import machine
from mutants.netlist import list_mutants, netlist, netlist_graph
from mutants.runs import Runs
from pascaline.hdl.verilog import generate
from tests.mutants.test_mutants import AROUND, COUNT, VERILOG
from tests.tools import program


@pytest.fixture(scope="module")
def graph():
    """With mutants of all but outputs of registers, which have no names in it then."""
    rtlil = netlist(VERILOG, "top")
    mutants = enumerate(list_mutants(rtlil, COUNT, 0), start=1)
    inner = {number: mutant for number, mutant in mutants if "-port Q" not in mutant}
    return Graph.read(netlist_graph(rtlil, inner, AROUND))


@pytest.fixture(scope="module")
def found(graph):
    """What runs say of all numbers, also of those that are no mutants here."""
    runs = Runs(graph, BitParallel(graph))
    return runs.random(list(range(1, COUNT + 1)), 16000, np.random.default_rng(0))


def constant(value, size):
    return Word(Builder(0, 0), [value >> k & 1 for k in range(size)])


def number(word):
    return sum(bit << k for k, bit in enumerate(word.bits))


@pytest.mark.parametrize("a", range(8))
@pytest.mark.parametrize("b", range(8))
def test_words_are_numbers(a, b):
    one, two = constant(a, 3), constant(b, 3)
    assert number(one + two) == a + b
    assert number(total([one, two, constant(1, 1)])) == a + b + 1
    assert number(one & two) == a & b
    assert number(one | two) == a | b
    assert number(one ^ two) == a ^ b
    assert number(one.is_(two)) == number(one.is_(b)) == (a == b)
    assert number(one.at_most(b)) == (a <= b)
    assert number(one.any()) == (a > 0)
    assert number(every([one.is_(a), two.is_(a)])) == (a == b)
    assert number(constant(a > 3, 1).implies(constant(b > 3, 1))) == (a <= 3 or b > 3)
    places = [constant(5 * k % 8, 3) for k in range(8)]
    assert number(one.chooses(*places)) == 5 * a % 8


def counts_to_two(s: State) -> Word:
    return ~s["machine.count"].is_(3)


def counts_to_one(s: State) -> Word:
    return s["machine.count"].at_most(1)


def test_a_lemma_must_hold_in_all_states(graph):
    program("yosys-abc", package="yosys")
    assert Induction(graph, 0, (), [counts_to_two]).broken() == []
    assert Induction(graph, 0, (), [counts_to_one]).broken() == ["counts_to_one"]
    assert not Induction(graph, 0, (), [counts_to_one]).proven()


def test_a_lemma_must_hold_at_the_start(graph):
    program("yosys-abc", package="yosys")

    def never_counts(s):
        return ~s["machine.count"].is_(0) & ~s["machine.count"].is_(3)

    assert Induction(graph, 0, (), [never_counts]).broken()[0] == "never_counts"
    assert not Induction(graph, 0, (), [never_counts]).proven()


def test_no_mutant_is_proven_that_differs(graph, found):
    """Also where some registers are its own; and with the lemma more of them are proven."""
    program("yosys-abc", package="yosys")

    def proven(number, *lemmas):
        return Induction(graph, number, found[number].latches, lemmas).proven()

    same = {number for number, run in found.items() if run.witness is None}
    without = {number for number in found if proven(number)}
    helped = {number for number in found if proven(number, counts_to_two)}
    assert without < helped <= same


def test_registers_differ_only_when_it_is_said(graph, found):
    """Of a mutant that keeps another number where nobody looks."""
    program("yosys-abc", package="yosys")
    hidden = [n for n, run in found.items() if run.witness is None and run.latches]
    assert hidden

    def never(s):
        return ~s.may_differ(r"machine\.y")

    def unseen(s):
        return s.may_differ(r"machine\.y").implies(~s["machine.valid"])

    for number in hidden:
        own = found[number].latches
        assert "never" in Induction(graph, number, own, [never]).broken()
        assert Induction(graph, number, own, [counts_to_two, unseen]).proven()


@pytest.mark.long
@pytest.mark.parametrize("name", LEMMAS)
def test_lemmas_hold_of_their_machines(name):
    """Without any mutant; slices of mutants use them."""
    program("yosys-abc", package="yosys")
    design = machine(name).design
    rtlil = netlist(generate(design).text, design.name)
    graph = Graph.read(netlist_graph(rtlil, {1: list_mutants(rtlil, 1, 0)[0]}, environment(design)))
    assert Induction(graph, 0, (), LEMMAS[name]).broken() == []
