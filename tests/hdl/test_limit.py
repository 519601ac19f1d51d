"""Sequences with more steps than a machine can hold or count, in Amaranth's simulator."""

import pytest

from pascaline.sim.job import Episode, Job, Pauses, Sequence
from pascaline.spec.ports import ports
from tests.hdl.bench import run_job
from tests.models import make_chains, make_design

LENGTHS = (3, 12, 1, 4, 4, 2, 3, 5, 3)
LONGEST = 3

LIMITED = {name: design for name, design in make_chains().items() if design.limited}

QUICK = ("both directions, every", "mean", "attention", "decoder")


def slow(names):
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in names]


def sequences(design, rng):
    """Where machines keep states, some go on from the one before, and some are told."""
    kept = design.cores[0].stateful
    vectors = [design.entry.draw(rng, steps) for steps in LENGTHS]
    return tuple(
        Sequence(x=x, state=kept * (k % 2), dump=kept and k % 3 > 0) for k, x in enumerate(vectors)
    )


@pytest.mark.parametrize("name", slow(LIMITED))
def test_results_of_long_sequences_say_so(name, rng, seed):
    """And those of all others are right, as all states are."""
    machine = LIMITED[name].machine.model_copy(update={"longest": LONGEST})
    design = make_design(LIMITED[name].model, **machine.model_dump())
    episode = Episode(sequences=sequences(design, rng), shuffled=True)
    pauses = Pauses(i_x=0.2, o=0.6, o_state=0.5)
    outcome = run_job(Job(design=design, episodes=(episode,), pauses=pauses, seed=seed))
    assert outcome.good, outcome.faults
    assert outcome.steps == sum(LENGTHS)


def test_others_have_no_mark():
    for name, design in make_chains().items():
        bounded = name.startswith(("both", "mean", "attention", "decoder"))
        fields = [field.name for field in ports(design)["o"].layout.fields]
        plain = bounded and not design.machine.on_bus
        assert (fields[-1] == "long") == design.limited == plain, name
