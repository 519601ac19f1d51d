from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.plain import run_layers
from pascaline.importers.sources import read_foreign
from pascaline.importers.statedict.reader import foreign_of
from pascaline.spec.errors import InputError

Tensors = dict[str, NDArray[Any]]

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def drawn(**shapes: tuple[int, ...]) -> Tensors:
    rng = np.random.default_rng(0)
    return {key.replace("__", "."): rng.normal(size=shape) for key, shape in shapes.items()}


def recurrent(
    prefix: str,
    inputs: int,
    hidden: int,
    *,
    cell: str = "lstm",
    both: bool = False,
    at: str = "_l0",
) -> Tensors:
    rows, found = GATES[cell] * hidden, {}
    for suffix in ("", "_reverse")[: 1 + both]:
        shapes = {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden)}
        shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        found |= drawn(**{f"{prefix}{key}{at}{suffix}": shape for key, shape in shapes.items()})
    return found


def dense(name: str, inputs: int, outputs: int) -> Tensors:
    return drawn(**{f"{name}__weight": (outputs, inputs), f"{name}__bias": (outputs,)})


def found(tensors: Tensors, **said: Any) -> Foreign:
    return foreign_of(tensors, Reading(**said))


def refuse(tensors: Tensors, text: str, **said: Any) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        found(tensors, **said)


def same(one: Foreign, other: Foreign) -> None:
    for a, b in zip(one.network.layers, other.network.layers, strict=True):
        assert a.cell == b.cell
        for part, wanted in zip(a.parts, b.parts, strict=True):
            for field in ("weight_x", "weight_h", "bias"):
                np.testing.assert_array_equal(getattr(part, field), getattr(wanted, field))
    for field in ("head_weight", "head_bias"):
        wanted = getattr(other.network, field)
        assert (getattr(one.network, field) is None) == (wanted is None)
        if wanted is not None:
            np.testing.assert_array_equal(getattr(one.network, field), wanted)


# Heads, and what is not one.


@pytest.mark.parametrize("name", ["fc", "out.3", "module.classifier", "x", "decoder_2"])
def test_a_head_has_any_name(name: str) -> None:
    foreign = found(recurrent("rnn.", 3, 8) | dense(name, 8, 2))
    assert foreign.network.classes == 2
    assert f"{name}: the head, 2 classes" in foreign.understood
    line = f"{name}: behind the layers, by its sizes; --head none leaves it out"
    assert line in foreign.assumed
    assert "the head sees the outputs of the last layer after the last step" in foreign.assumed[-1]


def test_a_head_without_a_bias() -> None:
    foreign = found(recurrent("rnn.", 3, 8) | drawn(fc__weight=(2, 8)))
    assert foreign.network.head_bias is not None
    assert not foreign.network.head_bias.any()


