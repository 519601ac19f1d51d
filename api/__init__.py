"""Pascaline turns trained recurrent networks with binary or ternary weights into verified RTL.

Everything in `__all__` is public and stable. Importing this package imports nothing else: each
name is loaded when it is first used. `pascaline.nn` has the layers that are trained in PyTorch.

Examples
--------
From a model to its Verilog, and to the proof that both compute the same:

>>> import pascaline
>>> model = pascaline.load("tiny-ternary")
>>> design = pascaline.make_design(model, units=2, simd=4)
>>> pascaline.cycles(design, [10])
275
>>> pascaline.simulate(design, samples=2).good
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pascaline._activations import Approximation, approximate, change_activation
    from pascaline._designs import cycles, generate, make_design, utilisation
    from pascaline._exported import export_network
    from pascaline._golden import GoldenRun, run
    from pascaline._models import evaluate, import_network, load, make_network, random_model, save
    from pascaline._recognition import read_inputs, run_file
    from pascaline._tools import explore, report, simulate
    from pascaline.spec.design import Design
    from pascaline.spec.errors import InputError
    from pascaline.spec.formats import Format
    from pascaline.spec.machine import Machine
    from pascaline.spec.model import Model
    from pascaline.spec.network import Network

__all__ = [
    "Approximation",
    "Design",
    "Format",
    "GoldenRun",
    "InputError",
    "Machine",
    "Model",
    "Network",
    "approximate",
    "change_activation",
    "cycles",
    "evaluate",
    "explore",
    "export_network",
    "generate",
    "import_network",
    "load",
    "make_design",
    "make_network",
    "random_model",
    "read_inputs",
    "report",
    "run",
    "run_file",
    "save",
    "simulate",
    "utilisation",
]

_HOMES = {
    "pascaline._activations": ("Approximation", "approximate", "change_activation"),
    "pascaline._golden": ("GoldenRun", "run"),
    "pascaline._designs": ("cycles", "generate", "make_design", "utilisation"),
    "pascaline._exported": ("export_network",),
    "pascaline._models": (
        *("evaluate", "import_network", "load"),
        *("make_network", "random_model", "save"),
    ),
    "pascaline._recognition": ("read_inputs", "run_file"),
    "pascaline._tools": ("explore", "report", "simulate"),
    "pascaline.spec.design": ("Design",),
    "pascaline.spec.errors": ("InputError",),
    "pascaline.spec.formats": ("Format",),
    "pascaline.spec.machine": ("Machine",),
    "pascaline.spec.model": ("Model",),
    "pascaline.spec.network": ("Network",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "nn":
        return import_module("pascaline.nn")
    if name not in _HOME:
        raise AttributeError(f"module 'pascaline' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
