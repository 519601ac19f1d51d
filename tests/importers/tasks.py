"""What a float network of each task loses on its way to integers of 8 bits, without training.

``python -m tests.importers.tasks train FOLDER`` teaches a plain LSTM to each task, on a GPU in some
minutes, all at once; ``python -m tests.importers.tasks loss FOLDER`` imports each with formats
calibrated on some of its training part, and measures it on the part that is held out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

TASKS: dict[str, tuple[str, ...]] = {
    "digits": (),
    "rows": (),
    "copy": ("--rate", "0.003"),
    "pixel": ("--normaliser", "batchnorm"),
    "austen": ("--rate", "0.004"),
    "linux": ("--rate", "0.004"),
}
"""What is said to ``train`` beside the task."""

NONE = ("--normaliser", "none")

SEQUENCES, STEPS = 200, 200
"""How many sequences of the training part, and steps of each, choose the formats."""


def train(folder: Path, names: list[str]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    running = {}
    for name in names:
        words = ["train", name, "--weights", "float", *NONE, *TASKS[name]]
        words += ["--keep-float", str(folder / f"{name}.float.safetensors"), "--seed", "0"]
        words += ["-o", str(folder / f"{name}.safetensors"), "--json"]
        with (folder / f"{name}.log").open("w") as log:
            running[name] = subprocess.Popen(
                [sys.executable, "-m", "pascaline.cli", *words], stdout=log, stderr=log
            )
    return max(process.wait() for process in running.values())


def calibration(name: str, rule: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Some of the training part as one array (sequences, steps, inputs)."""
    from pascaline.data.sets import data_set

    part = data_set(name).load().train
    if "alphabet" in rule and len(part.sequences) == 1:
        text = np.asarray(part.sequences[0])
        return text[: SEQUENCES * STEPS].reshape(SEQUENCES, STEPS, 1).astype(np.float32)
    sequences = [np.asarray(one) for one in part.sequences[:SEQUENCES]]
    steps = min(len(one) for one in sequences)
    return np.stack([one[:steps] for one in sequences]).astype(np.float32)


def loss(folder: Path, names: list[str], bits: list[int]) -> int:
    from pascaline import evaluate, import_network

    for name in names:
        kept = folder / f"{name}.float.safetensors"
        rule = json.loads(kept.with_suffix(".json").read_text())
        data = folder / f"{name}.npy"
        np.save(data, calibration(name, rule))
        card = json.loads((folder / f"{name}.log").read_text().strip().splitlines()[-1])["card"]
        found: dict[str, Any] = {"task": name, "float": card["accuracy"]["float"]}
        found["float"].pop("wrong", None)
        text = "bits" in found["float"]
        for width in bits:
            model = import_network(
                kept,
                name=name,
                bits=width,
                calibrate=data,
                preprocess=kept.with_suffix(".json"),
                head="fc",
                output="logits" if text else "class",
                result="every" if text or name == "copy" else "last",
            )
            score = evaluate(model, data=name).card()
            score.pop("wrong", None)
            found[f"{width} bits"] = score
        print(json.dumps(found), flush=True)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "loss"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tasks", nargs="*", default=list(TASKS))
    parser.add_argument("--bits", nargs="*", type=int, default=[8])
    chosen = parser.parse_args()
    if chosen.what == "train":
        return train(chosen.folder, chosen.tasks)
    return loss(chosen.folder, chosen.tasks, chosen.bits)


if __name__ == "__main__":
    sys.exit(main())
