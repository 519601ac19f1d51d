"""Networks that others have trained and published, and what they get in use.

They come from wheels that are fetched by their hashes (`data.packages`); nothing of them is kept
here. silero-vad 6.2.3 (MIT) tells speech from pauses, by an LSTM behind convolutions; g2p-en 2.1.0
(Apache 2.0) pronounces English words, by a GRU that reads letters and one that writes phonemes.
``python -m tests.importers.real FOLDER`` writes their files, and data for them, into a folder.
"""

import io
import re
import subprocess
import sys
import wave
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from pascaline.data.own import find_data
from pascaline.data.packages import Package
from pascaline.spec.errors import InputError
from tests.tools import program

SILERO = Package(
    registry="PyPI",
    name="silero-vad",
    version="6.2.3",
    file="silero_vad-6.2.3-py3-none-any.whl",
    sha256="7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
)
G2P = Package(
    registry="PyPI",
    name="g2p-en",
    version="2.1.0",
    file="g2p_en-2.1.0-py3-none-any.whl",
    sha256="2a7aabf1fc7f270fcc3349881407988c9245173c2413debbe5432f4a4f31319f",
)

SENTENCES = (
    "The quick brown fox jumps over the lazy dog",
    "Pascal built an adding machine for his father",
    "Seven silver swans swam silently seaward",
    "She sells sea shells by the sea shore",
    "What time is the next train to the north?",
)
VOICES = ("en", "en+f3", "en+m4", "en-us", "en+f5")
RATE, HOP, CONTEXT = 16_000, 512, 64
"""Samples a second, of a step, and of the step before that it sees."""

LETTERS = ("<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz")
BEGIN, END, LONGEST = 2, 3, 20
"""Phonemes before the first and after the last one; how many there are at most."""


@dataclass(frozen=True, eq=False)
class Real:
    """A network, and raw features of sequences for it.

    `decide` makes decisions of all h of all sequences, each (steps, hidden).
    """

    name: str
    path: Path
    reading: dict
    calibration: list
    test: list
    decide: object


def fetched(package, member, folder):
    """A file of a package, in a folder; without a network the test is skipped."""
    try:
        (content,) = package.read([member])
    except InputError as error:
        if "cannot be fetched" in str(error):
            pytest.skip(str(error))
        raise
    path = folder / Path(member).name
    path.write_bytes(content)
    return path


def silero(folder, *, sequences=24, seconds=32, seed=0):
    """The LSTM of silero-vad on synthetic speech and pauses; half of it is for calibration."""
    path = fetched(SILERO, "silero_vad/data/silero_vad_16k.safetensors", folder)
    tensors = load_file(path)
    rng = np.random.default_rng(seed)
    made = [front(tensors, speech(rng, seconds)) for _ in range(sequences)]
    readout, bias = tensors["final_conv.weight"][0, :, 0], tensors["final_conv.bias"][0]

    def decide(every):
        return np.concatenate([np.maximum(h, 0) @ readout + bias > 0 for h in every])

    half = sequences // 2
    reading = {"part": "lstm_cell.", "result": "every"}
    return Real("silero", path, reading, made[:half], made[half:], decide)


def speech(rng, seconds):
    """Sentences and pauses, of several voices and volumes, in noise; samples from -1 to 1."""
    espeak, parts, wanted = program("espeak-ng", package="espeak-ng"), [], RATE * seconds
    while sum(map(len, parts)) < wanted:
        options = ["-v", VOICES[rng.integers(len(VOICES))], "-s", str(rng.integers(120, 200))]
        options += ["-p", str(rng.integers(20, 80)), "--stdout"]
        command = [espeak, *options, SENTENCES[rng.integers(len(SENTENCES))]]
        sound = subprocess.run(command, capture_output=True, check=True).stdout
        with wave.open(io.BytesIO(sound)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16) / 32768
            places = np.arange(0, len(samples), file.getframerate() / RATE)
        samples = np.interp(places, np.arange(len(samples)), samples)
        pause = np.zeros(int(RATE * rng.uniform(0.2, 2.5)))
        parts += [samples * 10 ** rng.uniform(-1.2, 0), pause]
    sound = np.concatenate(parts)[:wanted]
    return sound + rng.normal(size=wanted) * 10 ** rng.uniform(-4, -1.6)


