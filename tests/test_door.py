"""The one door of the tools, and what passes through it: pipes, signals, foreign letters."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mmpc
from mmpc.__main__ import TOOLS
from tests.conftest import ROOT

PIXELS = np.arange(-300, 300, dtype=np.int16).reshape(20, 30)


def run(*arguments, folder=ROOT, **options):
    """Run Python in a process of its own, as a shell would."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})},
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        **options,
    )


@pytest.fixture
def stream(tmp_path):
    path = tmp_path / "scan.mmpc"
    metadata = {"name": "Müller", "dicom": {"00100010": {"vr": "PN", "Value": ["Müller"]}}}
    path.write_bytes(mmpc.compress(PIXELS, bitstream=1, quality=2, metadata=metadata))
    return path


def test_every_tool_is_listed():
    """A tool is a module at the top with a main of its own."""
    tools = {
        path.stem
        for path in Path(mmpc.__file__).parent.glob("*.py")
        if "enter(" in path.read_text(encoding="utf-8")
    }
    assert tools - {"__main__"} == set(TOOLS)
    listed = run("-m", "mmpc").stdout.decode()
    assert run("-m", "mmpc", "--help").stdout.decode() == listed
    assert listed.startswith("usage: mmpc TOOL") and listed.endswith("Not for diagnosis.\n")
    for tool, what_it_does in TOOLS.items():
        assert f"  {tool}" in listed and what_it_does in listed


def test_version():
    assert run("-m", "mmpc", "--version").stdout.decode() == f"mmpc {mmpc.__version__}\n"


def test_a_mistake_is_one_line():
    result = run("-m", "mmpc", "encdoe")
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.decode().startswith("mmpc: error: 'encdoe' is no tool")


