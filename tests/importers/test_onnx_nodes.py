"""The node tests of the onnx package for LSTM, GRU and RNN, their weights made constants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.importers.foreign import Reading
from pascaline.importers.plain import run_network
from pascaline.spec.errors import InputError

onnx = pytest.importorskip("onnx")


def nodes() -> Iterator[Any]:
    from onnx.backend.test.case.node import collect_testcases

    for case in collect_testcases(None):
        model = case.model
        if model is not None and {n.op_type for n in model.graph.node} & {"LSTM", "GRU", "RNN"}:
            yield case


@pytest.mark.filterwarnings("ignore")
def test_every_node_is_read_right_or_refused_by_name(tmp_path: Path) -> None:
    from pascaline.importers.graph.file import read_onnx

    path, names, refused = tmp_path / "a.onnx", [], 0
    for case in nodes():
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        inputs, outputs = case.data_sets[0]
        given = dict(zip([value.name for value in model.graph.input], inputs, strict=True))
        x = np.asarray(given.pop("X"), dtype=np.float64)
        for value in list(model.graph.input):
            if value.name in given:
                tensor = onnx.numpy_helper.from_array(np.asarray(given[value.name]), value.name)
                model.graph.initializer.append(tensor)
                model.graph.input.remove(value)
        onnx.save(model, path)
        if "reverse" in case.name:
            text = r"(LSTM|GRU|RNN) that makes .*: direction is not supported, not 'reverse'$"
            with pytest.raises(InputError, match=text):
                read_onnx(path, Reading())
            refused += 1
            continue
        found = read_onnx(path, Reading()).network
        layout = {one.name: one.i for one in model.graph.node[0].attribute}.get("layout", 0)
        made = run_network(found, x.swapaxes(0, 1) if layout else x)
        wanted = np.asarray(outputs[0])
        if found.result == "every":
            # (steps, directions, batch, hidden), or with layout 1 (batch, steps, ...).
            wanted = wanted.transpose(1, 0, 2, 3) if layout else wanted.swapaxes(1, 2)
        else:
            wanted = wanted if layout else wanted.swapaxes(0, 1)
        np.testing.assert_allclose(made.reshape(wanted.shape), wanted, rtol=0, atol=1e-6)
        names.append(case.name)
    assert (len(names), refused) == (15, 3)
