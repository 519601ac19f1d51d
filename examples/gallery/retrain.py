"""A chip learns anew: other weights for the same Verilog, loaded over AXI-Lite.

    pip install 'pascaline[train,bus]'
    python retrain.py --out build

A network tells rising, falling and still signals apart. Then the sensor is mounted the other way
round, and gets a bias. The network is trained a little more; the machine stays as it is.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import torch

import pascaline
import pascaline.nn

STEPS = 10
MACHINE = {"ports": "axi", "weights": "ram", "units": 2, "simd": 4}


def signals(count, *, turned):
    """Signals, (count, steps, 2) from -1 to 1: what is felt, and noise; and the class of each."""
    label = torch.randint(3, (count,))
    slope = (label - 1)[:, None] * torch.linspace(-0.7, 0.7, STEPS)
    felt = slope + 0.15 * torch.randn(count, STEPS)
    felt = 0.25 - felt if turned else felt
    return torch.stack([felt, 0.3 * torch.randn_like(felt)], dim=2).clamp(-1, 1), label


class Net(torch.nn.Module):
    """An LSTM with weights -1, 0 and 1, and a layer that tells the class."""

    def __init__(self):
        super().__init__()
        self.lstm = pascaline.nn.LSTM(2, 10, batch_first=True, weights="ternary")
        self.fc = pascaline.nn.Linear(10, 3)

    def forward(self, x):
        """Logits of each sequence."""
        _, (h, _) = self.lstm(x)
        return self.fc(h[-1])


def train(net, rounds, *, turned):
    """An ordinary loop: a batch of new signals in each round."""
    net.train()
    adam = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(rounds):
        x, label = signals(100, turned=turned)
        loss = torch.nn.functional.cross_entropy(net(x), label)
        adam.zero_grad()
        loss.backward()
        adam.step()
    net.eval()


def export(net, path):
    """The model of a network."""
    return pascaline.nn.export(net.lstm, path, head=net.fc, name="slopes")


def classes_in_verilog(design, inputs):
    """The classes that the simulated machine gives after it has loaded the design's weights.

    The image goes word by word to register load_data, over AXI-Lite, and the sequences go as
    packets over AXI4-Stream. All that comes out is compared with the golden model.
    """
    found = pascaline.simulate(design, inputs)
    assert found.good, found
    return [int(result[0]) for result in pascaline.run(design.model, inputs).results]


def main():
    """Do all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("build"), help="folder for all files")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    torch.set_num_threads(1)  # More would wait for each other: the network is small.
    torch.manual_seed(0)
    net = Net()
    train(net, 100, turned=False)
    # Both have one name, since it becomes that of the Verilog's top.
    first = export(net, out / "first.safetensors")
    train(net, 100, turned=True)
    second = export(net, out / "second.safetensors")

    # The machine is made for the first network, and the second one fits.
    machine = pascaline.make_design(first, **MACHINE)
    loaded = pascaline.make_design(second, like=first, **MACHINE)
    verilog = pascaline.generate(machine)
    verilog.write(out / "machine")
    assert pascaline.generate(loaded).text == verilog.text

    x, label = signals(30, turned=True)
    inputs = [first.network.x.quantize(one) for one in x.numpy()]
    for name, design in (("first", machine), ("second", loaded)):
        classes = classes_in_verilog(design, inputs)
        right = sum(found == wanted for found, wanted in zip(classes, label.tolist(), strict=True))
        print(f"{name} weights loaded: {right} of {len(classes)} right, by the same Verilog")

    # What the driver of a real chip loads: machine/slopes.h, or slopes_driver.py.
    command = ["image", out / "second.safetensors", "--for", out / "machine" / "slopes.json"]
    words = [sys.executable, "-m", "pascaline.cli", *command, "-o", out / "second.bin"]
    subprocess.run(words, check=True)


if __name__ == "__main__":
    main()
