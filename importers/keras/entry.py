"""A layer of a configuration, and its settings, each checked when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from pascaline.importers.keras.variables import Variables
from pascaline.spec.errors import InputError, brief

__all__ = ["LARGEST", "Entry", "nested"]

LARGEST = 2048
"""Elements of any vector of a network (`spec.network`)."""

PRECISIONS = ("float64", "float32", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
"""Policies of numbers that are understood."""

MODULES = ("keras", "tf_keras")
"""Packages whose classes are known; in older files a class has no package."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A layer as a file describes it.

    Attributes
    ----------
    kind, name : str
        Its class and its own name.
    settings : mapping of str to Any
        What was chosen for it.
    path : str
        The file, for messages.
    place : str
        Where it stands: ``layer 2 of 5``.
    known : bool
        Whether its class is one of Keras.
    variables : Variables
        Its variables.
    within : str
        Which part of the layer it is; empty: all of it.
    arguments : sequence
        What it is called with beside its input.
    """

    kind: str
    name: str
    settings: Mapping[str, Any]
    path: str
    place: str
    known: bool = True
    variables: Variables = field(repr=False)
    within: str = ""
    arguments: Sequence[Any] = ()

    @property
    def thing(self) -> str:
        """What it is called in messages."""
        return f"{self.path}: {_shown(self.kind)} {_shown(self.name)} ({self.place})"

    def refuse(self, rule: str, value: object = None) -> NoReturn:
        """Raise `InputError` that names it."""
        raise InputError(self.thing, rule, value)

    def said(self, line: str) -> str:
        """A line about it, for those that an import prints."""
        return f"{_shown(self.kind)} {_shown(self.name)}: {line}"

    def inside(self, name: str, within: str) -> Entry:
        """The layer that one of its settings is; refused if its precision is an unknown one."""
        kind, settings, known = nested(self.settings.get(name))
        if not kind:
            self.refuse(f"{name} must be a layer")
        own = settings.get("name", "")
        inner = replace(
            self,
            kind=kind,
            name=own if isinstance(own, str) else "",
            settings=settings,
            known=known,
            within=f"{self.within}/{within}".strip("/"),
        )
        _ = inner.precision
        return inner

    def flag(self, name: str, usual: bool) -> bool:
        """A setting that is true or false."""
        value = self.settings.get(name, usual)
        if not isinstance(value, bool):
            self.refuse(f"{name} must be true or false", brief(repr(value)))
        return value

    def size(self, name: str) -> int:
        """A setting that is a number of elements."""
        value = self.settings.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LARGEST:
            self.refuse(f"{name} must be 1 to {LARGEST}", brief(repr(value)))
        return value

    def real(self, name: str, usual: float) -> float:
        """A setting that is a real number."""
        value = self.settings.get(name, usual)
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e30:
            self.refuse(f"{name} must be a number", brief(repr(value)))
        if value != value:
            self.refuse(f"{name} must be a number", "nan")
        return float(value)

    def function(self, name: str, usual: str | None = None) -> str:
        """A setting that is the name of a function; ``linear`` for none."""
        value = self.settings.get(name, usual)
        if value is None:
            return "linear"
        if isinstance(value, str):
            return value
        kind, settings, known = nested(value)
        if known and kind == "function" and isinstance(value.get("config"), str):
            return str(value["config"])
        if known and set(settings) <= {"name", "dtype", "trainable"} and kind:
            return kind.lower()
        return self.refuse(f"{name} must be a function of Keras", brief(kind or repr(value)))

    def only(self, name: str, *allowed: object, hint: str = "") -> None:
        """Refuse a setting that is anything else than these; the first is the usual one."""
        value = self.settings.get(name, allowed[0])
        if not any(value == one and type(value) is type(one) for one in allowed):
            shown = "null" if value is None else brief(str(value))
            rule = f"{name} = {shown} is not supported"
            self.refuse(f"{rule}: {hint}" if hint else rule)

    @property
    def precision(self) -> str:
        """The policy of its numbers; refused if it is an unknown one."""
        value = self.settings.get("dtype")
        if isinstance(value, dict):
            kind, settings, known = nested(value)
            plain = known and kind in ("DTypePolicy", "Policy")
            value = settings.get("name") if plain else settings.get("mode", kind)
        if value is None:
            return "float32"
        if not isinstance(value, str) or value not in PRECISIONS:
            rule = f"dtype {brief(str(value))} is not supported: it must be one of"
            self.refuse(f"{rule} {', '.join(PRECISIONS)}")
        return value


def nested(value: Any) -> tuple[str, Mapping[str, Any], bool]:
    """Class, settings and whether it is Keras' own, of an object within a configuration."""
    if not isinstance(value, dict):
        return "", {}, False
    kind, settings = value.get("class_name"), value.get("config")
    module = value.get("module")
    known = module is None or (isinstance(module, str) and module.split(".")[0] in MODULES)
    kind = kind if isinstance(kind, str) else ""
    # Classes of others are registered with their package before them: Package>Class.
    return kind, settings if isinstance(settings, dict) else {}, known and ">" not in kind


def _shown(name: str) -> str:
    return brief(name)
