"""Long work in pieces: progress is told, and Ctrl-C is answered between two of them."""

import os
import signal

import numpy as np
import pytest

from mmpc.v2.codec import decompress
from mmpc.v2.pieces import part_of, pieces
from tests.v2.coding import compress

IMAGE = (np.arange(200 * 600).reshape(200, 600) % 251).astype(np.int16)  # 40 CTUs
GOALS = [{"step": 200.0, "preset": "fast"}, {"max_error": 60}]


def test_pieces_cover_everything_once():
    told = []
    found = list(pieces(10, 4, lambda done, total: told.append((done, total))))
    assert found == [(0, 4), (4, 8), (8, 10)]
    assert told == [(4, 10), (8, 10), (10, 10)]


def test_a_part_tells_its_share_of_the_whole():
    told = []
    part_of(lambda done, total: told.append((done, total)), 1, 2)(3, 10)
    assert told == [(13, 20)]
    assert part_of(None, 1, 2) is None


@pytest.mark.parametrize("goal", GOALS)
def test_progress_rises_to_the_end(goal):
    encoding, decoding = [], []
    data = compress(IMAGE, **goal, progress=lambda *told: encoding.append(told))
    decompress(data, lambda *told: decoding.append(told))
    for told in (encoding, decoding):
        assert len(told) > 1
        assert told == sorted(set(told))
        assert told[-1][0] == told[-1][1]
        assert len({total for _, total in told}) == 1


@pytest.mark.parametrize("goal", GOALS)
def test_ctrl_c_is_answered_in_the_middle(goal):
    told = []

    def interrupt(done, total):
        told.append((done, total))
        os.kill(os.getpid(), signal.SIGINT)

    # Under nohup and in a shell's background SIGINT is ignored, and children inherit that.
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            compress(IMAGE, **goal, progress=interrupt)
    finally:
        signal.signal(signal.SIGINT, former)
    assert len(told) == 1
    assert told[0][0] < told[0][1]
