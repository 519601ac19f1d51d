from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pascaline.importers.convert import Conversion, convert
from pascaline.importers.foreign import Reading
from pascaline.importers.kept import read_kept
from pascaline.importers.plain import run_head, run_layers
from pascaline.importers.sources import read_foreign
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.operands import met

torch = pytest.importorskip("torch")
bnn = pytest.importorskip("brevitas.nn")
quant = pytest.importorskip("brevitas.quant")

from pascaline.importers.brevitas import from_brevitas  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

INPUTS, HIDDEN, STEPS, BATCH = 3, 5, 7, 4

FREE: dict[str, Any] = {
    "bias_quant": None,
    "io_quant": None,
    "gate_acc_quant": None,
}
FREE_LSTM = FREE | {"sigmoid_quant": None, "tanh_quant": None, "cell_state_quant": None}
"""No quantiser but that of the weights."""

POWERS: dict[str, Any] = {
    "io_quant": quant.Int8ActPerTensorFixedPoint,
    "gate_acc_quant": quant.Int8ActPerTensorFixedPoint,
}
POWERS_LSTM = POWERS | {
    "sigmoid_quant": quant.Uint8ActPerTensorFixedPoint,
    "tanh_quant": quant.Int8ActPerTensorFixedPoint,
    "cell_state_quant": quant.Int8ActPerTensorFixedPoint,
}
"""Steps that are powers of two."""

WEIGHTS = {
    "Int8WeightPerTensorFloat": ("fixed8", 127),
    "Int8WeightPerChannelFloat": ("fixed8", 127),
    "Int8WeightPerTensorFixedPoint": ("fixed8", 128),
    "SignedBinaryWeightPerTensorConst": ("binary", 1),
    "SignedTernaryWeightPerTensorConst": ("ternary", 1),
}


def made(name: str, *, free: bool = False, **settings: Any) -> Any:
    """A module that has seen data, with random numbers."""
    torch.manual_seed(3)
    if free:
        settings = (FREE_LSTM if name == "QuantLSTM" else FREE) | settings
    module = getattr(bnn, name)(INPUTS, HIDDEN, **settings)
    for parameter in module.parameters():
        if parameter.ndim == 2:
            torch.nn.init.normal_(parameter, std=0.5)
    module.train()
    for _ in range(3):
        module(torch.randn(STEPS, BATCH, INPUTS))
    return module.eval()


def library_weights(module: Any, gates: tuple[str, ...]) -> list[tuple[Any, Any]]:
    """Integers and scales of all gates as the library gives them, layers and directions in turn."""
    found = []
    for directions in module.layers:
        for direction in directions:
            own = [getattr(direction, gate) for gate in gates]
            for side in ("input_weight", "hidden_weight"):
                weights = [getattr(one, side)() for one in own]
                integers = [torch.round(one.value / one.scale).int() for one in weights]
                scales = [one.scale.detach().expand(HIDDEN, 1)[:, 0] for one in weights]
                found.append((torch.cat(integers).numpy(), torch.cat(scales).double().numpy()))
    return found


