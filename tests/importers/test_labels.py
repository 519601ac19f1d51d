"""Names of classes: said, in a file, beside it, and kept by the model."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

import pascaline
from pascaline.importers.labels import labels_beside, labels_in, names_in, said_labels
from pascaline.importers.sources import read_foreign
from pascaline.spec.classes import class_names
from tests.importers.floats import tensors_of
from tests.models import make_model

NAMES = ("fall", "flat", "rise")


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, **tensors_of("rnn", hidden=4, classes=3))
    return path


@pytest.mark.parametrize(
    "found",
    [
        ["fall", "flat", "rise"],
        {"1": "flat", "0": "fall", "2": "rise"},
        {0: "fall", 2: "rise", 1: "flat"},
        {"rise": 2, "fall": 0, "flat": 1},
        '["fall", "flat", "rise"]',
    ],
)
def test_forms_that_names_come_in(found):
    assert names_in(found) == NAMES


@pytest.mark.parametrize(
    "found",
    [None, 3, "fall", {}, [1, 2], ["a", "a"], {"0": "a", "2": "b"}, {"a": True}, {0: 1}, ["a", ""]],
)
def test_what_is_no_names(found):
    assert names_in(found) == ()


def test_settings():
    assert labels_in({"lr": 1, "id2label": {"0": "a", "1": "b"}}, "here") == (
        ("a", "b"),
        "id2label of here",
    )
    assert labels_in({"classes": 3}, "here") is None
    assert labels_in([1], "here") is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("n.json", '["fall", "flat", "rise"]'),
        ("n.json", '{"id2label": {"0": "fall", "1": "flat", "2": "rise"}}'),
        ("n.txt", "fall\nflat\nrise\n"),
        ("n.txt", "0 fall\n1 flat\n2 rise\n"),
    ],
)
def test_names_are_kept_by_the_model(name, text, net, tmp_path):
    (tmp_path / name).write_text(text)
    for said in (tmp_path / name, "fall, flat,rise", list(NAMES)):
        model = pascaline.import_network(net, classes=said)
        pascaline.save(model, tmp_path / "m.safetensors")
        assert class_names(pascaline.load(tmp_path / "m.safetensors")) == NAMES


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("a,b", "classes: must be 3, one for each row of the head, not 2"),
        ("a,b,a", "classes: must be different, not 'a'"),
        ("a,,b", "classes: must be two names or more, not 'a,,b'"),
        (["a", 3, "b"], "classes: must be two names or more, not 'a list'"),
    ],
)
def test_wrong_names(said, text, net):
    with pytest.raises(pascaline.InputError) as caught:
        pascaline.import_network(net, classes=said)
    assert str(caught.value) == text


def test_names_without_a_head(tmp_path):
    np.savez(tmp_path / "bare.npz", **tensors_of("rnn", hidden=4))
    with pytest.raises(pascaline.InputError, match=r"^classes: must be left out: the network has"):
        pascaline.import_network(tmp_path / "bare.npz", classes="a,b")


def test_a_config_beside_the_file(net):
    config = net.with_name("config.json")
    config.write_text(json.dumps({"id2label": dict(enumerate(NAMES))}))
    foreign = read_foreign(net)
    assert foreign.classes == NAMES
    assert foreign.understood[-1] == "classes: fall, flat, rise (id2label of config.json)"
    assert read_foreign(net, classes="a,b,c").classes == ("a", "b", "c")
    config.write_text(json.dumps({"id2label": {"0": "a", "1": "b"}}))
    foreign = read_foreign(net)
    assert foreign.classes == ()
    assert foreign.left_out[-1] == "2 names of classes (id2label of config.json)"
    config.write_text("[{")
    assert labels_beside(net) is None


def test_labels_beside_a_model_of_keras(net):
    net.with_name("labels.txt").write_text("0 fall\n1 flat\n2 rise\n")
    assert read_foreign(net).classes == NAMES


def test_metadata_of_safetensors(tmp_path):
    path = tmp_path / "net.safetensors"
    tensors = {
        name: np.ascontiguousarray(one) for name, one in tensors_of("rnn", classes=3).items()
    }
    save_file(tensors, path, metadata={"format": "pt", "class_names": json.dumps(NAMES)})
    assert read_foreign(path).classes == NAMES


@pytest.mark.parametrize(
    "within", [{"hyper_parameters": {"classes": [*NAMES]}}, {"classes": [*NAMES]}]
)
def test_a_checkpoint_of_lightning(within, tmp_path):
    torch = pytest.importorskip("torch")
    tensors = {name: torch.from_numpy(one) for name, one in tensors_of("rnn", classes=3).items()}
    torch.save({"state_dict": tensors, "epoch": 3, **within}, tmp_path / "net.ckpt")
    assert read_foreign(tmp_path / "net.ckpt").classes == NAMES


def test_export_and_import_keep_names(net, tmp_path):
    model = pascaline.import_network(net, classes=NAMES)
    pascaline.export_network(model, tmp_path / "again.safetensors")
    assert read_foreign(tmp_path / "again.safetensors").classes == NAMES


def test_rows_of_the_head_follow_the_names(net):
    foreign = read_foreign(net, classes=NAMES)
    turned = foreign.in_order(("rise", "fall", "flat"))
    np.testing.assert_array_equal(
        turned.network.head_weight, foreign.network.head_weight[[2, 0, 1]]
    )
    assert turned.in_order(NAMES).network.head_bias.tolist() == foreign.network.head_bias.tolist()
    for others in ((), ("a", "b", "c"), NAMES[:2]):
        assert foreign.in_order(others) is foreign


def test_names_in_a_card_must_fit():
    from dataclasses import replace

    model = make_model(head={"classes": 3, "weights": "ternary"})
    for names, rule in ((["a", "b"], "must be 3"), (["a", "b", "a"], "must be different")):
        with pytest.raises(pascaline.InputError, match=f"^test: card.data.names: {rule}"):
            class_names(replace(model, card={"data": {"names": names}}))
    assert class_names(model) == ()
    assert class_names(pascaline.load("copy-ternary")) == tuple("abcdefgh_!")


def test_said_labels_of_no_file(tmp_path):
    with pytest.raises(pascaline.InputError, match="no such file"):
        said_labels(tmp_path / "none.txt")
