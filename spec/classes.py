"""Names of the classes that a model tells apart.

They are kept in its card, ``card["data"]["names"]``, in the order of their numbers.
"""

from __future__ import annotations

from typing import Any

from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.preprocess import OneHot, rule_of

__all__ = ["class_names"]


def class_names(model: Model) -> tuple[str, ...]:
    """Names of a model's classes in the order of their numbers; none if nobody has named them.

    Those of a network that gives a symbol of its own alphabet at every step are these symbols.

    Raises
    ------
    InputError
        If the card has not one name for each row of the head, or has one twice.

    Examples
    --------
    >>> from pascaline.models.catalogue import find_model
    >>> class_names(find_model("sentiment-hadamard"))
    ('bad', 'good')
    """
    network, data = model.network, model.card.get("data")
    if network.head is None:
        return ()
    found: Any = data.get("names") if isinstance(data, dict) else None
    names = tuple(found or ())
    if not names and network.results == "every" and "preprocess" in model.card:
        rule = rule_of(model)
        if isinstance(rule, OneHot) and len(rule.alphabet) == network.head.classes:
            return tuple(rule.alphabet)
    if names and len(names) != network.head.classes:
        wanted = f"must be {network.head.classes}, as the head has classes"
        raise InputError(f"{model.name}: card.data.names", wanted, len(names))
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{model.name}: card.data.names", "must be different", twice)
    return names
