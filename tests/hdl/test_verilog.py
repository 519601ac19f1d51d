"""The emitted Verilog as a text, and for other people's tools."""

import gc
import hashlib
import json
import os
import re
import subprocess
import sys
import warnings
from functools import lru_cache

import pytest
from amaranth.back import rtlil

from pascaline.hdl.accelerator import Accelerator
from pascaline.hdl.kinds import Kinds
from pascaline.hdl.names import KEYWORDS, plain_names
from pascaline.hdl.verilog import generate
from pascaline.measure.lint import complaints, readers
from pascaline.spec.bus import pins
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.ports import ports
from tests.models import make_chains, make_design, make_model
from tests.tools import missing

TINY = ["tiny-binary", "tiny-ternary", "tiny-fixed12"]

CHAINS = make_chains()


@lru_cache
def verilog_of(name):
    return generate(CHAINS.get(name) or design_of(name))


def design_of(name):
    config = configs()[name]
    return Design(model=config.synthetic(name), machine=config.machine)


@pytest.fixture(scope="module", params=TINY)
def verilog(request):
    return generate(design_of(request.param))


@pytest.fixture
def file(verilog, tmp_path):
    return verilog.write(tmp_path)[0]


def test_copies_of_a_kind_do_not_count_as_unused():
    design = make_design(units=2, simd=4, weight_code="packed")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        generate(design)
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_elaborating_twice_gives_the_same(verilog):
    accelerator = Accelerator(design_of(verilog.description["model"]))
    texts = []
    for _ in range(2):
        kinds = Kinds()
        text = rtlil.convert(accelerator, name="top", platform=kinds, emit_src=False)
        texts.append([text, kinds.rtlil, kinds.verilog])
    assert texts[0] == texts[1]


@pytest.mark.parametrize("hash_seed", ["0", "1", "2"])
def test_bytes_do_not_depend_on_the_hash_seed(verilog, hash_seed, tmp_path):
    name = verilog.description["model"]
    command = [sys.executable, "-m", "pascaline.cli", "generate", name, "-o", str(tmp_path)]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    written = verilog.write(tmp_path / "here")
    for path in written:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_text_says_nothing_of_the_machine_it_was_made_on(verilog):
    both = verilog.text + json.dumps(verilog.description)
    assert not re.search(r"/(home|root|tmp|work|usr)\b", both)
    assert not re.search(r"\b20\d\d-\d\d", both)


def test_no_escaped_name_and_no_keyword_as_a_name(verilog):
    assert "\\" not in verilog.text
    declared = re.findall(
        r"^\s*(?:input|output|wire|reg)\b[^;]*?(\w+)\s*(?:\[[^]]*\])?(?: =[^;]*)?;",
        verilog.text,
        re.M,
    )
    assert len(declared) > 100
    assert not set(declared) & KEYWORDS


def test_plain_names_stay_apart():
    text = r"assign \a.b  = \a$b  & a_b & cell + 4'hb + \end ;"
    plain, names = plain_names(text)
    assert plain == "assign a_b_2 = a_b_3 & a_b & cell_2 + 4'hb + end_2;"
    assert names == {"a.b": "a_b_2", "a$b": "a_b_3", "cell": "cell_2", "end": "end_2"}


def test_equal_hardware_is_one_module():
    sizes = {}
    for units in (1, 16):
        model = make_model(hidden=16, inputs=4)
        text = generate(make_design(model, units=units, simd=2)).text
        modules = re.findall(r"^module (\w+)", text, re.M)
        assert sum(module.startswith("test_lane_") for module in modules) == 1
        assert len(re.findall(r"^  test_lane_\w+ lane_\d+ \(", text, re.M)) == 4 * units
        sizes[units] = len(modules)
    assert sizes[1] == sizes[16]


def test_description_fits_the_text(verilog):
    description = verilog.description
    assert description["verilog_sha256"] == hashlib.sha256(verilog.text.encode()).hexdigest()
    [top] = re.findall(rf"^module {verilog.name}\(.*?endmodule", verilog.text, re.M | re.S)
    for port in description["ports"]:
        width = port["payload_width"]
        assert sum(f["width"] * (f["count"] or 1) for f in port["fields"]) == width
        way = {"in": "input", "out": "output"}[port["direction"]]
        vector = rf" (signed )?\[{width - 1}:0\]" if width > 1 else ""
        assert re.search(rf"^  {way}{vector} {port['name']}__payload;", top, re.M)
    assert [p["name"] for p in description["ports"]] == list(ports(design_of(description["model"])))


def test_files_are_whole_or_not_there(verilog, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"\.v: cannot be written \("):
        verilog.write(tmp_path / "file" / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_writing_the_same_again_touches_nothing(verilog, tmp_path):
    paths = verilog.write(tmp_path)
    before = [path.stat().st_mtime_ns for path in paths]
    assert [path.stat().st_mtime_ns for path in verilog.write(tmp_path)] == before


@pytest.mark.parametrize(
    "kind", ["verilator", "other verilator", "icarus -g2005", "icarus -g2012", "yosys"]
)
@pytest.mark.parametrize("name", [*TINY, *CHAINS])
def test_other_tools_take_it(name, kind, tmp_path):
    reader = readers().get(kind) or missing(f"{kind} is not installed")
    verilog = verilog_of(name)
    assert complaints(reader, verilog.write(tmp_path)[0], verilog.name) == []


@pytest.mark.parametrize("kind", ["verilator", "icarus -g2005", "yosys"])
def test_complaints_are_heard(kind, tmp_path):
    reader = readers().get(kind) or missing(f"{kind} is not installed")
    file = tmp_path / "wrong.v"
    file.write_text(
        "module wrong(input [1:0] a, output b); assign b = a[2]; nothing x(); endmodule"
    )
    assert complaints(reader, file, "wrong")


@pytest.mark.parametrize("style", ["stream", "axi", "wishbone"])
def test_constant_outputs_are_outputs(style):
    """With one stream nothing drives the number of a stream; a Wishbone never stalls."""
    design = make_design(ports=style)
    text = generate(design).text
    top = re.search(rf"^module {design.name}\(.*?^endmodule", text, re.MULTILINE | re.DOTALL)[0]
    found = {
        name: direction
        for direction, name in re.findall(r"^  (in|out)put (?:\[.*?\] )?(\w+);", top, re.MULTILINE)
    }
    assert found == {pin.name: pin.direction for pin in pins(design)}
