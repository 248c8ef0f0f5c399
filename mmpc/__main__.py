"""The door: ``python -m mmpc`` lists the tools, ``python -m mmpc TOOL ...`` runs one.

Only the tool that is named is imported, and nothing before Ctrl-C is minded: modules load for
longer than it takes to see that a name was misspelt.
"""

import gc
import sys
from collections.abc import Sequence

TOOLS = {
    "encode": "compress an image file to a stream",
    "decode": "decompress a stream to an image file",
    "info": "print the header and the metadata of a stream",
    "convert": "convert between DICOM and plain images",
    "archive": "compress a tree of DICOM studies, with a manifest",
    "evaluate": "measure rate, error and time of the codec on images",
    "samples": "fill a folder with real sample images",
    "demo": "encode and decode a real CT slice, print a table, draw the errors",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool that the program's name (``mmpc-encode``) or the first argument names.

    Parameters
    ----------
    arguments : sequence of str, optional
        The tool and its arguments; by default those of the command line.

    Returns
    -------
    int
        The exit code, see :mod:`mmpc.cli`.
    """
    first, *rest = arguments = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    program = sys.argv[0].replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    if program.startswith("mmpc-"):
        return enter(program.removeprefix("mmpc-"), arguments)
    if first in TOOLS:
        return enter(first, rest)
    return _guarded(lambda: _answer(first))


def enter(tool: str, arguments: Sequence[str] | None = None) -> int:
    """Import a tool and run it, Ctrl-C minded from here on; return the exit code."""

    def work() -> int:
        from importlib import import_module

        return import_module(f"mmpc.{tool}").main(arguments)

    return _guarded(work)


def _guarded(work) -> int:
    from mmpc import interruption

    interruption.mind()
    try:
        from mmpc import cli

        return cli.guarded(work)
    except BaseException as error:
        if interruption.happened or isinstance(error, KeyboardInterrupt):
            return interruption.end()
        raise
    finally:
        gc.freeze()  # the process ends: looking for garbage first would take 0.2 s


def _answer(word: str) -> int:
    """Answer what is no tool: a question, or a mistake."""
    import mmpc

    if word in ("-V", "--version"):
        print(f"mmpc {mmpc.__version__}")
    elif word in ("-h", "--help"):
        print("usage: mmpc TOOL ...        (python -m mmpc TOOL ... is the same)\n")
        for tool, what_it_does in TOOLS.items():
            print(f"  {tool:10}{what_it_does}")
        print("\nmmpc TOOL --help tells its options. Not for diagnosis.")
    else:
        print(f"mmpc: error: {word!r} is no tool; mmpc --help lists them", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
