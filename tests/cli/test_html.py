"""Pages of results, with what was explored before."""

import pytest

from pascaline.cli.html import write_page


@pytest.mark.parametrize("content", ["", "{}", '{"model": "net"', "[]"])
def test_a_damaged_exploration_is_left_out(content, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path))
    monkeypatch.setattr("pascaline.pages.document.page", lambda result, explored: f"{explored}")
    (tmp_path / "explore").mkdir()
    (tmp_path / "explore" / "net-generic.json").write_text(content)
    write_page(tmp_path / "page.html", {"model": "net", "target": "generic"}, quiet=True)
    assert (tmp_path / "page.html").read_text() == "None"
    error = capsys.readouterr().err
    assert error.startswith("pascaline: net-generic.json: ")
    assert error.count("\n") == 1
