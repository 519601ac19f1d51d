"""The Makefile: no test is left out of all its targets."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDS = re.compile(r"""importorskip\(\s*"(\w+)""")
TOOLS = {"cocotbext", "distributed", "litex", "peakrdl_ipxact", "systemrdl"}


def test_what_needs_pytorch_is_run_with_it():
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    [places] = re.findall(r"^TRAINED := (.*)$", text, re.M)
    run = tuple(place if place.endswith(".py") else f"{place}/" for place in places.split())
    assert all((ROOT / place).exists() for place in run)
    found = {
        path.relative_to(ROOT).as_posix(): needs
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if (needs := set(NEEDS.findall(path.read_text())) - TOOLS)
    }
    assert len(found) > 20
    assert [path for path in found if not path.startswith(run)] == []


def test_values_of_our_options_are_no_paths_to_pytest():
    """Before it knows an option, a value that exists is where it looks for settings."""
    text = (ROOT / "Makefile").read_text()
    assert "--skipped-to=build/skipped" in text
    assert not re.search(r"pytest .*--(skipped-to|part) ", text)
