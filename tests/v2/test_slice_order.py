"""The order of slices, the tree of their references, and work along it."""

import threading

import pytest

from mmpc.v2.slice_order import MOST_NEEDED, Place, along_the_tree, coding_order

FIRST_17 = [0, 16, 8, 4, 2, 1, 3, 6, 5, 7, 12, 10, 9, 11, 14, 13, 15]


def needed(places):
    """Return for each slice those that must be decoded for it."""
    found = {}
    for place in places:
        found[place.index] = {place.index}.union(*(found[one] for one in place.references))
    return found


@pytest.mark.parametrize("n_slices", [*range(1, 70), 500])
def test_every_slice_is_there_once_and_needs_few(n_slices):
    places = coding_order(n_slices)
    assert sorted(place.index for place in places) == list(range(n_slices))
    for place in places:
        assert place.before is None or place.before < place.index
        assert place.after is None or place.after > place.index
    assert max(map(len, needed(places).values())) <= MOST_NEEDED


def test_order_of_the_design():
    assert [place.index for place in coding_order(18)][:17] == FIRST_17
    assert coding_order(18)[:6] == [
        Place(0, None, None),
        Place(16, None, None),  # a key
        Place(8, 0, 16),
        Place(4, 0, 8),
        Place(2, 0, 4),
        Place(1, 0, 2),
    ]
    assert coding_order(18)[-1] == Place(17, 16, None)  # not a key, as nothing follows
    assert coding_order(2) == [Place(0, None, None), Place(1, 0, None)]


@pytest.mark.parametrize("n_slices", [1, 2, 17, 50])
@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_work_sees_the_results_of_its_references(n_slices, jobs):
    places = coding_order(n_slices)
    position = {place.index: i for i, place in enumerate(places)}

    def work(place, results):
        assert list(results) == sorted(place.references, key=position.__getitem__)
        assert all(results[one] == 10 * one for one in results)
        return 10 * place.index

    done = list(along_the_tree(places, work, jobs))
    assert sorted(result for _, result in done) == [10 * k for k in range(n_slices)]
    assert jobs > 1 or [place for place, _ in done] == places


@pytest.mark.parametrize("jobs", [1, 3])
def test_few_results_are_kept(jobs):
    """Those of a branch, or of one branch for each job, whatever the number of slices."""
    alive, most, lock = set(), [0], threading.Lock()

    class Result:
        def __init__(self, index):
            self.index = index
            with lock:
                alive.add(index)
                most[0] = max(most[0], len(alive))

        def __del__(self):
            alive.discard(self.index)

    for place, _ in along_the_tree(coding_order(400), lambda place, _: Result(place.index), jobs):
        del place, _
    assert most[0] <= (8 if jobs == 1 else 40)


def test_an_error_in_a_thread_comes_out():
    def work(place, results):
        if place.index == 5:
            raise ValueError("slice 5")
        return place.index

    with pytest.raises(ValueError, match="slice 5"):
        list(along_the_tree(coding_order(40), work, 2))
