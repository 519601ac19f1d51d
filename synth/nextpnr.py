"""nextpnr, from PyPI: packs, places and routes a netlist, and remembers what came out."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pascaline.host.cache import remembered
from pascaline.host.tools import find_tool, run_tool
from pascaline.spec.errors import InputError
from pascaline.spec.scratch import temporary
from pascaline.synth.devices import Device, Family

__all__ = ["nextpnr", "nextpnr_version"]

HINT = "pip install 'pascaline[pnr]'"


def nextpnr_version(family: Family) -> str:
    """Version of the nextpnr that is used for a family.

    Raises
    ------
    InputError
        If it is not installed.
    """
    find_tool(family.package, HINT)
    try:
        return version(family.package)
    except PackageNotFoundError:
        # A command of that name on the path may belong to another environment.
        raise InputError(family.package, f"is not installed ({HINT})") from None


def nextpnr(
    netlist: str, family: Family, device: Device, options: list[str], cache: Path
) -> dict[str, Any]:
    """Run nextpnr on a netlist and return its report.

    Parameters
    ----------
    netlist : str
        Of one flat module, as Yosys' ``write_json`` writes it.
    family, device : Family, Device
        For what.
    options : list of str
        What else it is told.
    cache : Path
        Folder of earlier results. A result is identified by the netlist, all options and the
        version of nextpnr.

    Returns
    -------
    dict
        ``utilization``, ``fmax``, ``critical_paths`` and, if the options ask for it,
        ``detailed_net_timings``: as nextpnr names them.

    Raises
    ------
    InputError
        If nextpnr is not there or fails.
    """
    command = [family.package, *family.options, *device.options, *options]
    identity = [nextpnr_version(family), *command, netlist]
    return remembered(cache, identity, lambda: _run(netlist, command))


def _run(netlist: str, command: list[str]) -> dict[str, Any]:
    # It sees the files of the folder that it runs in, and no others.
    with temporary() as folder:
        (folder / "netlist.json").write_text(netlist, encoding="utf-8")
        files = ["--json", "netlist.json", "--report", "report.json"]
        run_tool([*command, *files], folder=folder, hint=HINT)
        report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        return report
