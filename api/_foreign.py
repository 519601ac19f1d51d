"""Networks from elsewhere, read as a caller says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.sources import read_foreign
from pascaline.spec.model import Model

__all__ = ["bring", "with_reading"]


def bring(
    path: Path,
    said: Mapping[str, str | int | None],
    preprocess: str | Path | None,
    classes: str | Path | Sequence[str] | None,
    *,
    thing: str,
) -> tuple[Foreign, Reading]:
    """Read a file, with what it does not say; raises `InputError` as `read_foreign`.

    Parameters
    ----------
    path : Path
        The file.
    said : mapping of str to str or int or None
        Fields of `importers.foreign.Reading`; what is ``None`` is not said.
    preprocess : str or Path or None
        A JSON file of what features go through before the network.
    classes : str, Path or sequence of str or None
        Names of the classes.
    thing : str
        Names the call in messages.
    """
    given = {key: value for key, value in said.items() if value is not None and value != ""}
    reading = Reading.parse(given, thing=thing)
    before = None if preprocess is None else Path(preprocess)
    return read_foreign(path, reading, preprocess=before, classes=classes), reading


def with_reading(model: Model, reading: Reading) -> Model:
    """A model whose card keeps what was said: to read the file again, for `evaluate`."""
    kept = reading.model_dump(mode="json", exclude_defaults=True)
    return replace(model, card=model.card | {"read_as": kept}) if kept else model
