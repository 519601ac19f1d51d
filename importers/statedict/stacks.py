"""Several recurrent modules of one file as a stack: in which order they can stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pascaline.importers.statedict.names import MOST_LAYERS, natural, tokens
from pascaline.importers.statedict.recurrent import RecurrentModule
from pascaline.spec.errors import InputError

__all__ = ["Stack", "stacked"]

APART = (
    ({"enc", "encoder"}, {"dec", "decoder"}),
    ({"fw", "fwd", "forward"}, {"bw", "bwd", "backward", "back"}),
    ({"left"}, {"right"}),
)
"""Words in names of modules that do not stand on each other."""


class Stack(NamedTuple):
    """Modules from input to output, and a line about how their order was found, if it was."""

    modules: tuple[RecurrentModule, ...]
    assumed: tuple[str, ...]


def stacked(modules: Sequence[RecurrentModule]) -> Stack:
    """Order modules so that each takes what the one before it gives.

    Of several orders that sizes allow, the one of digits in otherwise equal names is taken, or else
    that of the file.

    Parameters
    ----------
    modules : sequence of RecurrentModule
        The modules in the order of the file.

    Raises
    ------
    InputError
        If there is no such order, or none of several can be preferred.
    """
    if len(modules) == 1:
        return Stack(tuple(modules), ())
    if sum(len(module.layers) for module in modules) > MOST_LAYERS:
        thing = modules[MOST_LAYERS - 1].shown if len(modules) > MOST_LAYERS else modules[-1].shown
        raise InputError(thing, f"more than {MOST_LAYERS} layers are not supported")
    _check_apart(modules)
    chains = list(_chains((), tuple(modules)))
    if not chains:
        _refuse(modules)
    names = [module.name for module in modules]
    by_digits = sorted(modules, key=lambda module: natural(module.name))
    if len(chains) == 1:
        found, why = chains[0], "by their sizes"
    elif len({re.sub(r"\d+", "0", name) for name in names}) == 1 and tuple(by_digits) in chains:
        found, why = tuple(by_digits), "by their names"
    elif tuple(modules) in chains:
        found, why = tuple(modules), "in the order of the file"
    else:
        raise InputError(names[0], f"may stand before or behind {names[1]}: --part names one")
    order = ", then ".join(module.shown for module in found)
    return Stack(found, (f"{order}: one after another, {why}",))


def _chains(
    done: tuple[RecurrentModule, ...], rest: tuple[RecurrentModule, ...]
) -> Iterator[tuple[RecurrentModule, ...]]:
    """All orders in which sizes fit."""
    if not rest:
        yield done
    for index, module in enumerate(rest):
        if not done or module.inputs == done[-1].outputs:
            yield from _chains((*done, module), (*rest[:index], *rest[index + 1 :]))


def _check_apart(modules: Sequence[RecurrentModule]) -> None:
    for one, other in APART:
        first = [module for module in modules if one & set(tokens(module.name))]
        second = [module for module in modules if other & set(tokens(module.name))]
        if first and second:
            rule = f"does not stand on {first[0].name}, by its name: --part names one of them"
            raise InputError(second[0].name, rule)


def _refuse(modules: Sequence[RecurrentModule]) -> None:
    gives = ", ".join(f"{module.shown} {module.outputs}" for module in modules)
    firsts = [
        module
        for module in modules
        if all(other is module or other.outputs != module.inputs for other in modules)
    ]
    if len(firsts) > 1:
        rule = f"must take as many values as another module gives ({gives}), or --part names one"
        raise InputError(firsts[-1].shown, rule, firsts[-1].inputs)
    rule = f"has no place in a stack with the others ({gives}): --part names one"
    raise InputError(modules[-1].shown, rule)
