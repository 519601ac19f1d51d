import numpy as np
import pytest

from pascaline.hdl.verilog import generate
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.machine import Machine
from pascaline.spec.network import Network
from pascaline.spec.synthetic import synthetic_model
from tests.golden.networks import model as make_stack
from tests.models import make_design, make_model


@pytest.mark.parametrize(
    ("machine", "text"),
    [
        ({"units": 0}, "machine: units: should be greater than or equal to 1, not 0"),
        ({"simd": -3}, "machine: simd: should be greater than or equal to 1, not -3"),
        ({"units": 2049}, "machine: units: should be less than or equal to 2048, not 2049"),
        (
            {"tree_registers": -1},
            "machine: tree_registers: should be greater than or equal to 0, not -1",
        ),
        ({"lanes": 3}, "machine: lanes: extra inputs are not permitted, not 3"),
        (
            {"weights": "flash"},
            "machine: weights: should be 'rom', 'logic', 'ram' or 'wired', not 'flash'",
        ),
        ({"simd": 6, "head_simd": 4}, "machine: head_simd: must divide simd (6), not 4"),
        (
            {"units": 4, "simd": 6, "cell_units": 4},
            "machine: cell_units: must divide units (4) and simd (6), not 4",
        ),
    ],
)
def test_machines_that_cannot_be(machine, text):
    model = make_model(head={"classes": 2, "weights": "binary"})
    with pytest.raises(InputError) as error:
        make_design(model, **machine)
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("units = 4\nsimd = ", "must be TOML ("),
        ("units = 'four'", "units: should be a valid integer, not 'four'"),
        ("unit = 4", "unit: extra inputs are not permitted, not 4"),
        ("\x00", "must be TOML ("),
    ],
)
def test_machine_file_errors(tmp_path, content, text):
    path = tmp_path / "machine.toml"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        Machine.read(path)
    assert str(error.value).startswith(f"{path}: {text}")


def test_machine_file(tmp_path):
    path = tmp_path / "machine.toml"
    path.write_text("units = 4\nsimd = 8")
    assert Machine.read(path) == Machine(units=4, simd=8)
    with pytest.raises(InputError, match=r"none.toml: no such file$"):
        Machine.read(tmp_path / "none.toml")
    with pytest.raises(InputError, match=r"cannot be read \("):
        Machine.read(tmp_path)


@pytest.mark.parametrize(
    ("hidden", "inputs", "units", "simd", "cell_units"),
    [
        (256, 64, 16, 16, 1),  # 20 cycles a tile, 16 units: one a cycle keeps up
        (16, 4, 16, 4, 4),  # 5 cycles a tile: four a cycle
        (100, 13, 100, 10, 10),
        (97, 13, 97, 10, 1),  # nothing divides 97 and 10
        (1, 1, 1, 1, 1),
    ],
)
def test_fewest_cell_units_that_keep_up(hidden, inputs, units, simd, cell_units):
    design = make_design(make_model(hidden=hidden, inputs=inputs), units=units, simd=simd)
    assert design.cores[0].cell_units == cell_units


