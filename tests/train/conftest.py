from tests.tones import folder, tones

__all__ = ["folder", "tones"]
