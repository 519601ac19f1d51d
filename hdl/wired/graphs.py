"""The graph of adders of a core."""

import numpy as np

from pascaline.adders.optimise import optimise
from pascaline.spec.core import Core
from pascaline.spec.image import gate_matrix
from pascaline.spec.progress import Progress, silent

__all__ = ["core_graph"]


def core_graph(core: Core, progress: Progress = silent):
    """The graph that has the sums of all gate rows of a core, of all its passes and directions.

    Parameters
    ----------
    core : Core
        A core whose weights are wires.
    progress : Progress
        Told how far the search for fewer adders is.

    Returns
    -------
    Graph
        Its matrix is `spec.image.gate_matrix` of the core, which is checked here, always.
    """
    matrix = gate_matrix(core)
    columns = {source.name: source.product.columns for source in core.passes[0].sources}
    ranges = [core.operands[name] for name, count in columns.items() for _ in range(count)]
    graph = optimise(matrix, ranges, effort=core.machine.effort, progress=progress)
    if not np.array_equal(graph.matrix(), matrix):
        raise AssertionError("the graph of adders has another matrix than the gates")
    return graph