GATES = {
    "QuantLSTM": tuple(f"{name}_gate_params" for name in ("input", "forget", "cell", "output")),
    "QuantRNN": ("gate_params",),
}


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, True)])
def test_golden_has_the_integers_of_the_library(
    name: str, weights: str, layers: int, both: bool, tmp_path: Path
) -> None:
    form, largest = WEIGHTS[weights]
    settings: dict[str, Any] = {"num_layers": layers, "bidirectional": both}
    module = made(name, free=True, weight_quant=getattr(quant, weights), **settings)
    wanted = library_weights(module, GATES[name])
    from_brevitas(module, tmp_path / "net.brevitas")
    foreign = read_foreign(tmp_path / "net.brevitas")
    parts = [part for layer in foreign.network.layers for part in layer.parts]
    exact = [part.exact[key] for part in parts for key in ("weight_x", "weight_h")]
    for one, (integers, scale) in zip(exact, wanted, strict=True):
        np.testing.assert_array_equal(one.weight, integers)
        np.testing.assert_array_equal(one.scale, scale)
    model = convert(foreign, Conversion(weights=arithmetic(form)), name="net")
    tensors = [part for every in model.directions for part in every]
    kept = [part[key] for part in tensors for key in ("weight_x", "weight_h")]
    for one, (integers, _) in zip(kept, wanted, strict=True):
        np.testing.assert_array_equal(one, integers)
    assert max(np.abs(one).max() for one in kept) <= largest


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("settings", [
    {},
    {"num_layers": 3},
    {"bidirectional": True},
    {"num_layers": 2, "bidirectional": True},
    {"bias": False},
    {"weight_quant": None},
    {"weight_quant": quant.Int8WeightPerTensorFixedPoint},
    {"bidirectional": True, "shared_input_hidden_weights": True},
])  # fmt: skip
def test_outputs_without_quantised_signals(
    name: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    """What is imported computes what the module does, but for its rounding to float32."""
    module, x = made(name, free=True, **settings), torch.randn(STEPS, BATCH, INPUTS)
    with torch.no_grad():
        wanted = module(x)[0].numpy()
    from_brevitas(module, tmp_path / "net.brevitas")
    every, _ = run_layers(read_foreign(tmp_path / "net.brevitas").network, x.double().numpy())
    np.testing.assert_allclose(every, wanted, rtol=0, atol=3e-6)
    assert np.ptp(wanted) > 0.5


def test_relu(tmp_path: Path) -> None:
    module = made("QuantRNN", free=True, nonlinearity="relu")
    foreign = from_brevitas(module, tmp_path / "net.brevitas")
    assert foreign.network.layers[0].cell == "rnn-relu"
    x = torch.randn(STEPS, BATCH, INPUTS) / 4
    every, _ = run_layers(foreign.network, x.double().numpy())
    np.testing.assert_allclose(every, module(x)[0].detach().numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", GATES)
def test_quantised_signals(name: str, tmp_path: Path) -> None:
    """With 8 bits for every signal, outputs are near those of the module."""
    settings = POWERS_LSTM if name == "QuantLSTM" else POWERS
    module, x = made(name, **settings), torch.randn(STEPS, BATCH, INPUTS)
    with torch.no_grad():
        wanted = module(x)[0].numpy()
    foreign = from_brevitas(module, tmp_path / "net.brevitas")
    every, _ = run_layers(foreign.network, x.double().numpy())
    assert np.abs(every - wanted).mean() < 0.1 * np.ptp(wanted)
    formats = read_foreign(tmp_path / "net.brevitas").network.layers[0].formats
    scale = float(module.layers[0][0].io_quant.scale())
    assert formats["h"] == formats["x"] == Format(width=8, frac=round(-np.log2(scale)))
    said = " ".join(foreign.assumed)
    cell = module.layers[0][0].cell
    signals = {"sigmoid": ("input_sigmoid", "forget_sigmoid", "output_sigmoid")}
    for signal, names in signals.items() if name == "QuantLSTM" else ():
        scales = {float(getattr(cell, f"{one}_quant").scale()) for one in names}
        assert (signal in formats) == (len(scales) == 1)
        assert (signal in said) == (len(scales) > 1)


def test_biases_are_those_that_the_module_adds(tmp_path: Path) -> None:
    module = made("QuantRNN")
    direction = module.layers[0][0]
    given = direction.io_quant(torch.zeros(1, 1, INPUTS))
    *_, bias = direction.gate_params_fwd(direction.gate_params, given)
    foreign = from_brevitas(module, tmp_path / "net.brevitas")
    np.testing.assert_array_equal(foreign.network.layers[0].parts[0].bias, bias.value.detach())
    assert "layer 0: Brevitas rounds h to multiples of" in " ".join(foreign.assumed)


@pytest.mark.parametrize("kind", ["QuantLinear", "Linear"])
def test_head(kind: str, tmp_path: Path) -> None:
    module = made("QuantLSTM", free=True)
    head = (bnn.QuantLinear if kind == "QuantLinear" else torch.nn.Linear)(HIDDEN, 4)
    x = torch.randn(STEPS, BATCH, INPUTS)
    with torch.no_grad():
        wanted = head.eval()(module(x)[0][-1]).numpy()
    from_brevitas(module, tmp_path / "net.brevitas", head=head)
    network = read_foreign(tmp_path / "net.brevitas").network
    _, last = run_layers(network, x.double().numpy())
    np.testing.assert_allclose(run_head(network, last), wanted, rtol=0, atol=1e-5)
    with pytest.raises(InputError, match=r"^head: must have 5 inputs, not 3$"):
        from_brevitas(module, tmp_path / "net.brevitas", head=torch.nn.Linear(3, 2))


def test_the_module_is_not_changed(tmp_path: Path) -> None:
    module = made("QuantLSTM").train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    from_brevitas(module, tmp_path / "net.brevitas")
    assert all(one.training for one in module.modules())
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_too_narrow_an_arithmetic_is_refused(tmp_path: Path) -> None:
    from_brevitas(made("QuantLSTM", free=True), tmp_path / "net.brevitas")
    foreign = read_foreign(tmp_path / "net.brevitas")
    assert foreign.understood[0].startswith("weights are integers from -1")
    text = r"layers\.0\.0\.input_weight: has integers from -?\d+ to \d+, which fixed4 has not"
    with pytest.raises(InputError, match=text):
        convert(foreign, Conversion(weights=arithmetic("fixed4")), name="net")
    choice = Conversion(weights=arithmetic("fixed4"), quantize=True)
    assert np.abs(convert(foreign, choice, name="net").layers[0]["weight_x"]).max() <= 8


def test_zero_points_are_taken_over(tmp_path: Path) -> None:
    module = made("QuantRNN", free=True, weight_quant=quant.ShiftedUint8WeightPerTensorFloat)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if name.endswith("weight"):
                weight.add_(0.5)
    foreign = from_brevitas(module, tmp_path / "net.brevitas")
    model = convert(foreign, Conversion(weights=arithmetic("fixed8")), name="net")
    assert model.network.layer.zero_points
    for name in ("x", "h"):
        wanted = foreign.network.layers[0].parts[0].exact[f"weight_{name}"].weight
        assert wanted.max() > 127
        assert np.array_equal(met(model.layers[0], name), wanted)


def test_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.brevitas"
    with pytest.raises(InputError, match=r"^module: must be a QuantLSTM or QuantRNN of Brevitas"):
        from_brevitas(torch.nn.LSTM(2, 3), path)
    with pytest.raises(InputError, match=r"^layers\.0\.0\.cifg: coupled gates"):
        from_brevitas(made("QuantLSTM", coupled_input_forget_gates=True), path)
    with pytest.raises(InputError, match=r"must end with \.brevitas$"):
        from_brevitas(made("QuantRNN"), tmp_path / "net.pt")


def test_a_state_dict_is_refused(tmp_path: Path) -> None:
    """The integers are not in it."""
    for name in GATES:
        whole = torch.nn.Sequential(made(name))
        for suffix, state in (("pt", whole.state_dict()), ("pth", whole[0].state_dict())):
            torch.save(state, tmp_path / f"net.{suffix}")
            with pytest.raises(InputError, match=r"is of Brevitas.*pascaline\.nn\.from_brevitas$"):
                read_foreign(tmp_path / f"net.{suffix}")


def test_damaged_files(tmp_path: Path) -> None:
    """Files with a few wrong bytes are read, or refused in one line."""
    path, rng = tmp_path / "net.brevitas", np.random.default_rng(5)
    from_brevitas(made("QuantLSTM", free=True), path, head=torch.nn.Linear(HIDDEN, 2))
    content, refused = path.read_bytes(), 0
    (size,) = struct.unpack_from("<Q", content)
    for _ in range(600):
        data = bytearray(content)
        for _ in range(int(rng.integers(1, 4))):
            # Most of the file is numbers, any of which are good.
            at = int(rng.integers(8 + size if rng.random() < 0.8 else len(data)))
            data[at] = int(rng.integers(256))
        path.write_bytes(data)
        line = ""
        try:
            read_kept(path, Reading())
        except InputError as error:
            line = str(error)
        assert "\n" not in line
        refused += bool(line)
    assert refused > 300


def test_forged_outlines(tmp_path: Path) -> None:
    path = tmp_path / "net.brevitas"
    from_brevitas(made("QuantRNN", free=True, num_layers=2), path)
    content = path.read_bytes()
    (size,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + size])
    outline = json.loads(header["__metadata__"]["pascaline.network"])
    for change, text in (
        ({"layers": []}, "layers: "),
        ({"source": 3}, "source: "),
        ({"layers": [outline["layers"][0]] * 2}, "must be real numbers of shape|layer 1 must have"),
        ({"layers": [outline["layers"][0] | {"hidden": 7}]}, "must be real numbers of shape"),
        ({"layers": [outline["layers"][0] | {"cell": "odd"}]}, "cell"),
        ({"layers": [outline["layers"][0] | {"names": [{}]}]}, "names must be"),
        ({"classes": 4}, "head.weight: tensor is missing"),
    ):
        header["__metadata__"]["pascaline.network"] = json.dumps(outline | change)
        text_of = json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text_of)) + text_of + content[8 + size :])
        with pytest.raises(InputError, match=text):
            read_kept(path, Reading())
