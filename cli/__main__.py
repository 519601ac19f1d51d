"""Where ``pascaline`` starts, as a command and as ``python -m pascaline.cli``.

From here on an interrupt is one line, whatever is being imported; only the start of Python itself
is out of reach.
"""

import os
import signal
from types import FrameType

__all__ = ["run"]

ENDS = {
    signal.SIGINT: (130, b"pascaline: interrupted\n"),
    signal.SIGTERM: (143, b"pascaline: terminated\n"),
}
"""What is done about each signal outside `cli.guard`, where nothing has been begun."""


def run() -> None:
    """Run the command line, in a process of its own."""
    for number in ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    from pascaline.cli.main import run as run_here
    from pascaline.host.watch import watched

    with watched():
        run_here()


def _end(number: int, _frame: FrameType | None) -> None:
    status, line = ENDS[signal.Signals(number)]
    try:
        os.write(2, line)
    finally:
        os._exit(status)


if __name__ == "__main__":
    run()