def front(tensors, sound):
    """What the LSTM gets for samples: (steps, 128)."""
    padded = np.concatenate([np.zeros(CONTEXT), sound])
    frames = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + HOP)[::HOP]
    frames = np.pad(frames, ((0, 0), (0, 64)), mode="reflect")[:, None]
    x = convolved(frames, tensors["stft_conv.weight"], stride=128)
    half = x.shape[1] // 2
    x = np.hypot(x[:, :half], x[:, half:])
    for name, stride in (("conv1", 1), ("conv2", 2), ("conv3", 2), ("conv4", 1)):
        x = np.pad(x, ((0, 0), (0, 0), (1, 1)))
        x = convolved(x, tensors[f"{name}.weight"], stride=stride)
        x = np.maximum(x + tensors[f"{name}.bias"][:, None], 0)
    return x[..., 0]


def convolved(x, weight, *, stride):
    """A convolution of PyTorch without padding and bias: (batch, channels, places)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2], axis=2)[:, :, ::stride]
    return np.einsum("bcpk,ock->bop", windows, weight, optimize=True)


def words(count):
    """Words that Jane Austen has more than once, in an order that is random but always the same."""
    try:
        parts = find_data("austen").load()
    except InputError as error:
        if "cannot be fetched" in str(error):
            pytest.skip(str(error))
        raise
    symbols = np.array([*parts.train.alphabet])
    text = "".join(symbols[parts.train.sequences[0][:, 0].astype(np.int64)])
    counted = Counter(re.findall(r"\b[a-z]{3,14}\b", text))
    found = sorted(word for word, times in counted.items() if times > 1)
    return [found[index] for index in np.random.default_rng(0).permutation(len(found))[:count]]


def g2p(folder):
    """The file of g2p-en, and all of its tensors in float64."""
    path = fetched(G2P, "g2p_en/checkpoint20.npz", folder)
    with np.load(path) as found:
        return path, {name: found[name].astype(np.float64) for name in found.files}


def encoder(folder, *, count=600):
    """The GRU of g2p-en that reads letters; decisions are the phonemes that its decoder writes."""
    path, tensors = g2p(folder)

    def decide(every):
        written = [pronounced(tensors, h[-1]) for h in every]
        return np.concatenate([one + [END] * (LONGEST - len(one)) for one in written])

    made = [np.array([*map(LETTERS.index, word), 2])[:, None] for word in words(count)]
    half = count // 2
    return Real(
        "encoder", path, {"part": "enc_", "result": "every"}, made[:half], made[half:], decide
    )


def decoder(folder, *, count=600):
    """The GRU that writes phonemes, from zero; decisions are those that its head would write."""
    path, tensors = g2p(folder)

    def decide(every):
        return np.concatenate([(h @ tensors["fc_w"].T + tensors["fc_b"]).argmax(1) for h in every])

    made = []
    for word in words(count):
        h = np.zeros(len(tensors["enc_b_hh"]) // 3)
        for letter in (*map(LETTERS.index, word), 2):
            h = gru(tensors, "enc", tensors["enc_emb"][letter], h)
        made.append(np.array([BEGIN, *pronounced(tensors, h)])[:, None])
    half = count // 2
    return Real(
        "decoder", path, {"part": "dec_", "result": "every"}, made[:half], made[half:], decide
    )


def pronounced(tensors, h):
    """Numbers of the phonemes that the decoder writes for what the encoder gives."""
    found, symbol = [], BEGIN
    while len(found) < LONGEST:
        h = gru(tensors, "dec", tensors["dec_emb"][symbol], h)
        symbol = int((tensors["fc_w"] @ h + tensors["fc_b"]).argmax())
        if symbol == END:
            break
        found.append(symbol)
    return found


def gru(tensors, name, x, h):
    """A step as g2p-en has it."""
    from_x = tensors[f"{name}_w_ih"] @ x + tensors[f"{name}_b_ih"]
    from_h = tensors[f"{name}_w_hh"] @ h + tensors[f"{name}_b_hh"]
    r, z = (1 / (1 + np.exp(-gate)) for gate in np.split((from_x + from_h)[: 2 * len(h)], 2))
    n = np.tanh(from_x[2 * len(h) :] + r * from_h[2 * len(h) :])
    return (1 - z) * n + z * h


NETWORKS = {"silero": silero, "encoder": encoder, "decoder": decoder}


def keep_data(name, folder):
    """Write the file of a network, and as ``NAME-data.npz`` all sequences for it, in order."""
    sizes = {} if name == "silero" else {"count": 5000}
    found = NETWORKS[name](folder, **sizes)
    sequences = [*found.calibration, *found.test]
    path = folder / f"{name}-data.npz"
    np.savez(path, **{f"s{index:05}": one for index, one in enumerate(sequences)})


if __name__ == "__main__":
    for called in NETWORKS:
        keep_data(called, Path(sys.argv[1]))
