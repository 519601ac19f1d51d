import pytest

from spec.arithmetic import RULE
from spec.errors import InputError
from spec.network import Network
from tests.models import make_network


def q(width, frac, signed=True):
    return {"width": width, "frac": frac, "signed": signed}


def test_description_survives_json():
    network = make_network(head={"classes": 3, "weights": "fixed8"}, layer={"cell_affine": {}})
    assert Network.parse(network.model_dump_json(), thing="n") == network


def test_sizes_reach_2048():
    network = make_network(inputs=2048, hidden=2048)
    assert network.layer.rows == 8192


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"inputs": 0}, "network: inputs: should be greater than or equal to 1, not 0"),
        ({"inputs": 2049}, "network: inputs: should be less than or equal to 2048, not 2049"),
        (
            {"hidden": 2049},
            "network: layers.0.hidden: should be less than or equal to 2048, not 2049",
        ),
        (
            {"hidden": 1.5},
            "network: layers.0.hidden: should be a valid integer, not 1.5",
        ),
        (
            {"weights": "int8"},
            f"network: layers.0.weights: {RULE}, not 'int8'",
        ),
        ({"weights": 2}, "network: layers.0.weights: must be the name of an arithmetic, not 2"),
        ({"results": "first"}, "network: results: should be 'last' or 'every', not 'first'"),
        ({"layer": {"h": q(8, 7, False)}}, "network: layers.0: h must be a signed format"),
        ({"layer": {"cell": q(16, 6)}}, "network: layers.0: cell.frac must be at least tanh.frac"),
        ({"layer": {"pre": q(20, 12)}}, "network: layers.0: cell.frac must be at least pre.frac"),
        ({"layer": {"pre": q(17, 8)}}, "network: layers.0: pre.width must be 2 to 16, not 17"),
        (
            {"layer": {"h": q(20, 15)}},
            "network: layers.0: h.frac must be at most sigmoid.frac + tanh.frac",
        ),
        (
            {"layer": {"activation": {"form": "pwl", "segments": 64}, "pre": q(6, 4)}},
            "network: layers.0: activation.segments must be at most 32 for this pre",
        ),
        (
            {"layer": {"activation": {"form": "spline"}}},
            (
                "network: layers.0.activation: tag 'spline' found using 'form' does not match"
                " any of the expected tags: 'table', 'pwl'"
            ),
        ),
        (
            {"layer": {"peephole": True}},
            "network: layers.0.peephole: extra inputs are not permitted, not True",
        ),
        ({"layer": {"kind": "gru"}}, "network: layers.0.kind: should be 'lstm', not 'gru'"),
        ({"x": q(17, 8)}, "network: x.width must be at most 16, not 17"),
        (
            {"head": {"classes": 0, "weights": "binary"}},
            "network: head.classes: should be greater than or equal to 1, not 0",
        ),
        (
            {"head": {"classes": 2, "weights": "binary", "output": "softmax"}},
            "network: head.output: should be 'class' or 'logits', not 'softmax'",
        ),
    ],
)
def test_errors(fields, text):
    with pytest.raises(InputError) as error:
        make_network(**fields)
    assert str(error.value) == text


def test_exactly_one_layer():
    layer = '{"hidden": 2, "weights": "binary"}'
    with pytest.raises(InputError, match=r"^n: layers: tuple should have at most 1 item"):
        Network.parse(f'{{"inputs": 1, "layers": [{layer}, {layer}]}}', thing="n")