def test_a_dense_layer_before_the_layers_is_folded() -> None:
    tensors = recurrent("rnn.", 4, 8, both=True) | dense("fc", 6, 4)
    foreign = found(tensors)
    assert foreign.network.inputs == 6
    assert foreign.network.classes is None
    assert "fc: a dense layer before the layers, folded into their weights" in foreign.understood
    assert any("no activation" in line for line in foreign.assumed)
    assert "fc: before the layers, by its sizes" in foreign.assumed
    x = np.random.default_rng(1).normal(size=(5, 2, 6))
    bare = found({key: value for key, value in tensors.items() if "fc" not in key})
    wanted = run_layers(bare.network, x @ tensors["fc.weight"].T + tensors["fc.bias"])
    for one, other in zip(run_layers(foreign.network, x), wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_a_table_of_symbols_is_folded() -> None:
    tensors = recurrent("rnn.", 4, 8) | drawn(embedding__weight=(11, 4))
    foreign = found(tensors)
    assert foreign.network.symbols
    assert foreign.network.inputs == 11
    wanted = tensors["rnn.weight_ih_l0"] @ tensors["embedding.weight"].T
    np.testing.assert_allclose(foreign.network.layers[0].parts[0].weight_x, wanted)
    refuse(
        recurrent("rnn.", 4, 8) | drawn(embedding__weight=(11, 5)),
        "embedding.weight: shape must be [11, 4], not [11, 5]",
    )


def test_before_and_behind() -> None:
    tensors = recurrent("rnn.", 4, 8) | dense("pre", 6, 4) | dense("post", 8, 3)
    foreign = found(tensors)
    assert (foreign.network.inputs, foreign.network.classes) == (6, 3)


def test_a_place_that_sizes_do_not_say() -> None:
    tensors = recurrent("rnn.", 4, 8) | dense("fc", 8, 4)
    text = "fits before the layers and behind them: --head fc says behind, --head none before"
    refuse(tensors, f"fc: {text}")
    assert found(tensors, head="fc").network.classes == 4
    foreign = found(tensors, head="none")
    assert (foreign.network.classes, foreign.network.inputs) == (None, 8)
    refuse(
        recurrent("rnn.", 4, 8) | dense("fc", 8, 4) | dense("head", 8, 2),
        "fc: fits before the layers and behind them: --part leaves it out",
        head="head",
    )


def test_two_heads() -> None:
    tensors = recurrent("rnn.", 3, 8) | dense("m.actor", 8, 2) | dense("m.critic", 8, 1)
    refuse(tensors, "m.critic: stands behind the layers, as m.actor: --head says which is read")
    foreign = found(tensors, head="critic")
    assert foreign.network.classes == 1
    assert foreign.left_out == ("m.actor: a dense layer behind the head",)
    assert len(found(tensors, head="none").left_out) == 2
    text = "head: must be one dense layer or none (m.actor, m.critic), not 'fc'"
    refuse(tensors, text, head="fc")
    refuse(recurrent("", 3, 8), text.replace("m.actor, m.critic", "there is none"), head="fc")


def test_two_dense_layers_behind() -> None:
    tensors = recurrent("rnn.", 3, 8) | dense("fc.0", 8, 5) | dense("fc.2", 5, 2)
    rule = (
        "may have an activation between it and fc.0: --head fc.0 reads that one and leaves it out"
    )
    refuse(tensors, f"fc.2: {rule}")
    foreign = found(tensors, head="fc.0")
    assert foreign.network.classes == 5
    assert foreign.left_out == ("fc.2: a dense layer behind the head",)
    assert len(found(tensors, head="none").left_out) == 2


def test_two_dense_layers_before() -> None:
    tensors = recurrent("rnn.", 4, 8) | dense("a", 6, 5) | dense("b", 5, 4)
    refuse(tensors, "a: may have an activation between it and b")
    tensors = recurrent("rnn.", 4, 8) | dense("a", 6, 4) | dense("b", 5, 4)
    refuse(tensors, "b: stands before the layers, as a, and one layer can: --part leaves it out")


def test_a_head_of_one_direction() -> None:
    tensors = recurrent("rnn.", 3, 8, both=True) | dense("fc", 8, 2)
    refuse(tensors, "fc.weight: shape must be [2, 16], not [2, 8]")
    refuse(tensors, "fc.weight: shape must be [2, 16], not [2, 8]", head="fc")


@pytest.mark.parametrize(
    ("name", "tensor", "text"),
    [
        ("bn.running_mean", np.zeros(8), "is not part of"),
        ("bn.weight", np.zeros(8), "is not part of"),
        ("conv.weight", np.zeros((8, 8, 3)), "is not part of"),
        ("attention.in_proj", np.zeros((8, 8)), "is not part of"),
        ("h0", np.zeros((1, 1, 8)), "is not part of"),
    ],
)
def test_other_tensors(name: str, tensor: NDArray[Any], text: str) -> None:
    tensors = recurrent("rnn.", 3, 8) | {name: tensor}
    refuse(tensors, f"{name}: tensor {text} an LSTM, GRU or RNN or of its head")


def test_counters_are_left_out() -> None:
    foreign = found(recurrent("rnn.", 3, 8) | {"bn.num_batches_tracked": np.array(3)})
    assert foreign.left_out == ("bn.num_batches_tracked",)


# Names of recurrent modules.


@pytest.mark.parametrize(
    "prefix", ["", "module.", "_orig_mod.", "model.", "module._orig_mod.model.body.rnn."]
)
def test_prefixes(prefix: str) -> None:
    same(found(recurrent(prefix, 3, 8)), found(recurrent("", 3, 8)))


@pytest.mark.parametrize("cell", GATES)
def test_cells(cell: str) -> None:
    foreign = found(recurrent("cell.", 3, 8, cell=cell, at=""))
    same(foreign, found(recurrent("", 3, 8, cell=cell)))


@pytest.mark.parametrize(
    "shape", ["enc_{0}_{1}", "enc/{0}_{1}", "{0}_{1}", "a.b_{0}_{1}_l0", "{0}_{1}_l0"]
)
@pytest.mark.parametrize("upper", [False, True])
def test_short_names(shape: str, upper: bool) -> None:
    tensors = recurrent("", 3, 8, cell="gru")
    short = {}
    for key, tensor in tensors.items():
        kind, of, _ = key.split("_")
        short[shape.format(kind[0].upper() if upper else kind[0], of)] = tensor
    foreign = found(short)
    same(foreign, found(tensors))
    assert any("gates in the order of PyTorch" in line for line in foreign.assumed)


def test_short_names_of_a_head_and_a_part() -> None:
    tensors = drawn(
        dec_w_ih=(24, 4),
        dec_w_hh=(24, 8),
        dec_b_ih=(24,),
        dec_b_hh=(24,),
        dec_emb=(30, 4),
        fc_w=(5, 8),
        fc_b=(5,),
    )
    foreign = found(tensors)
    assert (foreign.network.inputs, foreign.network.classes) == (30, 5)


def test_a_part_of_a_file(tmp_path: Path) -> None:
    tensors = drawn(
        enc_w_ih=(24, 4),
        enc_w_hh=(24, 8),
        enc_b_ih=(24,),
        enc_b_hh=(24,),
        dec_w_ih=(24, 4),
        dec_w_hh=(24, 8),
        dec_b_ih=(24,),
        dec_b_hh=(24,),
        enc_emb=(29, 4),
        dec_emb=(30, 4),
        fc_w=(5, 8),
        fc_b=(5,),
    )
    path = tmp_path / "g2p.npz"
    np.savez(path, **tensors)
    with pytest.raises(
        InputError, match=r"g2p.npz: dec: does not stand on enc, by its name: --part"
    ):
        read_foreign(path)
    foreign = read_foreign(path, Reading(part="enc_"))
    assert (foreign.network.inputs, foreign.network.layers[0].cell) == (29, "gru")
    wanted = [name for name in tensors if not name.startswith("enc_")]
    assert foreign.left_out == (", ".join(wanted),)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("weight_hr_l0", "a projection is not supported"),
        ("weight_ih_l8", "more than 8 layers are not supported"),
        ("weight_ih_l99999999", "tensor is not part of an LSTM, GRU or RNN or of its head"),
        ("w_ih_l0", "must not be there beside weight_ih_l0"),
    ],
)
def test_bad_names(name: str, text: str) -> None:
    refuse(recurrent("", 3, 8) | drawn(**{name: (8, 8)}), f"{name}: {text}")


