"""Forms of cells that can be imported."""

import pytest

from pascaline.importers.modules import FORMS, module_of
from pascaline.spec import cells
from pascaline.spec.errors import InputError


def test_all_that_others_have() -> None:
    assert cells.FORMS.keys() - FORMS.keys() == {"lstm-hadamard", "gru-hadamard", "rnn-linear"}
    for name in FORMS:
        assert module_of(name).order


@pytest.mark.parametrize("name", ["gru-hadamard", "rnn-linear", "elman"])
def test_others_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"^cell: must be one of lstm, .* not '{name}'$"):
        module_of(name)
