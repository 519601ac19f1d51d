"""Programs that some tests need and that a machine may be without."""

import os
import shutil

import pytest


def missing(reason):
    """Skip the test that is running; fail it if ``PASCALINE_TOOLS=all``, where nothing may lack."""
    if os.environ.get("PASCALINE_TOOLS") == "all":
        pytest.fail(reason)
    pytest.skip(reason)


def program(*names, package):
    """Path of the first of these programs that is on the PATH; without one the test is skipped."""
    for name in names:
        if found := shutil.which(name):
            return found
    return missing(f"{names[0]} is not installed (apt install {package})")
