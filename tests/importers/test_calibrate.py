"""Formats that are chosen by data: bounds of noise, what is said by hand, targets."""

import re
from dataclasses import replace

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.calibrate.importing import Budget, calibrate, with_bits
from pascaline.importers.calibrate.said import read_said
from pascaline.importers.convert import Conversion
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.statedict.reader import network_of
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from tests.importers.floats import CELLS, features_of, foreign_of, plain_run, tensors_of

BOUNDS = {8: 24.0, 12: 48.0, 16: 68.0}
"""Decibels of h that so many bits have at least."""


def calibrated(foreign, features, *, said=None, weights=None, quantize=False, **budget):
    return calibrate(
        foreign,
        features,
        Conversion(weights=arithmetic(weights or "fixed8"), quantize=quantize),
        budget=Budget.parse(budget, thing="import"),
        said=read_said(said or {}, foreign.network),
        weights_said=weights is not None,
        name="net",
    )


def snr_of(exact, found):
    return 10 * np.log10(np.sum(exact**2) / np.sum((found - exact) ** 2))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bits", BOUNDS)
def test_bits_give_their_decibels(cell, bits):
    foreign, features = foreign_of(cell), features_of(60, 40)
    model = calibrated(foreign, features, bits=bits)
    assert model.card["precision"]["snr"] > BOUNDS[bits]
    # The same by hand, on other data.
    (fresh,) = features_of(80, seed=5)
    x = model.network.x.quantize(fresh)
    exact = plain_run(foreign, fresh)["h"]
    (h,) = Golden(model).run([x]).results
    assert snr_of(exact, h * model.network.layer.h.lsb) > BOUNDS[bits] - 6
    layer = model.network.layer
    assert (model.network.x.width, layer.weights.name) == (bits, f"fixed{bits}")
    # What a relu gives out has no more bits behind its point than what it gets.
    assert layer.h.width == bits or cell == "rnn-relu"
    assert layer.pre.width == min(bits + 4, 16)


def test_a_thousand_steps_of_128_units():
    sizes = {"inputs": 40, "hidden": 128}
    foreign, features = foreign_of("lstm", **sizes), features_of(1000, inputs=40)
    for bits, bound in ((12, 40), (16, 60)):
        layers = with_bits(
            foreign,
            Conversion(weights=arithmetic(f"fixed{bits}")),
            read_said({}, foreign.network),
            bits=bits,
            x=8.0,
            name="net",
        )
        exact = plain_run(foreign, features[0])["h"]
        (h,) = Golden(layers).run([layers.network.x.quantize(features[0])]).results
        assert snr_of(exact, h * layers.network.layer.h.lsb) > bound


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_stacks_of_both_directions(cell):
    sizes = {"layers": 2, "both": True, "hidden": 12, "classes": 4}
    foreign = foreign_of(cell, result="last", **sizes)
    features = features_of(30, 21, 9, 17)
    found = calibrated(foreign, features, bits=12).card["precision"]
    assert [layer["snr"]["h"] > 45 for layer in found["layers"]] == [True, True]
    assert found["agreement"] == 100
    assert (found["sequences"], found["steps"], found["results"]) == (4, 77, 4)


def test_the_same_again():
    one, two = (calibrated(foreign_of("gru"), features_of(40, 30), bits=8) for _ in range(2))
    assert one.network == two.network
    assert one.card == two.card
    for name, tensor in one.tensors.items():
        np.testing.assert_array_equal(tensor, two.tensors[name])


