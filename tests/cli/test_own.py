"""A user's own data and networks: trained on, imported, evaluated and fine-tuned."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.data.evaluate import Likelihood, Score, evaluate, score
from pascaline.data.own import ALL, find_data, is_own, own_data, part_for
from pascaline.spec.errors import InputError
from pascaline.spec.fitting import with_room
from pascaline.spec.modelfile import read_model, write_model
from pascaline.spec.network import Network

CLASSES = ("fall", "flat", "rise")


@pytest.fixture
def waves(tmp_path: Path) -> Path:
    """Sequences whose first input falls, stays or rises."""
    rng = np.random.default_rng(0)
    for number, name in enumerate(CLASSES):
        folder = tmp_path / "waves" / name
        folder.mkdir(parents=True)
        for index in range(30):
            steps = int(rng.integers(6, 12))
            sequence = rng.normal(0, 0.3, (steps, 2))
            sequence[:, 0] += (number - 1) * np.linspace(0, 3, steps)
            np.save(folder / f"{index}.npy", sequence)
    return tmp_path / "waves"


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text("to be or not to be, " * 400)
    return path


def only_json(status: int, out: str, err: str) -> Any:
    assert status == 0, err
    return json.loads(out)


def test_names_and_paths(waves: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_own(str(waves))
    assert is_own("nothing.txt")
    assert not is_own("digits")
    assert not is_own("words")
    monkeypatch.chdir(waves.parent)
    assert is_own("waves")
    Path("digits").mkdir()
    assert not is_own("digits")
    with pytest.raises(InputError, match=r"^data set: must be one of .*, not 'words'$"):
        find_data("words")


def test_data_of_a_folder(waves: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = own_data(waves)
    assert (data.name, data.inputs, data.classes, data.names) == ("waves", 2, 3, CLASSES)
    assert (len(data.load().train), len(data.load().held_out)) == (72, 18)
    monkeypatch.chdir(waves.parent)
    assert own_data(Path("waves")).source == data.source


def test_data_of_a_text(words: Path) -> None:
    data = own_data(words)
    assert (data.inputs, data.classes, data.names) == (8, 8, ())
    assert data.load().train.alphabet == " ,benort"
    with pytest.raises(InputError, match=r"^none\.txt: no such file or folder$"):
        own_data(Path("none.txt"))


class TestTraining:
    @pytest.fixture(autouse=True)
    def _torch(self) -> None:
        pytest.importorskip("torch")

    def train(self, path: Path, output: Path, **options: Any) -> Any:
        from pascaline.train.options import Options
        from pascaline.train.recipe import train

        start = options.pop("start", None)
        chosen = Options(device="cpu", **options)
        return train(str(path), chosen, output, start=start)

    def test_a_folder(self, waves: Path, tmp_path: Path) -> None:
        output = tmp_path / "own.safetensors"
        model = self.train(waves, output, hidden=12, epochs=25)
        found = evaluate_on(model, waves, "held-out")
        assert found.card() == model.card["accuracy"]["integer"]
        assert found.accuracy > 0.8
        assert model.card["data"]["names"] == list(CLASSES)
        assert 0 < model.card["cut"]["cut"] < model.card["cut"]["total"]
        # Two of the three classes, which keep the numbers that they were learned with.
        (waves / "fall").rename(tmp_path / "fall")
        part = part_for(model, str(waves), ALL)
        assert sorted(set(part.labels)) == [1, 2]
        (waves / "flat").rename(waves / "even")
        with pytest.raises(
            InputError, match=r"^class: must be one of fall, flat, rise, not 'even'$"
        ):
            part_for(model, str(waves), ALL)

    def test_an_offset_costs_nothing(self, waves: Path, tmp_path: Path) -> None:
        """Whatever a signal stands on."""
        for path in waves.glob("*/*.npy"):
            np.save(path, np.load(path) + 101_350)
        model = self.train(waves, tmp_path / "own.safetensors", hidden=12, epochs=25)
        assert evaluate_on(model, waves, "held-out").accuracy > 0.8

    def test_a_text(self, words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        output = tmp_path / "own.safetensors"
        model = self.train(Path("words.txt"), output, hidden=24, epochs=6)
        found = evaluate(read_model(output))
        assert isinstance(found, Likelihood)
        assert found.card() == model.card["accuracy"]["integer"]
        # Telling apart eight characters by chance takes three bits.
        assert found.bits < 2.5
        words.write_text("to be\nor nöt to be " * 200)
        text = r"words\.txt: line 1: must have only characters of the training text"
        with pytest.raises(InputError, match=text):
            part_for(model, str(words), ALL)

    def test_import_and_fine_tune(self, waves: Path, tmp_path: Path, pascaline: Any) -> None:
        """What quantising costs comes back by training on from the imported weights."""
        start = tmp_path / "float.pt"
        save_float(waves, start)
        output = tmp_path / "net.safetensors"
        found = {}
        for weights in ("fixed8", "ternary", "binary"):
            words = ["import", start, "-o", output, "--weights", weights, "--reach", 4]
            words += ["--classes", ",".join(CLASSES)]
            words += [] if weights == "fixed8" else ["--quantize"]
            only_json(*pascaline(*words, "--json"))
            words = ["evaluate", output, "--data", waves, "--json"]
            found[weights] = only_json(*pascaline(*words))["accuracy"]
        assert found["fixed8"] > 0.9
        options = ["--epochs", 12, "--device", "cpu", "--separate-scale", "--rate", 0.003]
        words = ["train", waves, "--start", start, "-o", output, *options, "--json"]
        card = only_json(*pascaline(*words))["card"]
        assert card["start"]["imported"] == "PyTorch"
        assert read_model(output).network.layer.hidden == 10
        tuned = card["accuracy"]["integer"]
        assert tuned["correct"] / tuned["total"] > max(0.85, found["ternary"] - 0.1)

    def test_a_model_for_the_machine_of_another(
        self, waves: Path, tmp_path: Path, pascaline: Any
    ) -> None:
        """One that has four bits less behind its sums than training would take."""
        first, other, machine = (tmp_path / name for name in ("a.safetensors", "b", "out"))
        words = ["train", waves, "--hidden", 3, "--epochs", 2, "--device", "cpu"]
        only_json(*pascaline(*words, "-o", first, "--json"))
        model = read_model(first)
        described = model.network.model_dump(mode="json")
        described["layers"][0]["normaliser"]["shift"] -= 4
        network = Network.parse(json.dumps(described), thing="network")
        write_model(replace(model, network=network), first)
        assert pascaline("generate", first, "--weights", "ram", "-o", machine)[0] == 0
        status, out, _ = pascaline(*words, "--seed", 1, "--like", first, "-o", other)
        assert status == 0
        shift = with_room(network).layer.normaliser.shift
        assert f"layers[0].normaliser.shift: {shift} as in a, not " in out
        assert read_model(other).network.layer.normaliser.shift == shift
        words = ["image", other, "--for", machine / "a.json", "-o", tmp_path / "b.bin"]
        assert pascaline(*words)[0] == 0

    @pytest.mark.parametrize("cell", ["lstm", "gru"])
    def test_the_float_network_is_kept_and_imported(
        self, cell: str, waves: Path, tmp_path: Path, pascaline: Any
    ) -> None:
        kept, trained = tmp_path / "float.safetensors", tmp_path / "net.safetensors"
        words = ["train", waves, "-o", trained, "--weights", "float", "--keep-float", kept]
        options = ["--hidden", 8, "--epochs", 8, "--device", "cpu", "--cell", cell]
        card = only_json(*pascaline(*words, *options, "--json"))["card"]
        again = tmp_path / "again.safetensors"
        words = ["import", kept, "--preprocess", kept.with_suffix(".json"), "-o", again]
        # In training, what is beyond 1 is cut; here it is not.
        pascaline(*words, "--weights", "fixed12", "--head", "fc", "--reach", 2, "--json")
        accuracy = only_json(*pascaline("evaluate", again, "--data", waves, "--json"))["accuracy"]
        float_accuracy = card["accuracy"]["float"]
        assert abs(accuracy - float_accuracy["correct"] / float_accuracy["total"]) < 0.05

    def test_fine_tune_gru_layers_of_both_directions(
        self, waves: Path, tmp_path: Path, pascaline: Any
    ) -> None:
        import torch

        torch.manual_seed(0)
        net = {
            "rnn": torch.nn.GRU(2, 6, num_layers=2, bidirectional=True),
            "fc": torch.nn.Linear(12, len(CLASSES)),
        }
        start, output = tmp_path / "float.pt", tmp_path / "net.safetensors"
        torch.save(torch.nn.ModuleDict(net).state_dict(), start)
        words = ["import", start, "-o", output, "--weights", "exp4", "--result", "max"]
        network = only_json(*pascaline(*words, "--recurrent-weights", "fixed4", "--json"))[
            "network"
        ]
        assert [layer["kind"] for layer in network["layers"]] == ["gru", "gru"]
        assert network["layers"][1]["bidirectional"]
        assert network["pooling"] == "max"
        options = ["--epochs", 12, "--device", "cpu", "--rate", 0.02, "--weights", "exp4"]
        words = ["train", waves, "--start", start, "-o", output, *options, "--json"]
        card = only_json(*pascaline(*words))["card"]
        assert "--cell gru --layers 2 --bidirectional --weights exp4" in card["command"]
        tuned = card["accuracy"]["integer"]
        assert tuned["correct"] / tuned["total"] > 0.85


def evaluate_on(model: Any, path: Path, part: str) -> Score:
    found = score(model, part_for(model, str(path), part))
    assert isinstance(found, Score)
    return found


def save_float(waves: Path, path: Path) -> None:
    """An ``nn.LSTM`` that has learned the sequences as they are."""
    import torch
    from torch import nn

    parts = own_data(waves).load()
    torch.manual_seed(0)
    net = nn.ModuleDict({"lstm": nn.LSTM(2, 10), "fc": nn.Linear(10, 3)})
    adam = torch.optim.Adam(net.parameters(), lr=0.02)
    sequences = [torch.from_numpy(one).float() for one in parts.train.sequences]
    batch = nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False)
    labels = torch.from_numpy(parts.train.labels)
    for _ in range(60):
        last = net["lstm"](batch)[1][0][0]
        loss = nn.functional.cross_entropy(net["fc"](last), labels)
        adam.zero_grad()
        loss.backward()
        adam.step()
    torch.save(net.state_dict(), path)
