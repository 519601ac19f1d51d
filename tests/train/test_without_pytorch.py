"""Without PyTorch, `pascaline.nn` is one line."""

import subprocess
import sys

CODE = """
import sys
sys.modules["torch"] = None
import pascaline
try:
    import pascaline.nn
except ImportError as error:
    print(error, error.name, error.__suppress_context__)
"""


def test_one_line():
    run = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True)
    assert run.stdout == "pascaline.nn: needs PyTorch (pip install 'pascaline[train]') torch True\n"
