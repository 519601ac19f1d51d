"""The LSTM, gates in PyTorch's order i, f, g, o.

With ``z`` of each gate as in `spec.cells.layer`::

    i, f, o = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o)        g = tanh(z_g)
    c' = saturate(round_shift(f * c + (i * g << cell.frac - tanh.frac), sigmoid.frac), cell)
    u = saturate(round_shift(c', cell.frac - pre.frac), pre)                  without an affine
    u = saturate(round_shift(scale_c[j] * c' + bias_c[j], affine.shift), pre)        with one
    u = saturate(round_shift(scale_c[j] * n + bias_c[j], affine.shift), pre)         of layer norm
    h' = saturate(round_shift(o * tanh(u), sigmoid.frac + tanh.frac - h.frac), h)

With peepholes (Gers et al. 2002; ONNX's ``P``) three gates see the cell, i and f the old one and o
the new one: ``scale_ci[j] * c``, ``scale_cf[j] * c`` and ``scale_co[j] * c'`` are further addends
of ``z``, beside ``scale_h * A`` and ``scale_x * B``, before its one rounding. So an integer is a
real peephole times ``2**(pre.frac + normaliser.shift - cell.frac)``.

The cell's own normaliser is folded into the affine (Ardakani et al. 2019, with statistics shared
over time). Or it is layer norm: then ``n`` is c' of all units standardised in every step, as the
sums of a gate are in `spec.normalisers.layernorm` (Ba et al. 2016, equation 22; its gain is
``scale_c``). In either case c' itself goes on to the next step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import not_
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pascaline.spec.cells.layer import FEW_BITS, Q0_7, Layer
from pascaline.spec.draw import draw_biases, draw_format, nearest
from pascaline.spec.formats import Format, Interval
from pascaline.spec.normalisers import AnyNormaliser
from pascaline.spec.normalisers.affine import Affine
from pascaline.spec.normalisers.layernorm import LayerNorm
from pascaline.spec.pipeline import Pipeline
from pascaline.spec.standard import Standard

__all__ = ["GATES", "LstmLayer", "LstmPipeline"]

GATES = ("i", "f", "g", "o")


class LstmLayer(Layer):
    """One LSTM layer.

    Parameters
    ----------
    sigmoid, tanh, cell : Format
        Outputs of the two functions, cell state.
    cell_affine : Affine, LayerNorm or None
        Formats of the affine on the cell before its tanh, if there is one; of layer norm, if the
        cell is standardised first.
    peephole : bool
        Whether gates i, f and o see the cell; each peephole is in the range of a row's scale.
    """

    title: ClassVar[str] = "LSTM"
    forms: ClassVar[dict[str, dict[str, Any]]] = {
        "lstm": {},
        "lstm-peephole": {"peephole": True},
        "lstm-hadamard": {"recurrent": "walsh"},
    }
    few_bits: ClassVar[dict[str, dict[str, Any]]] = FEW_BITS | {"cell": {"width": 5, "frac": 3}}
    share: ClassVar[int] = 2

    kind: Literal["lstm"] = "lstm"
    sigmoid: Format = Q0_7
    tanh: Format = Q0_7
    cell: Format = Format(width=16, frac=11)
    cell_affine: AnyNormaliser | None = None
    # Left out of descriptions that are older than it, whose files and modules stay as they are.
    peephole: bool = Field(default=False, exclude_if=not_)

    @model_validator(mode="after")
    def _formats_fit(self) -> LstmLayer:
        for name in ("tanh", "cell"):
            if not getattr(self, name).signed:
                raise ValueError(f"{name} must be a signed format")
        if self.cell.frac < self.tanh.frac:
            raise ValueError("cell.frac must be at least tanh.frac")
        if self.cell_affine is None and self.cell.frac < self.pre.frac:
            raise ValueError("cell.frac must be at least pre.frac")
        if self.sigmoid.frac + self.tanh.frac < self.h.frac:
            raise ValueError("h.frac must be at most sigmoid.frac + tanh.frac")
        if self.state_standard is not None:
            for name, there in (("peepholes", self.peephole), ("a transform", self.transform)):
                if there:
                    raise ValueError(f"cell_affine must be affine with {name}, not layernorm")
        return self

    @classmethod
    def draw_options(cls, rng: np.random.Generator, *, formats: bool) -> dict[str, Any]:
        """Sometimes an affine on the cell, sometimes peepholes."""
        drawn: dict[str, Any] = {"cell_affine": {}} if rng.random() < 0.3 else {}
        drawn |= {"cell": draw_format(rng, (12, 20), (11, 16))} if formats else {}
        return drawn | ({"peephole": True} if rng.random() < 0.3 else {})

    def draw_units(self, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
        """Scales of about 1, biases with a deviation of 1/4, and peepholes from -1 to 1."""
        affine, found = self.cell_affine, {}
        if affine is not None:
            gain = 2.0 ** (affine.shift + self.pre.frac - self.scaled.frac)
            found["scale_c"] = nearest(gain * rng.uniform(0.5, 1.5, self.hidden), affine.scales.hi)
            found["bias_c"] = draw_biases(rng, affine, self.pre, self.hidden, 4)
        gain = 2.0 ** (self.normaliser.shift + self.pre.frac - self.cell.frac)
        for name in self.peepholes.values():
            drawn = gain * rng.uniform(-1, 1, self.hidden)
            found[name] = nearest(drawn, self.normaliser.scales.hi)
        return found

    @property
    def full_title(self) -> str:
        """With peepholes or without."""
        title = super().full_title
        return f"{title} with peepholes" if self.peephole else title

    @property
    def norm_title(self) -> str:
        """Of the sums, and of the cell."""
        cell = f"cell: {self.cell_affine.title}" if self.cell_affine else ""
        found = (super().norm_title, cell if self.state_standard else "")
        return ", ".join(filter(None, found))

    @property
    def serialisable(self) -> bool:
        """A serial unit computes one direction from 0, with affine normalisers, no peepholes."""
        plain = not (self.bidirectional or self.peephole or self.initial)
        plain = plain and not self.transform and self.state_standard is None
        return plain and isinstance(self.normaliser, Affine)

    @property
    def phases(self) -> tuple[tuple[str, ...], ...]:
        """All gates at once."""
        return (GATES,)

    @property
    def carried(self) -> Format:
        """The cell state c."""
        return self.cell

    @property
    def state_normalisable(self) -> bool:
        """Without what sees the cell, or comes just in time for it."""
        return not (self.peephole or self.transform)

    @property
    def state_standard(self) -> Standard | None:
        """With layer norm on the cell."""
        return None if self.cell_affine is None else self.cell_affine.standard(self.hidden)

    @property
    def held(self) -> Format | None:
        """The output gate o."""
        return None if self.state_standard is None else self.sigmoid

    @property
    def scaled(self) -> Format:
        """Format of what the affine on the cell scales."""
        affine = self.cell_affine
        return affine.normal if isinstance(affine, LayerNorm) else self.cell

    @property
    def functions(self) -> dict[str, Format]:
        """Output formats of sigmoid and tanh."""
        return {"sigmoid": self.sigmoid, "tanh": self.tanh}

    @property
    def peepholes(self) -> dict[str, str]:
        """Tensors of the peepholes by their gates, if there are any."""
        return {gate: f"scale_c{gate}" for gate in "ifo"} if self.peephole else {}

    @property
    def unit_tensors(self) -> dict[str, Interval]:
        """Scale and bias of the affine on the cell; peepholes."""
        found = dict.fromkeys(self.peepholes.values(), self.normaliser.scales)
        if self.cell_affine is not None:
            found |= {"scale_c": self.cell_affine.scales, "bias_c": self.cell_affine.biases}
        return found

    @property
    def scaled_tensors(self) -> dict[str, tuple[str, ...]]:
        """Of the rows and peepholes, and of the affine on the cell, if there is one."""
        found = {"normaliser": (*self.row_tensors, *self.peepholes.values())}
        return found | ({} if self.cell_affine is None else {"cell_affine": ("scale_c", "bias_c")})

    @property
    def unit_shifts(self) -> dict[str, int]:
        """The shift of the affine on the cell, if there is one."""
        return {} if self.cell_affine is None else {"bias_c": self.cell_affine.shift}

    def pipeline(self, **core: Any) -> LstmPipeline:
        """Latencies."""
        return LstmPipeline(
            activation=self.activation,
            affine=self.cell_affine is not None,
            standardised=self.state_standard is not None,
            peephole=self.peephole,
            **core,
        )


@dataclass(frozen=True, kw_only=True)
class LstmPipeline(Pipeline):
    """Latencies of an LSTM unit.

    A serial one has one multiplier, whose products are these, in the order of cycles: ``sums`` for
    each of the four gates; ``f * c`` and ``i * g`` once their factors are there; for the affine on
    the cell; ``o * tanh``. Each is registered. One that adds up a bit of a factor a cycle has these
    products in another order, see `turns`.

    Parameters
    ----------
    affine : bool
        Whether there is an affine on the cell.
    standardised : bool
        Whether the cell is standardised before that.
    peephole : bool
        Whether gates see the cell.
    """

    affine: bool
    # Names of modules are made from this text, and from that of the layer, which has these.
    standardised: bool = field(default=False, repr=False)
    peephole: bool = field(default=False, repr=False)

    @property
    def front(self) -> int:
        """With peepholes the first products wait for the old c."""
        return max(super().front, self.cell_memory) if self.peephole else super().front

    @property
    def update(self) -> int:
        """Products f * c and i * g; their sum, narrowed."""
        return 1 + self.sum + self.narrow

    @property
    def scale(self) -> int:
        """Cell to pre-activation format: narrowed; with an affine, product and sum before."""
        return (1 + self.sum if self.affine else 0) + self.narrow

    @property
    def output(self) -> int:
        """Product o * tanh, narrowed and written to memory."""
        return 4 if self.pipelined else 2

    @property
    def carried(self) -> int:
        """The old c is needed together with the gates, or with the first products."""
        return self.front if self.peephole else self.gate

    @property
    def made(self) -> int:
        """The new c is there after the update."""
        return self.gate + self.update

    @property
    def unit(self) -> int:
        """Peepholes meet the old c; the affine needs its scale and bias with the new one."""
        return self.carried if self.peephole else self.made

    @property
    def to_tanh(self) -> int:
        """From the new c to what its tanh is taken of: with peepholes, as long as to that of o."""
        return self.normalise if self.peephole else self.scale

    @property
    def serial_gate(self) -> int:
        """Serial: from the first product of a gate to its activation's value."""
        return self.sums + 1 + self.activate

    @property
    def serial_cell(self) -> int:
        """Serial: from a unit at the front of the drain to its new c."""
        return self.serial_gate + 3 * self.sums + 1

    @property
    def serial_tanh(self) -> int:
        """Serial: from a unit at the front of the drain to tanh of its new c."""
        return self.serial_cell + self.affine + 1 + self.activate

    @property
    def product(self) -> int:
        """Bit by bit: cycles of a product, no fewer than of what comes between two."""
        return max(self.factor, 2 + self.activate)

    @property
    def turns(self) -> tuple[tuple[str, int], ...]:
        """Bit by bit: what is made one after the other, and for how many cycles.

        Products of each gate, ``i``, ``f``, ``g`` and ``o``, as many as it has sums; ``f * c`` and
        ``i * g`` when their factors are there; after one cycle ``c``, the product of the affine on
        the cell; after those in which its tanh is made, ``o * tanh``; the new h is written.
        """
        bits, made = self.product, 1 + self.activate
        gates = {gate: ((gate, bits),) * self.sums for gate in GATES}
        cell = (("c", 1), ("scale", bits), ("tanh", made)) if self.affine else (("tanh", 1 + made),)
        return (
            *(gates["i"] + gates["f"] + gates["g"]),
            ("f * c", bits),
            *gates["o"],
            ("i * g", bits),
            *cell,
            ("o * tanh", bits),
            ("h", 1),
        )

    @property
    def scaling(self) -> int:
        """Registers before the product with the scale, as before those with scales of rows."""
        return super().front if self.standardised else 0

    @property
    def meets(self) -> int:
        """From a standardised cell to its tanh, which meets the output gate."""
        return self.scaling + self.scale + self.activate

    @property
    def finish(self) -> int:
        """The product with the output gate behind it."""
        return self.meets + self.output

    @property
    def whole(self) -> int:
        """After the product with the output gate; serial: after the last product."""
        if self.factor:
            return sum(cycles for _, cycles in self.turns)
        if self.serial:
            return self.serial_tanh + 2
        if self.standardised:
            return self.made + self.finish
        return self.made + self.to_tanh + self.activate + self.output
