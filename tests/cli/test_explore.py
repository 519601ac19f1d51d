"""``explore``: sweeping, resuming, failing, being interrupted; processes and Dask."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing import active_children
from pathlib import Path
from typing import ClassVar

import pytest

from pascaline.measure import points
from pascaline.measure.points import Survey, measure, try_to_measure
from pascaline.measure.synthesis import Synthesis
from pascaline.measure.workers import in_processes
from pascaline.models.catalogue import find_model
from pascaline.pages.exploration import page
from pascaline.spec import cycles
from pascaline.spec.design import Design
from pascaline.spec.folders import build_folder
from pascaline.spec.machine import Machine
from pascaline.spec.modelfile import read_model, write_model
from pascaline.synth.asic import asic_target
from pascaline.synth.explore import Point
from pascaline.synth.liberty import read_library
from pascaline.synth.targets import target
from tests.liberty import osu018
from tests.models import make_model

WORDS = ["explore", "tiny-ternary", "--units", "1,2", "--simd", "2,3", "--cell-units", "auto,2"]


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty build folder; only what Yosys made is that of all tests."""
    (build_folder() / "synth").mkdir(parents=True, exist_ok=True)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "synth").symlink_to((build_folder() / "synth").resolve())
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path / "build"))
    return tmp_path / "build"


@pytest.fixture
def little(tmp_path):
    """The file of a model that takes Yosys some seconds, words to explore two machines for it."""
    layer = {
        "activation": {"form": "pwl", "segments": 8},
        "normaliser": {"scale_width": 4, "bias_width": 12, "shift": 4},
    }
    path = tmp_path / "little.safetensors"
    write_model(make_model(hidden=3, inputs=2, layer=layer, shared_scale=True, name="little"), path)
    return path, ["explore", path, "--units", "1,2", "--simd", "1"]


@pytest.fixture
def computed(monkeypatch):
    """Machines that were computed: at once, and by a formula; simd 3 fails while it is bad."""
    seen = []

    def compute(survey, machines, processes):
        for machine in reversed(machines):
            seen.append(machine)
            if machine.simd in computed_badly:
                yield machine, "no luck"
                continue
            yield (
                machine,
                Point(
                    machine=machine.model_dump(mode="json"),
                    area=100 * machine.units * machine.simd,
                    counts={"gates": 7},
                    memory_bits=20,
                    cycles_per_step=cycles.step_cycles(Design(model=survey.model, machine=machine)),
                    clock_mhz=50.0 * processes,
                    energy_per_step_nj=None,
                ),
            )

    computed_badly = set()
    monkeypatch.setattr("pascaline.measure.exploration.in_processes", compute)
    return seen, computed_badly


def test_json_and_what_is_stored(pascaline, folder, computed):
    status, out, err = pascaline(*WORDS, "--jobs", 2, "-o", folder / "x" / "mine.json", "--json")
    assert (status, err) == (0, "")
    shown = json.loads(out)
    assert shown.pop("from_cache") == 0
    stored = json.loads((folder / "explore" / "tiny-ternary-generic.json").read_text())
    assert stored == shown == json.loads((folder / "x" / "mine.json").read_text())
    assert (shown["model"], shown["target"], shown["skipped"]) == ("tiny-ternary", "generic", 3)
    assert shown["columns"]["area"] == "gate_equivalents"
    assert shown["command"].startswith("pascaline explore tiny-ternary --units 1,2 ")
    assert {"pascaline", "amaranth", "yosys"} == shown["tool_versions"].keys()
    assert shown["failed"] == []
    first = shown["points"][0]
    assert Machine.parse(first["machine"], thing="machine").units == 1
    assert (first["area"], first["memory_bits"], first["clock_mhz"]) == (200, 20, 100.0)
    assert first["steps_per_second"] == pytest.approx(1e8 / first["cycles_per_step"])
    assert first["energy_per_step_nj"] is None
    assert first["pareto"] is True
    sizes = [(p["machine"]["units"], p["machine"]["simd"]) for p in shown["points"]]
    assert sizes == [(1, 2), (1, 3), (2, 2), (2, 2), (2, 3)]


