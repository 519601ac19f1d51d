"""A network out of an ONNX file: its recurrent layers, what can be folded into them, and its head.

Everything is found in pieces, with probes in the places of the recurrent operators; then the whole
graph runs, from its real input to its real output, and what comes out has to be what the network
computes, for several lengths and batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pascaline.importers.affine import Affine
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.graph.axes import Axes, flat
from pascaline.importers.graph.chain import Chain
from pascaline.importers.graph.feeds import pinned
from pascaline.importers.graph.graph import Graph
from pascaline.importers.graph.operators import check_everywhere
from pascaline.importers.graph.quantised import leave_out_rounding
from pascaline.importers.graph.recurrent import layer_of
from pascaline.importers.graph.steps import SCALES, is_near
from pascaline.importers.graph.tail import Ending, OneStepError, Tail
from pascaline.importers.graph.whole import Whole
from pascaline.importers.labels import labels_in
from pascaline.importers.network import FloatLayer, FloatNetwork, Result
from pascaline.importers.plain import run_network
from pascaline.spec.errors import InputError

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["read_onnx"]


def read_onnx(path: Path, reading: Reading) -> Foreign:
    """Read a graph.

    It must have recurrent layers, one behind the other, each forward or bidirectional, and may have
    affines of each step in front of and between them, and one behind them; the last outputs, all of
    them, or the largest or mean of all steps before that. Of several outputs the first counts.

    Raises
    ------
    InputError
        If the file cannot be read, if its graph has anything else, which is named, or if it
        computes anything else.
    """
    try:
        import onnx  # noqa: F401
    except ModuleNotFoundError:
        raise InputError(str(path), "needs onnx (pip install pascaline[onnx])") from None
    for name in ("head", "part"):
        if (said := getattr(reading, name)) is not None:
            raise InputError(name, "must not be given: a graph is one network, with its head", said)
    graph = Graph(path)
    check_everywhere(graph)
    rounding = leave_out_rounding(graph)
    try:
        found = _read(graph, reading, Chain(graph))
    except InputError as error:
        found = _read_pinned(graph, reading, error)
    settings = {one.key: one.value for one in graph.model.metadata_props}
    labels = labels_in(settings, "the metadata")
    return replace(found, left_out=(*found.left_out, *rounding), labels=labels)


def _read_pinned(graph: Graph, reading: Reading, error: InputError) -> Foreign:
    """Read a graph that is right for a certain number of steps alone; else raise the error."""
    for number, sizes in pinned(graph):
        try:
            found = _read(graph, reading, Chain(graph, sizes=sizes))
        except InputError:
            continue
        said = f"{number} steps, as the graph has been traced with, stand for any number"
        return replace(found, assumed=(*found.assumed, said))
    raise error


def _read(graph: Graph, reading: Reading, chain: Chain) -> Foreign:
    """Read a graph in certain sizes."""
    layers: list[FloatLayer] = []
    seen = chain.seen()
    understood: list[str] = []
    first: tuple[Affine, list[Axes]] | None = None
    for index, node in enumerate(chain.nodes):
        affine, axes = chain.span(index).affine()
        first = first or (affine, axes)
        layer = layer_of(graph, node, seen.given[index], seen.values)
        if not affine.trivial:
            layer = layer.behind(affine)
            understood.append(_said(chain, index))
        layers.append(layer)
    assert first is not None
    tail, ending = chain.tail()
    result, head, guessed = _read_tail(graph, tail, reading)
    bare = head.trivial and ending.output is None
    network = FloatNetwork(
        layers=tuple(layers),
        head_weight=None if bare else head.weight,
        head_bias=None if bare else head.bias,
        result=result,
        output=ending.output,
        symbols=chain.symbols is not None,
    )
    _check_cell(graph.path, network, reading)
    _check_whole(Whole(graph, chain), network, first[1], tail, ending)
    understood += [
        f"{_named(node)} at the end is left out: {ending.output} instead" for node in ending.nodes
    ]
    understood += _beside(layers)
    states = chain.feeds.states
    others = [value.name for value in graph.model.graph.output[1:]]
    return Foreign(
        network=network,
        source="ONNX",
        understood=(*understood, f"result: {result}"),
        assumed=(
            *(f"initial state {name}, an input of the graph, is zero" for name in states),
            *guessed,
            *_fixed_steps(tail, result),
        ),
        left_out=(*(f"output {name}" for name in others), *chain.feeds.idle),
    )


def _read_tail(
    graph: Graph, tail: Tail, reading: Reading
) -> tuple[Result, Affine, tuple[str, ...]]:
    """What is taken of the outputs, what is made of it, and what had to be assumed."""
    try:
        return *tail.read(reading.result), ()
    except OneStepError as error:
        # A graph for sequences of one step may run with more of them.
        try:
            other, _ = Chain(graph, opened=True).tail()
            found, _ = other.read(None)
        except InputError:
            raise error from None
        if found not in error.fitting:
            raise
        result, affine = tail.read(found)
        said = f"sequences of more than the one step of the graph: result {found}, as it runs then"
        return result, affine, (said,)


def _fixed_steps(tail: Tail, result: Result) -> tuple[str, ...]:
    """What has to be assumed of a graph that is made for one number of steps."""
    if len(tail.steps) > 1 or 1 in tail.steps or result == "every":
        return ()
    (steps,) = tail.steps
    line = f"sequences of other lengths than the {steps} steps of the graph: result {result}, too"
    if result == "mean":
        line += f" (a sum of {steps} steps would look the same)"
    return (line,)


def _beside(layers: Sequence[FloatLayer]) -> list[str]:
    """What layers have beside matrices and biases."""
    lines = []
    for index, layer in enumerate(layers):
        if layer.parts[0].peephole is not None:
            lines.append(f"layer {index}: gates see the cell through peepholes")
        if layer.started:
            lines.append(f"layer {index}: every sequence starts from constants, not from zero")
    return lines


def _said(chain: Chain, index: int) -> str:
    """What has been folded into a layer."""
    names = [_named(node) for node in chain.between(index)]
    if index == 0 and chain.symbols is not None:
        return f"{', '.join(names)}: a table of {chain.symbols} symbols, folded into layer 0"
    return f"{', '.join(names)}: an affine of each step, folded into layer {index}"


def _named(node: NodeProto) -> str:
    return f"{node.op_type} {node.name}".strip()


def _check_cell(path: Path, network: FloatNetwork, reading: Reading) -> None:
    cells = {layer.cell for layer in network.layers}
    if reading.cell is not None and cells != {reading.cell}:
        raise InputError(f"{path}: cell", f"must be {', '.join(sorted(cells))}", reading.cell)


def _check_whole(
    whole: Whole, network: FloatNetwork, axes: Sequence[Axes], tail: Tail, ending: Ending
) -> None:
    """Whether the graph computes what the network does."""
    for trial in range(whole.trials):
        for scale in SCALES:
            given, vectors = whole.draw(trial, network, axes[trial], scale)
            found = whole.run(trial, given, ending.core)
            wanted = run_network(network, vectors)
            if not is_near(flat(found, tail.axes[trial]), wanted):
                rule = "must compute what its layers compute, with a dense layer if any"
                raise InputError(str(whole.path), rule)
