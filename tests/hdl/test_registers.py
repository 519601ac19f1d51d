"""The table of registers, and the texts that are made from it."""

import re
import subprocess

import pytest

from pascaline.hdl.export.files import bus_files
from pascaline.spec.loading import ERRORS as REFUSALS
from pascaline.spec.loading import header
from pascaline.spec.modelfile import model_hash
from pascaline.spec.registers import ERRORS, LOAD, MAGIC, packet_errors, registers
from tests.models import make_design, make_model
from tests.tools import program


@pytest.fixture(params=["axi", "wishbone", "ram", "parity", "states"])
def design(request):
    kinds = {
        "ram": {"ports": "axi", "weights": "ram"},
        "parity": {"ports": "axi", "parity": True},
        "states": {"ports": "axi", "bus_states": True},
    }
    machine = kinds.get(request.param, {"ports": request.param})
    return make_design(make_model(inputs=5), simd=2, streams=2, longest=9, **machine)


@pytest.fixture
def table(design):
    return registers(design)


@pytest.fixture
def driver(design):
    found = {}
    exec(bus_files(design)[f"{design.name}_driver.py"], found)
    return found


def test_registers_and_fields_do_not_overlap(table):
    offsets = [register.offset for register in table]
    assert offsets == sorted(set(offsets))
    assert all(offset % 4 == 0 for offset in offsets)
    loads = [register.name for register in table if register.offset in LOAD]
    assert all(name.startswith("load_") for name in loads)
    assert len({register.name for register in table}) == len(table)
    for register in table:
        masks = [field.mask for field in register.fields]
        assert sum(masks) == 0 or max(masks) < 1 << 32
        for k, mask in enumerate(masks):
            assert not any(mask & other for other in masks[k + 1 :]), register.name
        for field in register.fields:
            assert 0 <= field.value < 1 << field.width, f"{register.name}.{field.name}"


def test_errors_are_bits_in_order(design, table):
    [error] = [register for register in table if register.name == "error"]
    places = {field.name: field.place for field in error.fields}
    names = packet_errors(design)
    assert names == list(ERRORS) if design.machine.home.loaded else list(ERRORS)[:-1]
    assert [places.pop(name) for name in names] == list(range(len(names)))
    assert places == {"load": 16} | ({"fault": 17} if design.machine.parity else {})


def test_a_machine_says_which_weights_or_which_shape(design, table):
    """Nothing of a machine whose weights are loaded may depend on them."""
    found = {register.name: register for register in table}
    another = make_design(make_model(inputs=5, seed=8), **design.machine.model_dump())
    if not design.machine.home.loaded:
        assert registers(another) != table
        assert not {"shape", "load_data"} & found.keys()
        assert f"{found['model'].value:08x}" == model_hash(design.model)[:8]
        assert {one.name: one.value for one in found["status"].fields if one.fixed} == {
            "loading": 0,
            "loaded": 1,
        }
        return
    assert registers(another) == table
    assert "model" not in found
    assert found["shape"].fields[0].value == header(design)["shape"]
    reasons = [(field.name, field.place) for field in found["load_error"].fields]
    assert reasons == [(name, place) for place, name in enumerate(REFUSALS)]


def test_header_has_the_table(design, table):
    text = bus_files(design)[f"{design.name}.h"]
    prefix = design.name.upper()
    defined = dict(re.findall(r"^#define (\w+) (\S+)$", text, re.M))
    for register in table:
        name = f"{prefix}_{register.name.upper()}"
        assert int(defined[name].rstrip("u"), 0) == register.offset
        for field in register.fields:
            if f"{name}_{field.name.upper()}_MASK" in defined:
                mask = defined[f"{name}_{field.name.upper()}_MASK"]
                assert int(mask.rstrip("u"), 0) == field.mask
    assert int(defined[f"{prefix}_ID_VALUE"].rstrip("u"), 0) == MAGIC


def test_header_is_c(design, tmp_path):
    compiler = program("gcc", "cc", package="gcc")
    header = tmp_path / "machine.h"
    header.write_text(bus_files(design)[f"{design.name}.h"])
    source = tmp_path / "user.c"
    mask = f"{design.name.upper()}_CONTROL_ENABLE_MASK"
    source.write_text(f'#include "machine.h"\n#include "machine.h"\nunsigned x = {mask};\n')
    command = [compiler, "-Wall", "-Wextra", "-pedantic", "-Werror", "-c", source]
    subprocess.run([*command, "-o", tmp_path / "user.o"], check=True)


