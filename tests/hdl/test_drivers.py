"""The drivers in C and in Python, against registers that behave like those of a machine."""

import ctypes
import mmap
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from pascaline import models
from pascaline.data.recordings import read_recordings
from pascaline.golden.network import Golden
from pascaline.hdl.export.files import bus_files
from pascaline.hdl.export.packets import room
from pascaline.spec.bus import input_bytes
from pascaline.spec.design import Design
from pascaline.spec.loading import image
from pascaline.spec.machine import Machine
from pascaline.spec.modelfile import read_model
from pascaline.spec.preprocess import quantize
from tests.hdl.hosts import Dma, Host, Mmio, allocate
from tests.models import make_chains, make_design, make_model
from tests.tools import program

HEAD = {"classes": 3, "weights": "ternary"}
EXAMPLE = Path(__file__).parents[2] / "examples" / "linux" / "run.c"
STRICT = ["-std=gnu99", "-Wall", "-Wextra", "-pedantic", "-Werror"]


def make(*, weights="rom", tdata=None, **network):
    model = make_model(**{"inputs": 5, "head": HEAD} | network)
    return make_design(model, simd=2, longest=9, ports="axi", weights=weights, tdata=tdata)


@pytest.fixture(params=["class", "logits", "every", "h", "decoder", "ram", "wide", "narrow"])
def design(request):
    if request.param == "decoder":
        return make_chains()["decoder, on a bus"]
    return {
        "class": make,
        "logits": lambda: make(head=HEAD | {"output": "logits"}),
        "every": lambda: make(results="every"),
        "h": lambda: make(head=None, hidden=4),
        "ram": lambda: make(weights="ram"),
        "wide": lambda: make(tdata=128),
        "narrow": lambda: make(tdata=8, weights="ram", results="every"),
    }[request.param]()


def python(design):
    found = {}
    exec(bus_files(design)[f"{design.name}_driver.py"], found)
    return found


def draw(design, rng, steps=4):
    x = design.network.x.interval
    return rng.integers(x.lo, x.hi, (steps, design.network.inputs), endpoint=True)


def test_python_by_way_of_pynq(design, rng):
    driver, host = python(design), Host(design)
    mmio, dma = Mmio(host), Dma(host)
    machine = driver["Driver"](mmio.read, mmio.write)
    machine.start()
    if design.machine.home.loaded:
        machine.load(image(design))
    x = draw(design, rng)
    found = machine.run(x.tolist(), driver["pynq"](dma, allocate))
    [wanted] = Golden(design.model).run([x]).results
    assert found == np.ravel(wanted).tolist()
    assert dma.recvchannel.buffer.invalidated


def test_python_says_why_nothing_comes(rng):
    design = make(weights="ram")
    driver, host = python(design), Host(design)
    x = draw(design, rng).tolist()
    machine, transfer = (
        driver["Driver"](host.read, host.write),
        driver["pynq"](Dma(host), allocate, 9),
    )
    with pytest.raises(RuntimeError, match=r"^the packet was dropped, or is wrong: early$"):
        machine.run(x, transfer)
    machine.start()
    transfer = driver["pynq"](Dma(host), allocate, 9)
    with pytest.raises(RuntimeError, match=r"^the packet was dropped, or is wrong: loading$"):
        machine.run(x, transfer)

    class Lost(Dma):
        def send(self, buffer):
            pass

    with pytest.raises(TimeoutError, match=r"^no results have come after 9 looks$"):
        machine.run(x, driver["pynq"](Lost(host), allocate, 9))


READ = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32)
WRITE = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint32)


def compiled(design, folder, functions):
    """The header's functions as a library whose registers are those of a host."""
    name = design.name
    (folder / f"{name}.h").write_text(bus_files(design)[f"{name}.h"])
    source = folder / "user.c"
    source.write_text(
        "#include <stdint.h>\n"
        "uint32_t (*reads)(uint32_t);\nvoid (*writes)(uint32_t, uint32_t);\n"
        "#define PASCALINE_READ(machine, offset) ((void)(machine), reads(offset))\n"
        "#define PASCALINE_WRITE(machine, offset, word) ((void)(machine), writes(offset, word))\n"
        f'#include "{name}.h"\n{functions}\n'
    )
    command = [program("gcc", "cc", package="gcc"), *STRICT, "-shared", "-fPIC", source]
    subprocess.run([*command, "-o", folder / "user.so"], check=True)
    return ctypes.CDLL(str(folder / "user.so"))


def attach(library, host):
    reads, writes = READ(host.read), WRITE(host.write)
    ctypes.c_void_p.in_dll(library, "reads").value = ctypes.cast(reads, ctypes.c_void_p).value
    ctypes.c_void_p.in_dll(library, "writes").value = ctypes.cast(writes, ctypes.c_void_p).value
    return reads, writes


