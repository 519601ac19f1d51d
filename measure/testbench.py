"""A bench beside the Verilog of a design, on sequences that its machine can take."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from pascaline.bench.files import bench_files
from pascaline.bench.vectors import GoldenVectors
from pascaline.measure.samples import check_samples, take_samples
from pascaline.spec.design import Design

__all__ = ["with_bench", "with_testbench"]


def with_testbench(
    verilog: Any, design: Design, *, samples: int, inputs: Path | None, seed: int
) -> Any:
    """The Verilog of a design with the files of a bench among its companions.

    Parameters
    ----------
    verilog : hdl.verilog.Verilog
        The Verilog of the design.
    design : Design
        The design.
    samples : int
        How many sequences.
    inputs : Path, optional
        Recordings to take them from; by default held-out ones, or random inputs.
    seed : int
        Of random inputs.

    Raises
    ------
    InputError
        If a sequence cannot come into the machine.
    """
    taken = take_samples(design, samples, seed, inputs)
    check_samples(design, taken)
    vectors = GoldenVectors(design, taken.sequences, taken.source)
    if len(vectors.distinct) == 1 and len(taken.sequences) > 1:
        warnings.warn(
            f"all results of the bench are {vectors.distinct.pop()}, so it may not notice a wrong"
            " weight; name other --inputs",
            stacklevel=2,
        )
    return with_bench(verilog, vectors)


def with_bench(verilog: Any, vectors: GoldenVectors) -> Any:
    """The same with a bench for vectors that are there."""
    design, files = vectors.design, bench_files(vectors, verilog.sources)
    if design.machine.on_bus:
        from pascaline.hdl.export.fusesoc import core_file

        files[f"{design.name}.core"] = core_file(design, verilog.sources, files)
    return replace(verilog, companions=verilog.companions | files)
