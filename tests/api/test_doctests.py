"""The examples in the docstrings of what is public, run as they stand."""

import doctest
import importlib

import numpy as np
import pytest

import pascaline

FINDER = doctest.DocTestFinder(recurse=False)


@pytest.mark.parametrize("name", ["pascaline", *pascaline.__all__])
def test_examples(name, tmp_path):
    thing = getattr(pascaline, name, pascaline)
    module = importlib.import_module(getattr(thing, "__module__", "pascaline"))
    known = vars(module) | {"pascaline": pascaline, "np": np, "folder": tmp_path}
    tests = [test for test in FINDER.find(thing, name, module, known) if test.examples]
    assert tests, f"{name} has no example"
    for test in tests:
        assert doctest.DocTestRunner().run(test).failed == 0
