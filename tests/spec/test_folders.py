"""Where things are kept; for an installed package, see tests.test_wheel."""

from pathlib import Path

import pytest

from pascaline.spec.folders import build_folder, data_folder

ROOT = Path(__file__).parents[2]
FOLDERS = [(build_folder, "PASCALINE_BUILD", "."), (data_folder, "PASCALINE_DATA", "data")]


@pytest.mark.parametrize(("folder", "variable", "below"), FOLDERS)
def test_a_checkout_keeps_things_in_build(folder, variable, below, monkeypatch):
    monkeypatch.delenv(variable, raising=False)
    assert folder() == ROOT.resolve() / "build" / below


@pytest.mark.parametrize(("folder", "variable", "_"), FOLDERS)
def test_a_variable_moves_them(folder, variable, _, monkeypatch, tmp_path):
    monkeypatch.setenv(variable, str(tmp_path))
    assert folder() == tmp_path
