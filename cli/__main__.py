"""``python -m pascaline.cli`` is ``pascaline``."""

from pascaline.cli.main import run

run()