def test_only_the_tool_that_is_named_is_imported(stream):
    """And what no tool needs, such as NumPy for its help, is not imported either."""
    code = (
        "import sys; from mmpc.__main__ import main; code = main(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    for tool in TOOLS:
        result = run("-c", code, tool, "--help")
        loaded = set(result.stderr.decode().split())
        assert result.returncode == 0 and b"usage: mmpc" in result.stdout
        assert not loaded & {f"mmpc.{other}" for other in set(TOOLS) - {tool}}
        assert not loaded & {"numpy", "numba", "pydicom", "PIL", "matplotlib"}, tool
    result = run("-c", code, "info", stream)
    assert b"PatientName" in result.stdout
    assert not set(result.stderr.decode().split()) & {"numba", "pydicom", "PIL"}


def test_scripts_of_the_old_names():
    for name in ("mmpc-encode", "mmpc-decode", "mmpc-info", "mmpc-convert", "mmpc-evaluate"):
        code = (
            f"import sys; sys.argv[0] = '/usr/bin/{name}'; from mmpc.__main__ import main; main()"
        )
        assert f"usage: mmpc {name[5:]} " in run("-c", code, "--help").stdout.decode()


def test_the_same_through_the_door_and_by_module(stream):
    door, module = (run("-m", *name, stream) for name in (["mmpc", "info"], ["mmpc.info"]))
    assert (door.returncode, module.returncode) == (0, 0)
    assert door.stdout == module.stdout != b""


@pytest.mark.parametrize("given", [".npy", ".dcm"])
def test_standard_streams(tmp_path, given):
    """An image through encode, decode and convert without a file between."""
    image = tmp_path / f"scan{given}"
    np.save(tmp_path / "scan.npy", PIXELS)
    if given == ".dcm":
        assert run("-m", "mmpc", "convert", tmp_path / "scan.npy", image).returncode == 0
    options = "--bitstream", "1", "--max-error", "1"
    encoded = run("-m", "mmpc", "encode", "-", "-", *options, input=image.read_bytes())
    assert encoded.returncode == 0, encoded.stderr
    assert encoded.stderr.startswith(b"standard output: compression ratio")
    decoded = run("-m", "mmpc", "decode", "-", "-", input=encoded.stdout)
    assert (decoded.returncode, decoded.stderr) == (0, b"standard output: 30 x 20 int16\n")
    (tmp_path / "again.npy").write_bytes(decoded.stdout)
    assert abs(np.load(tmp_path / "again.npy") - PIXELS).max() <= 1
    converted = run("-m", "mmpc", "convert", "-", "-", input=decoded.stdout)
    assert converted.stdout == decoded.stdout
    assert b"size" in run("-m", "mmpc", "info", "-", input=encoded.stdout).stdout


def test_errors_name_standard_input():
    for tool in (["info", "-"], ["decode", "-", "-"], ["convert", "-", "-"]):
        result = run("-m", "mmpc", *tool, input=b"something")
        assert (result.returncode, result.stdout) == (1, b"")
        assert result.stderr.startswith(b"mmpc: error: standard input: ")


@pytest.mark.parametrize("closed", ["stdin", "stdout"])
def test_closed_standard_streams_are_one_line(stream, closed):
    code = (
        f"import sys; sys.{closed} = None; from mmpc.__main__ import main;"
        f"sys.exit(main(['decode', {'-' if closed == 'stdin' else str(stream)!r}, '-']))"
    )
    result = run("-c", code, stdout=subprocess.DEVNULL)
    assert result.returncode == 1
    assert result.stderr.startswith(b"mmpc: error: standard ")
    assert result.stderr.count(b"\n") == 1


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="no SIGPIPE here")
@pytest.mark.parametrize("buffering", ["", "1"])
@pytest.mark.parametrize("arguments", [["mmpc.info"], ["mmpc", "info"]])
def test_a_reader_that_goes_is_no_error(stream, arguments, buffering):
    reading, writing = os.pipe()
    os.close(reading)
    result = run("-m", *arguments, stream, stdout=writing, env={"PYTHONUNBUFFERED": buffering})
    os.close(writing)
    assert (result.returncode, result.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("buffering", ["", "1"])
def test_output_that_cannot_be_written_is_one_line(stream, buffering):
    with open("/dev/full", "wb") as full:
        result = run("-m", "mmpc.info", stream, stdout=full, env={"PYTHONUNBUFFERED": buffering})
    assert result.returncode == 1
    assert result.stderr == b"mmpc: error: standard output: No space left on device\n"


INTERRUPTING = """
import runpy, signal, sys

interrupting, module, *rest = sys.argv[1:]

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == interrupting:
            signal.raise_signal(signal.SIGINT)

sys.modules.pop(interrupting, None)
sys.meta_path.insert(0, Interrupting())
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = [module, *rest]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("tool", ["mmpc", *(f"mmpc.{tool}" for tool in TOOLS)])
@pytest.mark.parametrize("while_loading", ["argparse", "mmpc.cli", "numpy"])
def test_ctrl_c_while_modules_load(tmp_path, stream, tool, while_loading):
    np.save(tmp_path / "scan.npy", PIXELS)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "head_ct.dcm").write_bytes(b"DICM")
    arguments = {
        "mmpc.encode": ["scan.npy", "a.mmpc"],
        "mmpc.decode": ["scan.mmpc", "a.npy"],
        "mmpc.convert": ["scan.npy", "a.dcm"],
        "mmpc.info": ["scan.mmpc"],
        "mmpc.archive": ["data", "archive"],
        "mmpc": ["info", "scan.mmpc"],
    }.get(tool, [])
    code = "-c", INTERRUPTING, while_loading, tool
    result = run(*code, *arguments, folder=tmp_path)
    assert result.stderr == b"mmpc: error: interrupted\n"
    assert result.returncode == 130
    assert not list(tmp_path.glob("a.*"))


DISGUISING = """
import signal, sys
from types import SimpleNamespace

def work(argv):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise ImportError("could not import something")

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.modules["mmpc.encode"] = SimpleNamespace(main=work)
from mmpc.__main__ import main
sys.exit(main(["encode"]))
"""

SWALLOWING = """
import signal, sys, time, weakref
from types import SimpleNamespace

class Some:
    pass

def work(argv):
    some = Some()
    weakref.finalize(some, signal.raise_signal, signal.SIGINT)
    del some
    for _ in range(1000):
        time.sleep(0.01)
    print("not interrupted")

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.modules["mmpc.encode"] = SimpleNamespace(main=work)
from mmpc.__main__ import main
sys.exit(main(["encode"]))
"""


AT_THE_DOOR = """
import signal, sys

class Disguising:
    def find_spec(self, name, path=None, target=None):
        if name == "mmpc.cli":
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                raise ImportError("could not import something")

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Disguising())
from mmpc.__main__ import main
sys.exit(main(["--version"]))
"""


@pytest.mark.parametrize("code", [DISGUISING, SWALLOWING, AT_THE_DOOR])
def test_ctrl_c_in_an_import_or_a_callback_is_not_lost(code):
    """Extension modules make another error of it; what a callback raises is ignored."""
    result = run("-c", code)
    assert (result.returncode, result.stderr) == (130, b"mmpc: error: interrupted\n")


IN_A_TOOL = """
import signal, sys
from types import SimpleNamespace

