"""Lanes by themselves in Icarus, with a waveform: what `sim.waveform` is for a whole machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pascaline.golden.rounding import Integers
from pascaline.host.tools import run_tool
from pascaline.sim.simulators import simulator
from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.formats import Interval
from pascaline.spec.product import Product

__all__ = ["run_lanes"]

HINT = "apt install iverilog"

BENCH = """
module tb;
  reg clk = 0;
  reg rst = 1;
  reg [{width}-1:0] stimulus [0:{cycles}-1];
  reg [{width}-1:0] word = 0;
  wire [{sums}-1:0] sums;
  wire arrives;
  integer index;
  {top} dut (
    .clk(clk), .rst(rst), .ends_source(1'b0), .ends_tile(word[0]), .shift(word[1]),
    .x(word[{x}+1:2]), .codes(word[{width}-1:{x}+2]), .arrives(arrives), .sums(sums)
  );
  always #1 clk = ~clk;
  initial begin
    $readmemh("stimulus.hex", stimulus);
    repeat (3) @(posedge clk);
    rst <= 0;
    @(posedge clk);
    $dumpfile("waves.vcd");
    $dumpvars(0, tb);
    for (index = 0; index < {cycles}; index = index + 1) begin
      word <= stimulus[index];
      @(posedge clk);
      $display("%b %h", arrives, sums);
    end
    $finish;
  end
endmodule
"""


def run_lanes(
    verilog: str,
    top: str,
    product: Product,
    arithmetic: Arithmetic,
    element: Interval,
    sums: Interval,
    *,
    operands: Integers,
    weights: Integers,
    front: int,
    folder: Path,
) -> tuple[int, int, Path]:
    """Run lanes on tiles of operands, back to back, and compare all sums.

    Parameters
    ----------
    verilog : str
        The lanes, or their gates.
    top : str
        Name of the module.
    product, arithmetic, element, sums
        What the lanes are, with one sum a row.
    operands : Integers
        One row a chunk: (tiles * chunks, simd).
    weights : Integers
        (tiles * chunks, lanes, simd).
    front : int
        Lanes at the front of the drain; a tile must have chunks for all to leave it.
    folder : Path
        For all that is made.

    Returns
    -------
    values, mismatches : int
        Sums compared, and how many of them differ.
    waveform : Path
        A VCD file; its topmost scope has ``clk``, and the lanes as ``dut``.

    Raises
    ------
    InputError
        If Icarus is not installed or refuses the Verilog.
    """
    simulator("icarus").check()
    chunks, groups = product.chunks, -(-product.lanes // front)
    assert chunks >= groups
    tiles, idle = len(operands) // chunks, product.registers + 2 + groups
    words = []
    for index in range(tiles * chunks + idle):
        chunk = index if index < tiles * chunks else None
        # The drain starts two cycles after the strobe and the registers on its way.
        since = (index - (chunks - 1) - product.registers - 1) % chunks
        started = index >= chunks - 1 + product.registers + 1
        word = int(chunk is not None and index % chunks == chunks - 1)
        word |= int(started and since < groups) << 1
        if chunk is not None:
            codes = arithmetic.encode(weights[chunk]).ravel()
            word |= _packed(operands[chunk], element.width) << 2
            word |= _packed(codes, arithmetic.bits) << (2 + product.simd * element.width)
        words.append(word)
    x = product.simd * element.width
    width = 2 + x + product.lanes * product.simd * arithmetic.bits
    bench = BENCH.format(width=width, cycles=len(words), sums=front * sums.width, x=x, top=top)
    (folder / "lanes.v").write_text(verilog + bench, encoding="utf-8")
    (folder / "stimulus.hex").write_text("\n".join(f"{word:x}" for word in words) + "\n")
    compiler = ["iverilog", "-g2005", "-s", "tb", "-o", "lanes.vvp", "lanes.v"]
    run_tool(compiler, folder=folder, hint=HINT)
    log = run_tool(["vvp", "-n", "lanes.vvp"], folder=folder, hint=HINT)
    lines = [line.split() for line in log.splitlines() if line[:2] in ("0 ", "1 ")]
    found = [
        _unpacked(line[1], sums.width, front)
        for start, (arrives, _) in enumerate(lines)
        if arrives == "1"
        for line in lines[start + 1 : start + 1 + groups]
    ]
    terms = np.einsum("cs,cls->cl", operands, weights)
    wanted = terms.reshape(tiles, chunks, product.lanes).sum(axis=1).reshape(-1, front)
    given = np.array(found[: len(wanted)])
    missing = len(wanted) - len(given)
    wrong = np.count_nonzero(given != wanted[: len(given)]) + missing * front
    return wanted.size, int(wrong), folder / "waves.vcd"


def _packed(values: NDArray[np.integer], width: int) -> int:
    mask = (1 << width) - 1
    return sum((int(value) & mask) << (width * place) for place, value in enumerate(values))


def _unpacked(digits: str, width: int, count: int) -> list[int | None]:
    """Signed numbers; None for what is not known."""
    if set(digits) - set("0123456789abcdef"):
        return [None] * count
    word, half = int(digits, 16), 1 << (width - 1)
    fields = [word >> (width * place) & ((1 << width) - 1) for place in range(count)]
    return [field - 2 * half if field >= half else field for field in fields]
