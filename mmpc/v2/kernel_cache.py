"""Compiled kernels are kept: each in a file of its own with a checksum, loaded or made again.

numba has such a cache, but it believes what it finds: a truncated file ends the process, an
index that two processes write at once mixes kernels, a full disk stops the work. Here a file
holds one kernel for one signature, is written whole or not at all, and whatever is wrong with
it, the kernel is compiled again. One process compiles a kernel, others wait for it.
"""

import gc
import hashlib
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import wraps
from pathlib import Path

from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import Dispatcher
from numba.core.runtime import rtsys
from numba.core.serialize import dumps
from numba.core.sigutils import normalize_signature

from mmpc.errors import FileError
from mmpc.files import atomic_write
from mmpc.v2.compilation import announced, tell_not_kept, tell_waiting
from mmpc.v2.kernel_folder import is_owned_by_us, kernel_folder, siblings, sources_hash
from mmpc.v2.kernel_parts import choose_compiler, compile_in_parts, is_part
from mmpc.v2.process_lock import process_lock
from mmpc.v2.type_memory import types_remembered

_DIGEST_BYTES = hashlib.sha256().digest_size
_PATIENCE_S = 600  # for another process that compiles the same kernel

# One for each kernel that is being loaded or compiled now, the outermost first; what is entered
# there ends with that kernel. Guarded by numba's compiler lock.
_in_work: list[ExitStack] = []


def keep(kernel: Dispatcher, coder: str = "", compile_s: float = 0) -> Dispatcher:
    """Keep the compiled forms of a kernel from now on, and load them when they are there.

    Parameters
    ----------
    kernel : numba dispatcher
        As ``numba.njit`` makes it, without ``cache=True``. A plain function, which ``njit``
        makes when NUMBA_DISABLE_JIT is set, and one without a source file stay as they are.
    coder : str, optional
        What to call this kernel with all that it calls when the user is told that it is being
        compiled. Without a name nothing is said.
    compile_s : float
        About how many seconds that takes where it was never measured.
    """
    if isinstance(kernel, Dispatcher) and os.path.isfile(kernel.py_func.__code__.co_filename):
        kernel._cache = KernelCache(kernel.py_func, coder, compile_s)
        kernel.compile = _in_turn(kernel)
        compile_in_parts(kernel)
    return kernel


def _in_turn(kernel: Dispatcher) -> Callable:
    """Note in ``_in_work`` when the compilation of a kernel begins and ends."""
    compile_kernel = kernel.compile

    @wraps(compile_kernel)
    def compile_in_turn(signature):
        with global_compiler_lock, ExitStack() as stack:
            arguments, _ = normalize_signature(signature)
            choose_compiler(kernel, tuple(arguments), for_another=len(_in_work) > 0)
            _in_work.append(stack)
            stack.callback(_in_work.pop)
            return compile_kernel(signature)

    return compile_in_turn


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Let garbage wait: most objects of a compiler live on, and to look at them costs 14 %."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class KernelCache(NullCache):
    """The compiled forms of one kernel, as numba's dispatcher asks for them."""

    def __init__(self, function: Callable, coder: str, compile_s: float):
        self._name = f"{function.__module__}.{function.__qualname__}".replace("<locals>.", "")
        self._coder = coder
        self._compile_s = compile_s
        file = Path(function.__code__.co_filename)
        inside = file.is_relative_to(Path(__file__).parent)
        self._key = (
            sources_hash(),
            # A kernel outside of version 2 may call its kernels: it needs both hashes.
            "" if inside else hashlib.sha256(file.read_bytes()).hexdigest(),
            function.__code__.co_firstlineno,
            dumps([cell.cell_contents for cell in function.__closure__ or ()]),
        )

    @property
    def cache_path(self):
        """The folder, as numba wants it for its statistics."""
        return str(kernel_folder())

    def load_overload(self, sig, target_context):
        """Return the kernel as compiled for a signature, None if it must be compiled.

        Another process may be compiling the outermost kernel: wait for it, and look again.
        """
        rtsys.initialize(target_context)  # memory of arrays; the rest only a compiler needs
        path = self._path(sig, target_context)
        kernel = _load(path, sig, target_context)
        if kernel is None and len(_in_work) == 1:
            begin = _in_work[0].enter_context
            begin(process_lock(path.with_suffix(".lock"), _PATIENCE_S, self._tell_waiting))
            begin(_without_garbage_collection())
            begin(types_remembered())
            kernel = _load(path, sig, target_context)
            if kernel is None and self._coder:
                former = [path.parent, *siblings(path.parent)]
                begin(announced(self._coder, self._compile_s, former, path.parent))
        if kernel is None:
            target_context.refresh()
        return kernel

    def save_overload(self, sig, data):
        """Write the kernel as compiled for a signature."""
        if is_part(data):
            return
        code = data._asdict()["library"]
        if code.has_dynamic_globals:  # addresses of this process
            return
        content = dumps((sig, data._reduce()))
        digest = hashlib.sha256(content).digest()
        try:
            atomic_write(self._path(sig, data.target_context), digest + content)
        except FileError as error:
            tell_not_kept(str(error))

    def _path(self, sig, target_context) -> Path:
        """Return the file for a signature and the processor that it is compiled for."""
        key = repr((self._key, sig, target_context.codegen().magic_tuple()))
        name = f"{self._name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.kernel"
        return kernel_folder() / name

    def _tell_waiting(self) -> None:
        tell_waiting(self._coder or self._name)


def _load(path: Path, sig, target_context) -> CompileResult | None:
    """Return a kept kernel; None if there is none, or one that is damaged or not ours."""
    try:
        with open(path, "rb") as file:
            if not is_owned_by_us(os.fstat(file.fileno())):
                return None
            content = file.read()
    except OSError:
        return None
    digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() == digest:
        # Written by us, but perhaps with classes that have moved, or for a type of equal name.
        with suppress(Exception):
            kept_sig, reduced = pickle.loads(content)
            if kept_sig == sig:
                return CompileResult._rebuild(target_context, *reduced)
    with suppress(OSError):
        path.unlink()
    return None
