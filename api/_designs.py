"""Designs: a model on a machine, its cycles, its Verilog."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pascaline.measure.designs import make_design as make_design_of
from pascaline.measure.verilog import make_verilog
from pascaline.models.catalogue import find_model
from pascaline.spec.cycles import sequence_cycles
from pascaline.spec.cycles import utilisation as share_of_places
from pascaline.spec.design import Design
from pascaline.spec.model import Model
from pascaline.spec.progress import Progress, silent

__all__ = ["cycles", "generate", "make_design", "utilisation"]


def make_design(
    model: Model | str,
    *,
    target: str = "generic",
    base: str | Path | None = None,
    like: Model | str | None = None,
    **parameters: Any,
) -> Design:
    """Put a model on a machine that is named by what differs from the model's usual one.

    Parameters
    ----------
    model : Model or str
        The model, or what `load` takes.
    target : str
        What the machine is for. Unless it is ``generic``, lanes that are not named are those that
        cost least there, as with ``lane="auto"``.
    base : str or Path, optional
        TOML file of the machine to start from; by default that of the model's named
        configuration, else the smallest one.
    like : Model or str, optional
        With ``weights="ram"``, the model whose machine it is, with more bits only where this one
        needs them; by default the model itself. Such machines have room for other trainings.
    **parameters
        Parameters of `Machine`; ``lane="auto"`` is the lane design that costs least.

    Returns
    -------
    Design
        The design, checked.

    Raises
    ------
    InputError
        If a parameter is not possible, or if the machine cannot be built for the model.

    Examples
    --------
    >>> design = pascaline.make_design("tiny-ternary", units=2, simd=4, parity=True)
    >>> design.machine.units, design.machine.parity
    (2, True)
    >>> loaded = pascaline.make_design("digits-ternary", weights="ram")
    >>> [one.network.head.bias_width for one in (pascaline.load("digits-ternary"), loaded)]
    [15, 17]
    >>> pascaline.make_design("tiny-ternary", units=0)
    Traceback (most recent call last):
    ...
    pascaline.spec.errors.InputError: machine: units: should be greater than or equal to 1, not 0
    """
    found = model if isinstance(model, Model) else find_model(model)
    other = find_model(like) if isinstance(like, str) else like
    path = None if base is None else Path(base)
    return make_design_of(found, parameters, base=path, target=target, like=other)


def cycles(design: Design, lengths: Sequence[int], symbols: Sequence[int] | None = None) -> int:
    """Clock cycles of sequences back to back, if neither input nor output pauses; exact.

    Parameters
    ----------
    design : Design
        The design.
    lengths : sequence of int
        Steps of each sequence.
    symbols : sequence of int, optional
        Symbols that a decoder gives for each; by default as many as it may.

    Returns
    -------
    int
        From the cycle in which the first beat is taken to the one in which the last result is,
        both included.

    Examples
    --------
    >>> design = pascaline.make_design("digits-ternary")
    >>> pascaline.cycles(design, [20]), pascaline.cycles(design, [20, 20])
    (6399, 12486)
    """
    return sequence_cycles(design, lengths, symbols)


def utilisation(design: Design, lengths: Sequence[int]) -> float:
    """Part of the lanes' places that do a useful weight operation, 0 to 1.

    Parameters
    ----------
    design : Design
        The design.
    lengths : sequence of int
        Steps of each sequence, back to back.

    Returns
    -------
    float
        Weight operations of all steps, over lanes x simd x cycles.

    Examples
    --------
    >>> round(pascaline.utilisation(pascaline.make_design("digits-ternary"), [40]), 3)
    0.906
    """
    return share_of_places(design, sum(lengths), sequence_cycles(design, lengths))


def generate(
    design: Design,
    *,
    prefix: str | None = None,
    clock: float | None = None,
    macros: int | None = None,
    progress: Progress = silent,
) -> Any:
    """Generate the Verilog of a design; the same design gives the same text.

    Parameters
    ----------
    design : Design
        The design.
    prefix : str, optional
        Before the names of all modules but the top, with ``_`` behind it; by default the top's
        name. No two machines of one design may have the same.
    clock : float, optional
        In MHz, for constraints of common tools and configurations of layout beside the Verilog.
    macros : int, optional
        Bits from which on a memory that is written is an instance of a module of a file of its own,
        ``<name>_memories.v``, which macros of an SRAM compiler take the place of.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    hdl.verilog.Verilog
        ``name`` of the top module, ``text`` in Verilog 2005, ``description`` of ports and formats
        as plain values, and ``write(folder)``, which writes all files and returns their paths.

    Raises
    ------
    InputError
        If the prefix is no name, or gives two modules one name; if no memory has so many bits.

    Examples
    --------
    >>> verilog = pascaline.generate(pascaline.make_design("tiny-rnn"))
    >>> [path.name for path in verilog.write(folder)]
    ['tiny_rnn.v', 'tiny_rnn.json']
    >>> verilog.description["cycles"]["step"]
    26
    >>> verilog = pascaline.generate(pascaline.make_design("tiny-rnn"), macros=128)
    >>> [macro["module"] for macro in verilog.description["macros"]]
    ['tiny_rnn_ram_4x32_1r1w', 'tiny_rnn_ram_6x32_2r1w_by8']
    """
    return make_verilog(design, progress, prefix=prefix, clock=clock, macros=macros)
