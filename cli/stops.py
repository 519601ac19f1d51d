"""Signals that stop a command; nothing else is imported here, since they may come at any time."""

import signal

__all__ = ["STOPS"]

STOPS = {signal.SIGINT: (130, "interrupted"), signal.SIGTERM: (143, "terminated")}
"""Of each signal the exit status, and what is said."""
