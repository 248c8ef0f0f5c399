import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmpc.errors import PayloadLengthError
from mmpc.v1.rle import rle_decode, rle_encode


def naive_rle(data):
    """Run by run, as on paper."""
    pairs = []
    for value, run in itertools.groupby(data):
        length = len(list(run))
        pairs += [255, value] * ((length - 1) // 255) + [(length - 1) % 255 + 1, value]
    return pairs


@pytest.mark.parametrize(
    ("data", "pairs"),
    [
        ([], []),
        ([7], [1, 7]),
        ([0, 0, 0, 7], [3, 0, 1, 7]),
        ([0] * 255, [255, 0]),
        ([0] * 256, [255, 0, 1, 0]),
        ([0] * 300, [255, 0, 45, 0]),  # the example of the report
        ([0] * 510 + [1], [255, 0, 255, 0, 1, 1]),
        ([9] + [0] * 511 + [8], [1, 9, 255, 0, 255, 0, 1, 0, 1, 8]),
    ],
)
def test_exact_pairs(data, pairs):
    encoded = rle_encode(np.array(data, np.uint8))
    assert encoded.tolist() == pairs
    assert rle_decode(encoded, len(data)).tolist() == data


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(1, 700)), max_size=20))
def test_agrees_with_paper_and_inverts(runs):
    data = np.array([value for value, length in runs for _ in range(length)], np.uint8)
    encoded = rle_encode(data)
    assert encoded.tolist() == naive_rle(data.tolist())
    np.testing.assert_array_equal(rle_decode(encoded, data.size), data)


@pytest.mark.parametrize(
    "pairs",
    [
        [1],  # odd length
        [3, 1, 1],  # odd length, with counts that add up
        [0, 5, 4, 1],  # a count of zero
        [3, 1],  # too short
        [5, 1],  # too long
    ],
)
def test_wrong_pairs_are_refused(pairs):
    with pytest.raises(PayloadLengthError):
        rle_decode(np.array(pairs, np.uint8), 4)