def test_page(pascaline, folder, computed):
    words = [*WORDS, "--jobs", 2, "--html", folder / "page.html"]
    status, out, err = pascaline(*words, "--json")
    assert (status, err) == (0, "")
    assert page(json.loads(out)) == (folder / "page.html").read_text()
    assert pascaline(*words, "--html", "/dev/null", "--json")[:2] == (2, "")


def test_tables(pascaline, folder, computed):
    status, out, err = pascaline(*WORDS, "--jobs", 1)
    assert (status, err) == (0, "")
    assert "tiny-ternary on generic gates, the Pareto front: area, time a step" in out
    assert "5 machines: 0 from the cache, 5 computed; 0 failed" in out
    assert "3 cannot be built, the first because of machine: cell_units: must divide" in out
    assert "front" not in out.splitlines()[2]
    every = pascaline(*WORDS, "--all")[1]
    assert "5 machines: 5 from the cache, 0 computed; 0 failed" in every
    assert "front" in every.split("─")[0]


def test_failures_are_lines_and_are_tried_again(pascaline, folder, computed):
    seen, bad = computed
    bad.add(3)
    status, out, err = pascaline(*WORDS)
    assert status == 1
    assert err.splitlines() == [
        "pascaline: units=2 simd=3 cell_units=None: no luck",
        "pascaline: units=1 simd=3 cell_units=None: no luck",
    ]
    assert "3 machines: 0 from the cache, 3 computed; 2 failed" in out
    bad.clear()
    seen.clear()
    status, out, err = pascaline(*WORDS, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["from_cache"] == 3
    assert [machine.simd for machine in seen] == [3, 3]


def test_everything_fails(pascaline, folder, computed):
    computed[1].update((2, 3))
    status, out, _ = pascaline(*WORDS)
    assert status == 1
    assert out == (
        "0 machines: 0 from the cache, 0 computed; 5 failed\n"
        "3 cannot be built, the first because of machine: cell_units: must divide units (1) and"
        " simd (2), not 2\n"
    )
    assert not (folder / "explore" / "tiny-ternary-generic.json").exists()


def test_what_is_kept_depends_on_everything(pascaline, folder, computed):
    seen, _ = computed
    for words in ([], ["--dsp"], ["--target", "ecp5"], ["--lane", "tree"], ["--head-simd", 1]):
        seen.clear()
        assert pascaline("explore", "tiny-ternary", "--units", 1, "--simd", 2, *words)[0] == 0
        # The last one is the machine of the first.
        assert len(seen) == (words != ["--head-simd", 1])


def test_defaults_follow_from_the_model(pascaline, folder, computed):
    shown = json.loads(pascaline("explore", "digits-ternary", "--target", "ecp5", "--json")[1])
    machines = [point["machine"] for point in shown["points"]]
    assert {m["lane"] for m in machines} == {"tree"}
    assert max(4 * m["units"] * m["simd"] for m in machines) == 256
    shown = json.loads(
        pascaline("explore", "digits-ternary", "--operations-at-most", "16", "--json")[1]
    )
    assert len(shown["points"]) == 6


def test_every_parameter_of_a_machine_is_an_option(pascaline):
    _, out, _ = pascaline("explore", "--help")
    # A list of machines cannot have lists in it.
    for name in Machine.model_fields.keys() - {"layer_units"}:
        assert f"--{name.replace('_', '-')} A,B,..." in out
    assert "Hidden units computed side by side;" in out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--units 0,1", "machine: units: should be greater than or equal to 1, not 0"),
        ("--units 1,x", "machine: units: should be a valid integer, not 'x'"),
        ("--units 1,,2", "--units: must be values separated by commas"),
        ("--units auto", "machine: units: should be a valid integer, not 'auto'"),
        ("--lane heap", "machine: lane: should be 'tree', 'pairs', 'subsets' or 'booth'"),
        ("--lane subsets", "explore: no machine can be built (machine: lane: must be tree or"),
        ("--limit 3", "explore: must have at most 3 machines (--limit), not"),
        ("--target fpga", "target: must be one of generic, ice40, ecp5, xilinx, asic, not 'fpga'"),
        ("--target asic", "--target asic: needs --liberty FILE"),
        ("--power-steps 2", "--power-steps: needs --target asic"),
        ("--pnr", "--pnr: needs --target ecp5 or ice40, not 'generic'"),
        ("--clock 50", "--clock: needs --pnr"),
        ("--target ecp5 --pnr --device x", "device: must be one of 25k, 45k, 85k for ecp5, not 'x"),
        ("--jobs 0", "Invalid value for '--jobs': 0 is not in the range 1<=x<=1024."),
        ("--jobs 2 --dask tcp://h:1", "--jobs: must not be given with --dask"),
        ("--machine none.toml", "none.toml: no such file"),
    ],
)
def test_one_line_and_status_2(pascaline, folder, words, text):
    status, out, err = pascaline("explore", "tiny-ternary", *words.split())
    assert (status, out) == (2, "")
    assert err.startswith(f"pascaline: {text}"), err
    assert err.count("\n") == 1
    assert not (folder / "explore").exists()


