"""A model on a machine that is named by what differs from its usual one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pascaline.models.catalogue import base_machine
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.fitting import fitted, widened, with_room
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.synth.choice import best_lane

__all__ = ["make_design"]


def make_design(
    model: Model,
    parameters: dict[str, Any] | None = None,
    *,
    base: Path | None = None,
    target: str = "generic",
    like: Model | None = None,
) -> Design:
    """The design of a model on its usual machine, with some parameters replaced.

    Where weights are loaded, the machine has room for other trainings (`spec.fitting`).

    Parameters
    ----------
    model : Model
        The model.
    parameters : dict, optional
        Parameters of `spec.machine.Machine`; ``lane`` may be ``"auto"``, the lane design that
        costs least on the target.
    base : Path, optional
        A TOML file of the machine to start from; by default that of the model's named
        configuration, else the smallest one.
    target : str
        What the machine is for. Unless it is ``generic``, lanes that neither the parameters nor a
        file name are ``"auto"``.
    like : Model, optional
        Where weights are loaded, the model whose machine it is, wider only where this one needs
        it; by default the model itself.

    Raises
    ------
    InputError
        If a parameter is not possible, if the machine cannot be built for the model, or if that
        of the other one cannot.
    """
    chosen = dict(parameters or {})
    named = "lane" in chosen or base is not None or target == "generic"
    if chosen.get("lane") == "auto" or not named:
        chosen["lane"] = best_lane(target, model.network)
    plain = base_machine(model, base).model_dump() | chosen
    machine = Machine.parse(plain, thing="machine")
    if machine.home.loaded:
        network = with_room((like or model).network)
        model = fitted(model, widened(network, model))
    elif like is not None:
        raise InputError("like", "must be left out unless weights are loaded", like.name)
    return Design(model=model, machine=machine)
