"""Where the variables of a layer are: Keras 3 counts them, whole-model HDF5 files list them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence

import numpy as np

from pascaline.importers.freeze import Reals
from pascaline.importers.keras.hdf5 import Hdf5
from pascaline.spec.errors import InputError

__all__ = ["Archived", "Listed", "Variables", "snake_case"]


class Variables(ABC):
    """The variables of one layer, to be taken one by one, in the order of Keras.

    Parameters
    ----------
    hdf5 : Hdf5
        The file.
    thing : str
        The layer, for messages.
    """

    def __init__(self, hdf5: Hdf5, thing: str) -> None:
        self._hdf5, self._thing = hdf5, thing

    def take(self, within: str, name: str, shape: Sequence[int | None]) -> Reals:
        """The next variable.

        Parameters
        ----------
        within : str
            The part of the layer that has it: ``cell``, ``forward_layer/cell``.
        name : str
            What Keras calls it.
        shape : sequence of int or None
            Its shape; ``None`` for a size that it says itself.

        Raises
        ------
        InputError
            If it is missing, misshapen or not finite.
        """
        path, thing = self._next(within, name), f"{self._thing}: {name}"
        found = None if path is None else self._hdf5.shape(path)
        if path is None or found is None:
            raise InputError(thing, "variable is missing")
        sizes = [size if want is None else want for size, want in zip(found, shape, strict=False)]
        if len(found) != len(shape) or list(found) != sizes:
            wanted = ", ".join("any" if size is None else str(size) for size in shape)
            raise InputError(thing, f"shape must be [{wanted}]", list(found))
        values = self._hdf5.numbers(path)
        good = np.isfinite(values)
        if not good.all():
            place = ", ".join(map(str, np.argwhere(~good)[0]))
            raise InputError(f"{thing}[{place}]", "must be finite", float(values[~good][0]))
        return values

    @abstractmethod
    def rest(self) -> list[str]:
        """Names of variables that nobody has taken."""

    @abstractmethod
    def _next(self, within: str, name: str) -> str | None:
        """Path of the next variable."""


class Archived(Variables):
    """Those of a ``.keras`` file: ``layers/lstm_1/cell/vars/0``, and so on.

    Parameters
    ----------
    hdf5 : Hdf5
        The file.
    thing : str
        The layer, for messages.
    key : str
        The name of its group: its class in snake case, with a number from the second one on.
    """

    # Keras 2.13 wrote the second.
    _GROUPS = ("layers", "_layer_checkpoint_dependencies")

    def __init__(self, hdf5: Hdf5, thing: str, key: str) -> None:
        super().__init__(hdf5, thing)
        self._roots = [f"{group}/{key}" for group in self._GROUPS]
        self._taken: Counter[str] = Counter()

    def rest(self) -> list[str]:
        found = (
            f"{within}/vars/{name}".lstrip("/")
            for within, taken in self._taken.items()
            for name in (self._hdf5.names(self._vars(within)) or [])[taken:]
        )
        return list(found)

    def _next(self, within: str, name: str) -> str | None:
        index = self._taken[within]
        self._taken[within] += 1
        return f"{self._vars(within)}/{index}"

    def _vars(self, within: str) -> str:
        paths = [f"{root}/{within}/vars".replace("//", "/") for root in self._roots]
        return next((path for path in paths if self._hdf5.names(path) is not None), paths[0])


class Listed(Variables):
    """Those of a whole-model HDF5 file: attribute ``weight_names`` of the layer's group.

    Parameters
    ----------
    hdf5 : Hdf5
        The file.
    thing : str
        The layer, for messages.
    key : str
        The name of the layer.
    """

    _GROUP = "model_weights"

    def __init__(self, hdf5: Hdf5, thing: str, key: str) -> None:
        super().__init__(hdf5, thing)
        self._group, self._left = f"{self._GROUP}/{key}", list[str]()
        for suffix in ("", *range(1000)):
            # Long lists are in several attributes, numbered from 0.
            names = hdf5.texts(self._group, f"weight_names{suffix}")
            self._left += names or []
            if names is None and suffix != "":
                break

    def rest(self) -> list[str]:
        return self._left

    def _next(self, within: str, name: str) -> str | None:
        if not self._left or self._left[0].rpartition("/")[2].partition(":")[0] != name:
            return None
        return f"{self._group}/{self._left.pop(0)}"


def snake_case(name: str) -> str:
    """A name of a class as Keras writes it in groups: ``SimpleRNN``, ``simple_rnn``."""
    spaced = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()
