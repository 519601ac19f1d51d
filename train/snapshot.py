"""Snapshots: the state of training in a file, so that a killed run can go on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic
from pascaline.spec.outside import parsing, regular

__all__ = ["Snapshot"]


@dataclass(frozen=True)
class Snapshot:
    """A file of tensors and of how far training is.

    Parameters
    ----------
    path : Path
        The file; replaced as a whole.
    run : dict
        What is trained how, as plain values: a snapshot of another run is refused.
    resume : bool
        Whether to go on from a file that is there; else it is replaced.
    """

    path: Path
    run: dict[str, Any]
    resume: bool = False

    def keep(
        self, tensors: dict[str, Tensor], done: int, curve: list[Any], losses: list[float]
    ) -> None:
        """Write the file."""
        content = {
            name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()
        }
        device = next(iter(tensors.values())).device
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
        where = {"device": name, "torch": str(torch.__version__)}
        about = {"run": self.run, "where": where, "done": done, "curve": curve, "losses": losses}
        write_atomic(self.path, save(content, {"training": json.dumps(about)}))

    def restore(
        self, tensors: dict[str, Tensor]
    ) -> tuple[int, list[tuple[int, float]], list[float]] | None:
        """Fill the tensors; steps that are done, learning curve, losses since its last point.

        ``None`` if training begins anew.

        Raises
        ------
        InputError
            If the file is none, or of another run.
        """
        if not self.resume or not self.path.exists():
            return None
        about, kept = self._read()
        if about["run"] != self.run:
            raise InputError(str(self.path), "is a snapshot of another command")
        with torch.no_grad():
            for name, tensor in kept.items():
                tensors[name].copy_(tensor)
        curve = [(int(step), float(loss)) for step, loss in about["curve"]]
        return about["done"], curve, about["losses"]

    def where(self) -> dict[str, str]:
        """Device and version of PyTorch that the file was written with."""
        return {name: str(value) for name, value in self._read()[0]["where"].items()}

    def _read(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        regular(self.path)
        what = "a snapshot of training"
        with parsing(str(self.path), what), safe_open(self.path, framework="pt") as file:
            about = json.loads((file.metadata() or {})["training"])
            return about, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
