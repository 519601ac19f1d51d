from __future__ import annotations

import hashlib
import io
import re
import struct
import tarfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from pascaline.data import corpora, packages, sets
from pascaline.data.evaluate import Likelihood, evaluate, measure
from pascaline.data.packages import Package
from pascaline.data.sets import Text, text_parts
from pascaline.golden.network import Golden
from pascaline.spec.errors import InputError
from pascaline.spec.modelfile import read_model
from pascaline.spec.preprocess import OneHot
from pascaline.train import tasks
from pascaline.train.options import Options, Schedule
from pascaline.train.recipe import train
from pascaline.train.tasks import Task, task


def make_tarball(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:xz") as tarball:
        for name, file in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(file)
            tarball.addfile(info, io.BytesIO(file))
    return content.getvalue()


def make_deb(files: dict[str, bytes]) -> bytes:
    """A Debian package; its first member has an odd length."""
    members = {"debian-binary": b"2.0\n!", "data.tar.xz": make_tarball(files)}
    made = b"!<arch>\n"
    for name, member in members.items():
        made += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(member):<10}`\n".encode()
        made += member + b"\n" * (len(member) % 2)
    return made


def make_r_strings(lines: list[str]) -> bytes:
    """A vector of strings as R serialises it, packed as in its databases."""
    made = b"X\n" + struct.pack(">iiii", 3, 0, 0, 5) + b"UTF-8" + struct.pack(">Ii", 16, len(lines))
    for line in lines:
        content = line.encode()
        made += struct.pack(">Ii", 9 | 1 << 18, len(content)) + content
    return struct.pack(">I", len(made)) + zlib.compress(made)


def test_linux_is_what_is_in_the_folder_kernel() -> None:
    files = {
        "linux-6/kernel/a.c": "int a;\té\n",
        "linux-6/kernel/sub/b.h": "int b;\n",
        "linux-6/kernel/Makefile": "all:\n",
        "linux-6/mm/kernel/c.c": "int c;\n",
    }
    source = make_tarball({name: text.encode() for name, text in files.items()})
    text = corpora.linux(make_deb({"./usr/src/linux.tar.xz": source}))
    assert sorted(text.splitlines()) == ["int a;\t", "int b;"]
    names = ["kernel/a.c", "kernel/sub/b.h"]
    first = min(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    assert text.startswith("int a" if first == names[0] else "int b")


def test_austen_is_six_novels_in_order() -> None:
    # The database has them in the order of the alphabet.
    database = b"".join(make_r_strings([name.upper(), "£"]) for name in sorted(corpora.NOVELS))
    text = corpora.austen(make_deb({"./usr/lib/R/data/Rdata.rdb": database}))
    assert text == "".join(f"{name.upper()}\n£\n" for name in corpora.NOVELS)


@pytest.mark.parametrize(
    ("deb", "text"), [(b"PK", "is no ar archive"), (b"!<arch>\n", "has no data.tar.xz")]
)
def test_bad_package(deb: bytes, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        corpora.linux(deb)


STORY = "the cat sat on the mat, and that was that. " * 200
"""Long enough to be cut, and easy to learn."""


@pytest.fixture
def story(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Text:
    """A text, and a task that takes seconds, in a package that a registry has."""
    archive = STORY.encode()
    package = Package(
        registry="Debian",
        name="story",
        version="1.0",
        file="story.deb",
        sha256=hashlib.sha256(archive).hexdigest(),
        folder="s/story",
    )
    made = Text(
        name="story",
        title="A story",
        source="this test",
        licence="MIT",
        inputs=len(set(STORY)),
        classes=len(set(STORY)),
        package=package,
        extract=bytes.decode,
        sha256=package.sha256,
    )

    def fetch(package: Package, folder: Path) -> None:
        (folder / package.file).write_bytes(archive)

    monkeypatch.setitem(packages.REGISTRIES, "Debian", fetch)
    monkeypatch.setitem(sets.DATA_SETS, made.name, made)
    linux = task("linux")
    chosen = Task(
        name="story",
        data="story",
        preprocess=linux.preprocess,
        schedule=Schedule(epochs=10, batch=8, rate=0.02, length=20),
        hidden=24,
        formats=linux.formats,
        output=linux.output,
        results=linux.results,
    )
    monkeypatch.setitem(tasks.TASKS, chosen.name, chosen)
    return made


def test_parts_of_a_text(story: Text) -> None:
    parts = story.load()
    assert parts.train.alphabet == "".join(sorted(set(STORY)))
    (codes,), (labels,) = parts.train.sequences, parts.train.labels
    assert "".join(parts.train.alphabet[int(code)] for code in codes[:, 0]) == STORY[: len(codes)]
    np.testing.assert_array_equal(codes[1:, 0], labels[:-1])
    pieces = [
        "".join(parts.held_out.alphabet[int(code)] for code in [*piece[:, 0], last[-1]])
        for piece, last in zip(parts.held_out.sequences, parts.held_out.labels, strict=True)
    ]
    assert len(pieces) == sets.text_parts.__globals__["STREAMS"]
    assert STORY.endswith("".join(pieces))
    assert len(codes) + 1 + len("".join(pieces)) == len(STORY)
    # For choosing options the end of the training part is taken, and that alone.
    chosen = parts.validation()
    assert len(chosen.train.sequences[0]) + sum(len(p) + 1 for p in chosen.held_out.sequences) == (
        len(codes) - 1
    )


def test_the_text_is_kept_and_not_the_package(story: Text, folder: Path) -> None:
    story.load()
    assert [file.name for file in folder.iterdir()] == ["story-1.0.txt"]
    packages.REGISTRIES["Debian"] = lambda package, folder: pytest.fail("it is there")
    story.load()


def test_another_text_is_refused(story: Text) -> None:
    other = Text(**(vars(story) | {"extract": lambda archive: "something else"}))
    with pytest.raises(InputError, match=r"^text of story: sha256 must be .*, not '.*'$"):
        other.load()


def test_text_that_cannot_be_read(story: Text) -> None:
    other = Text(**(vars(story) | {"extract": corpora.linux}))
    with pytest.raises(InputError, match=r"^story 1.0 \(Debian\): is no ar archive$"):
        other.load()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("short", "text: must have at least 2560 characters, not 5"),
        ("a" * 3000, "text: must have at least two different characters, not 'a'"),
    ],
)
def test_text_to_learn_nothing_from(text: str, fault: str) -> None:
    with pytest.raises(InputError, match=f"^{fault}$"):
        text_parts(text)


def test_a_version_that_is_gone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(url: str, timeout: float) -> None:
        raise OSError("HTTP Error 404: Not Found")

    monkeypatch.setattr(packages.urllib.request, "urlopen", gone)
    package = Package(
        registry="Debian", name="a", version="1", file="a_1.deb", sha256="0", folder="a/a"
    )
    url = f"{packages.DEBIAN[-1]}/a/a/a_1.deb"
    text = f"a 1 (Debian): cannot be fetched from {url} (HTTP Error 404: Not Found)"
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        packages._from_debian(package, folder)


def test_one_hot() -> None:
    rule, x = OneHot(alphabet="abc"), tasks.SYMBOLS
    (found,) = rule.apply([[[2], [0]]], x)
    assert (found * x.lsb).tolist() == [[0, 0, 1], [1, 0, 0]]
    for codes, text in (
        ([[3]], "features[0]: must be numbers of symbols, 0 to 2, not 3.0"),
        ([[0, 1]], "features[0]: shape must be [steps, 1] with at least one step, not [1, 2]"),
    ):
        with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
            rule.apply([codes], x)
    with pytest.raises(InputError, match=r"^card.alphabet: must have 4 symbols, not 3$"):
        rule.check(4, thing="card")


def test_bits() -> None:
    even = measure([np.zeros((5, 4))], [np.arange(5) % 4], unit=1.0)
    assert even == Likelihood(5, pytest.approx(2.0))
    logits = np.log([[0.5, 0.25, 0.25]]) * 8
    assert measure([logits], [np.array([1])], unit=1 / 8) == Likelihood(1, pytest.approx(2.0))
    ignored = measure([np.zeros((3, 4))], [np.array([0, -1, 2])], unit=1.0)
    assert ignored.total == 2
    assert str(Likelihood(1234, 1.5)) == "1.5000 bits a character (1,234)"


def test_train(story: Text, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    path = tmp_path / "story.safetensors"
    train("story", Options(device="cpu"), path)
    model = read_model(path)
    accuracy = model.card["accuracy"]
    # A character that is as likely as any other would take 3.9 bits.
    assert accuracy["integer"]["bits"] < 1.5
    assert abs(accuracy["integer"]["bits"] - accuracy["float"]["bits"]) < 0.05
    found = evaluate(model)
    assert found.card() == accuracy["integer"]
    assert model.card["data"]["steps"]["held-out"] == found.total
    assert model.card["preprocess"] == {"alphabet": "".join(sorted(set(STORY)))}
    curve = model.card["curve"]
    assert curve[0][1] > 2 * curve[-1][1]
    # The golden model takes a character at a time, with the state that it has.
    (x,) = OneHot(**model.card["preprocess"]).apply([[[0], [1], [2]]], model.network.x)
    golden = Golden(model)
    whole = golden.run([x]).results[0]
    state, parts = None, []
    for step in x:
        outcome = golden.run([step[None]], state)
        state = outcome.state
        parts.append(outcome.results[0])
    np.testing.assert_array_equal(np.concatenate(parts), whole)