@pytest.mark.parametrize("classes", [1, 10, 97])
def test_fewest_head_units_that_keep_up(classes):
    head = {"classes": classes, "weights": "fixed8"}
    design = make_design(make_model(hidden=64, head=head), units=4, simd=8)
    units = design.head_unit.product.lanes
    budget = design.cores[0].program.step_words
    assert -(-classes // units) * 64 <= budget or units == classes
    if units > 1:
        assert -(-classes // (units - 1)) * 64 > budget


def test_more_hardware_than_the_network_needs():
    design = make_design(make_model(hidden=3, inputs=2), units=8, simd=16)
    (core,) = design.cores
    assert (core.program.tiles, core.passes[0].chunks) == (1, 2)


def test_ranges_hold_the_extremes():
    model = make_model(
        weights="fixed4", hidden=5, inputs=3, x={"width": 4, "frac": 0, "signed": False}
    )
    (core,) = make_design(model).cores
    assert (core.source_sum("x").lo, core.source_sum("x").hi) == (3 * 15 * -8, 3 * 15 * 7)
    assert (core.source_sum("h").lo, core.source_sum("h").hi) == (5 * -8 * 127, 5 * 8 * 128)
    assert (core.element.lo, core.element.hi) == (-128, 127)


def test_every_configuration_is_a_design():
    for name, config in configs().items():
        if config.network is not None:
            design = Design(model=config.synthetic(name), machine=config.machine)
            assert cycles.step_cycles(design) > 0


@pytest.mark.parametrize("results", ["last", "every"])
@pytest.mark.parametrize("hidden", [1, 7, 64])
@pytest.mark.parametrize("machine", [(1, 1), (4, 4), (16, 8), (64, 64)])
@pytest.mark.parametrize("head", [None, 1, 30])
@pytest.mark.parametrize("head_units", [None, 1])
def test_step_is_the_slope_of_the_sequence(results, hidden, machine, head, head_units):
    model = make_model(
        hidden=hidden,
        inputs=9,
        results=results,
        head=head and {"classes": head, "weights": "binary", "scaled": True},
    )
    design = make_design(model, units=machine[0], simd=machine[1], head_units=head_units)
    long, longer = (cycles.sequence_cycles(design, [n]) for n in (200, 400))
    assert (longer - long) / 200 == cycles.step_cycles(design)


def test_utilisation_is_1_if_all_places_are_used():
    design = make_design(make_model(hidden=8, inputs=8), units=4, simd=4)
    per_step = design.operations // design.places
    assert cycles.utilisation(design, 10, 10 * per_step) == 1.0


GRU = {"kind": "gru", "hidden": 4}
BOTH = {"hidden": 4, "bidirectional": True}


@pytest.mark.parametrize(
    ("layers", "machine", "text"),
    [
        ([GRU, {"hidden": 4}], {"stack": "shared"}, "stack: must be separate for layers that are"),
        (
            [GRU | {"reset": "before"}] * 2,
            {"stack": "shared"},
            "stack: must be separate for cells",
        ),
        ([BOTH, BOTH], {"stack": "shared"}, "stack: must be separate with bidirectional layers"),
        ([BOTH], {"streams": 2}, "streams: must be 1 with bidirectional layers"),
        ([GRU], {"cell_unit": "serial"}, "cell_unit: must be parallel, except for one LSTM layer"),
        (
            [{"hidden": 4, "weights": "ternary", "peephole": True}],
            {"cell_unit": "serial"},
            "cell_unit: must be parallel, except for one LSTM layer forward, without peepholes,",
        ),
    ],
)
def test_chains_that_cannot_be(layers, machine, text):
    with pytest.raises(InputError, match=f"^machine: {text}"):
        make_design(make_stack(layers), **machine)


def test_layers_share_lanes_or_have_their_own():
    model = make_stack([GRU] * 3, head={"classes": 2, "weights": "binary"})
    separate = make_design(model, units=2, simd=2)
    assert [len(core.layers) for core in separate.cores] == [1, 1, 1]
    assert [core.onward for core in separate.cores] == [True, True, False]
    assert [core.head_unit is not None for core in separate.cores] == [False, False, True]
    (shared,) = make_design(model, units=2, simd=2, stack="shared").cores
    sources = [
        [(source.name, source.vector, source.made) for source in one.sources]
        for one in shared.passes
    ]
    assert sources == [
        [("h", 0, False), ("x", None, False)],
        [("h", 1, False), ("x", 0, True)],
        [("h", 2, False), ("x", 1, True)],
    ]
    assert [(one.layer, one.to) for one in shared.passes] == [(0, 0), (1, 1), (2, 2)]
    assert shared.program.words == sum(core.program.words for core in separate.cores)
    assert make_design(model, stack="shared").operations == separate.operations == 12 * (7 + 8 + 8)
    assert separate.places == 3 * 6 * 2


def test_a_keyword_is_no_name_of_a_module():
    assert make_design(make_model(name="small")).name == "small_top"
    assert make_design(make_model(name="small-one")).name == "small_one"


def test_cores_of_a_pipelined_stack_have_units_of_their_own():
    layer = {"hidden": 32, "weights": "ternary"}
    network = Network.parse({"inputs": 8, "layers": (layer, layer)}, thing="network")
    model = synthetic_model("stack", network, np.random.default_rng(0))
    design = make_design(model, units=8, simd=4, layer_units=[4, 8])
    assert [core.x_product.lanes for core in design.cores] == [16, 32]
    equal = make_design(model, units=8, simd=4)
    step, other = cycles.step_cycles(design), cycles.step_cycles(equal)
    assert step >= other
    assert cycles.utilisation(design, 1, step) > cycles.utilisation(equal, 1, other)
    for machine in ({"layer_units": [4]}, {"layer_units": [4, 8], "stack": "shared"}):
        with pytest.raises(InputError, match="machine: layer_units: must have a number for each"):
            make_design(model, **machine)


def test_words_of_memories_are_not_too_wide():
    """Of 4 gates, 2 bits each."""
    model = make_model()
    narrow = make_design(model, units=63, simd=130)
    assert narrow.memories["core_0"]["weights"].bits == 65520
    narrow.check_words()
    rule = "must have words of at most 65535 bits, which units and simd make wide"
    for machine, bits in (
        ({"units": 64, "simd": 128}, 65536),
        ({"units": 63, "simd": 130, "weights": "ram", "parity": True}, 67568),
    ):
        wide = make_design(model, **machine)
        with pytest.raises(InputError, match=f"^machine: core_0.weights: {rule}, not {bits}$"):
            wide.check_words()
        with pytest.raises(InputError, match=f"^machine: core_0.weights: {rule}"):
            generate(wide)
