"""The files that networks from elsewhere come in: a row of `SOURCES` for each suffix."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pascaline.importers.brevitas import SUFFIX as BREVITAS
from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.graph.file import read_onnx
from pascaline.importers.kept import read_kept
from pascaline.importers.keras.file import READERS as KERAS
from pascaline.importers.keras.file import read_keras
from pascaline.importers.labels import Labels, labels_beside, said_labels
from pascaline.importers.statedict.file import read_state_dict
from pascaline.importers.tensorfiles import READERS
from pascaline.spec.errors import InputError
from pascaline.spec.outside import content_of, naming
from pascaline.spec.preprocess import Preprocess, Rule, read_rule

__all__ = ["SOURCES", "read_foreign"]

SOURCES: dict[str, Callable[[Path, Reading], Foreign]] = {
    **dict.fromkeys(READERS, read_state_dict),
    ".onnx": read_onnx,
    **dict.fromkeys(KERAS, read_keras),
    BREVITAS: read_kept,
}
"""By suffix, what reads such a file."""


def read_foreign(
    path: Path,
    reading: Reading | None = None,
    *,
    preprocess: Path | None = None,
    classes: str | Path | Sequence[str] | None = None,
) -> Foreign:
    """Read a network, by the suffix of its file.

    Parameters
    ----------
    path : Path
        The file; its suffix is a key of `SOURCES`.
    reading : Reading, optional
        What it may not say by itself.
    preprocess : Path, optional
        A JSON file of a rule of `spec.preprocess`.
    classes : str, Path or sequence of str, optional
        Names of its classes, as `importers.labels.said_labels` takes them; by default those that
        the file has, or one beside it.

    Raises
    ------
    InputError
        If the file cannot be read, or if it holds what no model can be, which is named.
    """
    if path.suffix not in SOURCES:
        raise InputError(str(path), f"must end with {', '.join(SOURCES)}", path.suffix)
    given = None if preprocess is None else read_rule(preprocess)
    said = () if classes is None else said_labels(classes)
    reading = reading or Reading()
    foreign = _read(path, reading)
    if all(layer.block is None for layer in foreign.network.layers):
        for option in ("block", "weight_bits"):
            if (value := getattr(reading, option)) is not None:
                raise InputError(option, f"must be left out: {path} is no HadamRNN", value)
    sha256 = hashlib.sha256(content_of(path)).hexdigest()
    foreign = replace(foreign, sha256=sha256, preprocess=_both(given, foreign))
    return _named(foreign, said, foreign.labels or labels_beside(path))


def _read(path: Path, reading: Reading) -> Foreign:
    """What a reader finds; what is wrong has the name of the file, unless it is an option."""
    try:
        return SOURCES[path.suffix](path, reading)
    except InputError as error:
        if error.thing in Reading.model_fields:
            raise
        with naming(str(path)):
            raise


def _named(foreign: Foreign, said: tuple[str, ...], found: Labels | None) -> Foreign:
    """With the names of classes that a user says, or else those that were found, if they fit."""
    count = foreign.network.classes
    if said:
        if len(said) != count:
            rule = f"must be {count}, one for each row of the head"
            if count is None:
                rule = "must be left out: the network has no head"
            raise InputError("classes", rule, len(said))
        return replace(foreign, classes=said)
    if found is None:
        return foreign
    if len(found.names) != count:
        line = f"{len(found.names)} names of classes ({found.where})"
        return replace(foreign, left_out=(*foreign.left_out, line))
    line = f"classes: {', '.join(found.names)} ({found.where})"
    return replace(foreign, classes=found.names, understood=(*foreign.understood, line))


def _both(given: Rule | None, foreign: Foreign) -> Rule | None:
    """What a user says comes before what the file has."""
    inner = foreign.preprocess
    if given is None:
        return inner
    given.check(foreign.network.inputs, thing="preprocess")
    if isinstance(given, Preprocess) == foreign.network.symbols:
        what = "a rule for symbols" if foreign.network.symbols else "an affine of features"
        if foreign.network.symbols or inner is not None:
            raise InputError("preprocess", f"must be {what}, as the network gets them")
    if inner is None:
        return given
    assert isinstance(given, Preprocess)
    assert isinstance(inner, Preprocess)
    return given.then(inner)