def test_c_starts_sends_and_reads(design, rng, tmp_path):
    name, prefix = design.name, design.name.upper()
    load = f"int load(const uint32_t *i, size_t n) {{ return {name}_load(0, i, n, 50); }}"
    library = compiled(
        design,
        tmp_path,
        f"int start(void) {{ return {name}_start(0); }}\n"
        f"uint32_t errors(void) {{ return {name}_errors(0); }}\n"
        f"int room(int steps) {{ return {prefix}_RESULT_BYTES(steps); }}\n"
        f"int64_t result(const uint8_t *p, size_t k) {{ return {name}_result(p, k); }}\n"
        f"void encode(const int32_t *x, uint8_t *p) {{ {name}_encode(x, p); }}\n"
        + load
        * design.machine.home.loaded,
    )
    library.result.restype = ctypes.c_int64
    host = Host(design)
    kept = attach(library, host)
    assert library.start() == 0
    assert host.values["control"] == host.flag("control", enable=True)
    if design.machine.home.loaded:
        words = np.frombuffer(image(design), "<u4")
        assert library.load(words.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(len(words))) == 0
    x, packet = draw(design, rng), b""
    lanes = input_bytes(design)
    for vector in x.astype(np.int32):
        part = ctypes.create_string_buffer(lanes.beats * lanes.beat)
        library.encode(np.ascontiguousarray(vector).ctypes.data_as(ctypes.c_void_p), part)
        packet += part.raw
    results = host.transfer(packet)
    [wanted] = Golden(design.model).run([x]).results
    flat = np.ravel(wanted).tolist()
    assert [library.result(results, ctypes.c_size_t(k)) for k in range(len(flat))] == flat
    assert len(results) <= library.room(len(x)) == sum(np.array(room(design)) * [1, len(x)])
    host.values["error"] = host.flag("error", cut=True, range=True)
    assert library.errors() == host.flag("error", cut=True, range=True)
    assert library.errors() == 0
    other = Host(make(inputs=6, weights=design.machine.weights))
    kept = attach(library, other)
    assert library.start() == -1
    assert other.values["control"] == 0
    del kept


def test_c_says_why_an_image_is_refused(tmp_path):
    design = make(weights="ram")
    code = f"int load(const uint32_t *i, size_t n) {{ return {design.name}_load(0, i, n, 50); }}"
    library = compiled(design, tmp_path, code)

    def load(host, words):
        kept = attach(library, host)
        words = np.array(words, dtype="<u4")
        found = library.load(words.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(len(words)))
        del kept
        return found

    good = np.frombuffer(image(design), "<u4")
    host = Host(design)
    assert load(host, good[:-1]) == host.flag("load_error", crc=True)
    assert load(host, good) == 0
    assert load(host, []) == host.flag("load_error", crc=True)
    begun = Host(design)
    begun.image = [7]
    assert load(begun, good) == 0
    assert load(Host(design, slow=1000), good) == -1


def test_the_example_for_linux(tmp_path):
    """Devices are files here, and behind them a machine and an engine look into these."""
    compiler = program("gcc", "cc", package="gcc")
    model = read_model(models.path("digits-ternary"))
    design = Design(model=model, machine=Machine(ports="axi", longest=64))
    (tmp_path / "digits_ternary.h").write_text(bus_files(design)["digits_ternary.h"])
    binary = tmp_path / "run"
    subprocess.run([compiler, *STRICT, "-I", tmp_path, EXAMPLE, "-o", binary], check=True)
    host, lanes = Host(design), input_bytes(design)
    half = 64 * lanes.beats * lanes.beat
    views = {}
    for name, size in {"machine": 4096, "engine": 4096, "memory": 2 * half}.items():
        (tmp_path / name).write_bytes(bytes(size))
        with (tmp_path / name).open("r+b") as file:
            views[name] = mmap.mmap(file.fileno(), size)
    for register in host.table.values():
        views["machine"][register.offset : register.offset + 4] = register.value.to_bytes(
            4, "little"
        )
    ended, address = threading.Event(), 0x1_3F00_0000

    def word(name, offset, value=None):
        if value is not None:
            views[name][offset : offset + 4] = value.to_bytes(4, "little")
        return int.from_bytes(views[name][offset : offset + 4], "little")

    def serve():
        while not ended.wait(0.002):
            if word("engine", 0x00) & 4:
                word("engine", 0x00, 0)
            if count := word("engine", 0x28):
                host.values["control"] = word("machine", host.table["control"].offset) & 1
                sent = word("engine", 0x18) + (word("engine", 0x1C) << 32) - address
                back = word("engine", 0x48) + (word("engine", 0x4C) << 32) - address
                results = host.transfer(views["memory"][sent : sent + count])
                assert len(results) <= word("engine", 0x58)
                views["memory"][back : back + len(results)] = results
                word("engine", 0x28, 0)
                word("engine", 0x34, 0x1002)
                word("engine", 0x04, 0x1002)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        features = read_recordings(models.SAMPLE).sequences[0]
        rows = "\n".join(",".join(map(repr, map(float, row))) for row in features)
        words = [binary, *(tmp_path / name for name in views), hex(address)]
        done = subprocess.run(words, input=rows, capture_output=True, text=True, check=False)
        again = subprocess.run(words, input="1,2\n", capture_output=True, text=True, check=False)
    finally:
        ended.set()
        thread.join()
    [wanted] = Golden(model).run(quantize([features], model)).results
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{wanted[0]}\n", "")
    assert again.returncode == 2
    assert again.stderr == "run: a step: must have a number for each feature\n"
    views["machine"][0] ^= 1
    other = subprocess.run(words, input=rows, capture_output=True, text=True, check=False)
    assert other.stderr == f"run: {tmp_path / 'machine'}: is another machine\n"
