"""Graphs with an operator put somewhere into them: read right, or refused by the operator's name.

``python -m tests.importers.insertions --count 1000`` counts what happens; wrong must be 0. Each
graph that is read is run again here, by ONNX's evaluator on sequences that the reader has not seen.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.graph.file import read_onnx
from pascaline.importers.plain import run_network
from pascaline.spec.errors import InputError

INPUTS, HIDDEN, CLASSES = 4, 6, 3

Built = tuple[list[Any], dict[str, Any]]


class Builder:
    """A graph that grows node by node; names are made up."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng, self.nodes, self.constants = rng, [], {}

    def constant(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value)
        return name

    def real(self, *shape: int, scale: float = 0.6) -> str:
        return self.constant(self.rng.uniform(-scale, scale, shape).astype(np.float32))

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        names = [f"v{len(self.nodes)}_{k}" for k in range(outputs)]
        domain = attributes.pop("domain", "")
        name = f"n{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(kind, inputs, names, name=name, domain=domain, **attributes)
        )
        return names[0]

    def layer(self, kind: str, x: str, inputs: int, directions: int) -> str:
        """A recurrent layer; its outputs as (steps, batch, directions * hidden)."""
        rows = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind] * HIDDEN
        w, r = self.real(directions, rows, inputs), self.real(directions, rows, HIDDEN)
        b = self.real(directions, 2 * rows)
        both = "bidirectional" if directions == 2 else "forward"
        y = self.node(kind, x, w, r, b, hidden_size=HIDDEN, direction=both)
        y = self.node("Transpose", y, perm=[0, 2, 1, 3])
        return self.node("Reshape", y, self.constant(np.array([0, 0, -1])))

    def model(self, output: str) -> Any:
        axes = {"x": ["steps", "batch", INPUTS]}
        graph = helper.make_graph(
            self.nodes,
            "graph",
            [helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in axes.items()],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, [])],
            [numpy_helper.from_array(value, name) for name, value in self.constants.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def simple(kind: str, **attributes: Any) -> Callable[[Builder, str, int], str]:
    return lambda b, x, n: b.node(kind, x, **attributes)


def with_constant(kind: str, make: Callable[[Builder, int], Any]) -> Any:
    return lambda b, x, n: b.node(kind, x, b.constant(make(b, n)))


def sliced(first: int, last: int, step: int, axis: int) -> Any:
    def made(b: Builder, x: str, n: int) -> str:
        values = ([first], [last], [axis], [step])
        return b.node("Slice", x, *(b.constant(np.array(one)) for one in values))

    return made


def rolled(axis: int) -> Any:
    def made(b: Builder, x: str, n: int) -> str:
        parts = [sliced(1, 1 << 30, 1, axis)(b, x, n), sliced(0, 1, 1, axis)(b, x, n)]
        return b.node("Concat", *parts, axis=axis)

    return made


def less_mean(axis: int) -> Any:
    def made(b: Builder, x: str, n: int) -> str:
        mean = b.node("ReduceMean", x, b.constant(np.array([axis])), keepdims=1)
        return b.node("Sub", x, mean)

    return made


def cast_and_back(kind: int) -> Any:
    def made(b: Builder, x: str, n: int) -> str:
        return b.node("Cast", b.node("Cast", x, to=kind), to=TensorProto.FLOAT)

    return made


def where(b: Builder, x: str, n: int) -> str:
    big = b.node("Greater", x, b.constant(np.float32(2.5)))
    return b.node("Where", big, b.node("Neg", x), x)


def clip(low: float, high: float) -> Any:
    return lambda b, x, n: b.node(
        "Clip", x, b.constant(np.float32(low)), b.constant(np.float32(high))
    )


def norm(b: Builder, x: str, n: int) -> str:
    return b.node("LayerNormalization", x, b.real(n), b.real(n), axis=-1)


def batch_norm(b: Builder, x: str, n: int) -> str:
    x = b.node("Transpose", x, perm=[1, 2, 0])
    numbers = [b.real(n) for _ in range(3)]
    spread = b.constant(b.rng.uniform(0.5, 2, n).astype(np.float32))
    return b.node("Transpose", b.node("BatchNormalization", x, *numbers, spread), perm=[2, 0, 1])


def convolved(size: int) -> Any:
    def made(b: Builder, x: str, n: int) -> str:
        x = b.node("Transpose", x, perm=[1, 2, 0])
        pads = [size // 2, size // 2]
        return b.node("Transpose", b.node("Conv", x, b.real(n, n, size), pads=pads), perm=[2, 0, 1])

    return made


def pooled(kind: str) -> Any:
    def made(b: Builder, x: str, n: int) -> str:
        x = b.node("Transpose", x, perm=[1, 2, 0])
        x = b.node(kind, x, kernel_shape=[3], pads=[1, 1])
        return b.node("Transpose", x, perm=[2, 0, 1])

    return made


OPERATORS: dict[str, Any] = {
    **{
        name: simple(name)
        for name in (
            *("Relu", "Tanh", "Sigmoid", "Abs", "Neg", "Exp", "Floor", "Round", "Sign", "Erf"),
            *("LeakyRelu", "Elu", "Softplus", "Softsign", "HardSwish", "Identity", "Dropout"),
            *("Ceil", "Selu", "Celu", "Sin", "HardSigmoid", "Reciprocal", "Mish"),
        )
    },
    "Softmax": simple("Softmax", axis=-1),
    "Softmax of steps": simple("Softmax", axis=0),
    "LogSoftmax": simple("LogSoftmax", axis=-1),
    "clip": clip(-1, 1),
    "clip far": clip(-50, 50),
    "Max": with_constant("Max", lambda b, n: np.float32(-3)),
    "Min": with_constant("Min", lambda b, n: np.float32(40)),
    "Mod": lambda b, x, n: b.node("Mod", x, b.constant(np.float32(8)), fmod=1),
    "Pow": with_constant("Pow", lambda b, n: np.float32(2)),
    "add": lambda b, x, n: b.node("Add", x, b.real(n)),
    "add much": with_constant("Add", lambda b, n: np.float32(5000)),
    "mul": lambda b, x, n: b.node("Mul", x, b.real(n)),
    "mul little": with_constant("Mul", lambda b, n: np.float32(1e-4)),
    "div": with_constant("Div", lambda b, n: b.rng.uniform(1, 3, n).astype(np.float32)),
    "matrix": lambda b, x, n: b.node("MatMul", x, b.real(n, n)),
    "twice": lambda b, x, n: b.node("Add", x, x),
    "squared": lambda b, x, n: b.node("Mul", x, x),
    "reversed steps": sliced(-1, -(1 << 30), -1, 0),
    "second steps": sliced(0, 1 << 30, 2, 0),
    "without the first step": sliced(1, 1 << 30, 1, 0),
    "without the last step": sliced(0, -1, 1, 0),
    "reversed sequences": sliced(-1, -(1 << 30), -1, 1),
    "reversed elements": sliced(-1, -(1 << 30), -1, 2),
    "other order": lambda b, x, n: b.node("Gather", x, b.constant(b.rng.permutation(n)), axis=2),
    "same element": lambda b, x, n: b.node("Gather", x, b.constant(np.zeros(n, int)), axis=2),
    "rolled steps": rolled(0),
    "rolled sequences": rolled(1),
    "rolled elements": rolled(2),
    "axes exchanged": simple("Transpose", perm=[1, 0, 2]),
    "axes exchanged twice": lambda b, x, n: b.node(
        "Transpose", b.node("Transpose", x, perm=[1, 2, 0]), perm=[2, 0, 1]
    ),
    "sum of steps": lambda b, x, n: b.node("CumSum", x, b.constant(np.array(0))),
    "sum of elements": lambda b, x, n: b.node("CumSum", x, b.constant(np.array(2))),
    "less mean of elements": less_mean(2),
    "less mean of steps": less_mean(0),
    "less mean of sequences": less_mean(1),
    "whole": cast_and_back(TensorProto.INT32),
    "bool": cast_and_back(TensorProto.BOOL),
    "where": where,
    "LayerNormalization": norm,
    "BatchNormalization": batch_norm,
    "Conv 1": convolved(1),
    "Conv 3": convolved(3),
    "MaxPool": pooled("MaxPool"),
    "AveragePool": pooled("AveragePool"),
    "MeanVarianceNormalization": simple("MeanVarianceNormalization", axes=[0, 1]),
    "LpNormalization": simple("LpNormalization", axis=-1),
}
"""What may be put in: from (steps, batch, elements) to the same."""


def draw(seed: int) -> tuple[str, Any]:
    """A graph and what was put in where."""
    rng = np.random.default_rng(seed)
    b = Builder(rng)
    kinds = [str(rng.choice(["LSTM", "GRU", "RNN"])) for _ in range(int(rng.integers(1, 3)))]
    what = str(rng.choice([*OPERATORS]))
    place = int(rng.integers(len(kinds) + 2))
    x, inputs = "x", INPUTS

    def insert(at: int, x: str, elements: int) -> str:
        return OPERATORS[what](b, x, elements) if at == place else x

    for index, kind in enumerate(kinds):
        x = insert(index, x, inputs)
        directions = int(rng.integers(1, 3))
        x, inputs = b.layer(kind, x, inputs, directions), directions * HIDDEN
    x = insert(len(kinds), x, inputs)
    taken = str(rng.choice(["every", "last", "max", "mean"]))
    if taken in ("max", "mean"):
        axes = b.constant(np.array([0]))
        x = b.node(f"Reduce{taken.title()}", x, axes, keepdims=1)
    if taken == "last":
        x = sliced(-1, 1 << 30, 1, 0)(b, x, inputs)
    x = b.node("Add", b.node("MatMul", x, b.real(inputs, CLASSES)), b.real(CLASSES))
    x = insert(len(kinds) + 1, x, CLASSES)
    return f"{what} at {place} of {len(kinds)} layers, {taken}", b.model(x)


def verdict(path: Path, model: Any) -> tuple[str, str]:
    """What became of a graph, and why."""
    onnx.save(model, path)
    try:
        found = read_onnx(path, Reading())
    except InputError as error:
        text = str(error).removeprefix(f"{path}: ")
        named = any(f"{node.op_type} {node.name}:" in text for node in model.graph.node)
        return "refused" if named else "unclear", text
    except Exception as error:
        return "traceback", repr(error)
    return ("right" if is_right(found, model) else "wrong"), found.network.result


def is_right(found: Foreign, model: Any) -> bool:
    """Whether the network computes what the graph does, for sequences that it has not seen."""
    rng = np.random.default_rng(99)
    for steps, batch, scale in ((13, 4, 1.0), (2, 1, 3.0), (6, 5, 20.0), (1, 2, 0.1)):
        x = (rng.normal(size=(steps, batch, INPUTS)) * scale).astype(np.float32)
        with np.errstate(all="ignore"):
            (given,) = ReferenceEvaluator(model).run(None, {"x": x})
        wanted = run_network(found.network, x.astype(np.float64))
        if found.network.output == "class":
            given, wanted = given.argmax(axis=-1), wanted.argmax(axis=-1)
        elif found.network.output == "logits":
            wanted = 1 / (1 + np.exp(-wanted))
        if found.network.result == "every" and given.shape[:2] != (steps, batch):
            # The axes of the output may be exchanged.
            given = given.swapaxes(0, 1)
        if given.size != wanted.size:
            return False
        close = 2e-3 * max(float(wanted.std()), 1e-6) + 2e-6 * float(np.abs(wanted).max())
        if not np.abs(given.reshape(wanted.shape) - wanted).max() <= close:
            return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    chosen = parser.parse_args()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(chosen.seed, chosen.seed + chosen.count):
            what, model = draw(seed)
            outcome, why = verdict(Path(folder) / "a.onnx", model)
            counts[outcome] += 1
            if chosen.verbose or outcome not in ("right", "refused"):
                print(f"{seed} {outcome}: {what}: {why}", file=sys.stderr)
    print(json.dumps({"graphs": chosen.count, "seed": chosen.seed, **counts}))
    return 1 if counts["wrong"] + counts["traceback"] + counts["unclear"] else 0


if __name__ == "__main__":
    sys.exit(main())
