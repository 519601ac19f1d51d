import os
import signal

import pytest

from pascaline.host.tools import ToolError
from pascaline.measure.workers import workers
from pascaline.spec.errors import InputError


def refuse(error):
    raise error


def end():
    os.kill(os.getpid(), signal.SIGKILL)


def test_errors_of_a_worker_arrive_as_they_are():
    with pytest.raises(ToolError, match="yosys: has failed") as found, workers(1) as pool:
        pool.submit(refuse, ToolError("yosys", "has failed", "a log")).result()
    assert found.value.log == "a log"


def test_a_worker_that_dies_is_one_line():
    with pytest.raises(InputError, match="a worker process: died") as found, workers(1) as pool:
        pool.submit(end).result()
    assert "BrokenProcessPool" not in str(found.value)
