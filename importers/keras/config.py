"""The configuration of a model: the layers of a chain, from input to output."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pascaline.importers.keras.entry import Entry, nested
from pascaline.importers.keras.variables import Variables, snake_case
from pascaline.spec.errors import InputError, brief

__all__ = ["MODELS", "entries_of"]

MODELS = ("Sequential", "Functional", "Model")
"""Classes that are chains or graphs of layers; the last is what Keras 2 calls the second."""

MOST = 1000
"""Layers of a file."""

OUTPUT = "only the outputs of a layer are supported, not its state"
"""What is said of a tensor that is not the first one of a layer."""

IDLE = (None, False)
"""Arguments that change nothing."""

Find = Callable[[str, str, str], Variables]
"""Variables of a layer: from its place in messages, its key in an archive, and its name."""


class Node(NamedTuple):
    """A layer before it is placed."""

    kind: str
    name: str
    settings: dict[str, Any]
    known: bool
    key: str
    arguments: Sequence[Any] = ()


def entries_of(path: str, text: str | bytes, find: Find) -> list[Entry]:
    """The layers of a chain.

    Parameters
    ----------
    path : str
        The file, for messages.
    text : str or bytes
        JSON of the model.
    find : callable
        What gives the variables of a layer.

    Raises
    ------
    InputError
        If this is no model, or one that is no chain; what branches is named.
    """
    try:
        model = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        raise InputError(path, f"must have a configuration in JSON ({reason})") from None
    kind, settings, known = nested(model)
    if kind not in MODELS or not known:
        rule = "must be a Sequential or Functional model: what a class of one's own computes is"
        raise InputError(path, f"{rule} in its code, not in the file", brief(kind))
    written = settings.get("layers")
    if isinstance(model.get("config"), list):
        written = model["config"]  # As the first versions of Keras 2 have it.
    if not isinstance(written, list) or not 1 <= len(written) <= MOST:
        raise InputError(path, f"must have 1 to {MOST} layers")
    graph = kind != "Sequential"
    nodes = _nodes(path, written, graph=graph)
    if graph:
        nodes = _line(path, nodes, written, settings)
    entries = []
    for index, node in enumerate(nodes):
        place = f"layer {index + 1} of {len(nodes)}"
        thing = f"{path}: {brief(node.kind)} {brief(node.name)} ({place})"
        entries.append(
            Entry(
                kind=node.kind,
                name=node.name,
                settings=node.settings,
                path=path,
                place=place,
                known=node.known,
                variables=find(thing, node.key, node.name),
                arguments=node.arguments,
            )
        )
    return entries


def _nodes(path: str, written: list[Any], *, graph: bool) -> list[Node]:
    """The layers as they are listed, with the keys of their variables."""
    used: Counter[str] = Counter()
    nodes = []
    for index, one in enumerate(written):
        kind, settings, known = nested(one)
        name = one.get("name", settings.get("name")) if isinstance(one, dict) else None
        if not kind or not isinstance(name, str):
            raise InputError(f"{path}: layer {index + 1}", "must have a class and a name")
        if "module" in one and str(one["module"]).startswith("keras.src.ops"):
            # Operations are no layers, and have no variables.
            nodes.append(Node(kind, name, dict(settings), known, ""))
            continue
        key = snake_case(kind.rpartition(">")[2])
        nodes.append(
            Node(kind, name, dict(settings), known, f"{key}_{used[key]}" if used[key] else key)
        )
        used[key] += 1
    if graph and len({node.name for node in nodes}) < len(nodes):
        raise InputError(path, "must have a name of its own for each layer")
    return nodes


def _line(path: str, nodes: list[Node], written: list[Any], settings: Any) -> list[Node]:
    """The layers of a graph, from its one input to its one output."""
    by_name = {node.name: (node, one) for node, one in zip(nodes, written, strict=True)}
    ends = {}
    for end in ("input", "output"):
        tensors = _tensors(settings.get(f"{end}_layers"))
        if len(tensors) != 1 or tensors[0][0] not in by_name:
            raise InputError(path, f"must have one {end}: a machine has one", len(tensors))
        ends[end] = tensors[0][0]
        if tensors[0][2] != 0:
            raise InputError(f"{path}: {brief(ends[end])}", OUTPUT)
    line: list[Node] = []
    name = ends["output"]
    while True:
        node, one = by_name[name]
        thing = f"{path}: {brief(node.kind)} {brief(name)}"
        if any(name == other.name for other in line):
            raise InputError(thing, "must not be fed by itself")
        calls = one.get("inbound_nodes")
        calls = calls if isinstance(calls, list) else []
        if name == ends["input"] and not calls:
            line.append(node)
            break
        if len(calls) != 1:
            rule = "must be called once: a layer that several places share is not supported"
            raise InputError(thing, rule, len(calls))
        before, arguments = _call(thing, calls[0])
        if before not in by_name:
            raise InputError(thing, "must be fed by a layer", brief(before))
        line.append(node._replace(arguments=arguments))
        name = before
    if left := [node for node in nodes if node not in line and node.name not in _names(line)]:
        rule = "is not on the way from the input to the output: branches are not supported"
        raise InputError(f"{path}: {brief(left[0].kind)} {brief(left[0].name)}", rule)
    return line[::-1]


def _names(nodes: Sequence[Node]) -> set[str]:
    return {node.name for node in nodes}


def _tensors(value: Any) -> list[list[Any]]:
    """Tensors in a list of them, or one tensor: name of its layer, node, index."""
    if not isinstance(value, list):
        return []
    if len(value) == 3 and isinstance(value[0], str):
        value = [value]
    return [
        one for one in value if isinstance(one, list) and len(one) > 2 and isinstance(one[0], str)
    ]


def _call(thing: str, call: Any) -> tuple[str, Sequence[Any]]:
    """The layer that feeds another one, and what else that is called with."""
    if isinstance(call, dict):  # Keras 3
        given, named = call.get("args"), call.get("kwargs")
        given, named = given if isinstance(given, list) else [], named if named else {}
        if not given and isinstance(named, dict):
            given = [named[key] for key in ("inputs", "sequences") if key in named]
            named = {key: one for key, one in named.items() if one not in given}
        tensors = [_history(one) for one in given[:1]]
        arguments = given[1:]
    else:  # Keras 2: a list with one tensor, [layer, node, index, named arguments]
        given = call if isinstance(call, list) else []
        if given and isinstance(given[0], str):
            given = [given]
        if len(given) > 1:
            raise InputError(thing, "must have one input: branches are not supported", len(given))
        tensors = [one if isinstance(one, list) else None for one in given]
        named = tensors[0][3] if tensors and tensors[0] and len(tensors[0]) > 3 else {}
        arguments = []
    tensor = tensors[0] if tensors else None
    if not isinstance(tensor, list) or len(tensor) < 3 or not isinstance(tensor[0], str):
        raise InputError(thing, "must have one input: branches are not supported")
    if tensor[2] != 0:
        raise InputError(thing, OUTPUT)
    for name, value in named.items() if isinstance(named, dict) else ():
        if value not in IDLE:
            raise InputError(thing, f"argument {brief(str(name))} is not supported")
    return tensor[0], [one for one in arguments if one not in IDLE]


def _history(value: Any) -> Any:
    """Where a tensor of Keras 3 comes from: layer, node, index."""
    kind, settings, _ = nested(value)
    return settings.get("keras_history") if kind == "__keras_tensor__" else None
