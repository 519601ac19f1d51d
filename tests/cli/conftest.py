from tests.command import pascaline

__all__ = ["pascaline"]
