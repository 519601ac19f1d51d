"""What `pip install` installs: one name, all that belongs to it, and it works in any folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from platformdirs import user_cache_dir

from pascaline.spec.folders import build_folder
from tests.test_packages import ROOT, ours

DEPENDENCIES = Path(sysconfig.get_path("purelib"))

# In the user's folder, and not for us: names that once were packages of ours.
THEIRS = ("train.py", "models/__init__.py", "spec.py", "cli/__init__.py", "sim.py")

COMMANDS = (
    "generate tiny-ternary -o out",
    "report tiny-ternary",
    "explore tiny-ternary --units 1 --simd 1",
)

# These share what other tests have compiled: the library of Verilator takes a minute.
SIMULATIONS = ("simulate tiny-ternary --samples 1", "fuzz --cases 1")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel; of a copy, as setuptools leaves things where it builds."""
    folder = tmp_path_factory.mktemp("wheel")
    for path in (ROOT / name for name in ("pyproject.toml", "README.md", "LICENSE")):
        shutil.copy(path, folder)
    for _, path in ours():
        if path.parent == ROOT:
            shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns("__pycache__"))
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder / "dist", folder)
    [found] = (folder / "dist").iterdir()
    return found


def pip(*words):
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_everything_is_in_the_wheel(wheel):
    wanted = {
        f"{name.replace('.', '/')}/{file.relative_to(folder)}"
        for name, folder in ours()
        if folder.parent == ROOT
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == wanted


def test_commands_work_beside_modules_of_the_same_names(wheel, tmp_path):
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    pip("--python", python, "install", "--no-deps", "--no-index", wheel)
    [site] = environment.glob("lib/python*/site-packages")
    names = {path.name for path in site.iterdir()}
    assert names == {"pascaline", wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"}
    # What we depend on, but not the checkout: no file ending in .pth of that folder is read.
    (site / "dependencies.pth").write_text(f"{DEPENDENCIES}\n")
    installed = sorted(site.rglob("*"))

    work = tmp_path / "work"
    for name in THEIRS:
        file = work / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('raise AssertionError("this is not pascaline\'s")\n')
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "PASCALINE_BUILD", "PASCALINE_DATA")
    } | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "YOWASP_CACHE_DIR": os.environ.get("YOWASP_CACHE_DIR") or user_cache_dir("YoWASP"),
    }

    def run(*command):
        done = subprocess.run(
            command, cwd=work, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    where = "import pascaline.cli.main as main; print(main.__file__)"
    assert Path(run(python, "-P", "-c", where).strip()).is_relative_to(site)
    for words in COMMANDS:
        run(environment / "bin" / "pascaline", *words.split())
    assert (work / "out" / "tiny_ternary.v").exists()
    assert (tmp_path / "cache" / "pascaline" / "synth").is_dir()
    variables["PASCALINE_BUILD"] = str(build_folder())
    for words in SIMULATIONS:
        run(environment / "bin" / "pascaline", *words.split())
    assert sorted(site.rglob("*")) == installed
