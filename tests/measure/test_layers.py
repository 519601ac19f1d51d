import pytest

from pascaline.hdl.verilog import generate
from pascaline.measure.designs import make_design
from pascaline.measure.layers import layer_list
from pascaline.models.catalogue import find_model


@pytest.mark.parametrize(
    ("full", "forms"),
    [
        (False, {"sigmoid": ("folded table", 5672), "tanh": ("folded table", 3591)}),
        (True, {"sigmoid": ("full table", 32768), "tanh": ("full table", 32768)}),
    ],
)
def test_tables_are_said_and_are_so(full, forms):
    design = make_design(find_model("tiny-binary"), {"full_tables": full})
    [layer] = layer_list(design)
    found = {name: (one["form"], one["bits"]) for name, one in layer["functions"].items()}
    assert found == forms
    assert all(one["full_bits"] == 32768 for one in layer["functions"].values())
    assert ("folded" in generate(design).text) == (not full)
