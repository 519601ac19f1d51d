"""The streams of the console, kept for tests."""

import io
from contextlib import contextmanager

import pytest
from rich.console import Console

from pascaline.console import streams


@contextmanager
def kept(*, width=80, terminal=True, quiet=False, verbose=False, into=None):
    """Both streams as one text, as if a user had a terminal of so many columns, or a pipe."""
    output = into or io.StringIO()
    one = Console(file=output, width=width, force_terminal=terminal, no_color=True, highlight=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "out", lambda: one)
        patch.setattr(streams, "err", lambda: one)
        patch.setattr(streams.manner, "quiet", quiet)
        patch.setattr(streams.manner, "verbose", verbose)
        yield output
