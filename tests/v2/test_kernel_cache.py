"""The cache of compiled kernels: shared, safe from others, and never in the way."""

import contextlib
import errno
import gc
import hashlib
import importlib.util
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numba
import pytest

from mmpc.v2 import compilation, kernel_cache, kernel_folder, process_lock
from tests.conftest import HANGING_SECONDS

ROOT = Path(__file__).parents[2]
MODULE = """
from numba import njit
from mmpc.v2.kernel_cache import keep

@keep
@njit
def triple(x):
    return 3 * x

def _sum(n):
    total = 0
    for i in range(n):
        total += triple(i)
    return total

total = keep(njit(_sum), "test's coder", 30)
"""
SUM_OF_5 = 30
posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners and modes of this kind")


@pytest.fixture
def module_file(tmp_path):
    """Return a module with two kernels, one of which calls the other."""
    path = tmp_path / "dummy_kernels.py"
    path.write_text(MODULE)
    return path


@pytest.fixture
def caches(tmp_path, monkeypatch):
    """Return a folder below which this process now keeps kernels, as one that just started."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    # Python's own cache cannot tell two versions of one length, written in the same second.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(compilation, "_announced", set())
    monkeypatch.setattr(compilation, "_not_kept", [])
    monkeypatch.setattr(compilation, "_waits", [])
    kernel_folder.kernel_folder.cache_clear()
    yield tmp_path / "cache"
    monkeypatch.undo()
    kernel_folder.kernel_folder.cache_clear()


def load(module_file):
    """Import the module once more: its kernels know nothing of any compiled form."""
    kernel_folder.kernel_folder.cache_clear()
    spec = importlib.util.spec_from_file_location("dummy_kernels", module_file)
    module = importlib.util.module_from_spec(spec)
    sys.modules["dummy_kernels"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Return a folder with both kernels, compiled once for all tests that begin with them."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "dummy_kernels.py").write_text(MODULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_CACHE_DIR", str(folder / "cache"))
        patch.setattr(compilation, "_announced", set())
        module = load(folder / "dummy_kernels.py")
        assert (module.triple(5), module.total(5)) == (15, SUM_OF_5)
    kernel_folder.kernel_folder.cache_clear()
    return folder / "cache"


@pytest.fixture
def full_caches(caches, kept):
    """Return `caches` with both kernels in it."""
    shutil.copytree(kept, caches)
    return caches


def compiled(kernel):
    """Return how often a kernel was compiled in this process."""
    return sum(kernel.stats.cache_misses.values())


def kept_files(folder):
    """Return the files of kept kernels: of the inner one, of the outer one."""
    return sorted(folder.glob("kernels-*/*triple*.kernel")), sorted(
        folder.glob("kernels-*/*_sum*.kernel")
    )


def start(script, **environment):
    """Start a Python process with ``script``, with only these variables beside the path."""
    inherited = {k: v for k, v in os.environ.items() if k in ("PATH", "SYSTEMROOT", "TMPDIR")}
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        cwd=tempfile.gettempdir(),  # Python looks for modules where it starts
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    """Return what a process printed, having ended well."""
    out, err = process.communicate(timeout=HANGING_SECONDS)
    assert process.returncode == 0, err
    return out, err


# ---- shared by copies of the same sources ----------------------------------------------------


def test_second_copy_of_the_sources_compiles_nothing(tmp_path):
    shutil.copytree(
        ROOT / "mmpc", tmp_path / "copy" / "mmpc", ignore=shutil.ignore_patterns("__pycache__")
    )
    script = (
        "from mmpc.v2.bounded.neighbours import log_bucket as k\n"
        "print(k(5, 8), k.py_func.__code__.co_filename, sum(k.stats.cache_hits.values()),"
        " sum(k.stats.cache_misses.values()))"
    )
    cache = str(tmp_path / "cache")
    first, _ = finish(start(script, NUMBA_CACHE_DIR=cache))
    second, _ = finish(start(script, NUMBA_CACHE_DIR=cache, PYTHONPATH=str(tmp_path / "copy")))
    assert first.split()[2:] == ["0", "1"]
    assert second.split()[2:] == ["1", "0"]
    assert first.split()[0] == second.split()[0]
    assert str(tmp_path / "copy") in second
    # Any change of any source, and nothing of that is used.
    with open(tmp_path / "copy" / "mmpc" / "v2" / "parameters.py", "a") as source:
        source.write("\n")
    third, _ = finish(start(script, NUMBA_CACHE_DIR=cache, PYTHONPATH=str(tmp_path / "copy")))
    assert third.split()[2:] == ["0", "1"]
    assert len(list((tmp_path / "cache").glob("kernels-*"))) == 2


def test_kernels_are_below_the_hash_where_numba_is_told_to_keep_them(caches, module_file):
    assert load(module_file).total(5) == SUM_OF_5
    (folder,) = caches.iterdir()
    assert folder.name == f"kernels-{kernel_folder.sources_hash()}"
    assert [len(files) for files in kept_files(caches)] == [0, 1]


def test_hash_follows_sources_and_what_changes_the_code(monkeypatch, tmp_path):
    def fresh():
        kernel_folder.sources_hash.cache_clear()
        return kernel_folder.sources_hash()

    try:
        before = fresh()
        monkeypatch.setattr(numba.config, "BOUNDSCHECK", 1)
        assert fresh() != before
        monkeypatch.undo()
        assert fresh() == before
        monkeypatch.setattr(kernel_folder, "_SOURCES", tmp_path)
        (tmp_path / "a.py").write_text("x = 1")
        one = fresh()
        (tmp_path / "a.py").rename(tmp_path / "b.py")
        assert fresh() not in (one, before)
    finally:
        monkeypatch.undo()
        kernel_folder.sources_hash.cache_clear()


def test_without_sources_nothing_is_shared(caches, module_file, monkeypatch, tmp_path, capsys):
    """Frozen or stripped to bytecode: one version could not be told from another."""
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr(tempfile, "mkdtemp", lambda prefix: str(private))
    monkeypatch.setattr(kernel_folder, "sources_hash", lambda: "")
    assert load(module_file).total(5) == SUM_OF_5
    assert kernel_folder.kernel_folder() == private
    assert not caches.exists()
    assert capsys.readouterr().err.count("not kept") == 1


def test_kernel_outside_of_version_2_is_renewed_with_its_own_file(caches, module_file):
    assert load(module_file).total(5) == SUM_OF_5
    again = load(module_file)
    assert again.total(5) == SUM_OF_5
    assert compiled(again.total) == 0
    module_file.write_text(MODULE.replace("3 * x", "4 * x"))
    changed = load(module_file)
    assert changed.total(5) == 40
    assert compiled(changed.total) == 1


def test_signatures_of_one_kernel_do_not_mix(caches, module_file):
    first = load(module_file)
    assert (first.triple(2), first.triple(2.5), first.triple(2j)) == (6, 7.5, 6j)
    again = load(module_file)
    assert (again.triple(2j), again.triple(2.5), again.triple(2)) == (6j, 7.5, 6)
    assert compiled(again.triple) == 0


def test_closures_of_one_line_do_not_mix(caches, tmp_path):
    path = tmp_path / "factory.py"
    path.write_text(
        "from numba import njit\nfrom mmpc.v2.kernel_cache import keep\n"
        "def times(factor):\n    return keep(njit(lambda x: factor * x))\n"
    )
    for _ in range(2):
        module = load(path)
        assert (module.times(3)(2), module.times(5)(2)) == (6, 10)
    again = load(path).times(5)
    assert again(2) == 10
    assert compiled(again) == 0


ARRAYS = """
import numpy as np
from numba import njit
from mmpc.v2.kernel_cache import keep

