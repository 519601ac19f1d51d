"""What a help shows without importing it is so."""

from typing import get_args

import pytest

from pascaline.cli import known
from pascaline.cli.completion import ALL_TARGETS
from pascaline.cli.hostile import FORMATS
from pascaline.data.own import ALL
from pascaline.data.sets import PARTS
from pascaline.importers.modules import FORMS as READ
from pascaline.importers.network import RESULTS
from pascaline.measure import activations, adders, exploration, lane_designs, serial_adders
from pascaline.sim.draw_cases import FEATURES
from pascaline.sim.simulators import SIMULATORS
from pascaline.spec import cells
from pascaline.spec.arithmetic import FAMILIES
from pascaline.spec.network import Pooling
from pascaline.synth.choice import costs
from pascaline.train.options import NormaliserName

STANDS_FOR = {
    "ARITHMETICS": tuple(FAMILIES),
    "CELLS": tuple(cells.CELLS),
    "FEATURES": tuple(sorted(FEATURES)),
    "FORMATS": tuple(FORMATS),
    "FORMS": tuple(cells.FORMS),
    "FORMS_OF_ACTIVATIONS": activations.FORMS,
    "FORMS_READ": tuple(READ),
    "KINDS_OF_MATRICES": tuple(adders.KINDS),
    "KINDS_OF_STEPS": adders.STEP_KINDS,
    "NORMALISERS": get_args(NormaliserName),
    "OPERATIONS": exploration.OPERATIONS,
    "PARTS": (*PARTS, ALL),
    "POOLINGS": get_args(Pooling),
    "RESULTS": tuple(RESULTS),
    "SIMULATORS": tuple(SIMULATORS),
    "WIDTH": lane_designs.WIDTH,
    "YOSYS": serial_adders.TOOLS,
}


@pytest.mark.parametrize("name", known.__all__)
def test_it_is_what_it_stands_for(name):
    assert getattr(known, name) == STANDS_FOR[name]


def test_the_usual_cell_is_the_first():
    assert known.CELLS[0] == cells.USUAL


def test_lanes_are_measured_for_all_targets():
    assert set(ALL_TARGETS) == set(costs())
