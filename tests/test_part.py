"""Parts of the tests are all of them, each once."""

from types import SimpleNamespace

import pytest

from tests.part import pytest_collection_modifyitems


def kept(words, items):
    """What is left of the items, and what has been left out."""
    out = []

    def deselected(items):
        out.extend(items)

    config = SimpleNamespace(
        getoption={"part": words}.__getitem__, hook=SimpleNamespace(pytest_deselected=deselected)
    )
    left = list(items)
    pytest_collection_modifyitems(config, left)
    return left, out


def test_parts():
    items = [f"test {number}" for number in range(11)]
    assert kept(None, items) == (items, [])
    parts = [kept(f"{part}/4", items) for part in range(4)]
    assert sorted(item for left, _ in parts for item in left) == sorted(items)
    assert all(sorted(left + out) == sorted(items) for left, out in parts)
    assert kept("7/4", items) == parts[3]


@pytest.mark.parametrize("words", ["3", "a/b", "1/0", "-1/4", "/", "1/" + 10 * "9"])
def test_no_part(words):
    with pytest.raises(pytest.UsageError, match=f"must be K/N, not '{words}'"):
        kept(words, [1])
