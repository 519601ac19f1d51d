"""Residual connections in training: the network that learns is the one that is frozen."""

import numpy as np
import pytest

from pascaline.golden.network import Golden
from pascaline.importers.draft import Formats
from pascaline.spec.errors import InputError
from pascaline.train.options import Options
from pascaline.train.tasks import task

torch = pytest.importorskip("torch")

from pascaline.train.export import export  # noqa: E402
from pascaline.train.layers import GRU, LSTM, RNN  # noqa: E402


@pytest.mark.parametrize(("kind", "inputs"), [(LSTM, 6), (LSTM, 4), (GRU, 6)])
def test_export_computes_what_the_module_does(kind, inputs, tmp_path):
    torch.manual_seed(1)
    module = kind(inputs, 6, num_layers=2, residual=True, formats=Formats(scale_width=24)).eval()
    assert [one.residual for one in module.description] == [inputs == 6, True]
    model = export(module, tmp_path / "made.safetensors", results="every")
    assert [one.residual for one in model.network.layers] == [inputs == 6, True]
    codes = np.random.default_rng(1).integers(-128, 128, (20, inputs))
    with torch.no_grad():
        every = module(torch.tensor(codes / 128, dtype=torch.float32))[0].numpy() * 128
    [results] = Golden(model).run([codes]).results
    assert np.abs(every - results).max() <= 2
    # The sums reach further than h alone does.
    assert np.abs(results).max() == 128 or inputs == 4


def test_gradients_pass_by_the_layer():
    module = RNN(4, 4, residual=True)
    x = torch.zeros(1, 1, 4, requires_grad=True)
    with torch.no_grad():
        module.stack[0].parts[0].shadow_x.zero_()
    module(x)[0].sum().backward()
    assert x.grad is not None
    assert (x.grad.abs() > 0.5).all()


def test_nothing_fits():
    with pytest.raises(InputError, match="residual: needs a layer of one direction"):
        LSTM(3, 4, residual=True)
    with pytest.raises(InputError, match="residual: must not be with linear cells"):
        Options(cell="hadamard,gru", residual=True).settled(task("digits"))
