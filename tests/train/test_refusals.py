"""Cells that machines have and training has not."""

import pytest

from pascaline.spec.errors import InputError

pytest.importorskip("torch")

from pascaline.train.cells import cell_of


def test_peepholes_are_not_trained() -> None:
    with pytest.raises(InputError, match=r"^cell: must have no peepholes to be trained$"):
        cell_of("lstm-peephole")
