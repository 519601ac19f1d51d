"""HadamRNNs as their authors keep them, beside the paper's formulas in double precision."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

import pascaline
from pascaline.golden.network import Golden
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.plain import run_network
from pascaline.importers.statedict.hadamrnn import hadamrnn_of
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model

Tensors = dict[str, NDArray[Any]]

U = "input_layer.parametrizations.weight.original"
V = "output_layer.parametrizations.weight.original"
SIGNS = "recurrent_layer.sign_vector"
SAME_SIGNS = "recurrent_layer.parametrizations.weight.0.sign_vector"
UNUSED = "recurrent_layer.parametrizations.weight.original"

INPUTS, HIDDEN, CLASSES = 3, 32, 5


TINY = "must have a largest magnitude of at least 1e-30"


def drawn(seed: int = 0, hidden: int = HIDDEN) -> Tensors:
    """A state_dict of a BinadamSSM of one layer, in float32."""
    rng = np.random.default_rng(seed)
    signs = 0.1 * rng.normal(size=(1, hidden))
    found = {
        U: 0.3 * rng.normal(size=(hidden, INPUTS)),
        "recurrent_layer.bias": 0.1 * rng.normal(size=hidden),
        SIGNS: signs,
        UNUSED: rng.normal(size=(hidden, hidden)),
        SAME_SIGNS: signs,
        V: rng.normal(size=(CLASSES, hidden)),
        "output_layer.bias": rng.normal(size=CLASSES),
    }
    return {name: tensor.astype(np.float32) for name, tensor in found.items()}


def quantised(matrix: NDArray[Any], bits: int) -> NDArray[np.float64]:
    """The authors' rule: multiples of ``max / 2 ** (bits - 1)``, cut."""
    steps = 2.0 ** (bits - 1)
    unit = float(np.abs(matrix).max()) / steps
    return np.clip(np.rint(matrix.astype(np.float64) / unit), -steps, steps - 1) * unit


