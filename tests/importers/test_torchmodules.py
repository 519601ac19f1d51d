"""The modules of PyTorch themselves, and what their files give, compared in float64."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.plain import run_head, run_layers
from pascaline.importers.sources import read_foreign


def follows(foreign: Foreign, x: NDArray[Any], every: Any, last: Any) -> None:
    found_every, found_last = run_layers(foreign.network, x)
    np.testing.assert_allclose(found_every, every, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found_last, last, rtol=0, atol=1e-9)


@pytest.mark.parametrize("normed", ["", "old", "new"])
@pytest.mark.parametrize("wrapper", ["", "state_dict", "model"])
@pytest.mark.parametrize("bias", [False, True], ids=["bare", "bias"])
@pytest.mark.parametrize("both", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("cell", ["LSTM", "GRU", "RNN", "relu"])
@pytest.mark.filterwarnings("ignore")
def test_modules(
    cell: str, layers: int, both: bool, bias: bool, wrapper: str, normed: str, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(3)
    options = {"num_layers": layers, "bidirectional": both, "bias": bias}
    if cell == "relu":
        options["nonlinearity"] = "relu"
    rnn = getattr(torch.nn, "RNN" if cell == "relu" else cell)(5, 7, **options).double()
    net = torch.nn.ModuleDict({"rnn": rnn, "out": torch.nn.Linear(7 * (1 + both), 3).double()})
    x = torch.randn(6, 2, 5, dtype=torch.float64)
    if normed:
        utils = torch.nn.utils
        norm = utils.weight_norm if normed == "old" else utils.parametrizations.weight_norm
        for name in [name for name, _ in rnn.named_parameters() if "weight_hh" in name]:
            norm(rnn, name)
        with torch.no_grad():
            for name, parameter in rnn.named_parameters():
                if name.endswith(("_g", "original0")):
                    parameter *= 1.5
    with torch.no_grad():
        every, state = rnn(x)
        h_n = state[0] if cell == "LSTM" else state
        last = torch.cat(list(h_n[-1 - both :]), dim=1)
        logits = net["out"](last)
    state = {wrapper: net.state_dict(), "epoch": 3} if wrapper else net.state_dict()
    torch.save(state, tmp_path / "a.pt")
    reading = Reading(cell="rnn-relu") if cell == "relu" else Reading()
    foreign = read_foreign(tmp_path / "a.pt", reading)
    follows(foreign, x.numpy(), every, last)
    found_logits = run_head(foreign.network, run_layers(foreign.network, x.numpy())[1])
    np.testing.assert_allclose(found_logits, logits, rtol=0, atol=1e-9)


@pytest.mark.parametrize("bias", [False, True], ids=["bare", "bias"])
@pytest.mark.parametrize("cell", ["LSTMCell", "GRUCell", "RNNCell"])
def test_cells_of_pytorch(cell: str, bias: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(3)
    cells = [getattr(torch.nn, cell)(size, 7, bias=bias).double() for size in (5, 7)]
    x, every = torch.randn(6, 2, 5, dtype=torch.float64), []
    states: list[Any] = [None, None]
    with torch.no_grad():
        for step in x:
            for index, one in enumerate(cells):
                states[index] = one(step, states[index])
                step = states[index][0] if cell == "LSTMCell" else states[index]
            every.append(step)
    torch.save(torch.nn.ModuleList(cells).state_dict(), tmp_path / "a.pth")
    foreign = read_foreign(tmp_path / "a.pth")
    follows(foreign, x.numpy(), torch.stack(every), every[-1])
