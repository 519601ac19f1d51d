"""Plugin: a list of the tests that were skipped, to run these alone where nothing is missing."""

from pathlib import Path

__all__ = ["pytest_addoption", "pytest_terminal_summary"]


def pytest_addoption(parser):
    """Add ``--skipped-to FILE``: the names of skipped tests, a line each, for ``pytest @FILE``."""
    parser.addoption("--skipped-to", type=Path, help="list the tests that are skipped in this file")


def pytest_terminal_summary(terminalreporter, config):
    """Write the list: tests, and files that are skipped as a whole."""
    path = config.getoption("skipped_to")
    if path is None:
        return
    names = {report.nodeid for report in terminalreporter.stats.get("skipped", [])}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")