def paper(tensors: Tensors, x: NDArray[np.float64], block: int, bits: int = 4) -> NDArray[Any]:
    """Logits after the last step, by a dense matrix and a plain loop."""
    h_matrix = np.array([[1.0]])
    while len(h_matrix) < block:
        h_matrix = np.block([[h_matrix, h_matrix], [h_matrix, -h_matrix]]) / np.sqrt(2)
    signs = np.sign(tensors[SIGNS][0].astype(np.float64))
    w = np.diag(signs) @ np.kron(np.eye(len(signs) // block), h_matrix)
    u, v = quantised(tensors[U], bits), quantised(tensors[V], bits)
    h = np.zeros(len(signs))
    for step in x:
        h = w @ h + tensors["recurrent_layer.bias"].astype(np.float64) + u @ step
    logits: NDArray[Any] = v @ np.maximum(h, 0) + tensors["output_layer.bias"]
    return logits


def sequences(count: int = 40) -> list[NDArray[np.float64]]:
    rng = np.random.default_rng(1)
    return [rng.uniform(-1, 1, size=(50, INPUTS)) for _ in range(count)]


def found(tensors: Tensors, **said: Any) -> Foreign:
    return hadamrnn_of(tensors, Reading(**({"block": 16} | said)))


def decibels(wanted: NDArray[Any], made: NDArray[Any]) -> float:
    return float(10 * np.log10(np.square(wanted).sum() / np.square(made - wanted).sum()))


def logits_of(model: Model, x: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    integers = [model.network.x.quantize(one) for one in x]
    results = np.concatenate(Golden(model).run(integers).results)
    return np.asarray(results * model.card["logit_unit"])


@pytest.mark.parametrize(("block", "bits"), [(2, 4), (16, 4), (32, 4), (32, 3), (8, 8)])
def test_golden_follows_the_paper(tmp_path: Path, block: int, bits: int) -> None:
    tensors, x = drawn(), sequences()
    save_file(tensors, tmp_path / "net.safetensors")
    model = pascaline.import_network(
        tmp_path / "net.safetensors",
        block=block,
        weight_bits=bits,
        calibrate=x,
        bits=12,
        output="logits",
    )
    layer, head = model.network.layer, model.network.head
    assert head is not None
    assert (layer.recurrent, layer.block, layer.function) == ("walsh", block, "linear")
    assert layer.weights_x.name == head.weights.name == f"fixed{bits}"
    assert head.rectified
    wanted = np.array([paper(tensors, one, block, bits) for one in x])
    made = logits_of(model, x)
    assert decibels(wanted, made) > 60
    assert np.array_equal(wanted.argmax(axis=1), made.argmax(axis=1))
    assert model.card["precision"]["snr"] > 60


def test_the_float_network_is_that_of_the_paper() -> None:
    tensors, x = drawn(), sequences(3)
    made = run_network(found(tensors).network, np.stack(x, axis=1))[0]
    np.testing.assert_allclose(made, [paper(tensors, one, 16) for one in x], rtol=1e-9)


def test_weights_and_signs_are_taken_over() -> None:
    tensors = drawn()
    network = found(tensors).network
    (part,) = network.layers[0].parts
    weight, scale = part.exact["weight_x"]
    assert set(scale) == {1 / 8}
    assert weight.min() == -8 or weight.max() == 7
    np.testing.assert_array_equal(
        np.sign(part.weight_h[:, 0][:16]), np.sign(tensors[SIGNS][0][:16])
    )
    assert network.rectified


def test_plain_matrices_may_be_integers_already() -> None:
    tensors = drawn()
    plain = dict(tensors)
    for layer, name in (("input_layer", U), ("output_layer", V)):
        plain[f"{layer}.weight"] = quantised(plain.pop(name), 4).astype(np.float32)
    made, wanted = found(plain).network, found(tensors).network
    for one, other in ((made, wanted),):
        np.testing.assert_array_equal(
            one.layers[0].parts[0].exact["weight_x"].weight,
            other.layers[0].parts[0].exact["weight_x"].weight,
        )
    assert made.head_unit == pytest.approx(wanted.head_unit)


def test_real_matrices_are_said_to_be_rounded() -> None:
    tensors = drawn()
    tensors["output_layer.weight"] = tensors.pop(V)
    foreign = found(tensors)
    assert foreign.network.head_unit is None
    (line,) = [one for one in foreign.understood if one.startswith("output_layer")]
    assert re.fullmatch(
        r"output_layer.weight: real numbers, no integers; 4 bits are off by 1?\d\.\d %", line
    )


def test_what_is_said() -> None:
    foreign = found({f"module.{name}": tensor for name, tensor in drawn().items()})
    assert foreign.understood[0] == "a HadamRNN: 3 inputs, 32 hidden units, 5 classes"
    assert "4 bits a weight, as in the authors' configurations; --weight-bits" in foreign.assumed
    assert foreign.left_out == (f"module.{UNUSED}",)


def test_the_only_block_need_not_be_said() -> None:
    foreign = hadamrnn_of(drawn(hidden=6))
    assert foreign.network.layers[0].block == 2
    assert "blocks of 2, the only ones possible" in foreign.assumed


REFUSALS: dict[str, tuple[Tensors, dict[str, Any], str]] = {
    "no block": (
        {},
        {"block": None},
        f"{SIGNS}: must come with the block: 2, 4, 8, 16 or 32 (import --block)",
    ),
    "bad block": ({}, {"block": 3}, "block: must be a power of two that divides 32, not 3"),
    "cell": ({}, {"cell": "rnn"}, "cell: must be hadamard, as the file has signs alone, not 'rnn'"),
    "head": ({}, {"head": "none"}, "head: must be output_layer, not 'none'"),
    "no sign": (
        {SIGNS: np.zeros((1, HIDDEN))},
        {},
        f"{SIGNS}[0, 0]: must have a sign, not 0",
    ),
    "two signs": (
        {SIGNS: -drawn()[SIGNS]},
        {},
        f"{SAME_SIGNS}: must have the signs of {SIGNS}",
    ),
    "shape of signs": (
        {SIGNS: np.ones(HIDDEN)},
        {},
        f"{SIGNS}: shape must be [1, hidden units], not [32]",
    ),
    "inputs": ({U: np.ones((8, 3))}, {}, f"{U}: shape must be [32, 3], not [8, 3]"),
    "zeros": ({U: np.zeros((HIDDEN, 3))}, {}, f"{U}: {TINY}, not 0.0"),
    "nearly zeros": ({U: np.full((HIDDEN, 3), 1e-40)}, {}, f"{U}: {TINY}, not 1e-40"),
    "unused": (
        {UNUSED: np.ones((2, 2))},
        {},
        f"{UNUSED}: shape must be [32, 32], not [2, 2]",
    ),
    "not finite": (
        {"recurrent_layer.bias": np.full(HIDDEN, np.nan)},
        {},
        "recurrent_layer.bias[0]: must be finite, not nan",
    ),
    "bias": (
        {"output_layer.bias": np.ones(2)},
        {},
        "output_layer.bias: shape must be [5], not [2]",
    ),
    "both": (
        {"input_layer.weight": np.ones((HIDDEN, 3))},
        {},
        f"{U}: must not be there beside input_layer.weight",
    ),
    "two layers": (
        {"input_layer_2.original_weight": np.ones((2, 2))},
        {},
        "input_layer_2.original_weight: a HadamRNN of two layers is not supported",
    ),
    "embedding": (
        {"word_embedding.weight": np.ones((9, 3))},
        {},
        "word_embedding.weight: tensor is not part of a HadamRNN of one layer",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refused(name: str) -> None:
    changed, said, text = REFUSALS[name]
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        found(drawn() | changed, **said)


def test_missing_tensors_are_named() -> None:
    tensors = drawn()
    del tensors[V]
    with pytest.raises(InputError, match=r"^output_layer\.weight: tensor is missing$"):
        found(tensors)


def test_h_needs_data_or_a_format(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_file(drawn(), path)
    text = "h: has no bound in a linear layer: --calibrate DATA, or --format pre=Q4.7"
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        pascaline.import_network(path, block=16)
    model = pascaline.import_network(path, block=16, formats={"pre": "Q5.6"})
    assert str(model.network.layer.h) == "Q5.6"


def test_others_have_no_block(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    np.savez(path, weight_ih_l0=np.ones((4, 3)), weight_hh_l0=np.ones((4, 4)))
    text = f"block: must be left out: {path} is no HadamRNN, not 2"
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        pascaline.import_network(path, block=2)
