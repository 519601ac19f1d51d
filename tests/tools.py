"""Programs that some tests need and that a machine may be without."""

import os
import shutil

import pytest

DEBIAN = "/usr/bin"
"""Where Debian puts its programs."""


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


def debian(name):
    """Path of Debian's own program, whatever else is on the PATH; else the test is skipped."""
    found = shutil.which(name, path=DEBIAN) if DEBIAN in os.get_exec_path() else None
    return found or missing(f"{name} is not in {DEBIAN} (apt install {name})")
