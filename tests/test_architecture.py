"""What docs/architecture.md says of packages and tables is so."""

import re
from pathlib import Path

import pytest

from tests.names import BACKTICKED, exists, rows
from tests.test_layers import ARROWS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_arrows_are_the_tested_ones():
    said = {
        BACKTICKED.findall(package)[0]: set(BACKTICKED.findall(imports))
        for package, _, imports in rows(TEXT, "| package | what it is | may import |")
    }
    assert said == {name: allowed - {name} for name, allowed in ARROWS.items()}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([a-z]+(?:\.\w+)+)`", TEXT))))
def test_names_exist(name):
    assert exists(name), f"docs/architecture.md names {name}"
