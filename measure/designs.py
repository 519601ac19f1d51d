"""A model on a machine that is named by what differs from its usual one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pascaline.models.catalogue import base_machine
from pascaline.spec.design import Design
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
) -> Design:
    """The design of a model on its usual machine, with some parameters replaced.

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

    Raises
    ------
    InputError
        If a parameter is not possible, or if the machine cannot be built for the model.
    """
    chosen = dict(parameters or {})
    named = "lane" in chosen or base is not None or target == "generic"
    if chosen.get("lane") == "auto" or not named:
        chosen["lane"] = best_lane(target, model.network)
    plain = base_machine(model, base).model_dump() | chosen
    return Design(model=model, machine=Machine.parse(plain, thing="machine"))
