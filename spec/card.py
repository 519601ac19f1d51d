"""What a model's card must be like where Pascaline reads it; all else in it is free.

A card is a JSON object of a model file, so it may come from anywhere.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import ConfigDict, Field, FiniteFloat, field_validator, model_validator

from pascaline.spec.checked import Checked

__all__ = ["Card"]


class _Open(Checked):
    """A record that may have other fields, too."""

    model_config = ConfigDict(extra="allow")


class _Score(_Open):
    """Right results, bits a character, or edits of what a decoder gives."""

    total: int = Field(ge=1)
    correct: int | None = Field(default=None, ge=0)
    bits: FiniteFloat | None = Field(default=None, ge=0)
    edits: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _counts(self) -> Self:
        if self.correct is None and self.bits is None and self.edits is None:
            raise ValueError("must have correct, bits or edits")
        return self


class _Accuracy(_Open):
    integer: _Score


class _Data(_Open):
    name: str | None = None
    names: list[str] = Field(default_factory=list)


class _Cut(_Open):
    format: str
    cut: FiniteFloat


class _Head(_Open):
    rows: int
    dead: int
    scaled: bool


class _Layer(_Open):
    cell: str
    rows: int
    snr: dict[str, FiniteFloat]
    formats: dict[str, str]
    dead: dict[str, int]
    limits: dict[str, dict[str, FiniteFloat]]

    @field_validator("limits")
    @classmethod
    def _of_formats(cls, limits: dict[str, Any], info: Any) -> dict[str, Any]:
        for key in limits:
            if key not in info.data.get("formats", {}):
                raise ValueError("must be limits of its formats")
        return limits


class _Matrix(_Open):
    matrix: str
    snr: FiniteFloat
    rule: FiniteFloat


class _NextBit(_Open):
    format: str
    now: str
    wider: str | None
    gain: FiniteFloat | None


class _Precision(_Open):
    """As `importers.calibrate.precision` makes it."""

    x: _Cut
    head: _Head | None
    layers: list[_Layer]
    snr: FiniteFloat
    results_snr: FiniteFloat
    agreement: FiniteFloat
    results: int
    bits: int | str | None = None
    sequences: int = 0
    steps: int = 0
    warnings: list[str] = Field(default_factory=list)
    quantized: list[_Matrix] = Field(default_factory=list)
    next_bit: list[_NextBit] = Field(default_factory=list)


class Card(_Open):
    """The fields of a card that are read.

    Parameters
    ----------
    task : str or None
        What it was trained for.
    data : dict or None
        The data set: its ``name``, and ``names`` of its classes.
    accuracy : dict or None
        How good it is; ``integer`` is what its machine gives.
    precision : dict or None
        How near it is to the network of real numbers that it comes from.
    logit_unit : float or None
        What 1 of a logit stands for.
    activation : dict or None
        How its activation functions were changed.
    read_as : dict or None
        How the file that it comes from was read.
    """

    task: str | None = None
    data: _Data | None = None
    accuracy: _Accuracy | None = None
    precision: _Precision | None = None
    logit_unit: FiniteFloat | None = Field(default=None, gt=0)
    activation: dict[str, Any] | None = None
    read_as: dict[str, Any] | None = None
