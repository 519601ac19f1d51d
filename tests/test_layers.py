"""The arrows between the packages: each may import only what it is meant to see."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ARROWS = {
    "spec": set(),
    "host": {"spec"},
    "adders": {"spec", "host"},
    "golden": {"spec", "host"},
    "hdl": {"spec", "host", "adders"},
    "bench": {"spec", "golden"},
    "sim": {"spec", "host", "golden"},
    "synth": {"spec", "host"},
    "data": {"spec", "host", "golden"},
    "importers": {"spec", "host", "golden", "data"},
    "train": {"spec", "host", "golden", "data", "importers"},
    "models": {"spec"},
    "measure": {
        *("spec", "host", "adders", "golden", "hdl", "bench", "sim", "synth", "data", "models"),
    },
    "pages": {"spec", "measure"},
    "console": {"spec"},
    "api": {
        *("spec", "host", "golden", "hdl", "sim", "synth", "data", "importers", "train", "models"),
        "measure",
    },
    "cli": {
        *("spec", "host", "golden", "hdl", "sim", "synth", "data", "importers", "train", "models"),
        *("bench", "measure", "pages", "console", "api"),
    },
    "prove": {"spec", "host", "adders", "golden", "hdl", "measure", "console", "cli"},
    "mutants": {"spec", "host", "hdl", "sim", "measure", "console", "cli"},
}

FORBIDDEN = {
    "spec": {"amaranth", "cocotb", "torch"},
    "host": {"amaranth", "cocotb", "numpy", "torch"},
    "adders": {"amaranth", "cocotb", "torch"},
    "golden": {"amaranth", "cocotb", "torch"},
    "hdl": {"numpy", "cocotb", "torch"},
    "bench": {"amaranth", "cocotb", "torch"},
    "sim": {"amaranth", "torch"},
    "synth": {"amaranth", "cocotb", "torch"},
    "data": {"amaranth", "cocotb", "torch"},
    "importers": {"amaranth", "cocotb"},
    "measure": {"amaranth", "click", "cocotb", "rich", "torch"},
    "pages": {"amaranth", "click", "cocotb", "rich", "torch"},
    "cli": {"amaranth", "cocotb", "torch"},
    "prove": {"cocotb", "torch"},
    "mutants": {"amaranth", "torch"},
}


def imported(path):
    """Top-level names of what a file imports; of ours, the folder."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            first, second, *_ = [*name.split("."), ""]
            yield (second if second in ARROWS else "api") if first == "pascaline" else first


@pytest.mark.parametrize("package", ARROWS)
def test_arrows(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        for name in imported(path):
            if name in ARROWS:
                assert name in ARROWS[package] | {package}, f"{path} imports {name}"
            assert name not in FORBIDDEN.get(package, set()), f"{path} imports {name}"