def test_what_is_missing_is_named_in_its_module() -> None:
    tensors = recurrent("a.rnn.", 3, 8)
    del tensors["a.rnn.bias_hh_l0"]
    refuse(tensors, "a.rnn.bias_hh_l0: tensor is missing")
    refuse({}, "weight_ih_l0: tensor is missing")


# Stacks of modules.


def order(foreign: Foreign) -> list[str]:
    return [layer.parts[0].names["weight_h"].rpartition(".")[0] for layer in foreign.network.layers]


def test_order_by_sizes() -> None:
    foreign = found(recurrent("b.", 3, 8) | recurrent("c.", 5, 4) | recurrent("a.", 8, 5))
    assert order(foreign) == ["b", "a", "c"]
    assert foreign.assumed[0] == "b, then a, then c: one after another, by their sizes"


def test_order_by_names() -> None:
    tensors = recurrent("rnn10.", 8, 8) | recurrent("rnn9.", 8, 8) | recurrent("rnn1.", 8, 8)
    foreign = found(tensors)
    assert order(foreign) == ["rnn1", "rnn9", "rnn10"]
    assert "by their names" in foreign.assumed[0]


def test_order_of_the_file() -> None:
    foreign = found(recurrent("low.", 8, 8) | recurrent("high.", 8, 8))
    assert order(foreign) == ["low", "high"]
    assert "in the order of the file" in foreign.assumed[0]


def test_mixed_cells_and_directions() -> None:
    tensors = recurrent("a.", 3, 8, both=True) | recurrent("b.", 16, 5, cell="gru")
    foreign = found(tensors | dense("fc", 5, 2), cell="gru-before")
    assert [layer.cell for layer in foreign.network.layers] == ["lstm", "gru-before"]
    refuse(tensors, "a.weight_hh_l0: must have 1 rows a column for rnn, not [32, 8]", cell="rnn")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("encoder", "decoder"), "decoder: does not stand on encoder, by its name"),
        (("rnn_fw", "rnn_bw"), "rnn_bw: does not stand on rnn_fw, by its name"),
    ],
)
def test_modules_apart(names: tuple[str, str], text: str) -> None:
    tensors = recurrent(f"{names[0]}.", 8, 8) | recurrent(f"{names[1]}.", 8, 8)
    refuse(tensors, f"{text}: --part names one of them")


def test_modules_that_do_not_fit() -> None:
    rule = "must take as many values as another module gives (a 8, b 8), or --part names one"
    refuse(recurrent("a.", 3, 8) | recurrent("b.", 4, 8), f"b: {rule}, not 4")
    tensors = recurrent("a.", 3, 8) | recurrent("b.", 8, 5) | recurrent("c.", 8, 5)
    refuse(tensors, "c: has no place in a stack with the others (a 8, b 5, c 5): --part names one")
    many = {key: t for index in range(9) for key, t in recurrent(f"r{index}.", 8, 8).items()}
    refuse(many, "r7: more than 8 layers are not supported")


# What comes out.


