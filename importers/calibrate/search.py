"""Formats by measured error: moved bit by bit, or with as few bits as a target needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from pascaline.importers.calibrate.compare import Comparison, compare
from pascaline.importers.calibrate.formats import WIDEST, choose, settle, widest_scale
from pascaline.importers.calibrate.reaches import Reaches
from pascaline.importers.calibrate.reference import Reference
from pascaline.importers.calibrate.said import Said
from pascaline.importers.convert import Conversion, Fitted, convert
from pascaline.importers.draft import Formats
from pascaline.importers.foreign import Foreign
from pascaline.importers.modules import module_of
from pascaline.spec.arithmetic import Fixed
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.progress import Progress, silent

__all__ = ["LEAST_BITS", "MOST_BITS", "Trial", "Workbench", "refine", "smallest", "wider"]

LEAST_BITS, MOST_BITS = 4, 16
"""Widths of signals that are tried."""

WORTH, AGAIN = 0.1, 1.0
"""Decibels for which a format is moved, and for which all are tried again."""

Layers = tuple[Formats, ...]

Move = Callable[[Layers], Layers | None]
"""Formats of all layers with one changed; None if it cannot be."""


@dataclass(frozen=True, eq=False)
class Trial:
    """Formats, the model that they make, and how near it is."""

    bits: int
    layers: Layers
    conversion: Conversion
    model: Model
    found: Comparison

    @property
    def snr(self) -> float:
        """Decibels of h of the last layer."""
        return self.found.snr


@dataclass(frozen=True, eq=False)
class Workbench:
    """Where formats are tried.

    Attributes
    ----------
    foreign : Foreign
        The float network.
    conversion : Conversion
        All choices but formats.
    weights_said : bool
        Whether its weights are those that were asked for, or follow from the number of bits.
    said : Said
        Formats that are not to be chosen.
    reaches : Reaches
        What the float network does.
    references : sequence of Reference
        What it does on some sequences, on which formats are tried.
    name : str
        Of models.
    fitted : sequence of sequence of Fitted, optional
        Matrices that are quantised already.
    progress : Progress
        Told about trials.
    tried : list of int
        Bits of all trials so far.
    """

    foreign: Foreign
    conversion: Conversion
    weights_said: bool
    said: Said
    reaches: Reaches
    references: Sequence[Reference]
    name: str
    fitted: Sequence[Sequence[Fitted]] | None = None
    progress: Progress = silent
    tried: list[int] = field(default_factory=list)

    def start(self, bits: int) -> Trial:
        """Formats of so many bits as reaches alone tell them."""
        found = self.foreign.network
        return self.attempt(bits, self.said.applied(found, choose(found, self.reaches, bits)))

    def attempt(self, bits: int, layers: Layers, conversion: Conversion | None = None) -> Trial:
        """Measure formats of each layer; raises `InputError` if no model can have them."""
        made = conversion or self.conversion
        if not self.weights_said and conversion is None:
            made = made.model_copy(update={"weights": Fixed(bits)})
        made = made.model_copy(update={"formats": layers[0], "layers": layers})
        model = convert(self.foreign, made, name=self.name, fitted=self.fitted)
        self.tried.append(bits)
        trial = Trial(bits, layers, made, model, compare(model, self.references))
        self.progress("formats", len(self.tried), 0, f"{bits} bits, {trial.snr:.1f} dB")
        return trial


def refine(bench: Workbench, start: Trial) -> Trial:
    """Move the point of each format, one at a time, as long as that makes h better."""
    best = start
    while True:
        before = best
        for index in range(len(start.layers)):
            for move in _moves(bench, index):
                best = _climb(bench, best, move)
        if best.snr < before.snr + AGAIN:
            return best


def _climb(bench: Workbench, best: Trial, move: Move) -> Trial:
    """Move a format as far as that makes h better."""
    while (changed := move(best.layers)) is not None:
        tried = _tried(bench, best, changed)
        if tried is None or tried.snr < best.snr + WORTH:
            break
        best = tried
    return best


def _tried(bench: Workbench, trial: Trial, layers: Layers) -> Trial | None:
    """The same with other formats; None if no model can have them."""
    try:
        return bench.attempt(trial.bits, layers, trial.conversion)
    except InputError:
        return None


def smallest(bench: Workbench, reached: Callable[[Comparison], bool], target: str) -> Trial:
    """The fewest bits with which a model does what it should; raises `InputError` if none does."""
    low, high, best = LEAST_BITS, MOST_BITS, None
    while low <= high:
        middle = (low + high) // 2
        trial = bench.start(middle)
        if not reached(trial.found):
            trial = refine(bench, trial)
        if reached(trial.found):
            best, high = trial, middle - 1
        else:
            low = middle + 1
    if best is None:
        found = f"{trial.snr:.1f} dB, {trial.found.agreement:.2f} % of decisions"
        raise InputError(target, f"is more than {MOST_BITS} bits reach: {found}")
    return best


def wider(bench: Workbench, trial: Trial) -> Iterator[tuple[str, str, str, Trial | None]]:
    """Each format one bit wider: its name, what it is and would be, and the trial; None if none."""
    found = bench.foreign.network
    for index, layer in enumerate(found.layers):
        module, formats = module_of(layer.cell), trial.layers[index]
        at = f"{index}." if len(found.layers) > 1 else ""
        for key in (*([] if index else ["x"]), *module.signals):
            form: Format = getattr(formats, key)
            name, bits = key if key == "x" else at + key, form.width + 1
            if bits > WIDEST.get(key, 32) or form.frac == 31:
                yield name, str(form), "", None
                continue
            more = Format(width=bits, frac=form.frac + 1, signed=form.signed)
            changed = _replaced(bench, trial.layers, index, key, more)
            yield name, str(form), str(more), _tried(bench, trial, changed)
        scale = formats.scale_width
        if layer.block is None and scale < widest_scale(MOST_BITS, layer):
            layers = list(trial.layers)
            layers[index] = formats.model_copy(update={"scale_width": scale + 1})
            wide = _tried(bench, trial, tuple(layers))
            yield f"{at}scale_width", str(scale), str(scale + 1), wide
    weights = trial.conversion.weights
    if isinstance(weights, Fixed) and weights.bits < 16:
        update = {"weights": Fixed(weights.bits + 1)}
        conversion = trial.conversion.model_copy(update=update)
        again = bench.attempt(trial.bits, trial.layers, conversion)
        yield "weights", weights.name, Fixed(weights.bits + 1).name, again


def _moves(bench: Workbench, index: int) -> Iterator[Move]:
    """How each format of a layer that is not said may move."""
    module, fixed = module_of(bench.foreign.network.layers[index].cell), bench.said.fixed(index)
    for key in ("x", "pre", "h"):
        # x is that of the first layer, and there is nothing to find for what ends at 1.
        known = not index if key == "x" else key in module.signals
        if known and key not in fixed | module.within_one:
            for bits in (1, -1):
                yield partial(_moved, bench, index, key, bits)
    if "sigmoid" in module.signals and "sigmoid" not in fixed:
        yield partial(_with_one, bench, index)


def _moved(bench: Workbench, index: int, key: str, bits: int, layers: Layers) -> Layers | None:
    """With a point that is some bits further to the left."""
    form: Format = getattr(layers[index], key)
    frac = form.frac + bits
    if not 0 <= frac <= 31:
        return None
    moved = Format(width=form.width, frac=frac, signed=form.signed)
    return _replaced(bench, layers, index, key, moved)


def _with_one(bench: Workbench, index: int, layers: Layers) -> Layers | None:
    """With a sigmoid that can be 1."""
    form = layers[index].sigmoid
    if form.signed or form.frac < form.width:
        return None
    one = Format(width=form.width, frac=form.width - 1, signed=False)
    return _replaced(bench, layers, index, "sigmoid", one)


def _replaced(bench: Workbench, layers: Layers, index: int, key: str, form: Format) -> Layers:
    """With another format of one layer, and what must follow; x is that of all."""
    changed = list(layers)
    if key == "x":
        return tuple(one.model_copy(update={"x": form}) for one in changed)
    module = module_of(bench.foreign.network.layers[index].cell)
    fixed = bench.said.fixed(index) | {key}
    changed[index] = settle(module, changed[index].model_copy(update={key: form}), fixed)
    return tuple(changed)
