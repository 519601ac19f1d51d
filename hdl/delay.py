"""The delay line."""

from amaranth.hdl import Signal

__all__ = ["delayed"]


def delayed(m, value, cycles, *, name, reset_less=False, init=None):
    """Delay a value by some cycles.

    Parameters
    ----------
    m : Module
        Where the registers go, in the domain ``sync``.
    value : Value
        Of any shape, which the result has, too.
    cycles : int
        How many; 0 gives ``value`` itself.
    name : str
        Of the registers, which are ``<name>_1``, ``<name>_2`` and so on.
    reset_less : bool
        Whether the registers keep their values in a reset.
    init : int or None
        What they hold at first, and after a reset; None: 0.

    Returns
    -------
    value : Value
        What ``value`` was so many cycles ago.
    """
    for cycle in range(1, cycles + 1):
        register = Signal(value.shape(), name=f"{name}_{cycle}", reset_less=reset_less, init=init)
        m.d.sync += register.eq(value)
        value = register
    return value
