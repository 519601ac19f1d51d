"""Members of components: each is documented with its shape, and none that is not there."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from amaranth.hdl import Fragment
from amaranth.lib import wiring

from pascaline.hdl.top import top
from tests.models import make_chains

HDL = Path(__file__).parents[2] / "hdl"

FLOW = re.compile(r"(In|Out)\(.*\)( or (In|Out)\(.*\))?")

BUILT = (
    "alone, on a bus",
    "pooling, on a bus",
    "mean",
    "both directions, head",
    "both directions, on a bus",
    "serial",
    "wires, bit by bit",
    "layer norm of cells",
)


def members(docstring):
    """Names, shapes and texts of the section of members."""
    _, _, section = (docstring or "").partition("Members\n-------\n")
    section = re.split(r"^\w[\w ]*\n-+\n", section, flags=re.MULTILINE)[0]
    for line, text in re.findall(r"^(\S.*)\n((?:[ ].*\n?)*)", section, re.MULTILINE):
        names, _, shape = line.partition(" : ")
        yield names, shape, text


def documented():
    for path in sorted(HDL.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                for names, shape, _ in members(ast.get_docstring(node)):
                    yield pytest.param(names, shape, id=f"{node.name}-{names}")


@pytest.mark.parametrize(("names", "shape"), list(documented()))
def test_members_have_shapes(names, shape):
    assert FLOW.fullmatch(shape), f"{names} : {shape}"


@pytest.fixture(scope="module")
def built():
    """Signatures of all components of some designs, by their classes."""
    found = {}
    usual = wiring.Component.__init__

    def watched(self, *arguments, **options):
        usual(self, *arguments, **options)
        found.setdefault(type(self), []).append(set(self.signature.members))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring.Component, "__init__", watched)
        chains = make_chains()
        for name in BUILT:
            Fragment.get(top(chains[name]).component, None)
    return found


def test_documented_members_are_those_of_the_signature(built):
    checked = set()
    for component, signatures in built.items():
        owners = [one for one in component.__mro__ if "Members\n" in (one.__doc__ or "")]
        if not owners:
            continue
        listed = [
            (name, "only there" in text)
            for names, _, text in members(inspect.cleandoc(owners[0].__doc__))
            for name in names.split(", ")
        ]
        if any(name == "..." or "<" in name for name, _ in listed):
            continue
        always = {name for name, optional in listed if not optional}
        for signature in signatures:
            assert always <= signature <= {name for name, _ in listed}, component.__name__
        checked.add(owners[0])
    assert len(checked) > 20
