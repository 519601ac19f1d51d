"""The graphs of adders of a design, and what they amount to."""

from pascaline.adders.kernels import available
from pascaline.adders.optimise import optimise
from pascaline.adders.start import plain
from pascaline.spec.core import Core
from pascaline.spec.design import Design
from pascaline.spec.image import gate_matrix
from pascaline.spec.progress import Progress, silent
from pascaline.spec.stages.core import CoreStage
from pascaline.spec.stages.decode import Decode

__all__ = ["column_ranges", "core_graph", "figures", "find_graphs"]


def find_graphs(design: Design, progress: Progress = silent) -> None:
    """Search for the graphs of all cores, so that `core_graph` then has them at hand.

    Parameters
    ----------
    design : Design
        A design whose weights are wires.
    progress : Progress
        Told how far the search is.
    """
    for stage in design.stages:
        if isinstance(stage, (CoreStage, Decode)):
            core_graph(stage.core, progress)


def core_graph(core: Core, progress: Progress = silent):
    """The graph that has the sums of all gate rows of a core, of all its passes and directions.

    Parameters
    ----------
    core : Core
        A core whose weights are wires.
    progress : Progress
        Told how far the search is.

    Returns
    -------
    Graph
        Its matrix is `spec.image.gate_matrix` of the core, which is checked here, always.
    """
    matrix = gate_matrix(core)
    graph = optimise(matrix, column_ranges(core), effort=core.machine.effort, progress=progress)
    if not (graph.matrix() == matrix).all():
        raise AssertionError("the graph of adders has another matrix than the gates")
    return graph


def figures(core: Core) -> dict[str, int]:
    """What the graph of a core amounts to.

    Returns
    -------
    dict
        ``adders``, with one for each number that is negated; ``bits`` of all that they add up;
        ``depth``, adders in a row; ``unshared``, adders that rows would take each by itself;
        ``cycles``, in which the sums come; ``effort`` of the search, 0 without g++.
    """
    graph, matrix = core_graph(core), gate_matrix(core)
    return {
        "adders": graph.adders,
        "bits": graph.bits(column_ranges(core)),
        "depth": graph.deepest,
        "cycles": core.drain.fill,
        "effort": core.machine.effort if available() else 0,
        "unshared": sum(len(terms) - 1 for terms in plain(matrix).lists if terms),
    }


def column_ranges(core: Core):
    """The range of what meets each column of the matrix, a list of Interval."""
    sources = core.passes[0].sources
    elements = core.wires.elements
    return [elements[one.name] for one in sources for _ in range(one.product.columns)]
