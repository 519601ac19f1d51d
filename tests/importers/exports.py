"""Networks as PyTorch exports them to ONNX: cells, layers, directions, exporters, opsets, outputs.

``python -m tests.importers.exports --count 1000`` exports that many of all combinations, and counts
what import makes of them: the network that PyTorch computes (right), another one (wrong), a refusal
that names what is refused, one that does not (unclear), or an error (traceback).
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import multiprocessing
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from pascaline.importers.foreign import Reading
from pascaline.importers.graph.file import read_onnx
from pascaline.importers.plain import run_network
from pascaline.spec.errors import InputError

INPUTS, HIDDEN, CLASSES = 5, 8, 3
STEPS, BATCH = 7, 2

CELLS: dict[str, Any] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN, "rnn-relu": nn.RNN}
OUTPUTS = ("every", "last", "h_n", "max", "mean", "bare every", "bare last", "bare h_n", "softmax")


class Case(NamedTuple):
    """One export."""

    cell: str
    layers: int
    bidirectional: bool
    output: str
    batch_first: bool
    dynamo: bool
    opset: int
    dynamic: bool
    bias: bool
    states: bool

    @property
    def exporter(self) -> str:
        """Which of PyTorch's exporters."""
        return "dynamo" if self.dynamo else "torchscript"

    @property
    def possible(self) -> bool:
        """Whether hardware can compute it, and the exporter has left a recurrent layer in it.

        A machine gives results of the last layer alone; an ``nn.RNN`` becomes its single steps.
        """
        unrolled = self.dynamo and self.cell.startswith("rnn")
        return not unrolled and not (self.output == "bare h_n" and self.layers > 1)


