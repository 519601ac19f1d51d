"""The option that says where training runs."""

from __future__ import annotations

import click

__all__ = ["device_option"]

device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    help="auto: a GPU, if there is one.",
)
"""Of every command that trains."""
