from __future__ import annotations

import io
import os
import re
import tarfile
from pathlib import Path

import pytest

from pascaline.data import packages
from pascaline.data.packages import Package
from pascaline.spec.errors import InputError
from tests.tones import make_package, make_wheel

FETCH = dict(packages.REGISTRIES)
WHEEL = make_wheel({"tones/data/a.bin": b"one", "tones/b.bin": b"two"})


def make_tarball(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tarball:
        for name, member in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(member)
            tarball.addfile(info, io.BytesIO(member))
        folder = tarfile.TarInfo("package/folder")
        folder.type = tarfile.DIRTYPE
        tarball.addfile(folder)
    return content.getvalue()


TARBALL = make_tarball({"package/a": b"one", "package/b": b"two"})


def serve(monkeypatch: pytest.MonkeyPatch, content: bytes) -> list[Package]:
    """Let the registry give out one archive; counts how often it is asked."""
    asked = []

    def fetch(package: Package, folder: Path) -> None:
        asked.append(package)
        (folder / package.file).write_bytes(content)

    monkeypatch.setitem(packages.REGISTRIES, "PyPI", fetch)
    monkeypatch.setitem(packages.REGISTRIES, "npm", fetch)
    return asked


def test_read_fetches_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, package = serve(monkeypatch, WHEEL), make_package(WHEEL)
    for _ in range(2):
        assert package.read(["tones/b.bin", "tones/data/a.bin"]) == [b"two", b"one"]
    assert asked == [package]
    assert [file.name for file in folder.iterdir()] == [package.file]


def test_read_fetches_again_what_has_been_damaged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, package = serve(monkeypatch, WHEEL), make_package(WHEEL)
    (folder / package.file).write_bytes(WHEEL[:-1])
    assert package.read(["tones/b.bin"]) == [b"two"]
    assert len(asked) == 1
    assert (folder / package.file).read_bytes() == WHEEL


def test_read_tarball(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, TARBALL)
    package = make_package(TARBALL, "tones-1.0.tgz")
    assert package.read(["package/b", "package/a"]) == [b"two", b"one"]


def test_wrong_hash(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, b"something else")
    package = make_package(WHEEL)
    found = make_package(b"something else").sha256
    text = f"tones 1.0 (PyPI): sha256 must be {package.sha256}, not '{found}'"
    with pytest.raises(InputError, match=f"^{re.escape(text)}$"):
        package.read(["tones/b.bin"])
    assert list(folder.iterdir()) == []


def test_nothing_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(packages.REGISTRIES, "PyPI", lambda package, folder: None)
    text = r"^tones 1.0 \(PyPI\): must come as a file tones-1.0-py3-none-any.whl$"
    with pytest.raises(InputError, match=text):
        make_package(WHEEL).read(["tones/b.bin"])


def test_missing_member_of_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, WHEEL)
    with pytest.raises(InputError, match=r"^tones 1.0 \(PyPI\): has no such file \(.*tones/c.*\)$"):
        make_package(WHEEL).read(["tones/c"])


@pytest.mark.parametrize("member", ["package/c", "package/folder"])
def test_missing_member_of_tarball(member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, TARBALL)
    with pytest.raises(
        InputError, match=rf"^tones 1.0 \(npm\): has no such file \(.*{member}.*\)$"
    ):
        make_package(TARBALL, "tones-1.0.tgz").read([member])


class TestPypi:
    """Real pip, which looks into a folder instead of the network."""

    @pytest.fixture(autouse=True)
    def _no_network(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(packages.REGISTRIES, "PyPI", FETCH["PyPI"])
        for name in [name for name in os.environ if name.startswith("PIP_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    def test_download(self, tmp_path: Path) -> None:
        about = b"Metadata-Version: 2.1\nName: tones\nVersion: 1.0\n"
        about += b"Requires-Dist: no-such-package\nRequires-Python: <3\n"
        kind = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        info = "tones-1.0.dist-info"
        wheel = make_wheel(
            {"a": b"one", f"{info}/METADATA": about, f"{info}/WHEEL": kind, f"{info}/RECORD": b""}
        )
        package = make_package(wheel)
        (tmp_path / package.file).write_bytes(wheel)
        assert package.read(["a"]) == [b"one"]

    def test_no_such_package(self) -> None:
        text = r"^tones 1.0 \(PyPI\): cannot be fetched \(ERROR: .*tones==1.0.*\)$"
        with pytest.raises(InputError, match=text):
            make_package(WHEEL).read(["a"])


class TestNpm:
    """A program named npm in the place of the real one, or none."""

    @pytest.fixture(autouse=True)
    def _search_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(packages.REGISTRIES, "npm", FETCH["npm"])
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        (tmp_path / "bin").mkdir()

    def install(self, tmp_path: Path, script: str) -> None:
        npm = tmp_path / "bin" / "npm"
        npm.write_text(f"#!/bin/sh\n{script}\n")
        npm.chmod(0o755)

    def test_pack(self, tmp_path: Path) -> None:
        (tmp_path / "stored").write_bytes(TARBALL)
        self.install(
            tmp_path, f'test "$*" = "pack tones@1.0" && /bin/cp {tmp_path}/stored tones-1.0.tgz'
        )
        assert make_package(TARBALL, "tones-1.0.tgz").read(["package/a"]) == [b"one"]

    @pytest.mark.parametrize(
        ("said", "shown"),
        [
            ("npm warn old\\nnpm error code E404\\nnpm error see the log", "npm error code E404"),
            ("something odd\\nand more", "something odd"),
            ("", "exit status 1"),
        ],
    )
    def test_failure(self, said: str, shown: str, tmp_path: Path) -> None:
        self.install(tmp_path, f"printf '{said}' >&2; exit 1")
        with pytest.raises(
            InputError, match=rf"^tones 1.0 \(npm\): cannot be fetched \({shown}\)$"
        ):
            make_package(TARBALL, "tones-1.0.tgz").read(["package/a"])

    def test_cannot_run(self, tmp_path: Path) -> None:
        self.install(tmp_path, "")
        (tmp_path / "bin" / "npm").write_text("#!/no/such/shell\n")
        with pytest.raises(InputError, match=r"^tones 1.0 \(npm\): cannot be fetched \(.*\)$"):
            make_package(TARBALL, "tones-1.0.tgz").read(["package/a"])

    def test_by_address(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(packages, "NPM", tmp_path.as_uri())
        (tmp_path / "tones" / "-").mkdir(parents=True)
        (tmp_path / "tones" / "-" / "tones-1.0.tgz").write_bytes(TARBALL)
        assert make_package(TARBALL, "tones-1.0.tgz").read(["package/a"]) == [b"one"]

    def test_by_address_that_fails(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(packages, "NPM", tmp_path.as_uri())
        text = r"^tones 1.0 \(npm\): cannot be fetched from file:.*/tones/-/tones-1.0.tgz \(.*\)$"
        with pytest.raises(InputError, match=text):
            make_package(TARBALL, "tones-1.0.tgz").read(["package/a"])
