"""A word to the user before the kernels are compiled, which takes a while."""

import sys
from pathlib import Path

import numba

_announced = set()


def announce_compilation(kernel, seconds: int) -> None:
    """Say once on stderr that ``kernel`` is being compiled, if its compiled form is not cached.

    Parameters
    ----------
    kernel : numba dispatcher
        The outermost kernel that is about to be called.
    seconds : int
        About how long it will take.
    """
    name = kernel.__name__
    if numba.config.DISABLE_JIT or name in _announced:
        return
    _announced.add(name)
    folder = Path(kernel.stats.cache_path)
    if kernel.signatures or any(folder.glob(f"*.{name}-*.nbi")):
        return
    print(
        f"mmpc: compiling the kernels of {name}, once on this machine: about {seconds} s",
        file=sys.stderr,
        flush=True,
    )
