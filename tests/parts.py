"""Plugin: a part of the tests, where all of them would take too long."""

import zlib

import pytest

__all__ = ["pytest_addoption", "pytest_collection_modifyitems"]


def pytest_addoption(parser):
    """Add ``--part K/N``: the tests whose names fall into part K of N, from 0 to N - 1."""
    parser.addoption("--part", metavar="K/N", help="run the part K (from 0) of N of the tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leave out the tests of other parts; a test is in the same part as long as it has its name."""
    part = config.getoption("part")
    if part is None:
        return
    chosen, _, parts = part.partition("/")
    if not (chosen.isdigit() and parts.isdigit() and int(chosen) < int(parts)):
        raise pytest.UsageError(f"--part: must be K/N with K from 0 to N - 1, not {part!r}")
    of = {item: zlib.crc32(item.nodeid.encode()) % int(parts) for item in items}
    config.hook.pytest_deselected(items=[item for item in items if of[item] != int(chosen)])
    items[:] = [item for item in items if of[item] == int(chosen)]
