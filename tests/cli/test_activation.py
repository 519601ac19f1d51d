"""Models with another form of their activation functions."""

import json

import pytest

import pascaline as api
from pascaline.data.activations import LADDER


def only_json(status, out, err):
    assert status == 0, err
    return json.loads(out)


def change(pascaline, tmp_path, *words):
    path = tmp_path / "changed.safetensors"
    return path, pascaline("activation", *words, "-o", path, "--json")


def test_a_form(pascaline, tmp_path):
    path, done = change(pascaline, tmp_path, "tiny-ternary", "--form", "pieces16")
    found = only_json(*done)
    assert (found["form"], found["largest_error"]) == ("pieces16", 4)
    before, after = api.load("tiny-ternary"), api.load(path)
    assert [str(layer.activation) for layer in after.network.layers] == ["pieces16"]
    assert all((before.tensors[name] == after.tensors[name]).all() for name in before.tensors)
    assert after.card["activation"]["form"] == "pieces16"


def test_the_smallest_within_a_unit(pascaline, tmp_path):
    _, done = change(pascaline, tmp_path, "tiny-ternary", "--form", "auto")
    found = only_json(*done)
    tried = [one["form"] for one in found["tried"]]
    assert tuple(tried) == LADDER[: len(tried)]
    assert found["form"] == tried[-1]
    assert [one["largest_error"] <= 1 for one in found["tried"]] == [False] * (len(tried) - 1) + [
        True
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["--form", "spline"],
            "activation: must be table, or as pwl256, pieces16 or pieces16x4, no",
        ),
        (
            ["--form", "pieces016"],
            "activation: must be table, or as pwl256, pieces16 or pieces16x4, no",
        ),
        (
            ["--form", "pwl4096"],
            "activation: segments: should be less than or equal to 1024, not 4",
        ),
        (
            ["--form", "table", "--data", "digits"],
            "data: must be left out with table: only auto lo",
        ),
    ],
)
def test_refused(pascaline, tmp_path, words, line):
    path, (status, out, err) = change(pascaline, tmp_path, "tiny-ternary", *words)
    assert (status, out) == (2, "")
    assert line in err
    assert not path.exists()


def test_measured(pascaline):
    words = ["measure", "activations", "--forms", "table,pieces16x4", "--json"]
    table, pieces = only_json(*pascaline(*words))["forms"]
    assert table["errors"] == {"sigmoid": [0, 0.0], "tanh": [0, 0.0]}
    assert pieces["errors"]["tanh"][0] == pieces["errors"]["sigmoid"][0] == 1


def test_pieces_take_less_than_a_table(pascaline):
    words = ["measure", "activations", "--forms", "table,pieces4", "--pre", "Q3.4", "--synthesise"]
    table, pieces = only_json(*pascaline(*words, "--target", "ecp5", "--json"))["forms"]
    assert pieces["area"] < table["area"]
    assert pieces["memory_bits"] == table["memory_bits"] == 0


def test_a_function_as_verilog():
    pre, out = api.Format(width=8, frac=4), api.Format(width=6, frac=4)
    found = api.approximate(lambda x: x / 4, pre, out, pieces=2)
    assert found.largest <= 1
    text = found.verilog("half")
    assert "module half(" in text


def test_a_model_without_functions(pascaline, tmp_path):
    path = tmp_path / "same.safetensors"
    status, _, err = pascaline("activation", "copy-1000-hadamard", "--form", "auto", "-o", path)
    assert status == 2
    assert err.startswith("pascaline: model: must have activation functions")
    assert not path.exists()


def test_any_file_name(pascaline, tmp_path):
    """Names are printed as they are, also where they look like markup."""
    path = tmp_path / "a[red][" / "b].safetensors"
    path.parent.mkdir()
    status, out, err = pascaline("activation", "tiny-ternary", "--form", "pieces16", "-o", path)
    assert status == 0, err
    assert str(path) in out
    _, shown, _ = pascaline("show", path)
    assert "pieces16" in shown


def test_a_function_may_change():
    """Nothing is remembered of a function of the user's."""

    class Steep:
        slope = 1.0
        __hash__ = None

        def __call__(self, x):
            return max(-1.0, min(1.0, self.slope * x))

    function, forms = Steep(), (api.Format(width=8, frac=5), api.Format(width=8, frac=7))
    first = api.approximate(function, *forms)
    function.slope = 0.1
    second = api.approximate(function, *forms)
    assert (first.values != second.values).any()
    assert second.largest <= 2


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyError("x"), AttributeError("y")])
def test_a_function_that_fails(error):
    def function(x):
        raise error

    forms = (api.Format(width=6, frac=3), api.Format(width=6, frac=3))
    with pytest.raises(api.InputError, match=r"^function: must have a value at -4\.0"):
        api.approximate(function, *forms)


@pytest.mark.parametrize("name", ["module", "wire", "\u00e9", "1a", ""])
def test_names_in_verilog(name):
    found = api.approximate("tanh", api.Format(width=6, frac=3), api.Format(width=6, frac=5))
    with pytest.raises(api.InputError, match=r"^name: must be a name in Verilog"):
        found.verilog(name)
