"""What `make test` runs of many cases that are alike; `make test-long` runs the others."""

import pytest

__all__ = ["in_simulators", "tiers"]


def tiers(cases, *quick):
    """For parametrize: all cases; all but the quick ones are long."""
    return [pytest.param(case, marks=_marks(case, cases, quick)) for case in cases]


def in_simulators(cases, *quick):
    """The same with a simulator each: `tiers` in Verilator, all in Icarus, which builds fast."""
    return [
        *(pytest.param(case, "verilator", marks=_marks(case, cases, quick)) for case in cases),
        *((case, "icarus") for case in cases),
    ]


def _marks(case, cases, quick):
    assert {*quick} <= {*cases}
    return () if case in quick else pytest.mark.long
