"""What the command-line tools share: exit codes, one-line errors, progress bars.

Exit codes: 0 done, 1 bad data or a bad file, 2 wrong usage.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from mmpc.errors import MmpcError

EXIT_OK, EXIT_BAD_DATA, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130


def run(tool: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> int:
    """Run a tool and turn its errors into one line on stderr and an exit code.

    Parameters
    ----------
    tool : callable
        Takes the parsed arguments; its result is ignored.
    arguments : argparse.Namespace
        What the tool's parser returned.

    Returns
    -------
    int
        0, 1 for any error of the data, 130 when interrupted.
    """
    try:
        tool(arguments)
        sys.stdout.flush()
    except MmpcError as error:
        return _fail(str(error))
    except MemoryError:
        return _fail("not enough memory for an image of this size")
    except BrokenPipeError:
        # The reader of our output has gone, as in `mmpc-info FILE | head -1`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BAD_DATA
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}")
    except KeyboardInterrupt:
        _fail("interrupted")
        return EXIT_INTERRUPTED
    return EXIT_OK


def _fail(message: str) -> int:
    line = " ".join(message.split())
    print(f"mmpc: error: {line}", file=sys.stderr)
    return EXIT_BAD_DATA


def print_notes(notes: Iterable[str]) -> None:
    """Say on stderr what the user should know though all went well, one line each."""
    for note in notes:
        print(f"mmpc: note: {' '.join(note.split())}", file=sys.stderr)


def positive_number(text: str) -> float:
    """Parse an argument that must be a finite number above zero."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def non_negative_number(text: str) -> float:
    """Parse an argument that must be zero or a finite positive number."""
    return 0.0 if text.strip() in ("0", "0.0") else positive_number(text)


def progress(items: Iterable[Any], description: str, total: int | None = None) -> Iterable[Any]:
    """Iterate with a progress bar on stderr, silent when stderr is no terminal."""
    from tqdm import tqdm

    return tqdm(items, desc=description, total=total, file=sys.stderr, disable=None)
