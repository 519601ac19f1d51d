"""The committed baselines, and the area of those designs that are synthesised quickly."""

import json

import pytest

from pascaline.measure.baselines import designs, measure
from pascaline.measure.designs import make_design
from pascaline.models.catalogue import find_model
from pascaline.spec import cycles
from pascaline.spec.instances import part_names
from pascaline.synth import baselines
from pascaline.synth.baselines import TARGETS, differences, read_baselines, write_baselines

QUICK = ("tiny-ternary", pytest.param("digits-ternary", marks=pytest.mark.long))
"""The others are checked by ``make baselines-check``."""

WHOLE = "whole machine"


def test_all_designs_have_one():
    assert list(read_baselines()) == designs(), "make baselines"


@pytest.mark.parametrize("name", designs())
def test_is_whole(name):
    committed = read_baselines()[name]
    assert set(committed) == {"machine", *TARGETS}
    design = make_design(find_model(name))
    speed = committed["machine"]["speed"]["cycles_per_step"]
    assert speed == cycles.step_cycles(design), "make baselines"
    for target in TARGETS:
        parts = committed[target].keys() - {WHOLE}
        assert parts == set(part_names(design))
        for column, total in committed[target][WHOLE].items():
            if column not in ("cells", "gate_equivalents"):
                assert total == sum(committed[target][part][column] for part in parts)


@pytest.mark.parametrize("name", QUICK)
def test_is_what_is_synthesised(name):
    found = list(differences(name, read_baselines()[name], measure(name)))
    assert not found, "\n".join([*found, "(make baselines, if that is meant)"])


def test_differences_name_the_place():
    old = {"ecp5": {"lanes": {"luts": 7, "flip_flops": 3}, "head": {"luts": 1}}}
    new = {"ecp5": {"lanes": {"luts": 8, "flip_flops": 3}}}
    assert list(differences("some", old, old)) == []
    assert list(differences("some", old, new)) == [
        "some, ecp5, head, luts: 1 -> nothing",
        "some, ecp5, lanes, luts: 7 -> 8",
    ]


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(baselines, "FILE", tmp_path / "baselines.json")
    write_baselines({"tiny-binary": {"ecp5": {"lanes": {"luts": 7}}}, "zoo": {}})
    return tmp_path / "baselines.json"


def test_command_tells_differences_until_they_are_written(pascaline, file, monkeypatch):
    measured = {"ecp5": {"lanes": {"luts": 8}}}
    monkeypatch.setattr("pascaline.measure.baselines.measure", lambda name: measured)
    before = file.read_text()
    status, out, _ = pascaline("measure", "baselines", "tiny-binary")
    line = "tiny-binary, ecp5, lanes, luts: 7 -> 8"
    assert (status, out) == (1, f"{line}\n1 designs, 1 differences\n")
    assert file.read_text() == before
    status, out, _ = pascaline("measure", "baselines", "tiny-binary", "--json")
    assert (status, json.loads(out)["differences"]) == (1, [line])
    status, out, _ = pascaline("measure", "baselines", "tiny-binary", "--write")
    assert (status, out) == (0, "1 designs, 0 differences\n")
    assert read_baselines() == {"tiny-binary": measured, "zoo": {}}
    assert '"lanes": {"luts": 8}\n' in file.read_text()


def test_command_knows_its_designs(pascaline):
    status, _, err = pascaline("measure", "baselines", "zoo")
    assert status == 2
    assert "'zoo' is not one of" in err
