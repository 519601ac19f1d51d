"""Writes docs/api.md from the docstrings of what is public: ``make docs``. Needs PyTorch."""

import importlib
import inspect
import re
from pathlib import Path

API = Path(__file__).parent / "api.md"

HEAD = """# Python API

Made from docstrings by `make docs`; do not edit. What is on this page is public and stable; other
modules are not. Importing `pascaline` loads nothing else: a name is loaded when it is first used.

Wrong values raise `pascaline.InputError`, whose text is one line: the thing, the rule, the value.
"""

MODULES = ("pascaline", "pascaline.nn")


def reference(name):
    """The chapter of a module."""
    module = importlib.import_module(name)
    parts = [f"## {name}", _body(inspect.getdoc(module))]
    for title in module.__all__:
        thing = getattr(module, title)
        parts.append(f"### {name}.{title}")
        if name != MODULES[0] and thing is getattr(
            importlib.import_module(MODULES[0]), title, None
        ):
            parts.append(f"The same as `{MODULES[0]}.{title}`.")
            continue
        parts += [_signature(title, thing), _body(inspect.getdoc(thing))]
        if inspect.isclass(thing):
            parts += _methods(title, thing)
    return "\n\n".join(parts) + "\n"


def _methods(name, owner):
    """Public methods and properties that a class defines itself."""
    for key, member in vars(owner).items():
        plain = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        if key.startswith("_") or not (inspect.isfunction(plain) or isinstance(plain, property)):
            continue
        if not (text := inspect.getdoc(plain)):
            continue
        yield f"#### {name}.{key}"
        if not isinstance(plain, property):
            yield _signature(key, plain)
        yield _body(text)


def _signature(name, thing):
    """How it is called, a parameter a line if it is long."""
    if hasattr(thing, "model_rebuild"):
        thing.model_rebuild()  # A record knows its fields' signature once it has been built.
    parameters, star = [], False
    for one in inspect.signature(thing).parameters.values():
        if one.kind is one.KEYWORD_ONLY and not star:
            parameters.append("*")
        star |= one.kind in (one.KEYWORD_ONLY, one.VAR_POSITIONAL)
        if one.name != "self":
            parameters.append(_parameter(one))
    line = f"{name}({', '.join(parameters)})"
    if len(line) > 100:
        line = f"{name}(\n" + "".join(f"    {one},\n" for one in parameters) + ")"
    return f"```python\n{line}\n```"


def _parameter(one):
    """A parameter without its type; a function that is its default by its name."""
    if inspect.isfunction(one.default):
        return f"{one.name}={one.default.__name__.replace('<lambda>', '...')}"
    return str(one.replace(annotation=one.empty))


def _body(text):
    """Markdown of a numpydoc docstring."""
    found = re.split(r"^(\w[\w ]*)\n-+\n", text or "", flags=re.MULTILINE)
    parts = [_prose(found[0])]
    for title, section in zip(found[1::2], found[2::2], strict=True):
        show = _examples if title == "Examples" else _items
        parts += [f"**{title}**", show(section)]
    return "\n\n".join(part for part in parts if part)


def _prose(text):
    plain = re.sub(r"``(.+?)``", r"`\1`", text.strip())
    return re.sub(r"::\n\n((?: {4}.*\n?|\n)+)", r":\n\n\1", plain)


def _items(section):
    """A list: what it is called, and the text below that is indented."""
    lines = []
    for line in section.strip().splitlines():
        if line.startswith("    "):
            lines[-1] += ("" if lines[-1].endswith(": ") else " ") + line.strip()
        elif line.strip():
            name, _, kind = line.partition(" : ")
            lines.append(f"- `{name}`" + (f" ({kind})" if kind else "") + ": ")
    return _prose("\n".join(lines))


def _examples(section):
    """Prose, and between it blocks of what is typed and answered."""
    parts = []
    for part in re.split(r"\n\s*\n", section.strip()):
        code = part.startswith(">>>")
        parts.append(f"```pycon\n{part}\n```" if code else _prose(part))
    return "\n\n".join(parts)


if __name__ == "__main__":
    API.write_text("\n".join([HEAD, *map(reference, MODULES)]), encoding="utf-8")
