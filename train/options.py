"""What a user may choose about training."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import Field

from pascaline.spec.arithmetic import Arithmetic, arithmetic
from pascaline.spec.cells import USUAL, linear, state_normalisable, transformed
from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError
from pascaline.spec.network import Pooling

if TYPE_CHECKING:
    from pascaline.train.tasks import Task

__all__ = [
    "ASYMMETRIC",
    "ORTHOGONAL",
    "RANGED",
    "SPREADS",
    "NormaliserName",
    "Options",
    "Schedule",
    "WeightRule",
]


class Schedule(Checked):
    """How long and how fast a network learns.

    Parameters
    ----------
    epochs : int
        Passes over the training part.
    batch : int
        Sequences, or streams of a long sequence, that a step of Adam learns.
    rate : float
        Learning rate at the start; it falls to 0 along half a cosine.
    length : int or None
        Places of every stream that a step learns, for tasks whose training part is one long
        sequence; the state goes on from step to step.
    tuned : float
        The last part of training, in which activations are rounded as the machine does.
    dropout : float
        Part of the units that the head does not see: others in every step of Adam, for all steps
        of a sequence the same.
    """

    epochs: int = Field(ge=1, le=10_000)
    batch: int = Field(default=100, ge=1, le=10_000)
    rate: float = Field(default=0.01, gt=0, le=1)
    length: int | None = Field(default=None, ge=1, le=100_000)
    tuned: float = Field(default=0.2, ge=0, le=1)
    dropout: float = Field(default=0, ge=0, lt=1)


NormaliserName = Literal[
    "scale", "batchnorm", "weightnorm", "none", "layernorm", "madnorm", "stepnorm"
]
"""The normalisers; see `Options`."""

SPREADS = {"layernorm": "rms", "madnorm": "mad"}
"""Those that standardise sums in each step, and by which spread: `spec.normalisers.layernorm`."""


ORTHOGONAL = "orthogonal"
"""Real recurrent weights of linear cells that stay orthogonal; see `train.orthogonal`."""


ASYMMETRIC = "asymmetric"
"""The rule whose weights have zero points; see `train.quantisers.Asymmetric`."""


RANGED = ("uniform", ASYMMETRIC)
"""Rules of fixed-point weights whose unit is that of the range that they have."""


class WeightRule(NamedTuple):
    """How one matrix of weights comes about."""

    weights: str
    rule: str | None
    stochastic: bool


class Options(Checked):
    """What a user may choose.

    Parameters
    ----------
    cell : str or None
        The cell of all layers, a key of `spec.cells.FORMS`, or one for each layer, from input to
        output and with commas between them; ``None``: the usual one.
    layers : int or None
        How many; ``None``: one, or as many as ``cell`` names.
    bidirectional : bool or None
        Whether each has a direction from the end of a sequence to its beginning, too; ``None``:
        it has not.
    residual : bool
        Whether all layers of one direction have a residual connection whose inputs are like their
        outputs, see `spec.cells.layer`; not with linear cells, whose h has a unit of its own.
    pooling : {"none", "max", "mean", "attention"}
        What the head sees at the end of a sequence, as in `spec.network.Network`.
    block : int or None
        Of cells whose h meets a transform: elements of its blocks, a power of two that divides
        the hidden units; ``None``: the largest.
    sign_pace : float or None
        Of such cells: how fast their signs turn, see `train.transform.Signs`; ``None``: 1.
    state_bits : int or None
        Bits of h of linear cells; the binary point follows from what h reaches. ``None``: those
        of the task's pre-activations.
    activation : str
        How the machine makes sigmoid and tanh, as `spec.activation.read_activation` reads it; in
        the last part of training they are made so, too.
    rectified : bool or None
        Whether the head sees only what is above 0; ``None``: of a linear cell in the last layer, as
        all from there on would be linear.
    weights : str
        What the weights of the matrices are: the name of an arithmetic; or ``float``: real
        numbers, which become ``fixed12`` in the model.
    recurrent_weights : str or None
        What those are that meet h; ``None``: the same. In linear cells they may be ``orthogonal``:
        real numbers, too, of a matrix that is kept so.
    head_weights : str or None
        What those of the head are; ``None``: learned as real numbers and rounded to the head's
        format in the end, as ``fixed2`` to ``fixed16`` are unless ``rule`` is one of `RANGED`.
    rule : str or None
        How ``weights`` come from those that are learned, see `train.quantisers.rules`; ``None``:
        the usual rule, which recurrent weights of another kind have in any case. With
        ``asymmetric``, the matrices of the model have zero points.
    stochastic : bool
        Whether ``weights`` are drawn anew for every step of training.
    draw : bool
        Whether the weights of the model are such a draw, too; else they are deterministic.
    hidden : int or None
        Hidden units; ``None``: as many as the task has.
    normaliser : str or None
        What is learned behind the scales and the bias of a row; ``None``: what the task has.
        ``scale``: these themselves; ``batchnorm``: a batch normalisation with statistics shared
        over time; ``weightnorm``; ``none``: the bias alone. These cost the same in hardware. With
        ``layernorm`` and ``madnorm`` a machine standardises sums in each step, by their root mean
        square or their mean absolute deviation. ``stepnorm``, a batch normalisation with
        statistics of every step, is for comparisons of training: no machine has it. Linear cells
        have ``none`` in any case.
    normalise_cell : bool
        Whether the cell is standardised, too, before its tanh, with ``layernorm`` or ``madnorm``
        (Ba et al. 2016); only of cells that can have that. Such a network is trained step by step,
        on a GPU as well.
    shared_scale : bool or None
        One scale a row for both products instead of two: half the accumulators and multipliers.
        ``None``: as the task has it, but two where h meets a transform, or with ``layernorm`` or
        ``madnorm``.
    epochs, batch, rate, dropout, tuned : int or float, or None
        As in `Schedule`; ``None``: what the task takes. A network with a linear cell is never
        tuned: its steps can be done at once only where h is not rounded.
    augment : bool or None
        Whether sequences change a little each time that they are learned, in a task that can do
        it; ``None``: yes, but not with a linear cell, to which a moved image is another one.
    seed : int
        Of everything random. The same seed gives the same model on the same kind of processor.
    validation : bool
        Learn from one part of the training data and measure on the rest: for choosing the other
        options, since the held-out part must not.
    device : {"auto", "cpu", "cuda"}
        Where to train; ``auto``: on a GPU if there is one.
    """

    cell: str | None = None
    layers: int | None = Field(default=None, ge=1, le=8)
    bidirectional: bool | None = None
    residual: bool = False
    pooling: Pooling = "none"
    block: int | None = Field(default=None, ge=2, le=2048)
    sign_pace: float | None = Field(default=None, gt=0, le=1)
    state_bits: int | None = Field(default=None, ge=4, le=16)
    activation: str = "table"
    rectified: bool | None = None
    weights: str = "ternary"
    recurrent_weights: str | None = None
    head_weights: str | None = None
    rule: str | None = None
    stochastic: bool = False
    draw: bool = False
    hidden: int | None = Field(default=None, ge=1, le=2048)
    normaliser: NormaliserName | None = None
    normalise_cell: bool = False
    shared_scale: bool | None = None
    epochs: int | None = Field(default=None, ge=1, le=10_000)
    batch: int | None = Field(default=None, ge=1, le=10_000)
    rate: float | None = Field(default=None, gt=0, le=1)
    dropout: float | None = Field(default=None, ge=0, lt=1)
    tuned: float | None = Field(default=None, ge=0, le=1)
    augment: bool | None = None
    seed: int = Field(default=0, ge=0, lt=1 << 63)
    validation: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @property
    def rules(self) -> tuple[WeightRule, WeightRule]:
        """How the weights of x come about, and those of h."""
        x = WeightRule(self.weights, self.rule, self.stochastic)
        other = self.recurrent_weights
        return x, x if other in (None, self.weights) else WeightRule(str(other), None, False)

    @property
    def arithmetics(self) -> tuple[Arithmetic, Arithmetic]:
        """What the weights of the model are that meet x, and those that meet h.

        Raises
        ------
        InputError
            If there are no such weights.
        """
        x, h = (rule.weights for rule in self.rules)
        return (
            arithmetic("fixed12" if x == "float" else x),
            arithmetic("fixed12" if h in ("float", ORTHOGONAL) else h),
        )

    @property
    def zero_points(self) -> bool:
        """Whether matrices of the model have zero points."""
        return self.rule == ASYMMETRIC

    @property
    def head_rule(self) -> str | None:
        """The rule of fixed-point weights of the head, if they are quantised in training."""
        fixed = self.head_weights is not None and self.head_weights.startswith("fixed")
        return self.rule if fixed and self.rule in RANGED else None

    def settled(self, task: Task) -> Options:
        """The same, with what the task has wherever nothing is chosen.

        Raises
        ------
        InputError
            If something chosen is not possible for the task.
        """
        if self.bidirectional and task.schedule.length is not None:
            raise InputError("bidirectional", "must not be for a text, whose end is not known")
        if self.pooling != "none" and task.results == "every":
            raise InputError("pooling", "must be none for a task with a result at every step")
        if task.results == "decoded":
            self._check_decoded()
        usual = self._usual(task)
        missing = {name: value for name, value in usual.items() if getattr(self, name) is None}
        settled = self.model_copy(update=missing)
        if settled.augment and task.augment is None:
            raise InputError("augment", "must be left out: the task has no such changes")
        settled.check_recurrent()
        settled._check_linear()
        return settled

    def _check_decoded(self) -> None:
        """Raise `InputError` for what cannot be before a decoder, or in it."""
        if self.pooling != "none":
            raise InputError("pooling", "must be none for a task with a decoder", self.pooling)
        for name in self.cells:
            if linear(name) or transformed(name):
                rule = "must have a recurrent matrix and functions for a task with a decoder"
                raise InputError("cell", rule, name)

    @property
    def spread(self) -> str | None:
        """The spread by which sums are standardised in each step, if they are."""
        return SPREADS.get(str(self.normaliser))

    @property
    def cells(self) -> tuple[str, ...]:
        """The cell of each layer; raises `InputError` if they are not as many as the layers."""
        named = tuple((USUAL if self.cell is None else self.cell).split(","))
        if len(named) == 1:
            return named * (self.layers or 1)
        if self.layers not in (None, len(named)):
            raise InputError("layers", f"must be {len(named)}, one for each cell", self.layers)
        return named

    @property
    def linear(self) -> bool:
        """Whether any cell is linear; raises `InputError` if there is no such cell."""
        return any(map(linear, self.cells))

    def _usual(self, task: Task) -> dict[str, Any]:
        """What is taken where nothing is chosen."""
        cells = self.cells
        usual = {
            "cell": USUAL,
            "layers": len(cells),
            "bidirectional": False,
            "hidden": task.hidden,
            "normaliser": task.normaliser,
            "shared_scale": task.shared_scale,
            "rectified": linear(cells[-1]),
            "augment": task.augment is not None and not self.linear,
            **task.schedule.model_dump(include=set(SCHEDULED)),
        }
        if any(map(transformed, cells)):
            hidden = self.hidden or task.hidden
            if hidden % 2:
                raise InputError("hidden", "must be even with a transform", hidden)
            usual |= {"block": hidden & -hidden, "sign_pace": 1.0}
        if all(transformed(cell) or linear(cell) for cell in cells) or self.normaliser in SPREADS:
            usual["shared_scale"] = False
        if all(map(linear, cells)):
            usual["normaliser"] = "none"
        if self.linear:
            usual["tuned"] = 0.0
        return usual

    def check_recurrent(self) -> None:
        """Raise `InputError` for what cannot be with what h meets, a matrix or a transform."""
        if all(map(transformed, self.cells)):
            if self.recurrent_weights is not None:
                raise InputError("recurrent_weights", "must be left out: h meets a transform")
            if self.shared_scale:
                rule = "must not be: sums of a transform come by themselves"
                raise InputError("shared_scale", rule)
        if self.normaliser in SPREADS:
            if any(map(transformed, self.cells)):
                rule = "must be another one: h meets a transform"
                raise InputError("normaliser", rule, self.normaliser)
            if self.shared_scale:
                rule = f"must not be with {self.normaliser}: sums of x and h are standardised apart"
                raise InputError("shared_scale", rule)
        if self.normalise_cell:
            self._check_cell()
        if self.residual and self.linear:
            raise InputError("residual", "must not be with linear cells, whose h has its own unit")
        if self.recurrent_weights == ORTHOGONAL and not all(map(linear, self.cells)):
            raise InputError("recurrent_weights", "must not be orthogonal but in linear cells")
        for name in ("block", "sign_pace"):
            if getattr(self, name) is not None and not any(map(transformed, self.cells)):
                raise InputError(name, "must be left out: h meets a matrix in this cell")

    def _check_cell(self) -> None:
        """Raise `InputError` where cells are to be standardised, and cannot be."""
        if self.normaliser not in SPREADS:
            rule = f"must be with the normaliser {' or '.join(SPREADS)}"
            raise InputError("normalise_cell", rule, self.normaliser)
        for name in self.cells:
            if not state_normalisable(name):
                raise InputError("normalise_cell", f"must not be with {name}: no machine has that")

    def _check_linear(self) -> None:
        """What only linear cells may have, and what only others."""
        if not self.linear:
            if self.state_bits is not None:
                raise InputError("state_bits", "must be left out for a cell that is not linear")
            return
        if all(map(linear, self.cells)) and self.normaliser != "none":
            raise InputError("normaliser", "must be none for a linear cell", self.normaliser)
        if self.tuned:
            raise InputError("tuned", "must be 0 for a linear cell", self.tuned)

    def schedule(self, task: Task) -> Schedule:
        """The task's schedule with what is chosen here."""
        settled = self.settled(task)
        return task.schedule.model_copy(update={name: getattr(settled, name) for name in SCHEDULED})

    def command(self, task: Task, output: Path) -> str:
        """The command that trains this again; all that makes a difference is spelled out.

        An absolute path is cut to its file name, so that the command is the same everywhere.
        """
        settled, usual = self.settled(task), self._usual(task)
        words = ["pascaline", "train", task.name]
        words += ["--cell", str(settled.cell)] if settled.cell != USUAL else []
        alike = "," not in str(settled.cell)
        words += ["--layers", str(settled.layers)] if alike and settled.layers != 1 else []
        words += ["--bidirectional"] if settled.bidirectional else []
        words += ["--residual"] if self.residual else []
        words += ["--pooling", self.pooling] if self.pooling != "none" else []
        words += ["--block", str(settled.block)] if settled.block else []
        words += ["--sign-pace", str(settled.sign_pace)] if settled.sign_pace else []
        words += ["--state-bits", str(self.state_bits)] if self.state_bits else []
        words += ["--activation", self.activation] if self.activation != "table" else []
        if settled.rectified != usual["rectified"]:
            words += ["--rectified" if settled.rectified else "--not-rectified"]
        words += ["--weights", self.weights]
        words += ["--recurrent-weights", self.recurrent_weights] if self.recurrent_weights else []
        words += ["--head-weights", self.head_weights] if self.head_weights else []
        words += ["--rule", self.rule] if self.rule else []
        words += ["--stochastic"] if self.stochastic else []
        words += ["--draw"] if self.draw else []
        words += ["--hidden", str(settled.hidden), "--normaliser", str(settled.normaliser)]
        words += ["--normalise-cell"] if self.normalise_cell else []
        words += ["--shared-scale" if settled.shared_scale else "--separate-scale"]
        words += ["--epochs", str(settled.epochs), "--batch", str(settled.batch)]
        words += ["--rate", str(settled.rate)]
        words += ["--dropout", str(settled.dropout)] if settled.dropout else []
        if settled.augment != usual["augment"]:
            words += ["--augment" if settled.augment else "--no-augment"]
        words += ["--tuned", str(settled.tuned)] if settled.tuned != usual["tuned"] else []
        words += ["--seed", str(self.seed)]
        words += ["--validation"] if self.validation else []
        words += ["-o", output.name if output.is_absolute() else output.as_posix()]
        return shlex.join(words)


SCHEDULED = ("epochs", "batch", "rate", "dropout", "tuned")
"""What of a schedule a user may choose."""
