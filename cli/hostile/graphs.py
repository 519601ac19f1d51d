"""Hostile ONNX graphs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from pascaline.cli.hostile.places import broken, written
from pascaline.measure.hostile import Attempt

__all__ = ["draw_onnx", "prepare_onnx"]

NUMBERS = (0, 1, -1, 2, 3, 7, 99, 1 << 31, (1 << 31) - 1, -(1 << 31), 1 << 40, (1 << 63) - 1)
REALS = (0.0, -1.0, 1e38, float("inf"), float("nan"), 1e-45)
TEXTS = ("", "x", "X", "W", "Y", "\0", "a[/b]", "é", "\u2028", "../x", "/dev/zero", "a" * 5000)
WORDS = ("LSTM", "GRU", "If", "Loop", "Scan", "ConstantOfShape", "Expand", "Tile", "Range", "Pad")


def prepare_onnx() -> None:
    """Import what is needed."""
    import onnx.reference  # noqa: F401

    _good()


def draw_onnx(rng: Random, folder: Path) -> Attempt:
    """A graph of a recurrent layer and a dense one."""
    import onnx

    good = rng.choice(_good())
    if rng.random() < 0.25:
        return written(rng, folder / "g.onnx", *broken(good, rng))
    model = onnx.load_model_from_string(good)
    names = {_edit(model, rng) for _ in range(rng.choice((1, 1, 1, 2, 4)))}
    mutation = names.pop() if len(names) == 1 else "several"
    return written(rng, folder / "g.onnx", mutation, model.SerializeToString())


@cache
def _good() -> tuple[bytes, ...]:
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    made = []
    for kind, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        tensors = {
            "W": rng.normal(size=(1, gates * 3, 2)),
            "R": rng.normal(size=(1, gates * 3, 3)),
            "B": rng.normal(size=(1, gates * 6)),
            "D": rng.normal(size=(3, 2)),
            "E": rng.normal(size=2),
        }
        nodes = [
            helper.make_node(kind, ["X", "W", "R", "B"], ["", "H"], hidden_size=3),
            helper.make_node("Constant", [], ["at"], value_ints=[0]),
            helper.make_node("Squeeze", ["H", "at"], ["h"]),
            helper.make_node("MatMul", ["h", "D"], ["d"]),
            helper.make_node("Add", ["d", "E"], ["Y"]),
        ]
        graph = helper.make_graph(
            nodes,
            "g",
            [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["T", "N", 2])],
            [helper.make_tensor_value_info("Y", TensorProto.FLOAT, ["N", 2])],
            [numpy_helper.from_array(t.astype(np.float32), name) for name, t in tensors.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        made.append(model.SerializeToString())
    return tuple(made)


def _edit(model: Any, rng: Random) -> str:
    """Change a field somewhere; its name."""
    places = list(_places(model))
    message, field = rng.choice(places)
    repeated = field.is_repeated
    held = getattr(message, field.name)
    if rng.random() < 0.2:
        message.ClearField(field.name)
        return f"{message.DESCRIPTOR.name}.{field.name} left out"
    if field.message_type is not None:
        if repeated and len(held):
            one = rng.choice(list(held))
            held.add().CopyFrom(one) if rng.random() < 0.5 else held.remove(one)
        elif not repeated and not message.HasField(field.name):
            held.SetInParent()
        return f"{message.DESCRIPTOR.name}.{field.name}"
    value = _value(field, rng)
    try:
        if not repeated:
            setattr(message, field.name, value)
        elif len(held) and rng.random() < 0.7:
            held[rng.randrange(len(held))] = value
        else:
            held.append(value)
    except (ValueError, TypeError):  # Not in the range of the field.
        message.ClearField(field.name)
    return f"{message.DESCRIPTOR.name}.{field.name}"


def _value(field: Any, rng: Random) -> Any:
    if field.cpp_type == field.CPPTYPE_STRING:
        text: Any = rng.choice((*TEXTS, *WORDS))
        return (
            text.encode() + rng.choice((b"", b"\xff")) if field.type == field.TYPE_BYTES else text
        )
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return rng.choice(REALS)
    if field.cpp_type == field.CPPTYPE_ENUM:
        return rng.choice((0, 1, 2, 7, 11, 99))
    return rng.choice(NUMBERS)


def _places(message: Any) -> Any:
    """Fields of a message and of all within it that are there; now and then one that is not."""
    for number, field in enumerate(message.DESCRIPTOR.fields):
        there = field in {one for one, _ in message.ListFields()}
        if there or number % 3 == 0:
            yield message, field
        if there and field.message_type is not None:
            held = getattr(message, field.name)
            for one in held if field.is_repeated else (held,):
                yield from _places(one)
