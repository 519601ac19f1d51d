"""Equal hardware is emitted once.

Amaranth writes one module for each instance: 256 equal lanes would be 256 modules. Components that
are there many times are therefore placed by `place`. In a simulation of the Amaranth description
that is an ordinary submodule; when Verilog is made, it is an instance of a module that is
emitted once for all instances of its kind. Time and text then grow with the kinds of hardware,
not with their copies.
"""

import hashlib

from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, ClockSignal, Fragment, Instance, Value
from amaranth.lib import wiring

__all__ = ["Kinds", "place"]


def place(m, platform, name, component, **inputs):
    """Add a component of a kind to a module and connect its inputs.

    Parameters
    ----------
    m : Module
        The parent.
    platform : Kinds or None
        What ``elaborate`` got.
    name : str
        Name of the submodule.
    component : Component
        Has a property ``kind``: a module name that is equal exactly for equal hardware. It uses the
        clock but no reset (all its registers are ``reset_less``).
    inputs : Value
        One for each input port, of the port's width.

    Returns
    -------
    component : Component
        For its outputs.
    """
    if isinstance(platform, Kinds):
        m.submodules[name] = platform.instance(component, inputs)
    else:
        m.submodules[name] = component
        for port, value in inputs.items():
            m.d.comb += Value.cast(getattr(component, port)).eq(value)
    return component


class Kinds:
    """The Amaranth platform under which Verilog is made; it collects the kinds.

    Attributes
    ----------
    rtlil : dict of str to str
        RTLIL text of each kind by module name.
    verilog : dict of str to str
        Modules that were written as Verilog in the first place.
    """

    def __init__(self):
        self.rtlil = {}
        self.verilog = {}

    def add_verilog(self, prefix, body):
        """Add a module, given what follows its name; returns the name, equal for equal bodies."""
        name = f"{prefix}_{hashlib.sha256(body.encode()).hexdigest()[:8]}"
        self.verilog[name] = f"module {name}{body}"
        return name

    def instance(self, component, inputs):
        """An instance of the component's kind; its outputs drive the component's own ports."""
        ports = {}  # Amaranth finds their directions: what is driven inside leaves.
        connections = {"i_clk": ClockSignal()}
        for name, member in component.signature.members.items():
            port = Value.cast(getattr(component, name))
            ports[name] = (port, None)
            if member.flow == wiring.In:
                value = connections[f"i_{name}"] = Value.cast(inputs[name])
                assert len(value) == len(port), f"{name}: {len(value)} bits for {len(port)}"
            else:
                connections[f"o_{name}"] = port
        if component.kind not in self.rtlil:
            self.rtlil[component.kind] = ""  # Claimed: what is inside may have kinds of its own.
            domain = ClockDomain("sync", reset_less=True)
            fragment = Fragment.get(component, self)
            fragment.add_domains(domain)
            ports["clk"] = (domain.clk, None)
            text, _ = rtlil.convert_fragment(fragment, ports, component.kind, emit_src=False)
            self.rtlil[component.kind] = text
        return Instance(component.kind, **connections)
