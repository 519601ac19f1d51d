"""Named machines in a simulator, for tests."""

from pascaline.hdl.verilog import generate
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


def simulate(design, tool, cache, folder, *episodes, change=None, verilog=None, **settings):
    """The outcome of a job; of Verilog that is changed or another one, if that is given."""
    verilog = verilog or generate(design)
    text = verilog.text if change is None else change(verilog.text)
    assert change is None or text != verilog.text
    path = folder / f"{verilog.name}.v"
    path.write_text(text)
    built = build(path, verilog.name, tool, cache)
    job = Job(design=design, episodes=episodes, **settings)
    return run(job, built, verilog.name, tool)
