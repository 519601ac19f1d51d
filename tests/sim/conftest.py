"""What tests in simulators share."""

import pytest

from pascaline.sim.simulators import SIMULATORS
from pascaline.spec.folders import build_folder
from tests.sim.machines import tool_of


@pytest.fixture
def cache():
    """Builds are found by their content, so they may stay for the next run."""
    return build_folder() / "sim"


@pytest.fixture(params=SIMULATORS)
def tool(request):
    return tool_of(request.param)
