"""The example of a system around a machine: its results, and what it reads in the registers."""

import subprocess
from pathlib import Path

import numpy as np

from pascaline.golden.network import Golden
from pascaline.hdl.verilog import generate
from pascaline.spec.bus import input_bytes, output_bytes
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.registers import ERRORS
from tests.tools import program

EXAMPLE = Path(__file__).parents[2] / "examples" / "soc"


def beats(design, vectors, *, cut=0):
    """Words of the memory: the packet of these vectors without its last ``cut`` bytes."""
    lanes = input_bytes(design)
    fill = [0] * (-design.network.inputs % lanes.count)
    packet = b"".join(lanes.encode([*vector, *fill]) for vector in vectors)
    packet = packet[: len(packet) - cut]
    for place in range(0, len(packet), lanes.beat):
        part = packet[place : place + lanes.beat]
        last = place + lanes.beat >= len(packet)
        keep = (1 << len(part)) - 1
        word = last << 9 * lanes.beat | keep << 8 * lanes.beat | int.from_bytes(part, "little")
        yield f"{word:x}"


def test_a_small_system(tmp_path, rng):
    program("iverilog", package="iverilog")
    config = configs()["tiny-ternary"]
    machine = config.machine.model_copy(update={"ports": "axi", "longest": 8})
    design = Design(model=config.synthetic("tiny-ternary"), machine=machine)
    [verilog, *_] = generate(design).write(tmp_path)
    ends = design.network.x.interval
    sequences = [
        rng.integers(ends.lo, ends.hi, (steps, design.network.inputs), endpoint=True)
        for steps in (3, 2, 8)
    ]
    lanes = input_bytes(design)
    # The second packet ends in the middle of a vector.
    words = [
        word
        for k, x in enumerate(sequences)
        for word in beats(design, x.tolist(), cut=lanes.beat if k == 1 else 0)
    ]
    words += ["0"] * (64 - len(words))
    (tmp_path / "packets.hex").write_text("\n".join(words) + "\n")
    defines = {
        "MACHINE": design.name,
        "BEAT": lanes.beat,
        "RESULT": output_bytes(design).beat,
        "EXPECTED": 2,
    }
    command = ["iverilog", "-g2005", "-Wall", "-s", "testbench", "-o", str(tmp_path / "soc")]
    command += [f"-D{name}={value}" for name, value in defines.items()]
    command += [str(EXAMPLE / name) for name in ("soc.v", "testbench.v")]
    subprocess.run([*command, str(verilog)], check=True, capture_output=True)
    done = subprocess.run(
        [str(tmp_path / "soc")], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    good = [sequences[0], sequences[2]]
    classes = [int(np.ravel(result)[-1]) for result in Golden(design.model).run(good).results]
    cut = 1 << list(ERRORS).index("cut")
    wanted = [f"errors {cut} dropped 1", *(f"result {number:02x}" for number in classes)]
    assert done.stdout.splitlines()[: len(wanted)] == wanted
