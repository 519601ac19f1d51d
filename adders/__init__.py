"""Constant matrices as small graphs of shared adders: no hardware, only arithmetic."""