def test_page_names_every_field(design, table):
    text = bus_files(design)[f"{design.name}_registers.md"]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({row.count("|") - row.count("\\|") for row in rows}) == 1
    for register in table:
        assert f"| 0x{register.offset:03X} | `{register.name}` |" in text
        for field in register.fields:
            assert field.width == 32 or f"`{field.name}`" in text


def test_driver_knows_its_machine(driver, table):
    memory = {
        register.offset: sum(field.value << field.place for field in register.fields)
        for register in table
    }
    written = []

    def write(offset, value):
        written.append((offset, value))

    machine = driver["Driver"](memory.__getitem__, write)
    machine.start()
    assert machine.get("streams") == 2
    assert machine.get("format", "x_bits") == 8
    offsets = {register.name: register.offset for register in table}
    assert written[-1] == (offsets["control"], 0b11)
    memory[offsets["error"]] = 0b10001
    assert machine.errors() == ["cut", "range"]
    assert written[-1] == (offsets["error"], 0b10001)
    name = "shape" if "shape" in offsets else "model"
    memory[offsets[name]] ^= 1
    with pytest.raises(RuntimeError, match=rf"^{name} must be 0x"):
        machine.check()


class Loading:
    """Registers of a machine that takes the words of images, as a driver sees them.

    The first word waits until ``status`` has been read ``reads`` times.
    """

    def __init__(self, table, good, *, reads=3, begun=()):
        self.registers = {register.name: register for register in table}
        self.names = {register.offset: register.name for register in table}
        self.good, self.reads = good, reads
        self.words, self.images = list(begun), []

    def flags(self, name, values):
        fields = {field.name: field for field in self.registers[name].fields}
        return sum(fields[field].mask for field, value in values.items() if value)

    @property
    def ready(self):
        return len(self.words) != 1 or self.reads == 0

    def read(self, offset):
        if self.names[offset] == "load_error":
            return self.flags("load_error", {"crc": self.images[-1] != self.good})
        assert self.names[offset] == "status"
        self.reads = max(0, self.reads - 1)
        loaded = self.images[-1:] == [self.good] and not self.words
        states = {"loading": self.words, "loaded": loaded, "load_ready": self.ready}
        return self.flags("status", states)

    def write(self, offset, word):
        assert self.ready
        self.words.append(word)
        if self.names[offset] == "load_last":
            self.images.append(self.words)
            self.words = []
        else:
            assert self.names[offset] == "load_data"


@pytest.mark.parametrize("design", ["ram"], indirect=True)
def test_driver_loads_images(driver, table, design):
    words = [*header(design).values(), 5, 0xFFFFFFFF]
    image = b"".join(word.to_bytes(4, "little") for word in words)
    machine = Loading(table, words)
    driver["Driver"](machine.read, machine.write).load(image)
    assert machine.images == [words]
    begun = Loading(table, words, begun=[7])
    driver["Driver"](begun.read, begun.write).load(image)
    assert begun.images == [[7, 0], words]
    other = driver["Driver"](machine.read, machine.write)
    with pytest.raises(RuntimeError, match=r"^the image is refused: crc$"):
        other.load(image[:-4])
    wrong = image[:8] + bytes([image[8] ^ 1]) + image[9:]
    shape = f"its shape is 0x{words[2] ^ 1:X}, the machine's 0x{words[2]:X}"
    with pytest.raises(RuntimeError, match=rf"^the image is refused: crc, {shape}$"):
        other.load(wrong)
    with pytest.raises(RuntimeError, match=r"^the image is refused: crc, its magic is 0x0, "):
        other.load(b"")
    stuck = Loading(table, words, reads=1000)
    with pytest.raises(RuntimeError, match=r"^status.load_ready must become 1$"):
        driver["Driver"](stuck.read, stuck.write).load(image, tries=50)


def test_a_driver_has_what_its_machine_can_do(design, driver):
    assert hasattr(driver["Driver"], "load") == design.machine.home.loaded
    for name in ("write_state", "read_state"):
        assert hasattr(driver["Driver"], name) == design.machine.bus_states


