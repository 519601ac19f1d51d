"""What a document names: tables of Markdown, modules and what is in them, without imports."""

import ast
import re
from pathlib import Path

__all__ = ["BACKTICKED", "exists", "rows"]

ROOT = Path(__file__).parents[1]

BACKTICKED = re.compile(r"`([^`]+)`")


def rows(text, head):
    """The cells of each row of the table with that line of titles."""
    lines = text[text.index(head) :].splitlines()[2:]
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def exists(name):
    """Whether ``package.module.thing`` is a package, a module, or what a module defines."""
    first, *inner = name.split(".")
    if first == "pascaline" and inner:
        first, *inner = inner if (ROOT / inner[0]).is_dir() else ("api", *inner)
    *folders, last = first, *inner
    path = ROOT.joinpath(*folders, last)
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module = ROOT.joinpath(*folders)
    file = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    if file.is_file():
        return last in _defined(ast.parse(file.read_text(encoding="utf-8")).body)
    return len(folders) > 1 and _is_member(ROOT.joinpath(*folders[:-1]), folders[-1], last)


def _is_member(module, owner, member):
    """Whether a class of a module has a member; not one that it inherits."""
    file = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    if not file.is_file():
        return False
    body = ast.parse(file.read_text(encoding="utf-8")).body
    classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name == owner]
    return any(member in _defined(node.body) for node in classes)


def _defined(body):
    """Names that a module or a class defines or imports."""
    found = set()
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return found
