"""Which frame of a file is read: the only one, or one that is named and is there."""

from pathlib import Path

import pytest

from mmpc.errors import UnsupportedPixelsError
from mmpc.images.frames import pick_frame

HERE = Path("a.dcm")


@pytest.mark.parametrize(
    ("n_frames", "frame", "index"), [(1, None, 0), (1, 0, 0), (3, 0, 0), (3, 2, 2)]
)
def test_a_frame_that_is_there(n_frames, frame, index):
    assert pick_frame(HERE, n_frames, frame) == index


@pytest.mark.parametrize(
    ("n_frames", "frame", "words"),
    [
        (3, None, r"^a\.dcm: has 3 frames; choose one with --frame 0 to 2$"),
        (3, 3, r"no frame 3; frames count from 0 and the last is 2$"),
        (3, -1, "no frame -1"),
        (1, 1, "no frame 1"),
    ],
)
def test_a_frame_that_is_not(n_frames, frame, words):
    with pytest.raises(UnsupportedPixelsError, match=words):
        pick_frame(HERE, n_frames, frame)