def survey(model=None, **options):
    synthesis = Synthesis(**{"target": target("generic")} | options)
    return Survey.here(model or find_model("tiny-ternary"), synthesis)


def test_in_processes(pascaline, folder, little):
    model, words = little
    status, out, err = pascaline(*words, "--jobs", "2", "--json")
    assert (status, err) == (0, "")
    shown = json.loads(out)
    report = ["report", model, "--units", 2, "--lane", "auto", "--json"]
    reported, point = json.loads(pascaline(*report)[1]), shown["points"][1]
    assert point["machine"] == reported["machine"]
    assert point["area"] == reported["area"]["gate_equivalents"]
    assert point["counts"] == reported["area"]
    assert point["cycles_per_step"] == reported["cycles_per_step"]
    assert point["clock_mhz"] is None


def test_a_worker_that_dies(folder):
    threading.Timer(0.3, lambda: [child.kill() for child in active_children()]).start()
    machines = [Machine(simd=2), Machine(simd=4)]
    outcomes = dict(in_processes(survey(), machines, 1))
    assert set(outcomes.values()) == {"a worker process died (memory? then try fewer --jobs)"}


@pytest.fixture
def interrupts():
    """Children can be interrupted, even where the tests run in the background and cannot."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_leaves_what_is_finished(tmp_path, little):
    environment = os.environ | {"PASCALINE_BUILD": str(tmp_path)}
    points = tmp_path / "explore" / "points"
    with subprocess.Popen(
        [sys.executable, "-m", "pascaline.cli", *little[1], "--simd", "1,2,3,4", "--jobs", "1"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        while not list(points.glob("*/result.json")):
            assert running.poll() is None, running.stderr.read()
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err.strip()) == (130, "", "pascaline: interrupted")
    # Eight machines in all; on a busy computer a second may be finished before the interrupt.
    assert 1 <= len(list(points.glob("*/result.json"))) < 8
    assert [path.name for path in (tmp_path / "explore").iterdir()] == ["points"]
    for _ in range(100):
        if not (left := processes_of(tmp_path)):
            break
        time.sleep(0.1)
    assert left == []


def processes_of(folder):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(folder) in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes())
        except OSError:
            continue
    return found


def test_measure_says_in_a_line_what_is_wrong(monkeypatch):
    here = survey()
    monkeypatch.setattr("pascaline.measure.points.code_digest", lambda: "another")
    text = "worker: must have the same code and tools as the process that explores"
    assert try_to_measure(here, Machine()) == text
    monkeypatch.undo()
    monkeypatch.setattr("pascaline.measure.points.make_report", lambda *_, **__: {}["a\nb"])
    assert try_to_measure(here, Machine()) == "KeyError: 'a\\nb'"


def test_a_full_disk_ends_it(monkeypatch):
    def write(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "build")

    monkeypatch.setattr("pascaline.measure.points.measure", write)
    with pytest.raises(OSError, match="build"):
        try_to_measure(survey(), Machine())


def test_clocks_come_from_place_and_route(monkeypatch):
    class Placed:
        fmax_mhz = 40.0

    class Made:
        area: ClassVar = {"luts": 10, "carries": 3, "block_rams": 1, "memory_bits": 4}

    asked = {}
    monkeypatch.setattr("pascaline.measure.points.make_report", lambda *_, **__: Made)
    monkeypatch.setattr("pascaline.measure.points.nextpnr_version", lambda _: "0.11")
    monkeypatch.setattr(
        "pascaline.measure.points.make_placement",
        lambda _, how, **more: asked.update(vars(how) | more) or Placed,
    )
    point = measure(survey(target=target("ecp5"), pnr=True, seeds=2), Machine())
    assert target("ecp5").unit == "luts + 2 x carries"
    assert (point.area, point.memory_bits, point.clock_mhz) == (16, 4, 40.0)
    assert (asked["seeds"], asked["at_once"], asked["device"]) == (2, 1, None)


def test_clocks_and_energy_come_from_opensta(monkeypatch, folder, little):
    timing = {"critical_path": {"ns": 8.0}, "energy_per_step_nj": 1.5}
    monkeypatch.setattr("pascaline.measure.points.make_timing", lambda *_: timing)
    library = asic_target(read_library(Path(osu018()), (), folder / "synth"))
    this = survey(target=library, model=read_model(little[0]))
    point = measure(this, Machine())
    assert (point.clock_mhz, point.energy_per_step_nj) == (125.0, 1.5)
    assert point.area == point.counts["area_um2"] > 0
    timing |= {"critical_path": None, "energy_per_step_nj": None}
    assert measure(this, Machine()).clock_mhz is None


# Dask: what is of its own is not ours to warn about.


@pytest.mark.filterwarnings("default")
def test_on_a_cluster(pascaline, folder, little):
    distributed = pytest.importorskip("distributed")
    words = little[1]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        status, out, err = pascaline(*words, "--dask", cluster.scheduler_address, "--json")
    assert (status, err) == (0, "")
    on_cluster = json.loads(out)
    assert on_cluster["from_cache"] == 0
    here = json.loads(pascaline(*words, "--json")[1])
    assert here["from_cache"] == 2
    assert here["points"] == on_cluster["points"]


@pytest.mark.parametrize("address", ["here", "tcp://here", "tcp://here:x", "udp://here:1"])
def test_an_address_of_no_scheduler(pascaline, folder, address):
    pytest.importorskip("distributed")
    status, out, err = pascaline("explore", "tiny-ternary", "--dask", address)
    assert (status, out) == (2, "")
    assert err == f"pascaline: --dask: must be an address as tcp://host:8786, not '{address}'\n"


@pytest.mark.filterwarnings("default")
def test_a_scheduler_that_does_not_answer(pascaline, folder, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("pascaline.measure.workers.TIMEOUT", 1)
    status, out, err = pascaline("explore", "tiny-ternary", "--dask", "tcp://127.0.0.1:9")
    assert (status, out) == (2, "")
    assert err.startswith("pascaline: --dask: no scheduler answers (Timed out trying to connect")
    assert err.count("\n") == 1


def test_without_dask(pascaline, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    status, out, err = pascaline("explore", "tiny-ternary", "--dask", "tcp://127.0.0.1:9")
    assert (status, out) == (2, "")
    assert err == "pascaline: --dask: needs distributed (pip install 'pascaline[dask]')\n"


def test_what_points_depend_on_is_hashed():
    words = "import sys, pascaline.measure.points; print(*sys.modules)"
    command = [sys.executable, "-c", words]
    modules = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    found = {name.split(".")[1] for name in modules if name.startswith("pascaline.")}
    # Models are hashed by themselves, and what trains them has no say in a machine.
    assert found - {"models", "train"} <= set(points.PACKAGES)
    assert all((Path(points.__file__).parents[1] / name).is_dir() for name in points.PACKAGES)
