"""Models on machines of other trainings: the same results, or a line with every field."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.spec.errors import InputError
from pascaline.spec.fitting import alike, fitted, unlike, widened, with_room
from pascaline.spec.network import Network
from tests.golden.networks import CELLS, ENDS, LSTM, STACKS, draw, model
from tests.models import make_chains

HEAD = {"classes": 3, "weights": "ternary", "bias_width": 14}
AFFINE = {"cell_affine": {"scale_width": 12, "bias_width": 20, "shift": 10}}
NETWORKS = {name: ([layer], {}) for name, layer in CELLS.items()}
NETWORKS |= {f"stack of {name}": (layers, {}) for name, layers in STACKS.items()}
NETWORKS |= {f"end {name}": ([LSTM], end) for name, end in ENDS.items()}


@pytest.mark.parametrize(("layers", "rest"), NETWORKS.values(), ids=NETWORKS)
def test_results_are_those_of_the_model(layers, rest, rng):
    made = model(layers, **rest)
    other = fitted(made, with_room(made.network))
    assert other.network != made.network or made.network.head is None
    sequences = draw(made, rng, 1, 6)
    runs = [Golden(one).run(sequences).results for one in (made, other)]
    for one, same in zip(*runs, strict=True):
        assert np.array_equal(one, same)


def test_a_decoder_has_room_too(rng):
    made = make_chains()["decoder"].model
    other = fitted(made, with_room(made.network))
    shifts = [one.network.decoder.layer.normaliser.shift for one in (made, other)]
    assert shifts[1] == shifts[0] + 1
    [x] = draw(made, rng, 5)
    assert np.array_equal(Golden(made).run([x]).results[0], Golden(other).run([x]).results[0])


def changed(network, path, value):
    """The network with another value in one field."""
    description = network.model_dump(mode="json")
    *keys, last = path
    record = description
    for key in keys:
        record = record[key]
    record[last] = value
    return Network.parse(json.dumps(description), thing="network")


def trained():
    """A model that has as many bits as it needs, and not one more."""
    made = model([LSTM | AFFINE], head=HEAD, seed=1)
    tensors = made.tensors | {"head.bias": np.array([8191, -8192, 3])}
    tensors["layers.0.scale_c"] = np.array([2047, -2048, 3, 4])
    tensors["layers.0.scale_x"] = tensors["layers.0.scale_x"] | 1
    return replace(made, tensors=tensors)


FIELDS = {
    "head.bias_width: 14, the machine has 13": (("head", "bias_width"), 13),
    "layers[0].cell_affine.scale_width: 12, the machine has 8": (
        ("layers", 0, "cell_affine", "scale_width"),
        8,
    ),
    "layers[0].normaliser.shift: 16, the machine has 15": (
        ("layers", 0, "normaliser", "shift"),
        15,
    ),
    "layers[0].hidden: 4, the machine has 5": (("layers", 0, "hidden"), 5),
    "layers[0].peephole: nothing, the machine has True": (("layers", 0, "peephole"), True),
    "x.frac: 7, the machine has 6": (("x", "frac"), 6),
    "results: last, the machine has every": (("results",), "every"),
}


@pytest.mark.parametrize(("said", "change"), FIELDS.items())
def test_each_field_is_named(said, change):
    made = trained()
    with pytest.raises(InputError) as caught:
        fitted(made, changed(made.network, *change))
    assert str(caught.value) == f"model test: must fit the machine; {said}"


def test_all_fields_are_named():
    made = trained()
    machine = made.network
    for path, value in FIELDS.values():
        machine = changed(machine, path, value)
    with pytest.raises(InputError) as caught:
        fitted(made, machine)
    assert str(caught.value) == f"model test: must fit the machine; {'; '.join(sorted(FIELDS))}"


def test_another_number_of_layers_is_said():
    made = model([LSTM, LSTM])
    with pytest.raises(InputError, match=r"; layers\.length: 2, the machine has 1"):
        fitted(made, model([LSTM]).network)


def test_room_is_for_scales_half_and_twice_as_large():
    made = trained()
    room = with_room(made.network)
    for by in (1, -1):
        layer = made.network.layers[0]
        shift = {"shift": layer.normaliser.shift + by}
        normaliser = layer.normaliser.model_copy(update=shift)
        layers = (layer.model_copy(update={"normaliser": normaliser}),)
        other = replace(made, network=made.network.model_copy(update={"layers": layers}))
        assert fitted(other, room).network == room


def test_a_machine_is_widened_for_what_does_not_fit(rng):
    made = trained()
    machine = made.network
    for path, value in list(FIELDS.values())[:3]:
        machine = changed(machine, path, value)
    found = widened(machine, made)
    layer, head = found.layers[0], found.head
    assert (layer.normaliser.shift, layer.cell_affine.scale_width, head.bias_width) == (16, 12, 14)
    assert widened(found, made) == found
    assert "head.bias_width: 14, not 13" in unlike(found, machine)
    [x] = draw(made, rng, 9)
    runs = [Golden(one).run([x]).results[0] for one in (made, fitted(made, found))]
    assert np.array_equal(*runs)
    with pytest.raises(InputError, match=r"^model test: must fit the machine; x\.frac: 7, the"):
        widened(changed(machine, ("x", "frac"), 6), made)


def test_a_model_that_is_finer_is_rounded_and_says_so():
    made = trained()
    path = ("layers", 0, "normaliser", "shift")
    coarse = replace(model([LSTM | AFFINE], head=HEAD), network=changed(made.network, path, 12))
    assert made.tensors["layers.0.scale_x"][0] % 2 == 1
    found = alike(made, coarse)
    said = "layers[0].normaliser.shift: 13 as in test, not 16"
    assert found.card["like"] == {"model": "test", "lines": [said]}
    for name in ("scale_x", "scale_h", "bias"):
        fine, rounded = (one.tensors[f"layers.0.{name}"] for one in (made, found))
        assert np.array_equal(rounded, (fine + 4) // 8)
    assert fitted(found, with_room(coarse.network)).network == with_room(coarse.network)
    assert alike(made, made).card["like"]["lines"] == []
    small = replace(coarse, network=changed(coarse.network, ("head", "bias_width"), 11))
    [_, refused] = alike(made, small).card["like"]["lines"]
    assert refused == "model test: must fit the machine; head.bias_width: 14, the machine has 13"


def test_there_are_no_more_bits_than_there_can_be():
    widest = {"scale_width": 24, "bias_width": 48, "shift": 40}
    made = model([LSTM | {"cell_affine": widest, "normaliser": widest}])
    assert with_room(made.network) == made.network
