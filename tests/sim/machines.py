"""Named machines in a simulator, for tests."""

from pascaline.hdl.verilog import generate
from pascaline.measure.verdict import judge
from pascaline.sim.case import Case, CaseEpisode, CaseSequence, Traffic
from pascaline.sim.job import Job, Sequence
from pascaline.sim.runner import build, run
from pascaline.sim.simulators import simulator
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from tests.tools import missing


def tool_of(name):
    """The simulator; without it the test is skipped."""
    try:
        return simulator(name)
    except InputError as error:
        return missing(str(error))


def design_of(name, **machine):
    """A named configuration, with other parameters of its machine."""
    config = configs()[name]
    changed = config.machine.model_copy(update=machine)
    return Design(model=config.synthetic(name), machine=changed)


def sequences_of(design, rng, lengths):
    x = design.network.x.interval
    shape = design.network.inputs
    return tuple(
        Sequence(x=rng.integers(x.lo, x.hi, (length, shape), endpoint=True)) for length in lengths
    )


def simulate(design, tool, cache, *episodes, change=None, verilog=None, **settings):
    """The outcome of a job; of Verilog that is changed or another one, if that is given."""
    verilog = verilog or generate(design)
    text = verilog.text if change is None else change(verilog.text)
    assert change is None or text != verilog.text
    built = build(text, verilog.name, tool, cache)
    job = Job(design=design, episodes=episodes, **settings)
    return run(job, built, verilog.name, tool)


def case_of(layers, network, machine):
    """Short sequences: without pauses; then with pauses, states from before, and a reset."""
    machine = {"longest": 7} | machine
    lengths = [min(steps, machine["longest"]) for steps in (1, 1, 7, 2, 6, 1, 3)] * 3
    smooth = tuple(CaseSequence(steps=steps, seed=k) for k, steps in enumerate(lengths))
    rough = tuple(
        CaseSequence(steps=one.steps, seed=one.seed, state=k % 3, dump=k % 2 == 0)
        for k, one in enumerate(smooth)
    )
    pauses = {"i_x": 0.3, "o": 0.5, "i_state": 0.3}
    episodes = (
        CaseEpisode(sequences=rough, cut=97, shuffled=True),
        CaseEpisode(sequences=rough, shuffled=True),
    )
    traffic = (
        Traffic(episodes=(CaseEpisode(sequences=smooth),)),
        Traffic(episodes=episodes, pauses=pauses),
    )
    plain = {"inputs": 3, "layers": tuple(layers), **network}
    described = {"seed": 1, "network": plain, "machine": machine, "traffic": traffic}
    return Case.parse(described, thing="case")


def assert_exact(layers, network, machine, tool):
    """Results of such a case are those of golden, in the cycles of the formula."""
    verdict = judge(case_of(layers, network, machine), tool_of(tool).name)
    assert not verdict.faults
    assert verdict.values > 0
