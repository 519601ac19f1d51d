"""From a PyTorch loop to a bitstream for an ULX3S (ECP5): a network, its Verilog, its bits.

    pip install 'pascaline[train,pnr]'
    python bitstream.py --out build

The task: a finger strokes a strip of 13 touch sensors. It starts at one of five places and moves
one way or the other: which of the ten strokes was it?
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import torch

import pascaline
import pascaline.nn

BOARDS = Path(__file__).resolve().parents[1] / "boards"
SENSORS, PLACES, STEPS = 13, 5, 12

MACHINE = {
    "units": 1,
    "simd": 1,
    "head_units": 1,
    "cell_unit": "serial",
    "weight_code": "packed",
    "lane": "tree",
}
"""The machine of `examples/boards`, whose makefile builds it."""


def strokes(count):
    """What the sensors feel, (count, steps, sensors) from -1 to 1, and which stroke each is."""
    label = torch.randint(2 * PLACES, (count,))
    way = 1 - 2 * (label // PLACES)
    start = 4 + label % PLACES + 0.15 * torch.randn(count)
    finger = start[:, None] + 0.4 * way[:, None] * torch.arange(STEPS)
    felt = torch.exp(-((torch.arange(SENSORS) - finger[:, :, None]) ** 2) / 2)
    return (2 * felt - 1 + 0.1 * torch.randn_like(felt)).clamp(-1, 1), label


class Net(torch.nn.Module):
    """An LSTM with weights -1, 0 and 1, and a layer that tells the class."""

    def __init__(self, hidden=12):
        super().__init__()
        self.lstm = pascaline.nn.LSTM(SENSORS, hidden, batch_first=True, weights="ternary")
        self.fc = pascaline.nn.Linear(hidden, 2 * PLACES)

    def forward(self, x):
        """Logits of each sequence."""
        _, (h, _) = self.lstm(x)
        return self.fc(h[-1])


def train(net, rounds=200):
    """An ordinary loop: a batch of new strokes in each round."""
    adam = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(rounds):
        x, label = strokes(100)
        loss = torch.nn.functional.cross_entropy(net(x), label)
        adam.zero_grad()
        loss.backward()
        adam.step()
    return net.eval()


def main():
    """Do all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("build"), help="folder for all files")
    out = parser.parse_args().out.resolve()
    out.mkdir(parents=True, exist_ok=True)

    torch.set_num_threads(1)  # More would wait for each other: the network is small.
    torch.manual_seed(0)
    net = train(Net())
    # The board's Verilog asks for a machine of this name.
    path = out / "strokes.safetensors"
    model = pascaline.nn.export(net.lstm, path, head=net.fc, name="digits_ternary")

    x, label = strokes(500)
    inputs = [model.network.x.quantize(one) for one in x.numpy()]
    classes = [int(result[0]) for result in pascaline.run(model, inputs).results]
    right = sum(found == wanted for found, wanted in zip(classes, label.tolist(), strict=True))
    print(f"golden model: {right} of {len(classes)} strokes right")

    design = pascaline.make_design(model, **MACHINE)
    found = pascaline.simulate(design, inputs[:3])
    assert found.good, found
    print(f"Verilog: equal to the golden model in all values of {3 * STEPS} steps")

    # The makefile of the boards generates, synthesises, places, routes and packs.
    board = out / "board"
    shutil.copytree(BOARDS, board, ignore=shutil.ignore_patterns("build"), dirs_exist_ok=True)
    (board / "build").mkdir(exist_ok=True)
    shutil.copy(path, board / "build" / "digits.safetensors")
    words = ["make", "-s", "BOARD=ulx3s", f"PASCALINE={sys.executable} -m pascaline.cli"]
    subprocess.run(words, cwd=board, check=True)
    bits = board / "build" / "ulx3s.bit"
    print(f"bitstream: {bits}, {bits.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
