import pytest

from pascaline.spec.errors import InputError
from prove.claim import SOLVERS, check_solvers
from tests.tools import missing


@pytest.fixture
def solvers():
    """Skips the test without the solvers."""
    try:
        check_solvers(SOLVERS)
    except InputError as error:
        missing(str(error))
