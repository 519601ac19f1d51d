"""What tries hostile inputs notices each way in which a reader can fail."""

import ctypes
import os
import time

import pytest

from pascaline.measure.hostile import Attempt, Format, RightError, try_inputs, unclear
from pascaline.spec.errors import InputError

KINDS = ("good", "refuses", "silent", "raises", "crashes", "loops", "sleeps", "takes", "lost")


def draw(rng, folder):
    (folder / "x").write_bytes(b"x")
    kind = KINDS[int(folder.name) % len(KINDS)]
    return Attempt(kind, kind, "x")


def read(kind):
    if kind == "refuses":
        raise InputError("x", "must be y")
    if kind == "silent":
        raise InputError("y", "does not name the file")
    if kind == "raises":
        raise KeyError("z")
    if kind == "crashes":
        ctypes.string_at(0)
    if kind == "loops":
        while True:
            pass
    if kind == "sleeps":  # As native code that lets no signal through.
        import signal

        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        time.sleep(60)
    if kind == "takes":
        return bytes(b"1" * (200 << 20))
    if kind == "lost":
        os._exit(0)
    if kind == "good":
        raise RightError
    return None


OUTCOME = {
    "good": "right",
    "refuses": "refused",
    "silent": "traceback",
    "raises": "traceback",
    "crashes": "traceback",
    "lost": "traceback",
    "loops": "hang",
    "sleeps": "hang",
    "takes": "memory",
}


def test_every_way_to_fail_is_told():
    form = Format(draw, read, memory=100 << 20, seconds=3)
    found = try_inputs({"test": form}, range(len(KINDS) + 2), jobs=2)["test"]
    assert set(found.by_mutation) == set(KINDS)
    for kind, counts in found.by_mutation.items():
        assert set(counts) == {OUTCOME[kind]}, kind
    assert found.counts["tried"] == len(KINDS) + 2
    assert len(found.failures) == len(KINDS) + 2 - found.counts["refused"] - found.counts["right"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("/m: must be 1", None),
        ("n: must be 1", "the message does not begin with /m: 'n: must be 1'"),
        ("/m: a\nb", "the message cannot be printed: '/m: a\\nb'"),
        ("/m: " + "a" * 1300, f"the message is long: '/m: {'a' * 1196}'..."),
    ],
)
def test_what_a_message_must_be(text, fault):
    assert unclear(text, "/m") == fault
