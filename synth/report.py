"""Synthesis reports: what a design costs on a target, part by part."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pascaline.spec.errors import InputError
from pascaline.synth.memories import Roms, black_boxes
from pascaline.synth.parts import Counts, Places, total
from pascaline.synth.targets import Target
from pascaline.synth.yosys import statistics, yosys_version

__all__ = ["Report", "report"]

# Modules that are there many times are synthesised once, and the parts stay apart so that they can
# be counted; what is inside of a part or of a kind is flattened.
SCRIPT = """
read_verilog design.v
hierarchy -check -top {top}
setattr -mod -set keep_hierarchy 1 {kept}
proc
tee -o memories.json stat -json
{commands}
tee -o cells.json stat {tech} -json
"""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a design costs.

    Attributes
    ----------
    target, tool_version : str
        For what, and by which Yosys.
    dsp : bool
        Whether hard multipliers could be used.
    cells : int
        Cells after mapping, memories not counted.
    area : dict of str to int
        The target's columns, and ``memory_bits``; for generic gates also ``transistors`` (Yosys'
        estimate for CMOS) and ``gate_equivalents`` of four transistors each; for a cell library
        first ``area_um2``. None of these has the memories in it, which are counted in bits alone,
        except that FPGA targets list the blocks that memories were mapped to.
    by_part : dict of str to dict
        The same for each part.
    by_unit : dict of str to dict
        The same for each part of each stage, if the machine is more than one stage.
    script : str
        The Yosys commands.
    netlist : dict or None
        The mapped modules, for a cell library: as Yosys' ``write_json`` gives them.
    roms : Roms
        What is in the black boxes of the netlist.
    """

    target: str
    tool_version: str
    dsp: bool
    cells: int
    area: dict[str, int]
    by_part: Counts
    by_unit: dict[str, Counts]
    script: str
    netlist: dict[str, Any] | None = None
    roms: Roms = field(default_factory=Roms)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; all but the netlist."""
        values = asdict(replace(self, netlist=None, roms=Roms()))
        del values["netlist"], values["roms"]
        return values


def report(
    verilog: str, description: dict[str, Any], target: Target, cache: Path, *, dsp: bool = False
) -> Report:
    """Synthesise a design and count.

    Parameters
    ----------
    verilog : str
        The Verilog.
    description : dict
        What was generated beside it.
    target : Target
        For what.
    cache : Path
        Folder of earlier results.
    dsp : bool
        Whether hard multipliers may be used.

    Raises
    ------
    InputError
        If Yosys is not there or fails, or if a cell library lacks a cell that is needed.
    """
    top, generic = description["name"], target.name == "generic"
    places = Places(description)
    apart = frozenset(places.modules) - {top}
    script = SCRIPT.format(
        top=top,
        kept=" ".join([*sorted(apart), *description["kinds"]]),
        commands=target.commands(top, dsp=dsp),
        tech="-tech cmos" if generic else "",
    )
    roms = Roms()
    if not target.maps_memories:
        verilog, roms = black_boxes(verilog)
    found = statistics(verilog, script, cache, target.files)
    memories = _Hierarchy(found["memories"]["modules"], roms)
    cells = _Hierarchy(found["cells"]["modules"], roms)

    if target.areas:
        _check_mapped(cells.cells(top), target)

    def count(module: str, without: frozenset[str] = frozenset()) -> dict[str, int]:
        inside = cells.cells(module, without)
        area = target.count(inside)
        if target.areas:
            um2 = sum(number * target.areas.get(type_, 0) for type_, number in inside.items())
            area = {"area_um2": round(um2)} | area
        if generic:
            area |= {"transistors": cells.transistors(module, without), "gate_equivalents": 0}
        return area | {"memory_bits": memories.bits(module, without)}

    whole = count(top)
    by_unit: dict[str, Counts] = {
        stage: {part: dict.fromkeys(whole, 0) for part in places.stage(stage)}
        for stage in places.stages
    }
    for module, (stage, part) in places.modules.items():
        if module in cells:
            for column, number in count(module, apart).items():
                by_unit[stage][part][column] += number
    by_part = total(by_unit, places.parts)
    for parts in ({"": whole}, by_part, *by_unit.values()) if generic else ():
        for counts in parts.values():
            counts["gate_equivalents"] = round(counts["transistors"] / 4)
    return Report(
        target=target.name,
        tool_version=f"Yosys {yosys_version()}",
        dsp=dsp,
        cells=sum(number for type_, number in cells.cells(top).items() if _is_hardware(type_)),
        area=whole,
        by_part=by_part,
        by_unit={unit: parts for unit, parts in by_unit.items() if unit},
        script=script.strip(),
        netlist=found["netlist"]["modules"] if "netlist" in found else None,
        roms=roms,
    )


def _check_mapped(cells: Counter[str], target: Target) -> None:
    left = sorted(type_ for type_ in cells if type_ not in target.areas and _is_hardware(type_))
    if left:
        raise InputError(target.title, f"must have cells for {', '.join(left)}")


def _is_hardware(type_: str) -> bool:
    return not type_.startswith(("$scopeinfo", "$mem"))


class _Hierarchy:
    """Modules as Yosys' ``stat -json`` lists them, with their instances."""

    def __init__(self, modules: dict[str, Any], roms: Roms) -> None:
        self._modules = {name.removeprefix("\\"): module for name, module in modules.items()}
        self._roms = roms

    def __contains__(self, module: str) -> bool:
        return module in self._modules

    def cells(self, module: str, without: frozenset[str] = frozenset()) -> Counter[str]:
        """Cells of a module and of all in it, by type; modules ``without`` are left out."""
        total: Counter[str] = Counter()
        for instance, number in self._expand(module, without).items():
            for type_, cells in self._modules[instance]["num_cells_by_type"].items():
                if type_ not in self._modules and type_ not in self._roms.bits:
                    total[type_] += number * cells
        return total

    def bits(self, module: str, without: frozenset[str]) -> int:
        """Memory bits of a module and of all in it."""
        return sum(
            number * self._own_bits(self._modules[instance])
            for instance, number in self._expand(module, without).items()
        )

    def _own_bits(self, module: dict[str, Any]) -> int:
        cells, roms = module["num_cells_by_type"], self._roms.bits
        inside = sum(int(number) * roms.get(type_, 0) for type_, number in cells.items())
        return inside + int(module["num_memory_bits"])

    def transistors(self, module: str, without: frozenset[str] = frozenset()) -> int:
        """Yosys' estimate for a module and all in it."""
        # Its own figure for a module has all that is inside; it ends in + for cells without a cost.
        figure = int(str(self._modules[module]["estimated_num_transistors"]).rstrip("+"))
        for type_, number in self._modules[module]["num_cells_by_type"].items():
            if type_ in without and type_ in self._modules:
                figure -= int(number) * self.transistors(type_)
        return figure

    def _expand(self, module: str, without: frozenset[str]) -> Counter[str]:
        """How often each module is there, inside of ``module`` and itself."""
        total = Counter({module: 1})
        for type_, number in self._modules[module]["num_cells_by_type"].items():
            if type_ in self._modules and type_ not in without:
                for inner, times in self._expand(type_, without).items():
                    total[inner] += number * times
        return total
