"""Names of a package that are imported when they are first asked for (PEP 562).

``python -m mmpc.TOOL`` comes through the packages' ``__init__`` too, and NumPy alone takes longer
to load than a tool needs to print its help.
"""

import sys
from collections.abc import Callable
from importlib import import_module


def lazily(package: str, homes: dict[str, str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package.

    Parameters
    ----------
    package : str
        Its name.
    homes : dict of str to str
        The module in which each public name lives, or which it is; ``module:other`` where it
        has another name there.
    """

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, other = homes[name].partition(":")
        home = import_module(module)
        value = home if module == f"{package}.{name}" else getattr(home, other or name)
        setattr(sys.modules[package], name, value)
        return value

    return get
