"""In which order the slices of a volume are coded, and which others each may look at.

Every 16th slice is a *key* and looks at none. Between two keys the middle slice comes first, and
looks at both; then the middles of the halves, and so on (hierarchical order). So any slice is
decoded by decoding six at most, and what lies between two keys depends on nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple, TypeVar

KEY_DISTANCE = 16
MOST_NEEDED = 6  # slices that must be decoded for one, itself among them

Result = TypeVar("Result")


class Place(NamedTuple):
    """A slice of a volume, and the slices before and after it that it refers to, or None."""

    index: int
    before: int | None
    after: int | None

    @property
    def references(self) -> list[int]:
        """The slices that this one refers to: none, one or two."""
        return [one for one in (self.before, self.after) if one is not None]


def coding_order(n_slices: int) -> list[Place]:
    """Return all slices of a volume in the order in which they are coded.

    The last slice would be a key of no use, so it refers to the key before it instead.
    """
    places = [Place(0, None, None)]
    for key in range(0, n_slices - 1, KEY_DISTANCE):
        end = min(key + KEY_DISTANCE, n_slices - 1)
        places.append(Place(end, key if end == n_slices - 1 else None, None))
        places += _between(key, end)
    return places


def _between(first: int, last: int) -> list[Place]:
    """Return the slices between two that are coded: the middle, then both halves."""
    if last - first < 2:
        return []
    middle = (first + last) // 2
    return [Place(middle, first, last), *_between(first, middle), *_between(middle, last)]


def along_the_tree(
    places: Sequence[Place],
    work: Callable[[Place, dict[int, Result]], Result],
    jobs: int = 1,
) -> Iterator[tuple[Place, Result]]:
    """Do some work for each slice, once it is done for those that the slice refers to.

    Parameters
    ----------
    places : sequence of Place
        In an order of coding.
    work : callable
        Takes a place and the results of the slices it refers to, by index, the one that comes
        later in `places` last.
    jobs : int
        How many slices may be at work at once. The results do not depend on it.

    Yields
    ------
    place, result
        As each is done. A result is kept for as long as another slice may need it, no longer.
    """
    position = {place.index: i for i, place in enumerate(places)}
    users = {place.index: 0 for place in places}
    for place in places:
        for one in place.references:
            users[one] += 1
    done: dict[int, Result] = {}

    def references_of(place: Place) -> dict[int, Result]:
        return {one: done[one] for one in sorted(place.references, key=position.__getitem__)}

    def keep(place: Place, result: Result) -> None:
        for one in place.references:
            users[one] -= 1
            if users[one] == 0:
                del done[one]
        if users[place.index]:
            done[place.index] = result

    if jobs == 1:
        for place in places:
            result = work(place, references_of(place))
            keep(place, result)
            yield place, result
        return
    waiting = list(places)
    running: dict[Future, Place] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or running:
                near = waiting[: KEY_DISTANCE * (jobs + 1)]  # so that few results are kept
                ready = [one for one in near if all(r in done for r in one.references)]
                for place in ready[: jobs - len(running)]:
                    waiting.remove(place)
                    running[pool.submit(work, place, references_of(place))] = place
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    place = running.pop(future)
                    result = future.result()
                    keep(place, result)
                    yield place, result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
