"""What a shell completes: models, targets and devices, beside what Click completes by itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from pascaline import models, spec
from pascaline.spec.outside import text_of
from pascaline.synth.devices import FAMILIES
from pascaline.synth.targets import TARGETS

__all__ = ["ALL_TARGETS", "device_names", "model_argument", "model_names", "target_names"]

ALL_TARGETS = (*TARGETS, "asic")
"""Names of targets; the last one is that of a user's cell library."""


def model_names(
    _context: click.Context, _argument: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Shipped models and named configurations that begin so; where there are none, files."""
    # Not by `spec.configs`: to make machines and networks of them takes long.
    named = tomllib.loads(text_of(Path(str(spec.__file__)).with_name("configs.toml")))
    found = _beginning(incomplete, sorted({*models.names(), *named}))
    return found or [CompletionItem(incomplete, type="file")]


def target_names(
    _context: click.Context, _option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Targets that begin so."""
    return _beginning(incomplete, ALL_TARGETS)


def device_names(
    context: click.Context, _option: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Devices that begin so, of the target that was said, or of all."""
    target = context.params.get("target_name")
    families = [FAMILIES[target]] if target in FAMILIES else FAMILIES.values()
    return _beginning(incomplete, [device.name for one in families for device in one.devices])


def _beginning(text: str, names: list[str] | tuple[str, ...]) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(text)]


model_argument = click.argument("model", shell_complete=model_names)
"""The MODEL of a command."""
