"""Base of every description that comes from outside: frozen, strict, plain about mistakes."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from pascaline.spec.errors import InputError, brief

__all__ = ["Checked"]


class Checked(BaseModel):
    """A frozen record; `parse` refuses unknown fields, wrong types and broken rules."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @classmethod
    def parse(cls, source: str | bytes | dict[str, Any], *, thing: str) -> Self:
        """Read a description from JSON text, or from a dict of plain values.

        Raises
        ------
        InputError
            One line: ``thing``, the field, the rule, the value. Of several faults the first counts.
        """
        try:
            if isinstance(source, dict):
                return cls.model_validate(source)
            return cls.model_validate_json(source)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            where = ".".join(brief(str(part)) for part in fault["loc"])
            rule = fault["msg"].removeprefix("Value error, ")
            rule = (rule[:1].lower() + rule[1:]).removeprefix("input ")
            value = fault["input"]
            # A record or a whole document as the value would not be one clear line.
            shown = value if isinstance(value, (str, int, float, bool)) else None
            if isinstance(shown, str):
                shown = brief(shown)
            raise InputError(f"{thing}: {where}" if where else thing, rule, shown) from None
