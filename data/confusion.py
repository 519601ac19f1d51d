"""Which classes a model takes for which, on what was held out.

A card lists the sequences that got a wrong class, so only these are run; all others got theirs.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from pascaline.data.evaluate import predict
from pascaline.data.own import learned_from, trained_on
from pascaline.data.sets import data_set
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.preprocess import quantize

__all__ = ["confusion"]


def confusion(model: Model) -> list[list[int]]:
    """How many held-out sequences of each class got which class; nothing is fetched for it.

    Returns
    -------
    list of list of int
        A row for each class that the sequences have, a column for each that the model gives.

    Raises
    ------
    InputError
        If the card has no list of what is wrong, if the data are not here, or if they are not those
        of which the card tells.
    """
    score: Any = (model.card.get("accuracy") or {}).get("integer", {})
    if not model.network.single or "wrong" not in score:
        raise InputError(model.name, "has no list of held-out sequences with a wrong class")
    known = trained_on(model)
    if not (known.there if known.own else data_set(known.name).at_hand):
        raise InputError(known.name, "is not on this machine")
    part, wrong = learned_from(model), np.array(score["wrong"], dtype=np.int64)
    labels = np.asarray(part.labels)
    if len(part) != score["total"]:
        raise InputError(known.name, f"must have {score['total']} held-out sequences", len(part))
    found = labels.copy()
    if len(wrong) and (wrong.min() < 0 or wrong.max() >= len(part)):
        rule = f"must be numbers of {len(part)} sequences"
        raise InputError(f"{model.name}: card.accuracy.integer.wrong", rule)
    if len(wrong):
        found[wrong] = predict(model, quantize(part.take(wrong).sequences, model))
    if int((found != labels).sum()) != len(wrong):
        raise InputError(known.name, "is not what the model's card tells of")
    counted = Counter(zip(labels.tolist(), found.tolist(), strict=True))
    head = model.network.head
    assert head is not None
    rows = max(head.classes, int(labels.max()) + 1)
    return [[counted[row, column] for column in range(head.classes)] for row in range(rows)]
