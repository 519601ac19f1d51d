"""The table of registers, and the texts that are made from it."""

import re
import shutil
import subprocess

import pytest

from hdl.export.files import bus_files
from spec.registers import ERRORS, LOAD, MAGIC, registers
from tests.models import make_design, make_model


@pytest.fixture(params=["axi", "wishbone"])
def design(request):
    return make_design(make_model(inputs=5), simd=2, streams=2, longest=9, ports=request.param)


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
    assert all(offset % 4 == 0 and offset < LOAD.start for offset in offsets)
    assert len({register.name for register in table}) == len(table)
    for register in table:
        masks = [field.mask for field in register.fields]
        assert sum(masks) == 0 or max(masks) < 1 << 32
        for k, mask in enumerate(masks):
            assert not any(mask & other for other in masks[k + 1 :]), register.name
        for field in register.fields:
            assert 0 <= field.value < 1 << field.width, f"{register.name}.{field.name}"


def test_errors_are_bits_in_order(table):
    [error] = [register for register in table if register.name == "error"]
    assert [field.name for field in error.fields][: len(ERRORS)] == list(ERRORS)
    assert [field.place for field in error.fields][: len(ERRORS)] == list(range(len(ERRORS)))


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
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
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
    memory[offsets["model"]] ^= 1
    with pytest.raises(RuntimeError, match=r"^model must be 0x"):
        machine.check()


def test_driver_packs_vectors_into_beats(driver):
    assert driver["encode"]([[1, -1, 2, -2, 3]] * 2) == bytes([1, 255, 2, 254, 3, 0] * 2)
    assert driver["decode"](b"\xff\x01") == [-1, 1]
