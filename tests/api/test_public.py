"""What is public is documented, and importing it costs nothing."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pascaline

HEAVY = {"amaranth", "cocotb", "jinja2", "matplotlib", "numpy", "onnx", "pydantic", "rich", "torch"}
"""What takes long to import."""

ROOT = Path(__file__).parents[2]
FOLDERS = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}


def loaded(*words):
    """Top-level packages that a Python process has loaded at the end."""
    code = "import sys; print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    script = [*words, "finally:", f"    {code}"]
    command = [sys.executable, "-c", "\n".join(["try:", *script])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return set(done.stderr.split())


def section(thing, title):
    """The lines of a section of a docstring."""
    text = inspect.getdoc(thing) or ""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", text, re.M | re.S)
    return found.group(1) if found else ""


def described(thing, title):
    """Names that a section describes."""
    lines = re.findall(r"^(\*{0,2}\w.*?)(?: :.*)?$", section(thing, title), re.M)
    return {name.strip().strip("*") for line in lines for name in line.split(",")}


def functions():
    return [name for name in pascaline.__all__ if name[0].islower()]


def test_names_are_no_packages():
    assert not FOLDERS & set(pascaline.__all__)


def test_all_is_what_is_imported_for_types():
    text = Path(pascaline.__file__).read_text(encoding="utf-8")
    part = text.partition("if TYPE_CHECKING:")[2].partition("__all__")[0]
    names = re.findall(r"import (.*)", part)
    assert sorted(", ".join(names).split(", ")) == sorted(pascaline.__all__)
    assert set(pascaline.__all__) <= set(dir(pascaline))


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="'pascaline' has no attribute 'nothing'"):
        pascaline.nothing  # noqa: B018


@pytest.mark.parametrize("name", functions())
def test_every_parameter_is_documented(name):
    function = getattr(pascaline, name)
    assert set(inspect.signature(function).parameters) == described(function, "Parameters")
    assert section(function, "Returns") or inspect.signature(function).return_annotation == "None"
    assert section(function, "Raises") or name in ("cycles", "utilisation", "generate")


@pytest.mark.parametrize("name", sorted(set(pascaline.__all__) - set(functions())))
def test_every_field_is_documented(name):
    thing = getattr(pascaline, name)
    fields = getattr(thing, "model_fields", None) or getattr(thing, "__dataclass_fields__", {})
    assert set(fields) <= described(thing, "Parameters") | described(thing, "Attributes")


def test_import_loads_nothing():
    found = loaded("    import pascaline")
    assert "pascaline" in found
    assert not found & HEAVY


@pytest.mark.parametrize("words", [[], ["measure"]])
def test_help_loads_next_to_nothing(words):
    argv = f"    import sys; sys.argv = {['pascaline', *words, '--help']!r}"
    found = loaded(argv, "    from pascaline.cli.main import run", "    run()")
    assert "click" in found
    assert not found & HEAVY


def test_list_loads_no_tools():
    argv = "    import sys; sys.argv = ['pascaline', 'list', '--json']"
    found = loaded(argv, "    from pascaline.cli.main import run", "    run()")
    assert not found & (HEAVY - {"numpy", "pydantic", "rich"})
