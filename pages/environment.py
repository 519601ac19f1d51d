"""The templates of pages."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from pascaline.pages.words import number, words

__all__ = ["environment"]


@cache
def environment() -> Environment:
    """Where templates are, and what they may use."""
    made = Environment(
        loader=PackageLoader("pascaline.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"number": number, "words": words}
    return made
