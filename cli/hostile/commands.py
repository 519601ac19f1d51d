"""Hostile words on the command line, in this process: options, names of files, cards of models."""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing.process
import subprocess
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import click
import numpy as np

from pascaline.measure.hostile import Attempt, RightError, unclear
from pascaline.sim.mutations import base_files, described, edited
from pascaline.spec.errors import InputError

__all__ = ["begin_nothing", "call", "draw_cards", "draw_names", "draw_options", "prepare_commands"]

NUMBERS = (
    "0", "-1", "1", "2", "3", "-0", "1.5", "nan", "NaN", "-nan", "inf", "-inf", "infinity", "1e400",
    "-1e400", "1e308", "1e30", "1e-30", "1e-400", "2147483647", "2147483648", "-2147483648",
    "4294967296", "9223372036854775807", "18446744073709551616", "9" * 400, "9" * 5000, "0x10",
    "1_000", "1e3", "1,000", " 1", "", " ", "x", "1/0", "None", "true", "[]", "\udcff",
)  # fmt: skip

WORDS = (
    *NUMBERS, "1,2", ",", "1,,2", "," * 5000, "auto", "a[/b]", "<script>", "$(id)", "é", "\x1b[31m",
    "..", "/dev/zero", "/", ".", "x" * 5000, "[" * 50_000, "{}", "cell=Q5.10", "=", "Q99999.1",
    "fixed99999", "tcp://x:99999", "tcp://[::1", "tcp://\udcff:1",
)  # fmt: skip

NAMES = (
    "a[b]", "[red]", "[bold]", "[link=x]", "a b", "é", "\U0001f600", "\udcff", "a\nb", "a\tb",
    "\x1b[31m", "'", '"', "`id`", "$(id)", ";id", "&", "|", "*", "?", "~", "#", "%s", "\\", "<b>",
    "&lt;", "-", "--json", "-o", "module", "endmodule", "1", "a.b", "..a", "x" * 240, "\u202e",
    "{}", "{x}", "`define x",
)  # fmt: skip

CARD: dict[str, Any] = {
    "task": "digits",
    "data": {"name": "digits", "names": ["a", "b", "c"]},
    "accuracy": {"integer": {"correct": 9, "total": 10}, "float": {"correct": 9, "total": 10}},
    "logit_unit": 0.5,
    "preprocess": {"offset": [0.0, 0.0], "gain": [1.0, 1.0], "steps": None},
    "activation": {"form": "pwl"},
    "read_as": {},
    "precision": {
        "x": {"format": "Q1.7", "cut": 0.0},
        "head": {"rows": 3, "dead": 0, "scaled": True},
        "layers": [
            {
                "cell": "LSTM",
                "rows": 12,
                "snr": {"h": 40.0},
                "formats": {"h": "Q1.7"},
                "dead": {"weight_x": 0},
                "limits": {"h": {"most": 0.1}},
            }
        ],
        "snr": 40.0,
        "results_snr": 40.0,
        "agreement": 99.0,
        "results": 10,
        "warnings": ["x"],
        "next_bit": [{"format": "h", "now": "Q1.7", "wider": "Q1.8", "gain": 1.0}],
    },
}

READS = ("show", "simulate", "evaluate", "report", "generate")
"""Commands that take a model."""


def prepare_commands() -> None:
    """Import all commands, and what trains."""
    _commands()
    if find_spec("torch") is not None:
        import_module("pascaline.train.speed")
        import_module("pascaline.train.pace")


def begin_nothing() -> None:
    """From now on programs, processes, downloads, training are not begun: what would is right."""
    from pascaline.data.sets import DataSet

    def begin(*_: Any, **__: Any) -> NoReturn:
        raise RightError

    owners: list[tuple[Any, str]] = [
        (subprocess.Popen, "__init__"),
        (multiprocessing.process.BaseProcess, "start"),
        (DataSet, "load"),
    ]
    if find_spec("torch") is not None:
        owners.append((import_module("pascaline.train.steps").Stepper, "__init__"))
        owners.append((import_module("pascaline.train.speed"), "measure"))
        owners.append((import_module("pascaline.train.pace"), "measure"))
    for owner, name in owners:
        setattr(owner, name, begin)


def draw_options(rng: Random, folder: Path) -> Attempt:
    """A command, one or two options of which are anything."""
    words, command = rng.choice(_commands())
    given = [*words, *_needed(command, folder)]
    options = [one for one in command.params if isinstance(one, click.Option) and not one.is_flag]
    names = []
    for option in rng.sample(options, k=min(len(options), rng.choice((1, 1, 2)))):
        numeric = hasattr(option.type, "min")
        given += [option.opts[-1], rng.choice(NUMBERS if numeric else WORDS)]
        names.append(option.opts[-1])
    return Attempt(" ".join(words), given)


