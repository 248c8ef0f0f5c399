"""The codec's own functions with some of them replaced, wherever they are called.

An instrument that watches the coder must not be a copy of it: a copy would soon show something
else than what is done. Here the functions stay what they are, only that the names by which they
call each other lead elsewhere.
"""

from collections.abc import Callable, Mapping
from types import FunctionType


def rebound(
    function: Callable,
    replacements: Mapping[Callable, Callable],
    compile_kernel: Callable[[Callable], Callable] | None = None,
) -> Callable:
    """Return a function that calls replacements, and so does whatever it calls.

    Parameters
    ----------
    function : callable
        A kernel of version 2.
    replacements : mapping of callable to callable
        Kernels, and what is called in place of each. What a replacement itself calls stays.
    compile_kernel : callable, optional
        Such as :func:`mmpc.v2.kernel.kernel`; without, all that is called runs as plain Python.
    """
    done: dict[Callable, Callable] = dict(replacements)

    def visit(function: Callable) -> Callable:
        if function not in done:
            plain = plain_function(function)
            names = {
                name: called
                for name in plain.__code__.co_names
                if _is_kernel(called := plain.__globals__.get(name))
            }
            changed = {name: visit(called) for name, called in names.items()}
            if compile_kernel is None:
                done[function] = _copy(plain, changed)
            elif all(changed[name] is names[name] for name in names):
                done[function] = function
            else:
                done[function] = compile_kernel(_copy(plain, changed))
        return done[function]

    return visit(function)


def plain_function(function: Callable) -> Callable:
    """Return the Python function that a kernel was made of."""
    return getattr(function, "py_func", function)


def _is_kernel(called: object) -> bool:
    """Tell whether something is a function of version 2 (compiled or, without numba, plain)."""
    plain = plain_function(called)
    return isinstance(plain, FunctionType) and plain.__module__.startswith("mmpc.v2.")


def _copy(plain: FunctionType, changed: Mapping[str, Callable]) -> FunctionType:
    copy = FunctionType(
        plain.__code__, {**plain.__globals__, **changed}, plain.__name__, plain.__defaults__
    )
    copy.__module__, copy.__qualname__ = plain.__module__, plain.__qualname__
    return copy