class Net(nn.Module):
    """A network as people write it."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.case = case
        chosen = {"nonlinearity": "relu"} if case.cell == "rnn-relu" else {}
        self.rnn = CELLS[case.cell](
            INPUTS,
            HIDDEN,
            num_layers=case.layers,
            bidirectional=case.bidirectional,
            batch_first=case.batch_first,
            bias=case.bias,
            **chosen,
        )
        self.fc = nn.Linear(HIDDEN * (1 + case.bidirectional), CLASSES)

    def forward(self, x: Tensor, h0: Tensor | None = None, c0: Tensor | None = None) -> Tensor:
        case, time = self.case, 1 if self.case.batch_first else 0
        state = None if h0 is None else h0 if c0 is None else (h0, c0)
        y, h = self.rnn(x, state)
        h = h[0] if case.cell == "lstm" else h
        if case.output in ("h_n", "bare h_n"):
            if case.output == "bare h_n":
                return h
            return self.fc(torch.cat([h[-2], h[-1]], dim=1) if case.bidirectional else h[-1])
        taken = y
        if case.output.endswith("last"):
            taken = y[:, -1] if case.batch_first else y[-1]
        elif case.output == "max":
            taken = y.max(dim=time).values
        elif case.output in ("mean", "softmax"):
            taken = y.mean(dim=time)
        if case.output.startswith("bare"):
            return taken
        return self.fc(taken).softmax(-1) if case.output == "softmax" else self.fc(taken)


def cases() -> Iterator[Case]:
    """All combinations, those that are not alike close to each other."""
    every = [
        Case(*one)
        for one in itertools.product(
            CELLS,
            (1, 2, 3),
            (False, True),
            OUTPUTS,
            (False, True),
            (False, True),
            (13, 17, 18, 20),
            (False, True),
            (True, False),
            (False, True),
        )
    ]
    for index in np.random.default_rng(0).permutation(len(every)):
        case = every[index]
        if case.dynamo and case.opset < 18:
            continue
        yield case


def make(case: Case) -> Net:
    """A network with random weights of a good size."""
    torch.manual_seed(0)
    net = Net(case).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.uniform_(-0.7, 0.7)
    return net


def export(case: Case, path: Path) -> None:
    """Write a file."""
    net = make(case)
    shape = (BATCH, STEPS, INPUTS) if case.batch_first else (STEPS, BATCH, INPUTS)
    count = case.layers * (1 + case.bidirectional)
    state = torch.zeros(count, BATCH, HIDDEN)
    given = [torch.randn(shape)]
    if case.states:
        given += [state] * (1 + (case.cell == "lstm"))
    names = ["x", "h0", "c0"][: len(given)]
    time, batch = (1, 0) if case.batch_first else (0, 1)
    chosen: dict[str, Any] = {"opset_version": case.opset, "input_names": names}
    if case.dynamo and case.dynamic:
        auto = torch.export.Dim.DYNAMIC
        axes = {time: auto, batch: auto}
        chosen["dynamic_shapes"] = (axes, *[{1: auto}] * (len(given) - 1))
    elif case.dynamic:
        chosen["dynamic_axes"] = {"x": {time: "steps", batch: "batch"}}
        chosen["dynamic_axes"] |= {name: {1: "batch"} for name in names[1:]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, tuple(given), path, dynamo=case.dynamo, verbose=False, **chosen)


def export_apart(case: Case, path: Path) -> None:
    """Write a file in a process of its own.

    In PyTorch 2.13 a second export with dynamic axes in one process takes them for static.
    """
    fork = multiprocessing.get_context("fork")
    errors = fork.SimpleQueue()

    def work() -> None:
        try:
            export(case, path)
        except Exception as error:
            text = [line for line in str(error).splitlines() if line.startswith(("- R", "<class"))]
            errors.put("; ".join(text) or repr(error))

    process = fork.Process(target=work)
    process.start()
    process.join()
    if not errors.empty():
        raise RuntimeError(errors.get())


def verdict(case: Case, folder: Path) -> tuple[str, str]:
    """What became of a case, and why."""
    path = folder / "a.onnx"
    path.unlink(missing_ok=True)
    try:
        (export_apart if case.dynamo else export)(case, path)
    except Exception as error:
        return "not exported", str(error).splitlines()[0]
    try:
        found = read_onnx(path, Reading()).network
    except InputError as error:
        text = str(error).removeprefix(f"{path}: ")
        named = text.split()[0] in ("LSTM", "GRU", "RNN") or "unrolled" in text
        return ("refused" if named else "unclear"), text
    except Exception as error:
        return "traceback", repr(error)
    # What PyTorch 2.13 writes for sequences with steps first is right for those steps alone.
    steps, batch = (11, 3) if case.dynamic else (STEPS, BATCH)
    x = torch.randn(steps, batch, INPUTS, generator=torch.Generator().manual_seed(1)).double()
    with torch.no_grad():
        wanted = make(case).double()(x.swapaxes(0, 1) if case.batch_first else x).numpy()
    made = run_network(found, x.numpy())
    if case.output == "softmax":
        wanted, made = wanted.argmax(axis=-1), made.argmax(axis=-1)
    if case.output == "bare h_n" and case.bidirectional:
        wanted = np.concatenate(list(wanted), axis=-1)
    if made.shape[0] > 1 and case.batch_first:
        wanted = wanted.swapaxes(0, 1)
    if made.size != wanted.size:
        return "wrong", f"{found.result}: {list(made.shape)} for {list(wanted.shape)}"
    far = float(np.abs(made.reshape(wanted.shape) - wanted).max())
    return ("right" if far < 1e-6 else "wrong"), f"{found.result}: off by {far:.1e}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--exporter", choices=["torchscript", "dynamo", "both"], default="both")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    wanted = [
        case
        for case in cases()
        if chosen.exporter in ("both", "dynamo" if case.dynamo else "torchscript")
    ]
    counts: dict[str, Counter[str]] = {"possible": Counter(), "impossible": Counter()}
    by: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(wanted[chosen.first : chosen.first + chosen.count]):
            outcome, why = verdict(case, Path(folder))
            counts["possible" if case.possible else "impossible"][outcome] += 1
            by["dynamo" if case.dynamo else "torchscript"] += 1
            if outcome not in ("right", "refused") or (case.possible and outcome != "right"):
                print(
                    f"{chosen.first + number} {outcome}: {case}: {why}", file=sys.stderr, flush=True
                )
    print(json.dumps({"exports": chosen.count, "exporters": by, **counts}))
    total = counts["possible"] + counts["impossible"]
    return 1 if total["wrong"] + total["traceback"] + total["unclear"] else 0


if __name__ == "__main__":
    sys.exit(main())
