"""Place and route of a tiny machine; what needs nextpnr is skipped where it is not installed."""

import json
from dataclasses import replace
from statistics import median

import pytest

from pascaline.hdl.verilog import generate
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.synth.devices import FAMILIES, family
from pascaline.synth.netlist import AROUND, Netlist, netlist, part_of
from pascaline.synth.nextpnr import nextpnr_version
from pascaline.synth.parts import Places
from pascaline.synth.pnr import Use, place_and_route
from pascaline.synth.targets import target
from pascaline.synth.wrapper import INSTANCE, WRAPPER, wrapper
from tests.models import make_design, make_model

CACHE = build_folder() / "synth"


@pytest.fixture(scope="module")
def verilog():
    narrow = {"width": 4, "frac": 3}
    layer = {
        **dict.fromkeys(("h", "sigmoid", "tanh"), narrow),
        "pre": {"width": 5, "frac": 3},
        "cell": {"width": 5, "frac": 3},
        "normaliser": {"scale_width": 2, "bias_width": 4, "shift": 1},
    }
    model = make_model(hidden=3, inputs=2, layer=layer, name="placed")
    return generate(make_design(model, units=1, simd=2))


@pytest.fixture(scope="module")
def chain():
    """The description of a machine with two cores, a buffer of sequences and a head of its own."""
    layers = [{"hidden": 2, "weights": "binary", "bidirectional": True}] * 2
    head = {"classes": 2, "weights": "binary"}
    model = make_model(inputs=2, layers=layers, head=head)
    return generate(make_design(model, longest=4)).description


@pytest.fixture(scope="module", params=FAMILIES)
def made(request, verilog):
    try:
        nextpnr_version(family(request.param))
    except InputError as error:
        pytest.skip(str(error))
    return netlist(verilog.text, verilog.description, target(request.param), CACHE)


def test_placement(made):
    told = []
    placed = place_and_route(
        made, CACHE, seeds=2, clock=50, progress=lambda *counts: told.append(counts)
    )
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert list(placed.seeds) == [1, 2]
    assert placed.fmax_mhz == pytest.approx(median(placed.seeds.values()), abs=0.01)
    assert 10 < placed.fmax_mhz < 500
    assert placed.device in {device.name for device in family(made.target.name).devices}
    path = placed.critical_path
    assert 1000 / path.length_ns == pytest.approx(min(placed.seeds.values()), rel=0.01)
    assert path.length_ns == pytest.approx(path.logic_ns + path.routing_ns, abs=0.01)
    assert path.part in {*made.places.parts, AROUND}
    assert max(placed.slowest.values()) == pytest.approx(path.length_ns, rel=0.05)
    assert list(placed.slowest.values()) == sorted(placed.slowest.values(), reverse=True)
    assert not {"", INSTANCE} & {path.start, path.end, *path.through}
    assert 0 < placed.utilisation["logic_cells"].used < placed.utilisation["logic_cells"].available
    assert json.loads(json.dumps(placed.as_dict()))["seeds"].keys() == {"1", "2"}


def test_parts(made):
    for part in (*made.places.parts, AROUND):
        assert sum(made.by_part[part].values()) > 0, part
    description = json.loads(made.text)["modules"][WRAPPER]
    widths = {name: len(port["bits"]) for name, port in description["ports"].items()}
    assert widths == {"clk": 1, "serial_in": 1, "serial_out": 1}


def test_results_are_remembered(made, monkeypatch):
    first = place_and_route(made, CACHE, seeds=2, clock=50)
    monkeypatch.setattr("pascaline.synth.nextpnr.run_tool", None)
    assert place_and_route(made, CACHE, seeds=2, clock=50) == first


def test_wrapper_is_wide_enough(verilog):
    text = wrapper(verilog.description)
    widths = [port["payload_width"] for port in verilog.description["ports"]]
    flows = [port["direction"] for port in verilog.description["ports"]]
    inputs = 1 + sum(w + 1 if flow == "in" else 1 for w, flow in zip(widths, flows, strict=True))
    outputs = sum(w + 1 if flow == "out" else 1 for w, flow in zip(widths, flows, strict=True))
    assert f"reg [{inputs - 1}:0] to_machine;" in text
    assert f"wire [{outputs - 1}:0] from_machine;" in text
    assert ".i_x__valid(to_machine[" in text


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        ("taken_TRELLIS_FF_Q", "wrapper"),
        ("machine.loader_TRELLIS_FF_Q", "control"),
        ("$flatten\\machine.\\core_0.\\weights.$auto$1", "weight memory"),
        ("machine.core_1.lanes.lane_3.sums_TRELLIS_FF_Q", "lanes"),
        ("machine.core_1.use_1_TRELLIS_FF_Q", "control"),
        ("machine.both_0.sequences.0.0", "sequence buffers"),
        ("machine.gather.place_LUT4_Z", "gather"),
        ("machine.gather.outputs.reader.chunk_TRELLIS_FF_Q", "head"),
    ],
)
def test_part_of(cell, part, chain):
    assert part_of(cell, Places(chain)) == part


