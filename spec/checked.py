"""Base of every description that comes from outside: frozen, strict, plain about mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    ValidationError,
)
from pydantic_core import CoreSchema, core_schema

from pascaline.spec.errors import InputError, brief

__all__ = ["Checked", "is_none", "one_of"]


def is_none(value: object) -> bool:
    """For ``exclude_if``: what older descriptions lack is left out where it says nothing."""
    return value is None


class Checked(BaseModel):
    """A frozen record; `parse` refuses unknown fields, wrong types and broken rules."""

    # Deferred to their first use, since a help of the options of a `Machine` needs no validator.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

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


def one_of(kinds: Mapping[str, type[Checked]], usual: str) -> GetPydanticSchema:
    """The annotation of a field that is a record of any of several kinds.

    Parameters
    ----------
    kinds : mapping of str to type of Checked
        The kinds by what their field ``kind`` says.
    usual : str
        The kind of a record that does not say it.
    """
    *others, last = kinds
    names = f"{', '.join(others)} or {last}" if others else last

    def kind(record: Any) -> str:
        if isinstance(record, dict):
            found = record.get("kind", usual)
        else:
            found = getattr(record, "kind", "")
        return found if isinstance(found, str) else ""

    def schema(_: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.tagged_union_schema(
            {name: handler.generate_schema(one) for name, one in kinds.items()},
            kind,
            custom_error_type="kind",
            custom_error_message=f"kind must be {names}",
        )

    return GetPydanticSchema(schema)