def draw_names(rng: Random, folder: Path) -> Attempt:
    """A command whose files have names that others give a meaning."""
    name = rng.choice(NAMES)
    there = folder / name
    model, output = there / f"{rng.choice(NAMES)}.safetensors", there / rng.choice(NAMES)
    there.mkdir(exist_ok=True)
    model.write_bytes(rng.choice(_base_files()))
    kind = rng.choice(("show", "generate", "machine", "activation", "inputs", "data", "import"))
    words = {
        "show": ["show", str(model)],
        "generate": ["generate", str(model), "-o", str(output)],
        "machine": ["show", "tiny-ternary", "--machine", f"{output}.toml"],
        "activation": ["activation", str(model), "--form", "pwl", "-o", f"{output}.safetensors"],
        "inputs": ["simulate", str(model), "--inputs", f"{output}.npz"],
        "data": ["evaluate", "tiny-ternary", "--data", str(there)],
        "import": ["import", str(_network(there)), "-o", f"{output}.safetensors"],
    }
    return Attempt(f"name in {kind}", words[kind] + ["--json"] * rng.randrange(2))


def draw_cards(rng: Random, folder: Path) -> Attempt:
    """A model whose card is anything, and a command that reads it."""

    def change(document: dict[str, Any]) -> dict[str, Any]:
        card = json.loads(json.dumps(CARD))
        for key in rng.sample(list(card), k=rng.randrange(len(card))):
            del card[key]
        return document | {"card": edited(card, rng)}

    path = folder / "m.safetensors"
    path.write_bytes(described(rng.choice(_base_files()), change, rng))
    command = rng.choice(READS)
    words = [command, str(path)]
    if command == "generate":
        words += ["-o", str(folder / "out")]
    return Attempt(f"card in {command}", words + ["--json"] * rng.randrange(2))


def call(words: list[str]) -> None:
    """Run a command in this process; raises `InputError` if that is how it ends."""
    from pascaline.cli.main import run

    out, err = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, ["pascaline", *words]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run()
        raise AssertionError("it does not end with a status")
    except SystemExit as left:
        status = left.code
    finally:
        sys.argv = before
    lines = [line for line in err.getvalue().split("\n") if line]
    if status in (0, 1):
        if "--json" in words and out.getvalue():
            json.loads(out.getvalue(), parse_constant=_no_constant)
        return
    said = lines[-1] if lines else ""
    if "memory: must be more than there is" in said:
        raise MemoryError(said)
    if status != 2 or unclear(said, "pascaline: "):  # Lines before it are warnings.
        raise AssertionError(f"status {status}: {err.getvalue()}")
    thing, _, rule = said.removeprefix("pascaline: ").partition(": ")
    raise InputError(thing, rule)


def _no_constant(text: str) -> NoReturn:
    raise AssertionError(f"{text} is no JSON")


@cache
def _base_files() -> list[bytes]:
    return base_files()


@cache
def _commands() -> list[tuple[list[str], click.Command]]:
    """All commands, each with the words that call it."""
    from pascaline.cli.main import COMMANDS

    found: list[tuple[list[str], click.Command]] = []
    for name, (where, _) in COMMANDS.items():
        module, attribute = where.split(":")
        command = getattr(import_module(module), attribute)
        if isinstance(command, click.Group):
            context = click.Context(command)
            for inner in command.list_commands(context):
                one = command.get_command(context, inner)
                assert one is not None
                found.append(([name, inner], one))
        else:
            found.append(([name], command))
    return found


def _needed(command: click.Command, folder: Path) -> list[str]:
    """Words for what a command must have."""
    words: list[str] = []
    for one in command.params:
        if isinstance(one, click.Argument):
            values = {"task": "digits", "file": str(_network(folder))}
            words.append(values.get(str(one.name), "tiny-ternary"))
        elif isinstance(one, click.Option) and one.required:
            words += [one.opts[-1], str(folder / "out.safetensors")]
    return words


def _network(folder: Path) -> Path:
    """A file of a network from elsewhere."""
    path = folder / "net.npz"
    shapes = {"weight_ih_l0": (12, 2), "weight_hh_l0": (12, 3), "bias_ih_l0": 12, "bias_hh_l0": 12}
    np.savez(path, **{name: np.ones(shape) for name, shape in shapes.items()})
    return path
