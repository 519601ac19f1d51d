"""Models for other tools."""

from __future__ import annotations

from pathlib import Path

from pascaline.importers.writing.file import write_network
from pascaline.importers.writing.written import Written
from pascaline.spec.model import Model

__all__ = ["export_network"]


def export_network(model: Model, path: str | Path) -> Written:
    """Write the network of a model in real numbers, to be compared in PyTorch.

    Parameters
    ----------
    model : Model
        The model.
    path : str or Path
        A ``.safetensors`` or (with PyTorch installed) ``.pt`` or ``.pth`` file: the ``state_dict``
        of an ``nn.LSTM``, ``nn.GRU`` or ``nn.RNN`` called ``rnn``, its scales inside the weights,
        and of a head called ``fc``; or of a HadamRNN with its authors' names. Beside it, with the
        suffix ``.json``, what raw features go through before the network, if they do.

    Returns
    -------
    Written
        ``tensors`` by name, ``what`` they are, options (``again``) with which ``pascaline import``
        makes the same integers of them, and ``notes`` about those that it rounds anew instead.

    Raises
    ------
    InputError
        If no module of PyTorch computes what the model does, as with peepholes or with a normaliser
        of the cell, or if a file cannot be written.

    Examples
    --------
    >>> found = pascaline.export_network(pascaline.load("tiny-rnn"), folder / "net.safetensors")
    >>> found.what, found.tensors["rnn.weight_hh_l0"].shape
    ('torch.nn.RNN', (9, 9))
    """
    return write_network(model, Path(path))
