"""The glossary names modules that exist, and no word that it retires is used as before."""

import re
from pathlib import Path

import pytest

from pascaline.spec.machine import RETIRED

ROOT = Path(__file__).parents[1]

PACKAGES = "api cli golden hdl measure mutants pages prove sim spec synth".split()
FILES = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]

TERMS = re.findall(
    r"^\| ([^|`]+) \| [^|]+ \| `([\w.]+)` \|$",
    (ROOT / "docs/glossary.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)

GONE = [
    r"\.long\b(?!\.eq)",  # An error register of a bus has this name.
    r"\bDense\w*\b",
    r"\.dense\b|\bdense=|\bdense_memories\b",
    r"\bFROM_LOADED\b",
    r"\blanes\.(split|load|loaded)\b|\bcells\.loaded\b",
    r"\b(load_state|state_loaded|dump_state|state_dumped)\b",
    r"\b(hdl\.gate|golden\.passes|prove\.bench|mutants\.lanes)\b",
    r"\bjob_(valid|layout)\b",
    r"^Interval = ",
    r"\b(stack|cell_unit)\W{1,4}pipelined\b",
    r"\bweight_code\W{1,4}dense\b",
]
"""What shows a retired word in its retired sense."""


def test_terms_are_in_order_and_in_modules():
    names = [name.lower() for name, _ in TERMS]
    assert len(names) > 60
    assert names == sorted(set(names))
    for name, module in TERMS:
        path = ROOT.joinpath(*module.split("."))
        assert path.with_suffix(".py").exists() or (path / "__init__.py").exists(), name


@pytest.mark.parametrize("pattern", GONE)
def test_retired_words_are_gone(pattern):
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in FILES
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(pattern, line)
    ]
    assert found == []


def test_retired_values_are_told():
    """What is still taken by its old name is among the words that changed."""
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    for parameter, words in RETIRED.items():
        for old, new in words.items():
            assert f'`{parameter} = "{old}"`' in text
            assert f'`{parameter} = "{new}"`' in text
