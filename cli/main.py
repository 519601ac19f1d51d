"""The command ``pascaline``."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import click

from pascaline.cli.guard import guarded
from pascaline.cli.lazy import LazyGroup
from pascaline.console import manner, warn

__all__ = ["cli", "run"]

AT = "pascaline.cli"

COMMANDS = {
    "activation": (f"{AT}.activation:activation", "Make activation functions of a MODEL smaller."),
    "compare": (f"{AT}.compare:compare", "Compare two models or results, figure by figure."),
    "distil": (f"{AT}.distil:distil", "Teach quantised weights what a float network does."),
    "evaluate": (f"{AT}.evaluate:evaluate", "Measure how good a MODEL is on real data."),
    "explore": (f"{AT}.explore:explore", "Find the machines for a MODEL that are worth building."),
    "export": (f"{AT}.exporting:export", "Write the network of a MODEL for PyTorch."),
    "fuzz": (f"{AT}.fuzz:fuzz", "Compare RTL and golden on random cases."),
    "generate": (f"{AT}.generate:generate", "Generate the Verilog of a MODEL."),
    "image": (f"{AT}.image:image", "Make the image to load into a machine with --weights ram."),
    "import": (f"{AT}.importing:import_", "Make a model file of a network from elsewhere."),
    "list": (f"{AT}.listing:list_", "List shipped models and named configurations."),
    "measure": (f"{AT}.measure:measure", "Measure what the documentation quotes."),
    "report": (f"{AT}.report:report", "Synthesise a MODEL and count, or place and route it."),
    "run": (f"{AT}.run:run", "Tell the classes of the sequences of a FILE."),
    "show": (f"{AT}.show:show", "Describe a MODEL and the machine it would run on."),
    "simulate": (f"{AT}.simulate:simulate", "Simulate a MODEL and compare it with golden."),
    "train": (f"{AT}.train:train", "Train a TASK and write a model file."),
}
"""Where each command is, and its line in the help."""


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    renamed={"bench": "measure"},
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "show_default": True,
    },
)
@click.version_option(package_name="pascaline", prog_name="pascaline")
def cli() -> None:
    """Turn trained recurrent networks with binary or ternary weights into verified RTL.

    MODEL is a model file, a shipped model or a named configuration: see `pascaline list`.
    """
    manner.quiet = manner.verbose = False  # As long as the command says nothing else.


def run() -> None:
    """Run the command line; its exit status is that of `cli.guard.guarded`."""
    warnings.showwarning = _show
    sys.exit(guarded(lambda: cli.main(prog_name="pascaline", standalone_mode=False)))


def _show(message: Warning | str, *_: Any, **__: Any) -> None:
    """A warning of Python as one line."""
    warn(str(message))
