"""Plugin: a part of the tests, for what takes too long for every commit."""

import pytest

from mutants.slices import slice_of

__all__ = ["pytest_addoption", "pytest_collection_modifyitems"]


def pytest_addoption(parser):
    """Add ``--part K/N``: of the tests that are chosen, every Nth from number K on."""
    parser.addoption("--part", metavar="K/N", help="run every Nth test, from number K on")


@pytest.hookimpl(trylast=True)  # After tests without the right mark are out.
def pytest_collection_modifyitems(config, items):
    """Leave the other tests out."""
    words = config.getoption("part")
    if words is None:
        return
    try:
        part, parts = slice_of(words)
    except ValueError as error:
        raise pytest.UsageError(f"--part: {error}") from None
    kept = items[part::parts]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept
