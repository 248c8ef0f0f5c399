"""While kernels are compiled: what an operator gives for some types is found once.

numba's type inference goes through a kernel until nothing changes any more, and asks each time,
for each ``+`` and each index, all implementations of it whether they are for these types. A
sixth of the time of compiling went into answers that it had been given before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from numba import types
from numba.core.targetconfig import ConfigStack


@contextmanager
def types_remembered() -> Iterator[None]:
    """Remember within the block what each of numba's own functions gives for which types.

    To be entered once at a time, under numba's compiler lock. ``types.Function`` are numba's own;
    kernels are ``types.Dispatcher``, and are remembered by themselves.
    """
    types.Function.get_call_type = _remembering(types.Function.get_call_type)
    try:
        yield
    finally:
        del types.Function.get_call_type  # what it inherits is found again


def _remembering(find: Callable) -> Callable:
    """Return ``find``, which finds the signature of a call or raises, with a memory of its own."""
    found = {}
    flags_number = {}  # by value; to hash them takes as long as finding a signature
    number_by_identity = {}  # with the flags, so that no others come to have their identity

    def get_call_type(function, context, args, kws):
        flags = ConfigStack.top_or_none()
        if id(flags) not in number_by_identity:
            number = flags_number.setdefault(flags, len(flags_number))
            number_by_identity[id(flags)] = number, flags
        number, _ = number_by_identity[id(flags)]
        key = function, context, tuple(args), tuple(dict(kws).items()), number
        if key not in found:
            found[key] = find(function, context, args, kws)
        return found[key]

    return get_call_type
