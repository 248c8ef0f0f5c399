"""The one decorator of all kernels: Python functions that numba compiles, each of them once."""

from functools import partial

from numba import njit, types
from numba.core.dispatcher import Dispatcher

from mmpc.v2.kernel_cache import keep
from mmpc.v2.kernel_parts import packed


def kernel(function=None, *, coder="", compile_s=0, allocates=False, packs=False, **options):
    """Compile a function when it is first called, without Python's lock, and keep the result.

    numba compiles a function again for each combination of types that it meets, and a literal
    such as ``log2 = 6`` is a type of its own, as are a ``bool`` and a ``uint8``: with all that it
    calls, a kernel was compiled up to eight times. Where one kernel calls another, all of these
    become int64 here, so that each kernel is compiled once.

    numba also counts how many names an array has, at each call that takes one, to free it after
    the last. A kernel that makes no array need not count: that took 5 % of the decoder's time.

    Parameters
    ----------
    function : callable
        What to compile. With ``NUMBA_DISABLE_JIT=1`` it stays the Python function that it is.
    coder : str, optional
        For a kernel that Python calls and that calls many: what the user is told is being
        compiled, see :func:`mmpc.v2.kernel_cache.keep`.
    compile_s : float
        About how many seconds that takes where it was never measured.
    allocates : bool
        Whether the kernel makes arrays of its own.
    packs : bool
        Whether operations on neighbours may become one on a vector of them where Python calls
        this kernel. It is off in numba, as LLVM has been seen to make wrong code with it: for a
        search, whose worst mistake is a poor choice.
    **options
        For :func:`numba.njit`: ``fastmath``; ``forceinline`` where calls would cost time.
    """
    if function is None:
        own = {"coder": coder, "compile_s": compile_s, "allocates": allocates, "packs": packs}
        return partial(kernel, **own, **options)
    compiled = njit(nogil=True, _nrt=allocates, **options)(function)
    if isinstance(compiled, Dispatcher):
        resolve = compiled.get_call_template  # no public hook: numba's version is pinned
        compiled.get_call_template = lambda types_, keywords: resolve(
            tuple(_one_type(type_) for type_ in types_), keywords
        )
        keep(compiled, coder, compile_s)
        if packs:
            packed.add(function)
    return compiled


def _one_type(type_: types.Type) -> types.Type:
    """Return the type that stands for this one as an argument: int64 for every integer."""
    plain = types.unliteral(type_)
    return types.int64 if isinstance(plain, types.Integer | types.Boolean) else plain
