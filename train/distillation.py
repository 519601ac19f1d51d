"""What a user may choose about distillation; needs no PyTorch."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pascaline.spec.arithmetic import ArithmeticField, Ternary
from pascaline.spec.checked import Checked
from pascaline.train.options import Schedule

__all__ = ["Distillation"]


class Distillation(Checked):
    """What a user may choose.

    Parameters
    ----------
    weights, recurrent_weights : Arithmetic
        That of the weights that meet x, and of those that meet h; ``None``: the same.
    shared_scale : bool
        Whether a row has one scale for both of its products.
    bits : int
        As in `importers.calibrate.importing.Budget`.
    epochs, batch, rate, tuned
        As in `train.options.Schedule`.
    length : int
        Steps of the pieces that sequences are cut into to learn from.
    seed : int
        Of all that is random. The same seed gives the same model on the same kind of processor.
    device : {"auto", "cpu", "cuda"}
        Where to train; ``auto``: on a GPU if there is one.
    """

    weights: ArithmeticField = Ternary()
    recurrent_weights: ArithmeticField | None = None
    shared_scale: bool = False
    bits: int = Field(default=12, ge=4, le=16)
    epochs: int = Field(default=100, ge=1, le=10_000)
    batch: int = Field(default=16, ge=1, le=10_000)
    length: int = Field(default=200, ge=1, le=100_000)
    rate: float = Field(default=0.01, gt=0, le=1)
    tuned: float = Field(default=0.2, ge=0, le=1)
    seed: int = Field(default=0, ge=0, lt=1 << 63)
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @property
    def names(self) -> tuple[str, str]:
        """Names of the arithmetics of x and of h."""
        return self.weights.name, (self.recurrent_weights or self.weights).name

    @property
    def schedule(self) -> Schedule:
        """How long and how fast."""
        return Schedule(epochs=self.epochs, batch=self.batch, rate=self.rate, tuned=self.tuned)

    @property
    def command(self) -> list[str]:
        """The options of the command that make a difference, each spelled out."""
        x, h = self.names
        return [
            *("--weights", x),
            *(("--recurrent-weights", h) if h != x else ()),
            *(("--shared-scale",) if self.shared_scale else ()),
            *("--bits", str(self.bits), "--epochs", str(self.epochs), "--batch", str(self.batch)),
            *("--length", str(self.length), "--rate", str(self.rate), "--seed", str(self.seed)),
        ]