@keep
@njit
def squares(n):
    out = np.zeros(n)
    for i in range(n):
        out[i] = i * i
    return out, n, "text"

@keep
@njit
def later(n):
    return np.sqrt(squares(n)[0]).sum()
"""


def test_new_process_loads_what_makes_arrays_and_then_compiles_more(tmp_path):
    """A process that only loads spares what numba prepares for compiling: a third of a second."""
    (tmp_path / "dummy_kernels.py").write_text(ARRAYS)
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from dummy_kernels import *\n"
        "print(squares(4), sum(squares.stats.cache_misses.values()))\n"
    )
    environment = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    result = "(array([0., 1., 4., 9.]), 4, 'text')"
    assert finish(start(script, **environment))[0] == f"{result} 1\n"
    more = "print(later(4), sum(later.stats.cache_misses.values()))"
    assert finish(start(script + more, **environment))[0] == f"{result} 0\n6.0 1\n"
    assert finish(start(script + more, **environment))[0] == f"{result} 0\n6.0 0\n"


# ---- safe from others ------------------------------------------------------------------------


class _Bomb:
    """What a stranger would put into the folder: loading it runs a command."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


def plant(folder, marker):
    """Replace all kept kernels by bombs with a true checksum."""
    for path in folder.glob("*.kernel"):
        content = pickle.dumps(_Bomb(marker))
        path.write_bytes(hashlib.sha256(content).digest() + content)