def work(argv):
    {work}
    return 0

signal.signal(signal.SIGINT, signal.{handler})
sys.modules["mmpc.encode"] = SimpleNamespace(main=work)
from mmpc.__main__ import main
sys.exit(main(["encode"]))
"""


def test_ctrl_c_stays_ignored_where_it_was_ignored():
    """As in a script that goes on in the background."""
    work = "signal.raise_signal(signal.SIGINT)"
    result = run("-c", IN_A_TOOL.format(work=work, handler="SIG_IGN"))
    assert (result.returncode, result.stderr) == (0, b"")


def test_a_second_ctrl_c_ends_the_tool_at_once():
    code = "from mmpc import interruption; interruption.end(); interruption.signal.raise_signal(2)"
    result = run("-c", code)
    assert result.stderr == b"mmpc: error: interrupted\n"
    assert result.returncode not in (0, 1)


def test_other_errors_in_callbacks_are_told_as_ever():
    work = "type('Some', (), {'__del__': lambda self: 1 / 0})()"
    result = run("-c", IN_A_TOOL.format(work=work, handler="default_int_handler"))
    assert result.returncode == 0
    assert b"ZeroDivisionError" in result.stderr


def test_the_face_of_the_package_is_imported_name_by_name():
    code = (
        "import sys, mmpc; assert mmpc.errors.MmpcError is mmpc.MmpcError;"
        "assert 'numpy' not in sys.modules; mmpc.compress;"
        "assert 'compress' in vars(mmpc) and set(mmpc.__all__) <= set(dir(mmpc));"
        "all(getattr(mmpc, name) for name in mmpc.__all__); mmpc.nothing"
    )
    error = run("-c", code).stderr.decode().splitlines()[-1]
    assert error == "AttributeError: module 'mmpc' has no attribute 'nothing'"


@pytest.mark.skipif(
    sys.getfilesystemencoding() not in ("utf-8", "mbcs"), reason="names of files are ASCII here"
)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_any_letter_on_any_terminal(tmp_path, encoding):
    """Letters that the output cannot show are escaped."""
    np.save(tmp_path / "Łódź.npy", PIXELS)
    for command in (["mmpc.convert", "Łódź.npy", "Łódź.dcm"], ["mmpc.convert", "ä.npy", "ö.dcm"]):
        result = run("-m", *command, folder=tmp_path, env={"PYTHONIOENCODING": encoding})
        assert b"Traceback" not in result.stderr
    assert result.stderr.count(b"\n") == 1
    result = run(
        "-m", "mmpc.encode", "Łódź.npy", "Łódź.mmpc", "--bitstream", "1",
        folder=tmp_path, env={"PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.startswith(b"\\u0141")
    assert "Łódź.mmpc" in os.listdir(tmp_path)
