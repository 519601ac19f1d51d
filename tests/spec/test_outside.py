"""What comes from outside is read in one way."""

import os

import pytest

from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic
from pascaline.spec.outside import content_of, json_of, naming, parsing, regular, text_of


def refused(call, *words):
    with pytest.raises(InputError) as caught:
        call(*words)
    return str(caught.value)


@pytest.mark.parametrize("call", [content_of, regular])
def test_only_files_of_a_size_are_read(tmp_path, call):
    def at(name):
        return tmp_path / name

    os.mkfifo(at("pipe"))
    at("device").symlink_to("/dev/zero")
    at("circle").symlink_to(at("circle"))
    with at("huge").open("wb") as file:
        file.truncate(40 << 30)
    kind = "must be a file, no pipe or device: write it to one first"
    assert refused(call, at("pipe")) == f"{at('pipe')}: {kind}"
    assert refused(call, at("device")) == f"{at('device')}: {kind}"
    assert refused(call, tmp_path) == f"{tmp_path}: cannot be read (Is a directory)"
    assert refused(call, at("none")) == f"{at('none')}: no such file"
    assert "(Too many levels of symbolic links)" in refused(call, at("circle"))
    assert refused(call, at("a\0b")).endswith("must be the name of a file")
    assert "File name too long" in refused(call, at("x" * 5000))
    most = "must have at most 2,147,483,648 bytes, not '42,949,672,960'"
    assert refused(call, at("huge")) == f"{at('huge')}: {most}"
    at("good").write_bytes(b"abc")
    assert call(at("good")) in (b"abc", None)
    assert "at most 2 bytes" in refused(call, at("good"), 2)


def test_nothing_takes_the_place_of_a_device(tmp_path):
    """As root, a file of that name would: nobody could read zeros from /dev/zero after it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refused(write_atomic, pipe, "text") == f"{pipe}: must be a file, no pipe or device"
    assert pipe.is_fifo()


def test_text(tmp_path):
    path = tmp_path / "t"
    path.write_bytes("é\n".encode() + b"\xff")
    assert refused(text_of, path) == f"{path}: line 2: must be text in UTF-8"
    path.write_text("é", encoding="utf-8")
    assert text_of(path) == "é"


@pytest.mark.parametrize(
    "text", ["NaN", "[Infinity]", "-Infinity", "1e400", "9" * 5000, "[" * 100_000, "{", b"\xff", ""]
)
def test_what_is_no_json(text):
    assert refused(json_of, text, "x").startswith("x: must be JSON (")


def test_json():
    assert json_of('{"a": [1, 1e-400]}', "x") == {"a": [1, 0.0]}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InputError("field", "must be 1", 2), "f: field: must be 1, not 2"),
        (InputError("f: field", "must be 1"), "f: field: must be 1"),
        (KeyError("a\nb"), "f: must be good ('a\\nb')"),
        (EOFError(), "f: must be good (EOFError)"),
        (RecursionError("long"), "f: must be good (it is nested too deeply)"),
        (OSError(5, "why"), "f: cannot be read (why)"),
        (MemoryError(), "f: must be good (MemoryError)"),
    ],
)
def test_whatever_a_library_raises_is_a_line(error, text):
    def read():
        with parsing("f", "good"):
            raise error

    assert refused(read) == text


def test_faults_are_not_hidden():
    with pytest.raises(KeyError), naming("f"):
        raise KeyError