def owned_by_another(folder, monkeypatch):
    """Let the folder belong to another user."""
    number = folder.stat().st_ino
    real = kernel_folder.is_owned_by_us
    monkeypatch.setattr(
        kernel_folder, "is_owned_by_us", lambda status: status.st_ino != number and real(status)
    )


def writable_by_group(folder, monkeypatch):
    """Let the group write to the folder."""
    folder.chmod(0o770)


def writable_by_all(folder, monkeypatch):
    """Let everybody write to the folder."""
    folder.chmod(0o707)


def a_link(folder, monkeypatch):
    """Put the folder elsewhere and a link in its place."""
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)


def a_file(folder, monkeypatch):
    """Put a file where the folder should be."""
    shutil.rmtree(folder)
    folder.touch()


@posix
def test_bomb_in_our_own_folder_goes_off(caches, module_file, tmp_path):
    """Show that the bomb of the next tests works where nothing holds it back."""
    assert load(module_file).total(5) == SUM_OF_5
    plant(kernel_folder.kernel_folder(), tmp_path / "marker")
    assert load(module_file).total(5) == SUM_OF_5
    assert (tmp_path / "marker").exists()


@posix
@pytest.mark.parametrize("variable", ["NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "TMPDIR"])
@pytest.mark.parametrize(
    "spoil", [owned_by_another, writable_by_group, writable_by_all, a_link, a_file]
)
def test_folder_where_others_can_write_is_not_taken(
    variable, spoil, caches, module_file, tmp_path, monkeypatch, capsys
):
    # All other places are none: the rest falls to a private folder.
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", os.devnull)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: os.devnull)
    home = tmp_path / "home"
    home.mkdir()
    if variable == "TMPDIR":
        monkeypatch.setattr(tempfile, "gettempdir", lambda: str(home))
    else:
        monkeypatch.setenv(variable, str(home))
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr(tempfile, "mkdtemp", lambda prefix: str(private))

    assert load(module_file).total(5) == SUM_OF_5
    folder = kernel_folder.kernel_folder()
    assert home in folder.parents
    plant(folder, tmp_path / "marker")
    spoil(folder, monkeypatch)
    capsys.readouterr()
    again = load(module_file)
    assert again.total(5) == SUM_OF_5
    assert compiled(again.total) == 1
    assert not (tmp_path / "marker").exists()
    assert kernel_folder.kernel_folder() == private
    assert capsys.readouterr().err.count("kernels are not kept for next time") == 1


@posix
def test_private_folder_is_ours_alone_and_goes_with_the_process():
    script = (
        "import pwd, mmpc.v2, os\n"
        "from mmpc.v2.kernel_folder import kernel_folder\n"
        "print(kernel_folder(), oct(kernel_folder().stat().st_mode & 0o777))"
    )
    # Every place but the last is below a file.
    out, err = finish(
        start(
            "import tempfile; real = tempfile.gettempdir\n"
            "import mmpc.v2.kernel_folder as k\n"
            "k.tempfile = type('T', (), {'gettempdir': lambda: '/dev/null',"
            " 'mkdtemp': tempfile.mkdtemp})\n" + script,
            HOME="/dev/null",
        )
    )
    folder, mode = out.split()
    assert mode == "0o700"
    assert not Path(folder).exists()
    assert err.count("\n") == 1
    assert "kernels are not kept for next time" in err


@posix
def test_nothing_is_made_in_the_home_of_another_user(caches, module_file, tmp_path, monkeypatch):
    """As with sudo, which keeps HOME: such a folder would be in its owner's way."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setenv("HOME", os.devnull)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    # Of all that there is, only this home has an owner, who is neither root nor we.
    stranger = os.stat_result((0o40755, home.stat().st_ino, 0, 0, 12345, 0, 0, 0, 0, 0))
    real = Path.stat
    monkeypatch.setattr(
        Path, "stat", lambda path, **k: stranger if path == home else real(path, **k)
    )
    assert load(module_file).total(5) == SUM_OF_5
    assert list(home.iterdir()) == []
    assert kernel_folder.kernel_folder().parent == tmp_path


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root gives files away")
def test_file_of_another_user_in_our_folder_is_not_loaded(caches, module_file, tmp_path):
    assert load(module_file).total(5) == SUM_OF_5
    folder = kernel_folder.kernel_folder()
    plant(folder, tmp_path / "marker")
    for path in folder.glob("*.kernel"):
        os.chown(path, 12345, -1)
    again = load(module_file)
    assert again.total(5) == SUM_OF_5
    assert not (tmp_path / "marker").exists()
    assert all(path.stat().st_uid == os.geteuid() for path in folder.glob("*.kernel"))


@posix
def test_owner_is_who_acts(monkeypatch, tmp_path):
    assert kernel_folder.is_owned_by_us(tmp_path.stat())
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert not kernel_folder.is_owned_by_us(tmp_path.stat())


def test_folders_of_older_sources_go_but_nothing_else_does(caches, module_file, monkeypatch):
    caches.mkdir()
    monkeypatch.setattr(kernel_folder, "_KEPT_FOLDERS", 3)
    older = [caches / f"kernels-{i:016x}" for i in range(5)]
    not_ours = [
        caches / "kernels-0123",
        caches / "kernels-0123456789abcdeg",
        caches / "kernels-0123456789abcdef0",
        caches / "other-0123456789abcdef",
    ]
    for age, path in enumerate(older + not_ours):
        path.mkdir(mode=0o700)
        (path / "content").touch()
        os.utime(path, (1e9 - age, 1e9 - age))
    a_file = caches / "kernels-ffffffffffffffff"
    a_file.touch()
    link = caches / "kernels-eeeeeeeeeeeeeeee"
    if hasattr(os, "geteuid"):
        link.symlink_to(caches / "other-0123456789abcdef")
    os.utime(older[4])  # used just now
    assert load(module_file).total(5) == SUM_OF_5
    ours = kernel_folder.kernel_folder()
    left = {ours, older[4], older[0], *not_ours, a_file}
    if hasattr(os, "geteuid"):
        left.add(link)
    assert set(caches.iterdir()) == left
    assert (link / "content").exists() or not hasattr(os, "geteuid")


def test_use_makes_a_folder_young(caches, module_file):
    load(module_file).total(5)
    folder = kernel_folder.kernel_folder()
    os.utime(folder, (1e9, 1e9))
    load(module_file).total(5)
    assert folder.stat().st_mtime > 1e9 + 1


# ---- damage ----------------------------------------------------------------------------------


def test_kernels_of_a_copied_folder_are_loaded(full_caches, module_file):
    """What the next tests damage would have been taken."""
    module = load(module_file)
    assert (module.triple(5), module.total(5)) == (15, SUM_OF_5)
    assert compiled(module.triple) + compiled(module.total) == 0


def cut_to(share):
    """Return a damage: only this share of a file is left."""
    return lambda content: content[: int(share * len(content))]


def flip(place):
    """Return a damage: one bit at this share of a file is another."""

    def flipped(content):
        position = min(int(place * len(content)), len(content) - 1)
        return content[:position] + bytes([content[position] ^ 16]) + content[position + 1 :]

    return flipped


@pytest.mark.parametrize(
    "damage",
    [cut_to(0), cut_to(0.001), cut_to(0.5), cut_to(0.999)]
    + [flip(i / 10) for i in range(11)]
    + [lambda content: b"\x80" * len(content), lambda content: content + b"more"],
)
@pytest.mark.parametrize("which", [0, 1])
def test_damaged_kernel_is_compiled_again(full_caches, module_file, damage, which):
    (path,) = kept_files(full_caches)[which]
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    if which == 0:  # the outer kernel must ask for the inner one, which is then a part of it
        kept_files(full_caches)[1][0].unlink()
    again = load(module_file)
    assert again.total(5) == SUM_OF_5
    assert compiled((again.triple, again.total)[which]) == 1
    assert again.triple(5) == 15
    # What was damaged has been replaced, and is loaded the next time.
    last = load(module_file)
    assert (last.total(5), last.triple(5)) == (SUM_OF_5, 15)
    assert compiled(last.total) + compiled(last.triple) == 0


@pytest.mark.parametrize(
    "content", [pickle.dumps(("a signature", ())), pickle.dumps(1), b"cno_such_module\nx\n."]
)
def test_file_with_a_true_checksum_and_another_content_is_compiled_again(
    full_caches, module_file, content
):
    (path,) = kept_files(full_caches)[1]
    path.write_bytes(hashlib.sha256(content).digest() + content)
    again = load(module_file)
    assert again.total(5) == SUM_OF_5
    assert compiled(again.total) == 1


# ---- disks that say no -----------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_disk_that_cannot_be_written_does_not_stop_the_work(
    caches, module_file, monkeypatch, capsys, number
):
    def refuse(file):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    module = load(module_file)
    assert (module.total(5), module.triple(2.5)) == (SUM_OF_5, 7.5)
    lines = capsys.readouterr().err.splitlines()
    assert sum("not kept" in line for line in lines) == 1
    assert any(os.strerror(number) in line for line in lines)
    assert not any("kept for next time" in line and "compiled in" in line for line in lines)
    assert kept_files(caches) == ([], [])
    assert not list(kernel_folder.kernel_folder().glob(".*"))  # nothing half-written either


def test_folder_that_vanishes_does_not_stop_the_work(caches, module_file, capsys):
    module = load(module_file)
    shutil.rmtree(kernel_folder.kernel_folder())
    assert module.total(5) == SUM_OF_5
    assert capsys.readouterr().err.count("not kept") == 1


def test_no_place_at_all_does_not_stop_the_work(caches, module_file, monkeypatch, capsys):
    def none(*arguments, **keywords):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setenv("NUMBA_CACHE_DIR", os.path.join(os.devnull, "x"))
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setattr(Path, "home", lambda: Path(os.devnull))
    monkeypatch.setattr(tempfile, "gettempdir", none)
    monkeypatch.setattr(tempfile, "mkdtemp", none)
    module = load(module_file)
    assert (module.total(5), module.triple(2.5)) == (SUM_OF_5, 7.5)
    assert capsys.readouterr().err.count("not kept") == 1
    assert not Path("not").exists()


@posix
def test_read_only_folder_with_all_kernels_is_enough(caches, module_file, monkeypatch, capsys):
    """As in an image of a container that was built with them."""
    load(module_file).total(5)
    folder = kernel_folder.kernel_folder()
    capsys.readouterr()

    def refuse(*arguments, **keywords):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(kernel_cache, "atomic_write", refuse)
    folder.chmod(0o500)
    again = load(module_file)
    assert again.total(5) == SUM_OF_5
    assert compiled(again.total) == 0
    assert capsys.readouterr().err == ""


# ---- two processes ---------------------------------------------------------------------------

# Compiles when told to; writes down that it began, and waits in the middle of it for a word.
HOLDER = """
import sys, time
from pathlib import Path
from numba.core import event
sys.path.insert(0, {folder!r})
import dummy_kernels

class Hold(event.Listener):
    def on_start(self, event):
        Path({folder!r}, "began").touch()
        while not Path({folder!r}, "go").exists():
            time.sleep(0.02)
    def on_end(self, event):
        pass

if {hold}:
    event.register("numba:compile", Hold())
print(dummy_kernels.total(5), sum(dummy_kernels.total.stats.cache_misses.values()),
      sum(dummy_kernels.triple.stats.cache_misses.values()))
"""


def wait_for(path):
    """Wait until a file is there."""
    deadline = time.monotonic() + HANGING_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.02)


@pytest.fixture
def two_processes(module_file, tmp_path):
    """Return one process in the middle of compiling and another that waits for it."""
    cache = str(tmp_path / "cache")
    scripts = [HOLDER.format(folder=str(tmp_path), hold=hold) for hold in (True, False)]
    with contextlib.ExitStack() as stack:
        processes = []
        for script in scripts:
            process = start(script, NUMBA_CACHE_DIR=cache)
            stack.callback(process.wait)
            stack.callback(process.kill)
            processes.append(process)
            wait_for(tmp_path / "began")
        assert "waiting for another process" in processes[1].stderr.readline()
        yield processes


def test_second_cold_process_waits_and_then_loads(two_processes, tmp_path):
    (tmp_path / "go").touch()
    assert finish(two_processes[0])[0].split() == ["30", "1", "1"]
    out, err = finish(two_processes[1])
    assert out.split() == ["30", "0", "0"]
    assert "compiling" not in err


def test_killed_holder_does_not_block(two_processes):
    two_processes[0].send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    out, _ = finish(two_processes[1])
    assert out.split() == ["30", "1", "1"]


def test_holder_that_never_lets_go_is_waited_for_with_patience(
    two_processes, caches, module_file, monkeypatch, capsys
):
    monkeypatch.setattr(kernel_cache, "_PATIENCE_S", 0.2)
    module = load(module_file)
    assert module.total(5) == SUM_OF_5
    assert compiled(module.total) == 1
    assert "waiting for another process" in capsys.readouterr().err


def test_waiting_is_said_once_in_a_process(caches, capsys):
    compilation.tell_waiting("coder of blocks")
    compilation.tell_waiting("deblocking filter")
    assert capsys.readouterr().err.count("waiting for another process") == 1


def test_lock_is_given_back_when_compiling_fails(caches, tmp_path):
    (tmp_path / "dummy_kernels.py").write_text(
        MODULE.replace("total += triple(i)", "total += triple('no number')[1.5]")
    )
    module = load(tmp_path / "dummy_kernels.py")
    with pytest.raises(numba.errors.TypingError):
        module.total(5)
    assert kernel_cache._in_work == [] and gc.isenabled()
    (lock,) = kernel_folder.kernel_folder().glob("*.lock")
    other = (
        "import sys; from pathlib import Path; from mmpc.v2.process_lock import process_lock\n"
        "with process_lock(Path(sys.argv[1]), 60, lambda: print('held')): print('mine')"
    )
    out = subprocess.run(
        [sys.executable, "-c", other, str(lock)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=HANGING_SECONDS,
        check=True,
    ).stdout
    assert out == "mine\n"


def test_garbage_is_not_collected_while_kernels_are_compiled(caches):
    collecting = []

    def same(number):
        return number

    @numba.extending.overload(same)
    def same_compiled(number):
        collecting.append(gc.isenabled())
        return lambda number: number

    assert kernel_cache.keep(numba.njit(lambda number: same(number)))(7) == 7
    assert collecting and not any(collecting) and gc.isenabled()


def test_where_locks_fail_the_work_goes_on(caches, module_file, monkeypatch):
    def no_locks(*arguments):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    system = "fcntl" if process_lock.fcntl else "msvcrt"
    name = "lockf" if process_lock.fcntl else "locking"
    monkeypatch.setattr(getattr(process_lock, system), name, no_locks)
    assert load(module_file).total(5) == SUM_OF_5
    monkeypatch.undo()


def test_where_the_lock_cannot_be_made_the_work_goes_on(tmp_path):
    with process_lock.process_lock(tmp_path / "no" / "folder", 60, pytest.fail):
        pass


# ---- machines --------------------------------------------------------------------------------

WITHOUT_USER = """
import os, pwd
def unknown(*arguments):
    raise KeyError("no entry")
pwd.getpwuid = pwd.getpwnam = unknown
import mmpc.v2
from mmpc.v2.kernel_folder import kernel_folder
from mmpc.v2.bounded.neighbours import log_bucket
print(log_bucket(5, 8) == log_bucket.py_func(5, 8), kernel_folder())
"""


@posix
def test_user_without_home_and_entry(tmp_path):
    out, err = finish(start(WITHOUT_USER, TMPDIR=str(tmp_path)))
    equal, folder = out.split()
    assert equal == "True"
    assert Path(folder).parent == tmp_path
    assert Path(folder).stat().st_mode & 0o777 == 0o700
    assert err == ""


# What this system lends: no owners, no fcntl, and a lock as Windows has it.
WINDOWS = """
import os, sys, types
import numba
for name in ("getuid", "geteuid"):
    delattr(os, name)
held = []
def locking(file, mode, size):
    held.append((mode, size))
    if len(held) == 1:
        raise PermissionError(13, "Permission denied")
sys.modules["fcntl"] = None
sys.modules["msvcrt"] = types.SimpleNamespace(LK_NBLCK=2, locking=locking)
sys.path.insert(0, {folder!r})
import dummy_kernels
print(dummy_kernels.total(5), held)
"""


@posix
def test_without_what_windows_lacks(module_file, tmp_path):
    script = WINDOWS.format(folder=str(tmp_path))
    cache = str(tmp_path / "cache")
    places = {"NUMBA_CACHE_DIR": cache, "HOME": str(tmp_path)}
    out, err = finish(start(script, **places))
    assert out == "30 [(2, 1), (2, 1)]\n"  # held by another at first
    assert err.startswith("mmpc: waiting for another process")
    out, err = finish(start(script, **places))
    assert (out, err) == ("30 []\n", "")


# ---- what the user is told -------------------------------------------------------------------


def test_user_is_told_once_what_happens_and_how_long(caches, module_file, capsys):
    module = load(module_file)
    assert (module.total(5), module.total(5), module.total(2.5 > 1)) == (30, 30, 0)
    first, last = capsys.readouterr().err.splitlines()
    assert first == "mmpc: compiling the kernels of the test's coder, which takes about 30 s"
    assert last.startswith("mmpc: kernels compiled in ")
    assert last.endswith(" s, kept for next time")
    again = load(module_file)
    assert again.total(5) == SUM_OF_5
    assert capsys.readouterr().err == ""


def test_former_duration_on_this_machine_is_told(caches, module_file, capsys, monkeypatch):
    load(module_file).total(5)
    noted = kernel_folder.kernel_folder() / "test's-coder.seconds"
    assert 0 < float(noted.read_text()) < 30
    noted.write_text("1234.5\n")
    capsys.readouterr()
    monkeypatch.setattr(compilation, "_announced", set())
    monkeypatch.setattr(kernel_folder, "sources_hash", lambda: "0123456789abcdef")
    load(module_file).total(5)
    assert "about 1234 s" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"soon", b"nan", b"inf", b"-3", b"\xff\xfe", b"1e99"])
def test_damaged_duration_is_not_told(caches, module_file, capsys, monkeypatch, content):
    load(module_file).total(5)
    (kernel_folder.kernel_folder() / "test's-coder.seconds").write_bytes(content)
    capsys.readouterr()
    monkeypatch.setattr(compilation, "_announced", set())
    monkeypatch.setattr(kernel_folder, "sources_hash", lambda: "0123456789abcdef")
    load(module_file).total(5)
    assert "about 30 s" in capsys.readouterr().err


def test_duration_beside_kernels_of_another_coder_is_another(caches, module_file, capsys):
    load(module_file).triple(5)
    assert capsys.readouterr().err == ""  # a kernel without a name says nothing
    load(module_file).total(5)
    assert (kernel_folder.kernel_folder() / "test's-coder-beside-others.seconds").exists()


def test_silent_without_the_compiler_and_without_stderr(module_file, tmp_path):
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import dummy_kernels\n"
    cache = tmp_path / "cache"
    call = "print(dummy_kernels.total(5))"
    environment = {"NUMBA_CACHE_DIR": str(cache), "NUMBA_DISABLE_JIT": "1"}
    assert finish(start(script + call, **environment)) == ("30\n", "")
    assert not cache.exists()
    environment = {"NUMBA_CACHE_DIR": str(cache)}
    assert finish(start(script + "sys.stderr = None\n" + call, **environment)) == ("30\n", "")
