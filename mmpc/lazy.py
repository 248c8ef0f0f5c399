"""Names of a package that are imported when they are first asked for (PEP 562).

``python -m mmpc.TOOL`` comes through the packages' ``__init__`` too, and NumPy alone takes longer
to load than a tool needs to print its help.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def lazily(package: str, homes: dict[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package.

    Parameters
    ----------
    package : str
        Its name.
    homes : dict of str to str
        The module in which each public name lives.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return get
