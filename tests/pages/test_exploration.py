"""The page of an exploration."""

from pascaline.pages.exploration import page
from pascaline.pages.explored import Point
from tests.pages.results import explored
from tests.pages.test_page import Checker

WIRED = {"weights": "wired", "adders": "serial"}


def test_ends_of_the_front_are_named(counted):
    here = explored(counted)["points"][-1]
    points = [
        here | {"machine": {"units": units, "simd": 2}, "area": area, "cycles_per_step": cycles}
        for units, area, cycles in ((1, 100, 90), (2, 120, 30), (4, 300, 20))
    ]
    result = explored(counted, points=points, failed=[])
    text = page(result)
    assert page(result) == text
    for name, units in (("Smallest", 1), ("In between", 2), ("Fastest", 4)):
        assert name in text
        assert f"pascaline report net --target generic --units {units} --simd 2" in text
    assert "explore.html" in text
    Checker(text)


def test_options_mean_the_machine():
    machine = {"units": 1, "lane": "tree", "parity": True, "layer_units": [1, 2], "streams": 1}
    point = Point(machine=machine, area=1, cycles_per_step=1, pareto=True)
    assert point.options == "--units 1 --lane tree --parity --layer-units 1,2"
    wired = Point(machine=machine | WIRED, area=1, cycles_per_step=1, pareto=True)
    assert wired.options == "--parity --weights wired --adders serial"
    assert wired.is_of(machine | WIRED | {"units": 4, "lane": "pairs"})
    assert not wired.is_of(machine | WIRED | {"adders": "parallel"})


def test_homes_of_weights_are_told_apart(counted):
    here = explored(counted)["points"][-1]
    points = [
        here | {"machine": machine, "area": area, "cycles_per_step": cycles}
        for machine, area, cycles in (({"units": 2}, 100, 90), ({"simd": 4} | WIRED, 300, 20))
    ]
    leads = [
        {"weights": "wired", "since": 20, "unit": "cycles", "area": 300},
        {"weights": "rom", "since": 90, "unit": "cycles", "area": 100},
    ]
    found = Checker(page(explored(counted, points=points, leads=leads, failed=[])))
    text = " ".join(" ".join(found.text).split())
    assert "wires from 20 cycles a step on, weights in ROM from 90 cycles a step on" in text
    assert "layer units" not in text
    assert "--simd 4 --weights wired --adders serial --html" in text
    assert "\N{EN DASH}" in text
