"""A few of the faults of which `tests.host.faults` and `tests.host.full` try many."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from pascaline.host.tools import ToolError, run_tool
from pascaline.spec import scratch as scratch_module
from pascaline.spec.files import write_atomic
from pascaline.spec.manifest import MANIFEST
from pascaline.spec.scratch import own_temporary, refuse_full, scratch, temporary
from tests.command import pascaline
from tests.host.commands import MARK, Ended, Place, finish, hear_interrupts

__all__ = ["pascaline"]

FULL = OSError(28, "No space left on device")

STARTS = """
import subprocess, sys
from pascaline.host.watch import watched
leaves = (
    "import os, subprocess;"
    "subprocess.Popen(['sleep', '60'], start_new_session=True); os._exit(0)"
)
with watched():
    subprocess.run([sys.executable, "-c", leaves])
    print("ready", flush=True)
    sys.stdin.read()
"""
"""A program that has left a grandchild in a session of its own."""

IMPORTS = """
import os, signal, sys
from pascaline.cli.__main__ import run
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            os.kill(os.getpid(), signal.{sent})
sys.meta_path.insert(0, Finder())
sys.argv = ["pascaline", "image", "--help"]
run()
"""
"""Is interrupted when it imports a module."""


@pytest.fixture
def interrupts():
    before = signal.getsignal(signal.SIGINT)
    hear_interrupts()
    yield
    signal.signal(signal.SIGINT, before)


def ended(*words, **options):
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, **options
    )


def wait_until(holds):
    late = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < late
        time.sleep(0.02)


@pytest.mark.parametrize(
    "module", ["pascaline.cli.main", "click", "pascaline.cli.image", "pydantic"]
)
@pytest.mark.parametrize(
    ("sent", "status", "text"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")]
)
def test_an_interrupt_while_modules_are_imported(interrupts, module, sent, status, text):
    done = ended("-c", IMPORTS.format(module=module, sent=sent))
    assert (done.returncode, done.stderr) == (status, f"pascaline: {text}\n")


def test_programs_end_when_the_process_is_killed(tmp_path):
    place = Place(tmp_path / "run", "list")
    with subprocess.Popen(
        [sys.executable, "-c", STARTS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {MARK: place.mark},
        text=True,
    ) as running:
        try:
            assert running.stdout.readline() == "ready\n"
            # A program has been started a moment before the system shows what it is.
            wait_until(lambda: any(line.startswith("sleep") for line in place.alive()))
        finally:
            running.kill()
    wait_until(lambda: not place.alive())


def test_a_killed_run_is_no_trouble_for_the_next_one(tmp_path):
    place = Place(tmp_path / "run", "generate tiny-binary --simd 1 --units 1 -o out")
    begun = time.monotonic()
    process = place.start()
    while not list(place.tmp.iterdir()):
        time.sleep(0.01)
    process.kill()
    assert finish(process, begun).status == -signal.SIGKILL
    assert place.leftovers()
    wait_until(lambda: not place.alive())
    assert place.result() == {}
    assert place.run().status == 0
    assert set(place.result()) == {"tiny_binary.v", "tiny_binary.json", MANIFEST}
    assert not place.leftovers()


@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [
        (resource.RLIMIT_NOFILE, 20, "open files (ulimit -n): must be at least 64, not 20"),
        (resource.RLIMIT_AS, 100 << 20, "MiB of memory (ulimit -v): must be at least "),
    ],
)
def test_limits_that_nothing_can_run_with(limit, value, said):
    done = ended(
        *("-m", "pascaline.cli", "show", "tiny-binary"),
        preexec_fn=lambda: resource.setrlimit(limit, (value, value)),
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith(f"pascaline: {said}")


def test_files_may_be_too_small(tmp_path):
    def lower():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    place = Place(tmp_path / "run", "export tiny-binary -o out/network.safetensors")
    short = place.run(preexec_fn=lower)
    assert (short.status, place.result(), place.leftovers()) == (2, {}, [])
    assert short.said == "pascaline: out/network.safetensors: cannot be written (File too large)\n"


def test_a_copy_names_where_it_was_to_be(pascaline, monkeypatch):
    def fail(*_):
        raise OSError(FULL.errno, FULL.strerror, "from", None, "to")

    monkeypatch.setattr("pascaline.cli.show.find_design", fail)
    status, _, err = pascaline("show", "tiny-binary")
    assert (status, err) == (2, "pascaline: to: cannot be used (No space left on device)\n")


@pytest.mark.parametrize("make", [temporary, lambda: scratch(Path(tempfile.gettempdir()))])
def test_errors_name_the_place_that_is_full(make):
    with pytest.raises(OSError, match="No space") as caught, make():
        raise OSError(FULL.errno, FULL.strerror)
    assert caught.value.filename == tempfile.gettempdir()


def test_what_another_program_has_written_may_be_a_part(tmp_path, monkeypatch):
    run_tool(["true"], folder=tmp_path, hint="")
    found = os.statvfs(tmp_path)
    # What a program writes must leave room for as much: it may have removed temporary files.
    (tmp_path / "written").write_bytes(bytes(3 * found.f_frsize))
    full = os.statvfs_result([*found[:4], 2, *found[5:]])
    monkeypatch.setattr(scratch_module.os, "statvfs", lambda _: full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        run_tool(["true"], folder=tmp_path, hint="")
    assert caught.value.filename == str(tmp_path)
    refuse_nothing = os.statvfs_result([*found[:2], 0, 0, 0, *found[5:]])
    monkeypatch.setattr(scratch_module.os, "statvfs", lambda _: refuse_nothing)
    refuse_full(tmp_path)  # A file system that does not say how large it is.


def test_what_a_killed_run_has_left_beside_a_whole_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("right")
    (tmp_path / ".pascaline-killed.lock").touch()
    write_atomic(path, "right")
    assert list(tmp_path.iterdir()) == [path]


def test_a_program_that_a_signal_has_ended(tmp_path):
    with pytest.raises(ToolError, match="sh: ended: File size limit exceeded: no output"):
        run_tool(["sh", "-c", "kill -XFSZ $$"], folder=tmp_path, hint="")


def test_no_folder_for_temporary_files(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "file"))
    monkeypatch.setattr(scratch_module, "_places", lambda: [tmp_path / "file"])
    with own_temporary(), pytest.raises(NotADirectoryError) as caught, temporary():
        pass
    assert Path(caught.value.filename).parent == tmp_path / "file"


def test_the_next_folder_for_temporary_files(tmp_path, monkeypatch):
    (tmp_path / "full").symlink_to("/proc")  # Nobody may write there.
    (tmp_path / "roomy").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "full"))
    monkeypatch.setenv("TEMP", str(tmp_path / "missing"))
    monkeypatch.setenv("TMP", str(tmp_path / "roomy"))
    with own_temporary(), temporary() as folder:
        assert folder.is_relative_to(tmp_path / "roomy")
    assert not list((tmp_path / "roomy").iterdir())


def test_early_ends_are_told_from_others():
    assert Ended(1, "Traceback ...\n  site.py\nKeyboardInterrupt\n", 0).early
    assert not Ended(1, "Traceback ...\n  cli/__main__.py\nKeyboardInterrupt\n", 0).early
    assert not Ended(130, "pascaline: interrupted\n", 0).early


@pytest.mark.parametrize("home", ["/proc/none", "/dev/null"])
def test_tools_of_yowasp_need_no_home(tmp_path, monkeypatch, home):
    for variable in ("XDG_CACHE_HOME", "YOWASP_CACHE_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PASCALINE_BUILD", str(tmp_path))
    tell = ["sh", "-c", "echo $YOWASP_CACHE_DIR"]
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run_tool(tell, folder=tmp_path, hint="") == "\n"
    monkeypatch.setenv("HOME", home)
    assert run_tool(tell, folder=tmp_path, hint="") == f"{tmp_path / 'yowasp'}\n"


def test_what_python_compiles_is_never_cut(tmp_path):
    """Of a file that may be no larger, Python keeps a part, which breaks all later runs."""

    def lower():
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    words = ["-m", "pascaline.cli", "show", "tiny-binary", "--json"]
    short = ended(*words, preexec_fn=lower, env=os.environ | {"PYTHONPYCACHEPREFIX": str(tmp_path)})
    assert short.returncode == 0, short.stderr
    assert all(path.stat().st_size < 6000 for path in tmp_path.rglob("pascaline/**/*.pyc"))


def test_a_tool_that_may_cut_what_it_writes_is_not_run(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    (tmp_path / "given").write_bytes(bytes(1 << 20))
    command = ["true"]
    for limit, least in ((1 << 23, 1 << 26), ((1 << 26) - 1, 1 << 26)):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            with pytest.raises(OSError, match=f"ulimit -f must be {least} .*, not {limit}"):
                run_tool(command, folder=tmp_path, hint="")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert run_tool(command, folder=tmp_path, hint="") == ""
