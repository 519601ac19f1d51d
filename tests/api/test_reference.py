"""docs/api.md is what the docstrings say now."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["pascaline", "pascaline.nn"])
def test_reference_is_up_to_date(name):
    if name == "pascaline.nn":
        pytest.importorskip("torch")
    written = (DOCS / "api.md").read_text(encoding="utf-8")
    chapter = runpy.run_path(str(DOCS / "make_api.py"))["reference"](name)
    assert chapter in written, "docs/api.md is out of date: make docs"
