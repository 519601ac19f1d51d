"""Forms of cells that can be imported."""

import pytest

from pascaline.importers.modules import FORMS, module_of
from pascaline.spec import cells
from pascaline.spec.errors import InputError


def test_all_forms() -> None:
    assert cells.FORMS.keys() == FORMS.keys()
    for name in FORMS:
        assert module_of(name).order


def test_others_are_refused() -> None:
    with pytest.raises(InputError, match=r"^cell: must be one of lstm, .* not 'elman'$"):
        module_of("elman")