class Kept:
    """Registers of a machine with a memory of states; ``status`` is read once in vain."""

    def __init__(self, table):
        self.offsets = {register.name: register.offset for register in table}
        self.ready, self.index, self.elements = False, 0, {}

    def read(self, offset):
        if offset == self.offsets["state_out"]:
            return self.elements[self.index]
        assert offset == self.offsets["status"]
        self.ready, ready = True, self.ready
        return ready << 4

    def write(self, offset, word):
        if offset == self.offsets["state_in"]:
            self.elements[self.index] = word
            self.index += 1
        else:
            assert offset == self.offsets["state_index"]
            self.index = word


@pytest.mark.parametrize("design", ["states"], indirect=True)
def test_driver_writes_and_reads_states(driver, table):
    machine = Kept(table)
    made = driver["Driver"](machine.read, machine.write)
    state = [[1, -1, 2, -2]], [[3, -3, 4, -(1 << 15)]]
    made.write_state(1, *state)
    assert machine.ready
    assert machine.elements[1 << 24 | 1] == 0xFFFFFFFF
    assert sorted(machine.elements) == [1 << 24 | k for k in range(8)]
    assert made.read_state(1) == state
    assert driver["STATE"] == [(4, 4)]
    with pytest.raises(ValueError, match=r"^h and c must have \(\[4\], \[4\]\) elements, not"):
        made.write_state(0, [], [])
    with pytest.raises(OverflowError):
        made.write_state(0, [[1 << 31, 0, 0, 0]], [[0] * 4])
    with pytest.raises(OverflowError, match=r"^state_index.stream must have 8 bits, not 256$"):
        made.write_state(256, *state)
    with pytest.raises(TypeError):
        made.write_state(0, [[0.5, 0, 0, 0]], [[0] * 4])
    machine.ready = False
    with pytest.raises(RuntimeError, match=r"^status.states must become 1$"):
        made.read_state(0, tries=1)


@pytest.mark.parametrize("design", ["states"], indirect=True)
def test_header_writes_and_reads_states(design, tmp_path):
    """On plain memory, where all reads give what was written last."""
    compiler = program("gcc", "cc", package="gcc")
    (tmp_path / "machine.h").write_text(bus_files(design)[f"{design.name}.h"])
    name, prefix = design.name, design.name.upper()
    (tmp_path / "user.c").write_text(
        f"""#include "machine.h"
int main(void)
{{
    static uint32_t memory[1024];
    int32_t in[{prefix}_STATE_SIZE_VALUE] = {{0}}, out[{prefix}_STATE_SIZE_VALUE];
    memory[{prefix}_STATUS / 4] = {prefix}_STATUS_STATES_MASK;
    memory[{prefix}_STATE_OUT / 4] = (uint32_t)-5;
    in[{prefix}_STATE_SIZE_VALUE - 1] = -7;
    {name}_write_state(memory, 1, in);
    int loaded = memory[{prefix}_STATE_IN / 4] == (uint32_t)-7 &&
                 memory[{prefix}_STATE_INDEX / 4] == 1u << 24;
    {name}_read_state(memory, 1, out);
    int read = out[0] == -5 && out[{prefix}_STATE_SIZE_VALUE - 1] == -5 &&
               memory[{prefix}_STATE_INDEX / 4] == (1u << 24) + {prefix}_STATE_SIZE_VALUE - 1;
    return !(loaded && read);
}}
"""
    )
    flags = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
    subprocess.run([compiler, *flags, tmp_path / "user.c", "-o", tmp_path / "user"], check=True)
    subprocess.run([tmp_path / "user"], check=True)


def test_driver_packs_vectors_into_beats(driver):
    assert driver["encode"]([[1, -1, 2, -2, 3]] * 2) == bytes([1, 255, 2, 254, 3, 0] * 2)
    assert driver["decode"](b"\xff\x01") == [-1, 1]
    with pytest.raises(ValueError, match=r"^a vector must have 5 numbers, not 2$"):
        driver["encode"]([[1, 2]])


def test_driver_of_symbols():
    design, made = make_design(make_model(inputs=40), symbols=True, simd=8, ports="axi"), {}
    exec(bus_files(design)[f"{design.name}_driver.py"], made)
    assert made["encode"]([[3], [39], [40]]) == bytes([3, 39, 40])
    with pytest.raises(ValueError, match=r"^a vector must have 1 numbers, not 40$"):
        made["encode"]([[0] * 40])
    table = {register.name: register for register in registers(design)}
    assert (table["inputs"].value, table["beats"].value) == (40, 1)
    assert "number of one" in table["inputs"].doc
