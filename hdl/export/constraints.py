"""The clock that a machine is to run at, for the tools that place and route it or time it."""

from pascaline.spec.design import Design

__all__ = ["constraints"]


def constraints(design: Design, mhz: float) -> dict[str, str]:
    """Files by name that say the frequency of the one clock.

    Where the machine is a part of a larger design, the clock is constrained there, and only the
    period is of use.

    Parameters
    ----------
    design : Design
        The machine.
    mhz : float
        Its clock, in MHz.

    Returns
    -------
    dict of str to str
        For Synopsys' form, which most tools read (``.sdc``); for Vivado (``.xdc``); for nextpnr
        and Diamond on Lattice ECP5 (``.lpf``); for nextpnr on iCE40 (``.pcf``).
    """
    clock, name = design.machine.port_style.clock, design.name
    period = f"create_clock -name {clock} -period {1000 / mhz:.6g} [get_ports {clock}]\n"
    return {
        f"{name}.sdc": period,
        f"{name}.xdc": period,
        f"{name}.lpf": f'FREQUENCY PORT "{clock}" {mhz:.6g} MHZ;\n',
        f"{name}.pcf": f"set_frequency {clock} {mhz:.6g}\n",
    }