def test_part_of_a_machine_that_is_one_stage(verilog):
    places = Places(verilog.description)
    assert part_of("machine.lanes.lane_3.sums_TRELLIS_FF_Q", places) == "lanes"
    assert part_of("machine.use_1_TRELLIS_FF_Q", places) == "control"
    assert part_of("machine.hidden.read_0_SB_DFF_Q", places) == "vector memory"


OTHERS = list(family("ecp5").resources.values())[1:]


class Packer:
    """Stands for nextpnr: a machine of 1000 cells, on devices of 1000, 1100 and 2000."""

    def __init__(self, sizes):
        self.sizes = dict(zip(("25k", "45k", "85k"), sizes, strict=True))

    def __call__(self, text, fpga, device, options, cache):
        if options != ["--pack-only"]:
            path = [
                {
                    "type": "logic",
                    "delay": 10.0,
                    "from": {"cell": "machine.lanes.a_TRELLIS_FF_Q"},
                    "to": {"cell": "machine.lanes.b_TRELLIS_FF_Q"},
                }
            ]
            return {
                "fmax": {"clk": {"achieved": 100.0 + int(options[4])}},
                "critical_paths": [{"from": "posedge clk", "to": "posedge clk", "path": path}],
                "detailed_net_timings": [
                    {
                        "event": event,
                        "endpoints": [
                            {
                                "cell": f"machine.a_{i}_TRELLIS_FF_Q",
                                "delay": [1.0, 2.0 + i],
                                "event": "posedge clk",
                            }
                        ],
                    }
                    for i, event in enumerate(("posedge clk", "posedge clk", "async"))
                ],
            }
        return {
            "utilization": {
                "TRELLIS_COMB": {"used": 1000, "available": self.sizes[device.name]},
                **{cell: {"used": 5, "available": 5} for cell in OTHERS},
            }
        }


@pytest.fixture
def packer(monkeypatch):
    def use(*sizes):
        monkeypatch.setattr("pascaline.synth.pnr.nextpnr", Packer(sizes))
        monkeypatch.setattr("pascaline.synth.pnr.nextpnr_version", lambda fpga: "1")

    return use


@pytest.fixture
def empty(verilog):
    places = Places(verilog.description)
    counts = {"by_part": {}, "by_unit": {}}
    return Netlist(target=target("ecp5"), dsp=False, text="{}", places=places, **counts)


def test_the_smallest_device_with_room_to_route(packer, empty, tmp_path):
    packer(1000, 1100, 2000)
    assert place_and_route(empty, tmp_path).device == "85k"
    packer(900, 1000, 1000)
    assert place_and_route(empty, tmp_path).device == "45k"
    packer(1000, 1100, 2000)
    chosen = place_and_route(empty, tmp_path, device="25k")
    assert chosen.utilisation["logic_cells"] == Use(1000, 1000)
    assert chosen.utilisation["block_rams"] == Use(5, 5)
    assert chosen.seeds == {1: 101.0, 2: 102.0, 3: 103.0}
    assert chosen.fmax_mhz == 102.0
    assert chosen.slowest == {"a_N": 3.0}
    assert (chosen.critical_path.start, chosen.critical_path.through) == ("lanes.a", ["lanes"])


def test_errors(packer, empty, tmp_path):
    packer(10, 20, 30)
    with pytest.raises(
        InputError,
        match=r"^device: 85k, the one with the most in ecp5, has 30 logic cells,"
        r" the machine takes 1000$",
    ):
        place_and_route(empty, tmp_path)
    with pytest.raises(
        InputError, match=r"^device: 45k has 20 logic cells, the machine takes 1000$"
    ):
        place_and_route(empty, tmp_path, device="45k")
    with pytest.raises(
        InputError, match=r"^device: must be one of 25k, 45k, 85k for ecp5, not 'hx8k'$"
    ):
        place_and_route(empty, tmp_path, device="hx8k")
    generic = replace(empty, target=target("generic"))
    with pytest.raises(InputError, match=r"^--pnr: needs --target ecp5 or ice40, not 'generic'$"):
        place_and_route(generic, tmp_path)


def test_nextpnr_is_not_installed():
    missing = replace(family("ecp5"), package="nextpnr-none")
    with pytest.raises(
        InputError, match=r"^nextpnr-none: is not installed \(pip install 'pascaline\[pnr\]'\)$"
    ):
        nextpnr_version(missing)
