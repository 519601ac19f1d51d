import json

import pytest

from pascaline.spec.arithmetic import RULE, arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.network import Network
from tests.golden.networks import CELLS, q
from tests.golden.networks import network as make_stack
from tests.models import make_network


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
            "network: layers.0.lstm.hidden: should be less than or equal to 2048, not 2049",
        ),
        (
            {"hidden": 1.5},
            "network: layers.0.lstm.hidden: should be a valid integer, not 1.5",
        ),
        (
            {"weights": "int8"},
            f"network: layers.0.lstm.weights_x: {RULE}, not 'int8'",
        ),
        (
            {"weights": 2},
            "network: layers.0.lstm.weights_x: must be the name of an arithmetic, not 2",
        ),
        (
            {"results": "first"},
            (
                "network: results: should be 'last', 'every', 'first-of-backward' or 'decoded',"
                " not 'first'"
            ),
        ),
        (
            {"results": "first-of-backward"},
            "network: results must be last or every for a last layer of one direction",
        ),
        (
            {
                "results": "first-of-backward",
                "layer": {"bidirectional": True},
                "pooling": "max",
            },
            "network: results must be last with pooling",
        ),
        ({"layer": {"h": q(8, 7, False)}}, "network: layers.0.lstm: h must be a signed format"),
        (
            {"layer": {"cell": q(16, 6)}},
            "network: layers.0.lstm: cell.frac must be at least tanh.frac",
        ),
        (
            {"layer": {"pre": q(16, 12)}},
            "network: layers.0.lstm: cell.frac must be at least pre.frac",
        ),
        (
            {"layer": {"cell_affine": {"kind": "layernorm"}, "peephole": True}},
            "network: layers.0.lstm: cell_affine must be affine with peepholes, not layernorm",
        ),
        (
            {"layer": {"cell_affine": {"kind": "layernorm"}, "recurrent": "walsh"}},
            "network: layers.0.lstm: cell_affine must be affine with a transform, not layernorm",
        ),
        ({"layer": {"pre": q(17, 8)}}, "network: layers.0.lstm: pre.width must be 2 to 16, not 17"),
        (
            {"layer": {"h": q(20, 15)}},
            "network: layers.0.lstm: h.frac must be at most sigmoid.frac + tanh.frac",
        ),
        (
            {"layer": {"activation": {"form": "pwl", "segments": 64}, "pre": q(6, 4)}},
            "network: layers.0.lstm: activation.segments must be at most 32 for this pre",
        ),
        (
            {"layer": {"activation": {"form": "spline"}}},
            (
                "network: layers.0.lstm.activation: tag 'spline' found using 'form' does not match"
                " any of the expected tags: 'table', 'pwl', 'pieces'"
            ),
        ),
        (
            {"layer": {"projection": True}},
            "network: layers.0.lstm.projection: extra inputs are not permitted, not True",
        ),
        (
            {"layer": {"kind": "transformer"}},
            "network: layers.0: kind must be lstm, gru or rnn",
        ),
        ({"layer": {"kind": 3}}, "network: layers.0: kind must be lstm, gru or rnn"),
        (
            {"layer": {"kind": "gru", "reset": "between"}},
            "network: layers.0.gru.reset: should be 'after' or 'before', not 'between'",
        ),
        (
            {"layer": {"kind": "gru", "state": q(16, 6)}},
            "network: layers.0.gru: state.frac must be at least tanh.frac",
        ),
        (
            {"layer": {"kind": "gru", "state": q(8, 7), "h": q(10, 9)}},
            "network: layers.0.gru: state.frac must be at least h.frac",
        ),
        (
            {"layer": {"kind": "gru", "state": q(16, 15, False)}},
            "network: layers.0.gru: state must be a signed format",
        ),
        (
            {"layer": {"kind": "rnn", "function": "relu", "h": q(12, 9)}},
            "network: layers.0.rnn: pre.frac must be at least h.frac for a relu",
        ),
        (
            {"layer": {"weights_x": "binary"}},
            "network: layers.0.lstm: weights stands for weights_x and weights_h",
        ),
        (
            {"pooling": "sum"},
            "network: pooling: should be 'none', 'max', 'mean' or 'attention', not 'sum'",
        ),
        (
            {"pooling": "mean", "results": "every"},
            "network: results must be last with pooling",
        ),
        (
            {"pooling": "max", "results": "every"},
            "network: results must be last with pooling",
        ),
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


def test_what_is_standardised_has_a_title():
    norm = {"kind": "layernorm", "spread": "rms"}
    titles = {
        "": {"cell_affine": {}},
        "layer norm by the root mean square": {"normaliser": norm},
        "cell: layer norm by the root mean square": {"cell_affine": norm},
        "layer norm by the mean absolute deviation, cell: layer norm by the root mean square": {
            "normaliser": {"kind": "layernorm"},
            "cell_affine": norm,
        },
    }
    for title, layer in titles.items():
        assert make_network(layer=layer).layer.norm_title == title


def test_one_to_eight_layers():
    layer = {"hidden": 2, "weights": "binary"}
    for count, text in ((0, "at least 1 item"), (9, "at most 8 items")):
        with pytest.raises(InputError, match=rf"^n: layers: tuple should have {text}"):
            Network.parse(json.dumps({"inputs": 1, "layers": count * [layer]}), thing="n")


def test_what_a_layer_takes_is_what_the_one_before_it_gives():
    network = make_stack(
        [{"bidirectional": True, "h": q(12, 11)}, {"kind": "rnn", "hidden": 5}], inputs=3
    )
    assert [network.layer_inputs(index) for index in range(2)] == [3, 8]
    assert [network.layer_x(index) for index in range(2)] == [network.x, network.layers[0].h]
    assert (network.layer.outputs, network.bidirectional) == (5, True)
    assert not make_network().bidirectional


def test_weights_stands_for_both_arithmetics():
    same = make_network(weights="binary").layer
    assert same.weights_x == same.weights_h == same.weights == arithmetic("binary")
    mixed = make_stack([{"weights_x": "exp4", "weights_h": "ternary"}]).layer
    assert (mixed.weights_x.name, mixed.weights_h.name) == ("exp4", "ternary")
    assert mixed.weights == arithmetic("exp4")


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_survives_json(name):
    network = make_stack([CELLS[name] | {"bidirectional": True}], pooling="max")
    assert Network.parse(network.model_dump_json(), thing="n") == network
