"""Cells: every package has all of them, and nothing else asks which cell a layer is."""

import ast
from pathlib import Path

import pytest

from pascaline.spec.cells import CELLS, FORMS, USUAL

ROOT = Path(__file__).parents[1]

TABLES = (
    "spec/cells",
    "golden/cells",
    "hdl/cells",
    "train/cells",
    "importers/modules",
    "prove/cells",
)
"""Packages with a module for each cell, and a table of them."""

FOLDERS = ("spec", "golden", "hdl", "sim", "synth", "train", "cli", "prove", "mutants", "api")

OF_ONE_CELL = {
    "hdl/cells/serial.py": "the serial unit is that of the LSTM alone",
    "hdl/cells/bitserial.py": "the same",
    "prove/cells/serial.py": "the same",
    "prove/designs.py": "a cell of few cycles, and one of two phases",
    "train/stepwise.py": "its normalisers are for the LSTM alone",
    "train/precision.py": "the cells of the paper that it repeats",
    "train/speed.py": "the work that it times",
    "train/layers.py": "a stand-in for each module of PyTorch",
    "api/nn.py": "hands these on",
    "cli/known.py": "what a help says; compared with the tables",
    "cli/hostile/commands.py": "the card that it breaks",
    "cli/hostile/graphs.py": "operators of ONNX in the graphs that it breaks",
}
"""Files that may name cells, and why."""

NAMES = {*CELLS, *FORMS, *(cell.title for cell in CELLS.values())}


def table_of(folder):
    """Keys of the table of a package; it need not be imported, which may take PyTorch."""
    for node in ast.parse((ROOT / folder / "__init__.py").read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "CELLS" for target in targets):
            return ast.literal_eval(ast.List(node.value.keys))
    raise AssertionError(f"{folder} has no table")


@pytest.mark.parametrize("folder", TABLES)
def test_every_table_has_every_cell(folder):
    found = table_of(folder)
    # PyTorch and ONNX need not have a module for each.
    wanted = found if folder == "importers/modules" else CELLS
    assert found == [kind for kind in CELLS if kind in wanted]
    for kind in found:
        assert (ROOT / folder / f"{kind}.py").is_file()


def test_keys_are_kinds():
    for kind, cell in CELLS.items():
        assert cell.model_fields["kind"].default == kind
        assert all(FORMS[name] == (kind, options) for name, options in cell.forms.items())
    assert USUAL in CELLS
    assert USUAL in FORMS


def choices(path):
    """What in a file names a cell: its strings, and imports of what is there for one cell."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in NAMES:
            yield f"{node.lineno}: {node.value!r}"
        if isinstance(node, ast.ImportFrom):
            *above, last = node.module.split(".")
            if last in CELLS and above[-1] in {Path(table).name for table in TABLES}:
                yield f"{node.lineno}: {node.module}"
        if isinstance(node, (ast.ImportFrom, ast.Name, ast.Attribute)):
            found = {alias.name for alias in getattr(node, "names", ())}
            found |= {getattr(node, "id", None), getattr(node, "attr", None)}
            if found & {cell.__name__ for cell in CELLS.values()}:
                yield f"{node.lineno}: a layer of one cell"


def test_only_modules_of_cells_name_cells():
    allowed = {f"{table}/{stem}.py" for table in TABLES for stem in (*CELLS, "__init__")}
    found = [
        f"{name}:{choice}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (name := path.relative_to(ROOT).as_posix()) not in allowed | OF_ONE_CELL.keys()
        for choice in choices(path)
    ]
    assert not found
