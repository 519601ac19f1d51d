"""The formats, by what ``--format`` calls them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np

from pascaline.cli.hostile.arrays import draw_npy, draw_npz, draw_safetensors, read_npz
from pascaline.cli.hostile.commands import (
    begin_nothing,
    call,
    draw_cards,
    draw_names,
    draw_options,
    prepare_commands,
)
from pascaline.cli.hostile.documents import draw_json, prepare_json, read_json
from pascaline.cli.hostile.graphs import draw_onnx, prepare_onnx
from pascaline.cli.hostile.pickles import draw_pt
from pascaline.cli.hostile.places import written
from pascaline.cli.hostile.sounds import draw_wav
from pascaline.cli.hostile.texts import (
    draw_csv,
    draw_labels,
    draw_liberty,
    draw_text,
    draw_toml,
    read_liberty,
    read_text,
)
from pascaline.data.folder import read_folder
from pascaline.data.mfcc import wav_features
from pascaline.data.unlabelled import read_unlabelled
from pascaline.golden.network import Golden
from pascaline.importers.graph.evaluator import MEMORY
from pascaline.importers.sources import read_foreign
from pascaline.importers.tensorfiles.mutations import prepare as prepare_torch
from pascaline.measure.fuzz_files import broken_file
from pascaline.measure.hostile import Attempt, Format
from pascaline.spec.machine import Machine
from pascaline.spec.modelfile import read_model

__all__ = ["FORMATS"]


def _draw_model(rng: Random, folder: Path) -> Attempt:
    return written(rng, folder / "broken.safetensors", *broken_file(rng))


def _read_model(path: Path) -> None:
    """A few steps of a model in golden."""
    model = read_model(path)
    x = model.network.x.interval
    rng = np.random.default_rng(0)
    steps = rng.integers(x.lo, x.hi, (3, model.network.inputs), endpoint=True)
    Golden(model).run([steps])


FORMATS = {
    "model": Format(_draw_model, _read_model),
    "npz": Format(draw_npz, read_npz, memory=512 << 20),
    "safetensors": Format(draw_safetensors, read_foreign),
    "npy": Format(draw_npy, read_unlabelled),
    "wav": Format(draw_wav, wav_features, memory=768 << 20, seconds=20),
    "pt": Format(draw_pt, read_foreign, prepare_torch, needs="torch"),
    "onnx": Format(
        draw_onnx,
        read_foreign,
        prepare_onnx,
        needs="onnx",
        memory=MEMORY + (256 << 20),
        seconds=20,
        bounded=True,
    ),
    "toml": Format(draw_toml, Machine.read),
    "csv": Format(draw_csv, read_unlabelled),
    "text": Format(draw_text, read_text),
    "labels": Format(draw_labels, read_folder),
    "json": Format(draw_json, read_json, prepare_json),
    "liberty": Format(draw_liberty, read_liberty, memory=512 << 20, seconds=20, contained=False),
    "cards": Format(draw_cards, call, prepare_commands, begin_nothing, seconds=20),
    "names": Format(draw_names, call, prepare_commands, begin_nothing, seconds=20),
    "options": Format(
        draw_options, call, prepare_commands, begin_nothing, memory=512 << 20, seconds=20
    ),
}
"""Formats of files, cards in model files, names of files, and options of all commands."""
