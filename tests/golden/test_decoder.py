"""A decoder against plain integers of Python."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pascaline.data.activations import with_activation
from pascaline.golden.network import Golden
from pascaline.golden.parallel import run_all
from pascaline.spec.activation import read_activation
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.modelfile import model_bytes, read_model
from pascaline.spec.network import Network
from pascaline.spec.storage import storage
from pascaline.spec.synthetic import synthetic_model
from pascaline.spec.tensors import tensor_specs
from tests.golden.networks import draw
from tests.golden.oracle import slow_run

Q0_7: dict[str, Any] = {"width": 8, "frac": 7}
Q0_11: dict[str, Any] = {"width": 12, "frac": 11}

ENCODER: dict[str, Any] = {"hidden": 4, "weights": "ternary", "bidirectional": True}

DECODER: dict[str, Any] = {
    "layer": {"hidden": 8, "weights": "ternary"},
    "embedding": 3,
    "end": 2,
    "most": 7,
    "attention": {"query": Q0_7},
}

HEAD: dict[str, Any] = {"classes": 3, "weights": "fixed8"}

NETWORK: dict[str, Any] = {
    "inputs": 3,
    "layers": [ENCODER],
    "decoder": DECODER,
    "head": HEAD,
    "results": "decoded",
}

CASES: dict[str, dict[str, Any]] = {
    "usual": {},
    "one direction": {
        "layers": [ENCODER | {"bidirectional": False, "hidden": 8}, ENCODER | {"hidden": 4}]
    },
    "gru": {
        "layers": [ENCODER | {"kind": "gru"}],
        "decoder": DECODER | {"layer": {"kind": "gru", "hidden": 8, "weights": "binary"}},
    },
    "rnn": {
        "decoder": DECODER | {"layer": {"kind": "rnn", "hidden": 8, "weights": "fixed4"}, "end": 0}
    },
    "12 bits": {
        "layers": [ENCODER | {"h": Q0_11}],
        "decoder": DECODER
        | {
            "layer": {"hidden": 8, "weights": "ternary", "h": Q0_11},
            "attention": {"query": Q0_11, "score": {"width": 15, "frac": 9}, "bits": 16},
        },
    },
    "head": {"head": HEAD | {"scaled": True, "rectified": True, "zero_point": True}},
    "norm": {
        "decoder": DECODER
        | {"layer": {"hidden": 8, "weights": "ternary", "normaliser": {"kind": "layernorm"}}}
    },
}


def parse(changes: dict[str, Any]) -> Network:
    return Network.parse(json.dumps(NETWORK | changes), thing="network")


def make(changes: dict[str, Any], seed: int = 0) -> Model:
    """A model whose logits are 0 in the mean, so that all classes come."""
    rng = np.random.default_rng(seed)
    model = synthetic_model("test", parse(changes), rng)
    golden, logits = Golden(model), list[Any]()
    assert golden._decoding is not None
    head = golden._decoding._head

    def watched(seen: Any) -> Any:
        logits.append(head(seen))
        return logits[-1]

    golden._decoding._head = watched  # type: ignore[assignment]
    golden.run(draw(model, rng, *range(1, 10)))
    bias = model.tensors["head.bias"] - np.concatenate(logits).mean(axis=0).astype(np.int64)
    return replace(model, tensors=model.tensors | {"head.bias": bias})


def ending(model: Model, offset: int) -> Model:
    """The same with another bias of the class that ends."""
    bias = model.tensors["head.bias"].copy()
    bias[2] += offset
    return replace(model, tensors=model.tensors | {"head.bias": bias})


@pytest.mark.parametrize("name", CASES)
def test_equals_formulas(name: str) -> None:
    lengths, outputs = set(), set()
    for seed in range(3, 12):
        sequences = draw(made := make(CASES[name], seed), np.random.default_rng(seed), 1, 9, 4, 2)
        for offset in (0, -800):
            model = ending(made, offset)
            for sequence, result in zip(
                sequences, Golden(model).run(sequences).results, strict=True
            ):
                assert result.tolist() == slow_run(model, sequence)
                lengths.add(len(result))
                outputs.add(tuple(result.tolist()))
    assert len(lengths) > 1
    assert len(outputs) > 4


def test_ends_where_it_must() -> None:
    model = make({})
    sequences = draw(model, np.random.default_rng(0), 5, 3)
    at_once = Golden(ending(model, 1 << 20)).run(sequences).results
    assert [one.tolist() for one in at_once] == [[2], [2]]
    never = Golden(ending(model, -(1 << 20))).run(sequences).results
    assert [len(one) for one in never] == [7, 7]
    assert all(2 not in one for one in never)


def test_side_by_side_is_alone() -> None:
    model = make({})
    sequences = draw(model, np.random.default_rng(3), *range(1, 20))
    together = Golden(model).run(sequences).results
    for one, other in zip(run_all(Golden(model), sequences), together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_context_counts() -> None:
    """Sequences have outputs of their own, though the decoder is one."""
    model = make({}, seed=6)
    sequences = draw(model, np.random.default_rng(3), *range(1, 20))
    assert len({tuple(one.tolist()) for one in Golden(model).run(sequences).results}) > 1


def test_tensors_and_file(tmp_path: Any) -> None:
    model = make({})
    specs = tensor_specs(model.network)
    assert specs["decoder.embedding"].shape == (3, 3)
    assert specs["decoder.weight_x"].shape == (32, 11)
    assert specs["decoder.weight_h"].shape == (32, 8)
    assert specs["head.weight"].shape == (3, 16)
    path = tmp_path / "a.safetensors"
    path.write_bytes(model_bytes(model))
    again = read_model(path)
    assert again.network == model.network
    assert all(np.array_equal(again.tensors[name], model.tensors[name]) for name in specs)
    assert model.network.bounded
    assert "decoder" not in Network.parse(
        json.dumps({"inputs": 3, "layers": [ENCODER]}), thing="network"
    ).model_dump(mode="json")


def test_functions_in_another_form_are_the_decoder_s_too() -> None:
    model = make({}, seed=6)
    made = with_activation(model, read_activation("pwl16", thing="activation"))
    decoder = made.network.decoder
    assert decoder is not None
    assert {str(layer.activation) for layer in made.network.every_layer} == {"pwl16"}
    (sequence,) = draw(model, np.random.default_rng(0), 6)
    assert Golden(made).run([sequence]).results[0].tolist() == slow_run(made, sequence)


def test_storage_has_all_of_it() -> None:
    model = make({})
    found = storage(model)
    # Two bits a weight: of both directions, and of the decoder.
    assert found.weights == 2 * (2 * 16 * (3 + 4) + 32 * (11 + 8))
    assert found.head == 3 * (16 * 8 + 32) + 8 * 3 * 3


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"results": "last"}, "network: results must be decoded with a decoder, and only then"),
        ({"decoder": None}, "network: results must be decoded with a decoder, and only then"),
        ({"pooling": "max"}, "network: results must be last with pooling"),
        ({"head": None}, "network: head must be there with a decoder, and its output must be cl"),
        ({"head": HEAD | {"output": "logits"}}, "network: head must be there with a decoder, and"),
        ({"head": HEAD | {"classes": 2}}, "network: decoder.end must be below 2, not 2"),
        (
            {"layers": [ENCODER | {"hidden": 3}]},
            "network: decoder.layer.hidden must be 6, elements of what it decodes, not 8",
        ),
        (
            {"layers": [ENCODER | {"h": Q0_11}]},
            "network: decoder.layer.h must be .*, the format of the layer's h",
        ),
        (
            {"decoder": DECODER | {"attention": {}}},
            "network: decoder: attention.query must be .*, as layer.h",
        ),
        (
            {"decoder": DECODER | {"layer": ENCODER | {"hidden": 8}}},
            "network: decoder: layer.bidirectional must be false: the end of an output is not know",
        ),
        (
            {"decoder": DECODER | {"layer": DECODER["layer"] | {"initial": True}}},
            "network: decoder: layer.initial must be false: the state starts from zero",
        ),
        (
            {"decoder": DECODER | {"layer": DECODER["layer"] | {"recurrent": "walsh"}}},
            "network: decoder: layer.recurrent must be matrix",
        ),
        ({"decoder": DECODER | {"most": 0}}, "network: decoder.most: should be greater than"),
    ],
)
def test_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=f"^{text}"):
        parse(changes)


@pytest.mark.parametrize(
    ("machine", "text"),
    [
        ({"streams": 2}, "machine: streams: must be 1 with a decoder, not 2"),
        ({"simd": 4}, "machine: simd: must divide the 3 units of a direction"),
    ],
)
def test_refused_machines(machine: dict[str, int], text: str) -> None:
    encoder = {"hidden": 3, "weights": "ternary", "bidirectional": "simd" in machine}
    hidden = 6 if encoder["bidirectional"] else 3
    layer = DECODER["layer"] | {"hidden": hidden}
    model = make({"layers": [encoder], "decoder": DECODER | {"layer": layer}})
    with pytest.raises(InputError, match=f"^{text}"):
        Design(model=model, machine=Machine.parse(machine, thing="machine"))
