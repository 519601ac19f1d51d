"""The command line in this process, for tests."""

import sys

import pytest

from pascaline.cli.main import run


@pytest.fixture
def pascaline(monkeypatch, capsys):
    """Run the command line in this process; returns status, standard output, standard error."""
    # On a slow machine a line on how far it is would be among what is expected.
    monkeypatch.setattr("pascaline.console.stages.EVERY", 1e6)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["pascaline", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            run()
        shown = capsys.readouterr()
        return left.value.code, shown.out, shown.err

    return call
