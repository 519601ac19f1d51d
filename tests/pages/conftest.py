from tests.command import pascaline
from tests.pages.results import counted, normed, placed, timed, wired

__all__ = ["counted", "normed", "pascaline", "placed", "timed", "wired"]
