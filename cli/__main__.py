"""``python -m cli`` is ``pascaline``."""

from cli.main import run

run()
