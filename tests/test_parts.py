"""Parts of the tests: each test is in one of them."""

pytest_plugins = ["pytester"]

FILE = """
import pytest

@pytest.mark.parametrize("number", range(40))
def test_one(number):
    pass
"""


def run(pytester, part):
    found = pytester.runpytest("-p", "tests.parts", "--part", part, "-v", "-p", "no:cacheprovider")
    return {line.split()[0] for line in found.outlines if line.endswith("%]")}, found.ret


def test_parts_are_all(pytester):
    pytester.makepyfile(FILE)
    parts = [run(pytester, f"{k}/3")[0] for k in range(3)]
    assert len(set.union(*parts)) == sum(map(len, parts)) == 40
    assert min(map(len, parts)) > 5


def test_refused(pytester):
    pytester.makepyfile(FILE)
    for part in ("3/3", "1", "-1/3", "a/b"):
        assert run(pytester, part) == (set(), 4)
