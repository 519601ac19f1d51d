"""Files of users are opened in one place, `spec.outside`."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

READERS = ("read_bytes", "read_text", "open", "safe_open")
LIBRARIES = ("np.load", "torch.load", "zipfile.ZipFile")

OWN = {
    "cli/hostile/arrays.py": "members that it has made itself",
    "cli/hostile/places.py": "a file that it has made itself",
    "cli/guard.py": "the device that takes what cannot be written",
    "data/arrays.py": "members of a zip file whose content has been read",
    "data/debian.py": "packages whose hash is known",
    "data/packages.py": "packages whose hash is known",
    "data/readers.py": "packages whose hash is known",
    "data/reviews.py": "packages whose hash is known",
    "data/sets.py": "packages whose hash is known",
    "host/cache.py": "files that it has written itself",
    "host/compiled.py": "a source of its own",
    "host/children.py": "what the system says of processes",
    "host/watch.py": "what the system says of processes",
    "host/memory.py": "what the system says of this process",
    "importers/keras/archive.py": "content that has been read",
    "importers/tensorfiles/pickled.py": "content that has been read",
    "spec/configs.py": "a file of its own",
    "spec/files.py": "whether what is written is there already",
    "spec/modelfile.py": "behind `spec.outside.regular`",
    "spec/outside.py": "the place",
    "spec/scratch.py": "locks",
    "train/snapshot.py": "behind `spec.outside.regular`",
}
"""Modules that open something, and why they may."""


def openings(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in LIBRARIES or called.rpartition(".")[2] in READERS:
            yield f"{path.relative_to(ROOT)}:{node.lineno}: {called}"


@pytest.mark.parametrize(
    "package", ["api", "cli", "console", "data", "host", "importers", "pages", "spec", "train"]
)
def test_no_other_module_opens_files(package):
    for path in sorted((ROOT / package).rglob("*.py")):
        if str(path.relative_to(ROOT)) not in OWN:
            assert list(openings(path)) == []


@pytest.mark.parametrize("path", OWN)
def test_the_list_is_true(path):
    assert list(openings(ROOT / path))
