"""An ONNX file, read without running or opening anything else, in double precision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pascaline.spec.errors import InputError
from pascaline.spec.outside import content_of

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

__all__ = ["LARGEST", "line", "load"]

LARGEST = 1 << 30
"""Bytes of a file, and of the weights beside it."""


def load(path: Path) -> ModelProto:
    """The graph of a file, checked, its functions in their places, all real numbers in float64.

    Weights that an exporter has put beside it are read from ``<name of the file>.data`` alone.

    Raises
    ------
    InputError
        If the file cannot be read, is too large, is no ONNX model, or has weights elsewhere.
    """
    import onnx
    from onnx.inliner import inline_local_functions

    content = content_of(path, LARGEST)
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:
        # Errors of Protobuf are of a class of its own, which this need not know.
        raise InputError(str(path), f"must be an ONNX model ({line(error)})") from None
    _take_in(model.graph, path)
    try:
        onnx.checker.check_model(model)
        model = inline_local_functions(model)
    except Exception as error:
        raise InputError(str(path), f"must be an ONNX model ({line(error)})") from None
    try:
        _widen(model.graph)
        for tensor in _tensors(model.graph):
            onnx.numpy_helper.to_array(tensor)
    except Exception as error:
        # What a damaged constant raises is nowhere documented.
        raise InputError(str(path), f"must be an ONNX model ({line(error)})") from None
    return model


def line(error: Exception) -> str:
    """The first line of what an error says."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _tensors(graph: GraphProto) -> list[TensorProto]:
    """All constants of a graph and of the graphs in it."""
    found = list(graph.initializer)
    for sparse in graph.sparse_initializer:
        found += [sparse.values, sparse.indices]
    for node in graph.node:
        for one in node.attribute:
            found += [one.t] if one.HasField("t") else []
            found += list(one.tensors)
            for inner in [*([one.g] if one.HasField("g") else []), *one.graphs]:
                found += _tensors(inner)
    return found


def _take_in(graph: GraphProto, path: Path) -> None:
    """Read weights that stand beside the file."""
    from onnx import TensorProto
    from onnx.external_data_helper import ExternalDataInfo

    beside = path.with_name(f"{path.name}.data")
    content: bytes | None = None
    for tensor in _tensors(graph):
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        about, thing = ExternalDataInfo(tensor), f"{path}: {tensor.name}"
        if about.location != beside.name:
            raise InputError(thing, f"must be in the file, or beside it in {beside.name}")
        if content is None:
            content = _beside(beside)
        first = about.offset or 0
        length = len(content) - first if about.length is None else about.length
        if not 0 <= first <= first + length <= len(content):
            raise InputError(thing, f"must lie in {beside.name} ({len(content)} bytes)", first)
        tensor.raw_data = content[first : first + length]
        tensor.data_location = TensorProto.DEFAULT
        del tensor.external_data[:]


def _beside(path: Path) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise InputError(str(path), "must be a file: the weights of the graph are said to be in it")
    return content_of(path, LARGEST)


def _widen(graph: GraphProto) -> None:
    """Let every real number be a float64, and every output have a name."""
    from onnx import TensorProto

    reals = {
        TensorProto.FLOAT,
        TensorProto.FLOAT16,
        TensorProto.BFLOAT16,
        TensorProto.DOUBLE,
    }
    for tensor in graph.initializer:
        _widen_tensor(tensor, reals)
    for value in [*graph.input, *graph.output]:
        if value.type.tensor_type.elem_type in reals:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    del graph.value_info[:]
    for number, node in enumerate(graph.node):
        for place, name in enumerate(node.output):
            # The evaluator would take the value of an output without a name for inputs without one.
            if not name:
                node.output[place] = f"{graph.name} unused {number} {place}"
        _widen_node(node, reals)


def _widen_node(node: NodeProto, reals: set[Any]) -> None:
    from onnx import TensorProto, helper, numpy_helper

    for one in list(node.attribute):
        if one.name in ("to", "dtype", "output_dtype") and one.i in reals:
            one.i = TensorProto.DOUBLE
        elif node.op_type == "Constant" and one.name in ("value_float", "value_floats"):
            value = one.f if one.name == "value_float" else list(one.floats)
            tensor = numpy_helper.from_array(np.array(value, dtype=np.float64))
            node.attribute.remove(one)
            node.attribute.append(helper.make_attribute("value", tensor))
        elif one.HasField("t"):
            _widen_tensor(one.t, reals)
        elif one.HasField("g"):
            _widen(one.g)


def _widen_tensor(tensor: TensorProto, reals: set[Any]) -> None:
    from onnx import numpy_helper

    if tensor.data_type in reals:
        wide = np.asarray(numpy_helper.to_array(tensor)).astype(np.float64)
        tensor.CopyFrom(numpy_helper.from_array(wide, tensor.name))
