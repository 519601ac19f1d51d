"""Recurrent layers with quantised weights for a PyTorch training loop, and their way to a model.

`LSTM`, `GRU`, `RNN` and `Linear` stand in for the modules of ``torch.nn`` of the same names;
`export` freezes what they have learned to integers and writes the model file. `from_brevitas` keeps
what a module of Brevitas has learned in a file for ``pascaline import``; `distil` teaches quantised
weights what a float network does. Needs PyTorch: ``pip install 'pascaline[train]'``.

Examples
--------
Sequences of 20 steps, of 8 inputs; the class is the one of the first four that is largest in sum:

>>> import tempfile, torch, pascaline.nn
>>> class Net(torch.nn.Module):
...     def __init__(self):
...         super().__init__()
...         self.lstm = pascaline.nn.LSTM(8, 32, batch_first=True, weights="ternary")
...         self.fc = pascaline.nn.Linear(32, 4)
...     def forward(self, x):
...         _, (h_n, _) = self.lstm(x)
...         return self.fc(h_n[-1])
>>> _ = torch.manual_seed(0)
>>> net = Net()
>>> adam = torch.optim.Adam(net.parameters(), lr=0.02)
>>> for step in range(100):
...     x = torch.rand(64, 20, 8) * 2 - 1
...     loss = torch.nn.functional.cross_entropy(net(x), x.sum(dim=1)[:, :4].argmax(dim=1))
...     adam.zero_grad()
...     loss.backward()
...     adam.step()
>>> bool(loss < 1)
True

The model, and what it computes for one sequence of integers:

>>> from pascaline.golden.network import Golden
>>> with tempfile.TemporaryDirectory() as folder:
...     model = pascaline.nn.export(net.lstm, f"{folder}/sums.safetensors", head=net.fc)
>>> inputs = model.network.x.quantize(x[0].numpy())
>>> int(Golden(model).run([inputs]).results[0][0]) == int(net.eval()(x[:1]).argmax())
True
"""

try:
    import torch as _  # noqa: F401
except ModuleNotFoundError:
    line = "pascaline.nn: needs PyTorch (pip install 'pascaline[train]')"
    raise ImportError(line, name="torch") from None

from pascaline._distil import distil
from pascaline.importers.brevitas import from_brevitas
from pascaline.importers.draft import Formats
from pascaline.spec.formats import Format
from pascaline.train.export import export
from pascaline.train.layers import GRU, LSTM, RNN
from pascaline.train.linear import Linear

__all__ = ["GRU", "LSTM", "RNN", "Format", "Formats", "Linear", "distil", "export", "from_brevitas"]
