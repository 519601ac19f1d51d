"""Inputs that told mutants from their machine where traffic did not: the machine stays right.

``python -m mutants --replays tests/mutants/replays`` makes the files; where ports or registers of
the machines change, they must be made again.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mutants.environment import AROUND, environment
from mutants.machines import COUNTS, machine
from mutants.replays import MOST, read_replays, restored, write_replays
from mutants.trials import Trials
from pascaline.hdl.verilog import generate
from pascaline.sim.runner import build
from tests.sim.machines import tool_of

FILES = {
    name: path
    for name in COUNTS
    if (path := Path(__file__).parent / "replays" / f"{name.replace(':', '-')}.json.gz").exists()
}


def played(name, folder, change=None):
    """What the bench says of each replay on a machine without mutants."""
    case, replays = machine(name), read_replays(FILES[name])
    text = generate(case.design).text
    changed = change(text) if change else text
    assert (changed != text) == (change is not None)
    verilog = f"{changed}\n{environment(case.design, mutants=False)}"
    for number, witness in replays.items():
        (folder / f"witness-{number}.json").write_text(json.dumps(witness))
    tool = tool_of("icarus")
    trials = Trials("replay", case, "pascaline.sim.tb_replay", AROUND, folder)
    with ThreadPoolExecutor(1) as pool:
        return trials.run(
            tool, lambda: build(verilog, AROUND, tool, folder), replays, pool, lambda *_: None
        )


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.long] * (name != "tiny-ternary")) for name in FILES],
)
def test_the_machine_is_right(name, tmp_path):
    found = played(name, tmp_path)
    assert found
    assert set(found.values()) == {None}


def test_a_machine_that_is_wrong_is_noticed(tmp_path):
    found = played("tiny-ternary", tmp_path, lambda text: text.replace("8'h40", "8'h00"))
    assert any(found.values())


def test_the_shortest_are_kept(tmp_path):
    for number in range(1, MOST + 3):
        witness = {"inputs": {"a": [number] * (10 - number)}, "seen": [0] * (10 - number)}
        (tmp_path / f"witness-{number}.json").write_text(json.dumps(witness))
    path = tmp_path / "replays.json.gz"
    write_replays(path, tmp_path, range(1, MOST + 3))
    found = read_replays(path)
    assert sorted(found) == list(range(3, MOST + 3))
    assert found[3]["inputs"]["a"] == [3] * 7
    written = path.read_bytes()
    write_replays(path, tmp_path, range(1, MOST + 3))
    assert path.read_bytes() == written


def test_what_a_campaign_does_not_find_is_kept(tmp_path):
    path, folder = tmp_path / "replays.json.gz", tmp_path / "folder"
    folder.mkdir()
    assert restored(path, folder, [1]) == []
    for number in range(1, MOST + 3):
        witness = {"inputs": {"a": [number] * number}, "seen": [0] * number}
        (tmp_path / f"witness-{number}.json").write_text(json.dumps(witness))
    last = MOST + 2
    write_replays(path, tmp_path, range(1, last), [last])
    assert sorted(read_replays(path)) == [1, 2, 3, 4, last]
    assert restored(path, folder, [5, last, 99]) == [last]
    kept = json.loads((folder / f"witness-{last}.json").read_text())
    assert kept == read_replays(path)[last]
