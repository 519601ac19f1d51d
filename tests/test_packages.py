"""What `pyproject.toml` says about our packages is what is there."""

import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.test_layers import ARROWS

ROOT = Path(__file__).parents[1]
SETUP = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
NOT_INSTALLED = {"mutants", "prove", "tests"}


def ours():
    """Import name and folder of each package that is installed."""
    for file in sorted(ROOT.glob("*/**/__init__.py")):
        first, *below = file.parent.relative_to(ROOT).parts
        if first not in NOT_INSTALLED and first.isidentifier() and first != "build":
            head = [] if first == "api" else [first]
            yield ".".join(["pascaline", *head, *below]), file.parent


def test_every_package_is_named():
    assert sorted(SETUP["packages"]) == sorted(name for name, _ in ours())


def test_every_folder_has_its_import_name():
    tops = {name: folder.name for name, folder in ours() if folder.parent == ROOT}
    assert SETUP["package-dir"] == tops


def test_every_package_has_arrows():
    tops = {folder.name for _, folder in ours() if folder.parent == ROOT}
    assert ARROWS.keys() == tops | NOT_INSTALLED - {"tests"}


def test_nothing_is_a_link():
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    command = ["git", "ls-files", "--stage"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert not [line for line in done.stdout.splitlines() if line.startswith("120000")]