def test_numbers_of_the_report_are_those_of_a_direct_computation():
    foreign, features = foreign_of("lstm", classes=3), features_of(50, 20)
    model = calibrated(foreign, features, bits=8)
    found, layer = model.card["precision"], model.network.layer
    exact = {name: [] for name in ("pre", "c", "h")}
    seen = {name: [] for name in ("pre", "c", "h", "i", "f", "o", "g", "tanh_c", "u")}
    same = []
    for one in features:
        real, golden = plain_run(foreign, one), Golden(model)
        states = golden.zero()
        for step, x in enumerate(model.network.x.quantize(one)):
            (made,) = golden.step(x[None], states)
            states = (made.state,)
            for name in seen:
                seen[name].append(getattr(made, name)[0])
            logits = foreign.network.head_weight @ real["h"][step] + foreign.network.head_bias
            same.append(int(golden.results(made.h)[0]) == int(np.argmax(logits)))
        for name, values in exact.items():
            values.extend(real[name])
    for name, form in (("pre", layer.pre), ("c", layer.cell), ("h", layer.h)):
        wanted = np.array(exact[name])
        if name == "pre":
            wanted = np.clip(wanted, form.interval.lo * form.lsb, form.interval.hi * form.lsb)
        snr = snr_of(wanted, np.array(seen[name]) * form.lsb)
        assert found["layers"][0]["snr"][name] == pytest.approx(snr, abs=0.006)
    for key, form in (("sigmoid", layer.sigmoid), ("tanh", layer.tanh), ("pre", layer.pre)):
        for name, part in found["layers"][0]["limits"][key].items():
            values = np.array(seen[name])
            ends = (values == form.interval.lo) | (values == form.interval.hi)
            assert part == pytest.approx(ends.mean(), rel=1e-3)
    assert found["agreement"] == pytest.approx(100 * np.mean(same), abs=1e-3)


def test_the_next_bit_is_measured():
    foreign, features = foreign_of("gru"), features_of(40)
    found = calibrated(foreign, features, bits=8).card["precision"]
    best, *others = found["next_bit"]
    assert all(best["gain"] >= (other["gain"] or -1e9) for other in others)
    names = {row["format"] for row in found["next_bit"]}
    assert names == {"x", "pre", "sigmoid", "tanh", "state", "h", "scale_width", "weights"}
    assert best["gain"] > 0


def test_targets_take_the_fewest_bits():
    foreign, features = foreign_of("gru", classes=5), features_of(40, 40)
    found = calibrated(foreign, features, target_snr=45).card["precision"]
    assert found["snr"] >= 45
    assert found["target_snr"] == 45
    below = calibrated(foreign, features, bits=found["bits"] - 1).card["precision"]
    assert below["snr"] < 45
    found = calibrated(foreign, features, target_agreement=95).card["precision"]
    assert found["agreement"] >= 95


def test_a_target_that_is_too_high():
    rule = r"^target_snr: is more than 16 bits reach: [0-9.]+ dB, [0-9.]+ % of decisions$"
    with pytest.raises(InputError, match=rule):
        calibrated(foreign_of("rnn", hidden=6), features_of(12), target_snr=120)


def test_formats_by_hand_stay():
    said = {"cell": "Q5.10", "0.sigmoid": Format(width=9, frac=9, signed=False), "x": "Q3.9"}
    said |= {"activation": "pwl128", "scale_width": "18"}
    model = calibrated(foreign_of("lstm"), features_of(30), said=said, bits=16)
    layer = model.network.layer
    assert (str(layer.cell), str(layer.sigmoid), str(model.network.x)) == ("Q5.10", "UQ0.9", "Q3.9")
    assert layer.activation.segments == 128
    assert layer.normaliser.scale_width == 18
    # What must not be finer than the cell gives way.
    assert layer.tanh.frac <= 10
    assert layer.pre.frac <= 10


def test_formats_by_hand_of_one_layer():
    foreign = foreign_of("gru", layers=2, hidden=8)
    conversion = Conversion(weights=arithmetic("fixed8"))
    said = read_said({"1.state": "Q0.14", "state": "Q0.12"}, foreign.network)
    model = with_bits(foreign, conversion, said, bits=None, x=1.0, name="net")
    assert [str(layer.state) for layer in model.network.layers] == ["Q0.12", "Q0.14"]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"cell": "Q5"}, "format cell: must be a format as Q3.12 or UQ0.16, not 'Q5'"),
        ({"cell": "5.10"}, "format cell: must be a format as Q3.12 or UQ0.16, not '5.10'"),
        ({"pre": "Q9.30"}, "format pre: width: should be less than or equal to 32, not 40"),
        ({"2.cell": "Q5.10"}, "format 2.cell: must be of a layer, 0 to 0, not '2'"),
        ({"0.x": "Q5.10"}, "format 0.x: must be x: it is common to all layers"),
        (
            {"state": "Q0.9"},
            (
                "format state: must be of x, head, activation, scale_width, pre, sigmoid, tanh,"
                " cell, h, not 'state'"
            ),
        ),
        ({"scale_width": "99"}, "format scale_width: must be 2 to 24, not '99'"),
        (
            {"activation": "lines"},
            "format activation: must be table, or as pwl256, pieces16 or pieces16x4, not 'lines'",
        ),
    ],
)
def test_formats_that_cannot_be(said, text):
    with pytest.raises(InputError) as caught:
        read_said(said, foreign_of("lstm", hidden=2).network)
    assert str(caught.value) == text


