"""The lists of CONTRIBUTING.md: files that exist, tables with the keys that it says."""

import importlib
import re
from pathlib import Path

import pytest

from tests.names import BACKTICKED, exists, rows

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

SECTIONS = dict(re.findall(r"^### ([^\n]*)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))


def said(section, title):
    """What is in backticks in the sentence that a title starts."""
    found = re.search(rf"\b{title}: (.*?`)\.?(?=\s+[A-Z`]|\s*\n\n)", section, re.DOTALL)
    return BACKTICKED.findall(found[1]) if found else []


def label(key):
    return key if isinstance(key, str) else key.__name__


def table(name):
    package, *_ = name.split(".")
    module, _, attribute = name.rpartition(".")
    return getattr(
        importlib.import_module(module if package == "prove" else f"pascaline.{module}"), attribute
    )


@pytest.mark.parametrize("title", SECTIONS)
def test_files_exist(title):
    section = SECTIONS[title]
    paths = [
        BACKTICKED.findall(row[0])[0]
        for part in section.split("| file | change |")[1:]
        for row in rows(f"| file | change |{part}", "| file | change |")
    ]
    assert paths
    for path in paths:
        for example in said(section, "Example") or [""]:
            assert (ROOT / path.replace("NAME", example)).is_file(), path


@pytest.mark.parametrize("title", [title for title in SECTIONS if said(SECTIONS[title], "Tables")])
def test_tables_have_the_keys(title):
    section = SECTIONS[title]
    for name in said(section, "Tables"):
        assert exists(name), name
        if name.startswith("train."):
            pytest.importorskip("torch")
        if name.startswith("sim.control"):
            pytest.importorskip("cocotbext.axi")
        assert list(map(label, table(name))) == said(section, "Keys"), name


def test_example_is_a_key():
    for section in SECTIONS.values():
        keys = said(section, "Keys")
        assert set(said(section, "Example")) <= {*keys, "keras"}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([a-z]+(?:\.\w+)+)`", TEXT))))
def test_names_exist(name):
    assert name.startswith("pytest.") or exists(name) or (ROOT / name).is_file(), (
        f"CONTRIBUTING.md names {name}"
    )


def test_commands_of_the_fast_loop_name_what_exists():
    commands = re.findall(r"`python -m pytest ([^`]+)`", TEXT)
    assert commands
    for command in commands:
        for word in command.split():
            path = word.removeprefix("--ignore=")
            assert path.startswith("-") or list(ROOT.glob(path)), command
