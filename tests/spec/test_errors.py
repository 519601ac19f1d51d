import pickle
from pathlib import Path

import pytest

from pascaline.host.tools import ToolError
from pascaline.importers.graph.tail import OneStepError
from pascaline.spec.errors import InputError


@pytest.mark.parametrize(
    "error",
    [
        InputError("units", "must be positive", 0),
        InputError("a path", "is not there"),
        OneStepError(Path("graph.onnx"), ["last", "every"]),
        ToolError("yosys", "has failed", "all that it has printed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_it_comes_from_another_process_as_it_was(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
