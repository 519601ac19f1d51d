"""Results, with what was explored before."""

import pytest

from pascaline.cli.html import with_explored


@pytest.mark.parametrize("content", ["", "{}", '{"model": "net"', "[]"])
def test_a_damaged_exploration_is_left_out(content, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path))
    (tmp_path / "explore").mkdir()
    (tmp_path / "explore" / "net-generic.json").write_text(content)
    result = {"model": "net", "target": "generic"}
    assert with_explored(result) == result | {"explored": None}
    error = capsys.readouterr().err
    assert error.startswith("pascaline: net-generic.json: ")
    assert error.count("\n") == 1