def test_what_the_head_sees() -> None:
    tensors = recurrent("rnn.", 3, 8, both=True) | dense("fc", 16, 2)
    assumed = found(tensors).assumed[-1]
    assert "h_n" in assumed
    assert "--result first-of-backward" in assumed
    for result in ("last", "first-of-backward", "every", "max", "mean"):
        foreign = found(tensors, result=result)
        assert foreign.network.result == result
        assert not any("the head sees" in line for line in foreign.assumed)
    assert found(recurrent("", 3, 8), result="first-of-backward").network.result == "last"


def test_activation_of_an_rnn() -> None:
    tensors = recurrent("rnn.", 3, 8, cell="rnn")
    assert "rnn: rnn, by its gates; --cell rnn-relu" in found(tensors).assumed
    assert not any("--cell" in line for line in found(tensors, cell="rnn-relu").assumed)


# Weights in parts.


def in_parts(tensors: Tensors, key: str, **parts: NDArray[Any]) -> Tensors:
    return {name: tensor for name, tensor in tensors.items() if name != key} | {
        name.replace("__", "."): tensor for name, tensor in parts.items()
    }


def test_weight_norm() -> None:
    tensors = recurrent("", 3, 8)
    v, g = np.ones((32, 8)), np.arange(32.0)[:, None]
    wanted = found(tensors | {"weight_hh_l0": g * v / np.sqrt(8)})
    for names in (
        ("weight_hh_l0_g", "weight_hh_l0_v"),
        ("parametrizations.weight_hh_l0.original0", "parametrizations.weight_hh_l0.original1"),
    ):
        for prefix in ("", "body.rnn."):
            moved = {prefix + key: value for key, value in tensors.items()}
            parts = dict(zip([prefix + name for name in names], (g, v), strict=True))
            foreign = found(in_parts(moved, f"{prefix}weight_hh_l0", **parts))
            same(foreign, wanted)
            assert foreign.understood[0].endswith("computed from its parts (weight norm)")


def test_weight_norm_of_a_head_and_of_all_rows() -> None:
    tensors = recurrent("", 3, 8) | dense("fc", 8, 2)
    v = np.random.default_rng(2).normal(size=(2, 8))
    for g, norm in (
        (np.array(3.0), np.sqrt((v**2).sum())),
        (np.full((1, 8), 3.0), np.sqrt((v**2).sum(axis=0))),
    ):
        parts = in_parts(tensors, "fc.weight", fc__weight_g=g, fc__weight_v=v)
        np.testing.assert_allclose(found(parts).network.head_weight, 3 * v / norm)


def test_pruning() -> None:
    tensors = recurrent("", 3, 8)
    mask = np.random.default_rng(3).integers(0, 2, (32, 8))
    parts = in_parts(
        tensors, "weight_hh_l0", weight_hh_l0_orig=tensors["weight_hh_l0"], weight_hh_l0_mask=mask
    )
    same(found(parts), found(tensors | {"weight_hh_l0": tensors["weight_hh_l0"] * mask}))


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (
            {"orig": (32, 8), "u": (32,), "v": (8,)},
            "weight_hh_l0_u: spectral norm is not supported: save it without",
        ),
        ({"g": (32, 1)}, "weight_hh_l0_g: must have its other part beside it (v)"),
        (
            {"g": (8, 1), "v": (32, 8)},
            "weight_hh_l0_g: shape must be [32, 1], not [8, 1]",
        ),
        (
            {"orig": (32, 8), "mask": (32, 1)},
            "weight_hh_l0_mask: shape must be [32, 8], not [32, 1]",
        ),
        (
            {"orig": (32, 8)},
            "weight_hh_l0_orig: a parametrisation other than weight norm is not supported",
        ),
    ],
)
def test_bad_parts(parts: dict[str, tuple[int, ...]], text: str) -> None:
    made = drawn(**{f"weight_hh_l0_{part}": shape for part, shape in parts.items()})
    refuse(in_parts(recurrent("", 3, 8), "weight_hh_l0", **made), text)


def test_parts_and_the_whole() -> None:
    tensors = recurrent("", 3, 8) | drawn(weight_hh_l0_g=(32, 1), weight_hh_l0_v=(32, 8))
    refuse(tensors, "weight_hh_l0: must not be there beside weight_hh_l0_g")
    tensors = in_parts(recurrent("", 3, 8), "weight_hh_l0")
    v = np.ones((32, 8))
    v[5] = 0
    refuse(
        tensors | {"weight_hh_l0_g": np.ones((32, 1)), "weight_hh_l0_v": v},
        "weight_hh_l0_v[5, 0]: must not have norm 0",
    )
    name = "parametrizations.weight_hh_l0.0.base"
    refuse(
        tensors | {name: v},
        f"{name}: a parametrisation other than weight norm is not supported",
    )
