"""Hostile inputs of each format that a user can give, for ``pascaline fuzz --files``."""

from pascaline.cli.hostile.formats import FORMATS

__all__ = ["FORMATS"]
