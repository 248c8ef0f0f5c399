"""What the command-line tools share: exit codes, one-line errors, progress bars.

Exit codes: 0 done, 1 bad data or a bad file, 2 wrong usage, 130 interrupted, 141 the reader of
the output has gone (what a shell shows of any tool that SIGINT or SIGPIPE ended).
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmpc import interruption
from mmpc.errors import MmpcError
from mmpc.files import is_standard_stream, output_name

if TYPE_CHECKING:
    import numpy as np

_BAR = "{desc}: {percentage:3.0f}%|{bar:30}| {elapsed}, {remaining} to go"
EXIT_OK, EXIT_BAD_DATA, EXIT_USAGE, EXIT_BROKEN_PIPE = 0, 1, 2, 141


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

    def work() -> int:
        tool(arguments)
        return EXIT_OK

    return guarded(work)


def guarded(work: Callable[[], int]) -> int:
    """Return the exit code of `work`, whatever it raises; see :func:`run`."""
    _accept_any_text()
    code = _in_words(work)
    try:
        if sys.stdout:  # None where it was closed
            sys.stdout.flush()
        return code
    except BrokenPipeError:  # as in `mmpc info FILE | head -1`
        code = EXIT_BROKEN_PIPE
    except OSError as error:
        code = code or _fail(f"standard output: {error.strerror}")
    # Or Python would write it out at its end, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _in_words(work: Callable[[], int]) -> int:
    try:
        return work()
    except SystemExit as stop:  # argparse has said why
        return int(stop.code or EXIT_OK)
    except BaseException as error:
        if interruption.happened or isinstance(error, KeyboardInterrupt):
            return interruption.end()
        if isinstance(error, MmpcError):
            return _fail(str(error))
        if isinstance(error, MemoryError):
            return _fail("not enough memory for an image of this size")
        if isinstance(error, BrokenPipeError):
            return EXIT_BROKEN_PIPE
        if isinstance(error, OSError):
            return _fail(f"{error.filename or 'standard output'}: {error.strerror or error}")
        raise


def _accept_any_text() -> None:
    """Let a terminal or a file that cannot show a letter take its escape instead."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _fail(message: str) -> int:
    line = " ".join(message.split())
    print(f"mmpc: error: {line}", file=sys.stderr)
    return EXIT_BAD_DATA


def print_notes(notes: Iterable[str]) -> None:
    """Say on stderr what the user should know though all went well, one line each."""
    for note in notes:
        print(f"mmpc: note: {' '.join(note.split())}", file=sys.stderr)


def report_image(output: Path, pixels: "np.ndarray", note: str | None = None) -> None:
    """Say which image was written; on stderr where standard output carries the image itself."""
    stream = sys.stderr if is_standard_stream(output) else sys.stdout
    print(f"{output_name(output)}: {size_in_words(pixels.shape)} {pixels.dtype}", file=stream)
    if note:
        print(f"note: {note}", file=stream)


def size_in_words(shape: tuple[int, ...]) -> str:
    """Return the size of an image or a volume: "512 x 300", "24 slices of 512 x 300"."""
    *slices, height, width = shape
    return "".join(f"{n} slices of " for n in slices) + f"{width} x {height}"


def sentence_of(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a parser of an argument whose ValueError argparse shows word for word."""

    def parse_argument(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse_argument


def positive_number(text: str) -> float:
    """Parse an argument that must be a finite number above zero."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def positive_integer(text: str) -> int:
    """Parse an argument that must be a whole number above zero."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return int(text)


def whole_number(text: str) -> int:
    """Parse an argument that must be a whole number, 0 among them."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def non_negative_number(text: str) -> float:
    """Parse an argument that must be zero or a finite positive number."""
    return 0.0 if text.strip() in ("0", "0.0") else positive_number(text)


@contextmanager
def progress_bar(description: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show on stderr how much is done, once it takes a while; give None where no one looks.

    What it gives is called with how much is done, and of how much.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    with tqdm(desc=description, delay=1, leave=False, file=sys.stderr, bar_format=_BAR) as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield tell


def progress(items: Iterable[Any], description: str, total: int | None = None) -> Iterable[Any]:
    """Iterate with a progress bar on stderr, silent when stderr is no terminal."""
    from tqdm import tqdm

    return tqdm(items, desc=description, total=total, file=sys.stderr, disable=None)
