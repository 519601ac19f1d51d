"""Programs of cores without a model: passes, tiles and latencies are all that they have."""

from types import SimpleNamespace

from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.drain import Drain
from pascaline.spec.operands import Matrix
from pascaline.spec.passes import passes
from pascaline.spec.product import Product
from pascaline.spec.program import Program


def made_up_layer(*vectors, phases=1):
    """A layer of so many phases whose operands, named a, b, c, ..., read these vectors."""
    weights = arithmetic("ternary")
    operands = tuple(
        Matrix(name, vector, weights) for name, vector in zip("abcdef", vectors, strict=False)
    )
    return SimpleNamespace(operands=operands, phases=(("gate",),) * phases)


def make_program(
    *,
    hidden=5,
    units=2,
    simd=2,
    cell_units=1,
    inputs=3,
    operands=("input", "state"),
    layers=1,
    phases=1,
    serial=False,
    symbols=False,
    issue=0,
    registers=2,
    whole=4,
    **program,
):
    """A program; what is not given is small."""

    def product(vector):
        columns = inputs if vector is None else hidden
        return Product(rows=hidden, columns=columns, lanes=units, simd=simd)

    made = (made_up_layer(*operands, phases=phases),) * layers
    return Program(
        passes=passes(made, product, symbols=symbols),
        tiles=product(None).tiles,
        drain=Drain(
            hidden=hidden,
            units=units,
            cell_units=cell_units,
            gates=1,
            serial=serial,
            group_cycles=whole if serial else 1,
        ),
        hidden_chunks=product(0).chunks,
        issue=issue,
        registers=registers,
        whole=whole,
        **program,
    )
