"""The GRU, gates in PyTorch's order r, z, n, in both of its forms.

With ``z`` of the gates r and z as in `spec.cells.layer`, ``r = sigmoid(z_r)`` and
``z = sigmoid(z_z)``. The candidate, with the reset gate after the product (PyTorch's form, and that
of Ott et al. 2016 as released)::

    q = narrow(scale_h * A_n + bias_h)          p = narrow(scale_x * B_n + bias)
    n = tanh(saturate(p + round_shift(r * q, sigmoid.frac), pre))

and before it (Cho et al. 2014)::

    q = saturate(round_shift(r * c, sigmoid.frac), state)
    k = saturate(round_shift(q, state.frac - h.frac), h)
    n = tanh(z_n)       where A_n = sum_j weight_h[n, j] * k[j]

Then, in both, with ``w = n << state.frac - tanh.frac``::

    c' = saturate(round_shift((w << sigmoid.frac) + z * (c - w), sigmoid.frac), state)
    h' = saturate(round_shift(c', state.frac - h.frac), h)

``c`` is the hidden state with more bits than ``h`` has: a state that is only ever moved by small
fractions of a difference would not move at all with few. Since z is at most 1, c' lies between c
and w.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from pascaline.spec.cells.layer import FEW_BITS, Q0_7, Layer
from pascaline.spec.draw import draw_biases, draw_format
from pascaline.spec.formats import Format, Interval
from pascaline.spec.pipeline import Pipeline

__all__ = ["GruLayer", "GruPipeline"]


class GruLayer(Layer):
    """One GRU layer.

    Parameters
    ----------
    reset : {"after", "before"}
        Whether the reset gate acts after the recurrent product of the candidate, or before it;
        before takes a second phase of a step, since the product then needs all reset gates.
    sigmoid, tanh, state : Format
        Outputs of the two functions, and the hidden state as it is kept.
    """

    title: ClassVar[str] = "GRU"
    forms: ClassVar[dict[str, dict[str, Any]]] = {
        "gru": {"reset": "after"},
        "gru-before": {"reset": "before"},
        "gru-hadamard": {"reset": "after", "recurrent": "walsh"},
    }
    few_bits: ClassVar[dict[str, dict[str, Any]]] = FEW_BITS | {"state": {"width": 5, "frac": 4}}
    share: ClassVar[int] = 2

    kind: Literal["gru"] = "gru"
    reset: Literal["after", "before"] = "after"
    sigmoid: Format = Q0_7
    tanh: Format = Q0_7
    state: Format = Format(width=16, frac=15)

    @model_validator(mode="after")
    def _formats_fit(self) -> GruLayer:
        for name in ("tanh", "state"):
            if not getattr(self, name).signed:
                raise ValueError(f"{name} must be a signed format")
        for name in ("tanh", "h"):
            if self.state.frac < getattr(self, name).frac:
                raise ValueError(f"state.frac must be at least {name}.frac")
        return self

    @classmethod
    def draw_options(cls, rng: np.random.Generator, *, formats: bool) -> dict[str, Any]:
        """Mostly with the reset gate after the product."""
        drawn: dict[str, Any] = {"reset": ("after", "after", "before")[int(rng.integers(3))]}
        return drawn | ({"state": draw_format(rng, (12, 20), (11, 16))} if formats else {})

    def draw_units(self, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
        """Biases like those of the rows."""
        if not self.separate:
            return {}
        return {"bias_h": draw_biases(rng, self.normaliser, self.pre, self.hidden, 2)}

    @property
    def full_title(self) -> str:
        """With the place of the reset gate."""
        return f"{super().full_title}, reset {self.reset} the product"

    @property
    def phases(self) -> tuple[tuple[str, ...], ...]:
        """All gates at once, or the candidate after the others."""
        return (("r", "z", "n"),) if self.reset == "after" else (("r", "z"), ("n",))

    @property
    def carried(self) -> Format:
        """The hidden state with all its bits."""
        return self.state

    @property
    def scratch(self) -> Format | None:
        """The update gate, which waits for the candidate."""
        return None if self.separate else self.sigmoid

    @property
    def separate(self) -> bool:
        """The reset gate after the product acts on ``A`` alone."""
        return self.reset == "after"

    @property
    def functions(self) -> dict[str, Format]:
        """Output formats of sigmoid and tanh."""
        return {"sigmoid": self.sigmoid, "tanh": self.tanh}

    @property
    def unit_tensors(self) -> dict[str, Interval]:
        """The candidate's recurrent bias, on which the reset gate acts, too."""
        return {"bias_h": self.normaliser.biases} if self.separate else {}

    @property
    def unit_shifts(self) -> dict[str, int]:
        """The recurrent bias has the shift of the rows."""
        return {"bias_h": self.normaliser.shift} if self.separate else {}

    def pipeline(self, **core: Any) -> GruPipeline:
        """Latencies."""
        return GruPipeline(activation=self.activation, after=self.reset == "after", **core)


@dataclass(frozen=True, kw_only=True)
class GruPipeline(Pipeline):
    """Latencies of a GRU unit; in both phases, if it has two.

    Parameters
    ----------
    after : bool
        Whether the reset gate acts after the product.
    """

    after: bool

    @property
    def candidate(self) -> int:
        """From the gates to n: product with the reset gate, sum, narrowed, and the function."""
        return 1 + self.sum + self.narrow + self.activate if self.after else 0

    @property
    def update(self) -> int:
        """A difference, its product with a gate, and a sum, narrowed."""
        return 2 + self.sum + self.narrow

    @property
    def carried(self) -> int:
        """The old c is needed together with n, for the difference of the two."""
        return self.gate + self.candidate

    @property
    def made(self) -> int:
        """The new c is there after the update."""
        return self.carried + self.update

    @property
    def unit(self) -> int:
        """The recurrent bias is needed together with the biases of the rows."""
        return self.front + self.bias

    @property
    def whole(self) -> int:
        """Narrowed once more, and written to memory."""
        return self.made + (3 if self.pipelined else 1)
