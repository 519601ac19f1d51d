"""Fixtures and settings for all tests."""

import zlib

import hypothesis
import numpy as np
import pytest
from amaranth.hdl import UnusedElaboratable

pytest_plugins = ["tests.part", "tests.skipped"]

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")

# Amaranth warns of unused components only after the first elaboration of a process: which test that
# is in depends on how tests are spread.
UnusedElaboratable._MustUse__silence = False


@pytest.fixture
def seed(request):
    """A number that is the same for a test whenever it runs; shown if the test fails."""
    value = zlib.crc32(request.node.nodeid.encode())
    print(f"seed {value}")
    return value


@pytest.fixture
def rng(seed):
    return np.random.default_rng(seed)
