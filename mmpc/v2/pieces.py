"""Long work in pieces: between two of them Ctrl-C is answered and progress is told.

A compiled kernel hears no signal before it returns, so none may run for seconds.
"""

from collections.abc import Callable, Iterator

Progress = Callable[[int, int], None]  # called with how much is done, and of how much


def pieces(total: int, size: int, progress: Progress | None = None) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each piece of ``range(total)``.

    Parameters
    ----------
    total : int
        How much there is to do, in any unit.
    size : int
        Of a piece; the last one may be smaller.
    progress : callable, optional
        Called with ``(done, total)`` when a piece is done.
    """
    for start in range(0, total, size):
        end = min(start + size, total)
        yield start, end
        if progress is not None:
            progress(end, total)


def part_of(progress: Progress | None, first: int, parts: int) -> Progress | None:
    """Return the progress of one of several parts that take about as long as each other."""
    if progress is None:
        return None
    return lambda done, total: progress(first * total + done, parts * total)