def test_a_pre_that_no_table_can_take():
    with pytest.raises(InputError, match=r"pre\.width must be 2 to 16, not 20$"):
        calibrated(foreign_of("lstm", hidden=4), features_of(9), said={"pre": "Q4.15"}, bits=8)
    # Lines for 2**32 codes of it would take minutes and all memory before the same is said.
    with pytest.raises(InputError, match=r"pre\.width must be 2 to 16, not 32$"):
        calibrated(foreign_of("lstm", hidden=4), features_of(9), said={"pre": "Q10.21"}, bits=8)


def test_budgets_exclude_each_other():
    with pytest.raises(InputError, match=r"^import: must be one of bits and target_snr$"):
        Budget.parse({"bits": 8, "target_snr": 30.0}, thing="import")
    with pytest.raises(InputError, match=r"^import: bits: .*16, not 17$"):
        Budget.parse({"bits": 17}, thing="import")


def test_numbers_of_symbols():
    foreign = foreign_of("gru", inputs=7)
    network = foreign.network
    object.__setattr__(network, "symbols", True)
    rng = np.random.default_rng(0)
    found = calibrated(foreign, [rng.integers(0, 7, (40, 1))], bits=12).card["precision"]
    assert found["snr"] > 45
    with pytest.raises(InputError, match=r"^features\[0\]: must be numbers of symbols, 0 to 6"):
        calibrated(foreign, [np.full((3, 1), 7)], bits=12)


def test_features_of_another_width():
    with pytest.raises(InputError, match=r"^features\[1\]: shape must be \[steps, 12\]"):
        calibrated(foreign_of("rnn"), [*features_of(4), np.zeros((4, 3))], bits=8)


def test_a_large_bias_costs_other_rows_nothing():
    """It is what keeps one gate closed."""
    usual, closed = tensors_of("lstm"), tensors_of("lstm")
    usual["bias_ih_l0"][5] = -40
    closed["bias_ih_l0"][5] = -1e9
    found = []
    for tensors in (usual, closed):
        network = network_of(tensors, Reading(result="every"))
        foreign = Foreign(network=network, source="PyTorch")
        model = calibrated(foreign, features_of(60), bits=12)
        found.append(model.card["precision"]["snr"])
    assert found[1] > found[0] - 0.5
    assert found[1] > BOUNDS[12]


def test_a_large_row_of_a_head_costs_other_rows_nothing():
    tensors = tensors_of("lstm", classes=5)
    tensors["fc.weight"][2] *= 300
    foreign = Foreign(network=network_of(tensors, Reading(result="every")), source="PyTorch")
    features = features_of(60)
    model = calibrated(foreign, features, bits=12)
    assert model.card["precision"]["head"] == {"rows": 5, "dead": 0, "scaled": True}
    with_logits = model.network.head.model_copy(update={"output": "logits"})
    network = model.network.model_copy(update={"head": with_logits})
    made = Golden(replace(model, network=network)).run([network.x.quantize(features[0])])
    logits = made.results[0] * model.card["logit_unit"]
    exact = plain_run(foreign, features[0])["h"] @ tensors["fc.weight"].T + tensors["fc.bias"]
    for row in range(5):
        assert snr_of(exact[:, row], logits[:, row]) > 45


def test_a_large_row_of_a_layer_is_told():
    """No scale can be 10,000 times another without loss: 24 bits are all that there are."""
    tensors = tensors_of("lstm")
    tensors["weight_ih_l0"][7] *= 1e5
    foreign = Foreign(network=network_of(tensors, Reading(result="every")), source="PyTorch")
    (line,) = calibrated(foreign, features_of(30), bits=8).card["precision"]["warnings"]
    assert re.fullmatch(
        r"layer 0: scales of \d+ rows have fewer than 7 bits, since the largest is [\d,]+ times"
        r" that of the median row",
        line,
    )
