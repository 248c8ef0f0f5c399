"""Which frame of a multi-frame file is meant."""

from pathlib import Path

from mmpc.errors import UnsupportedPixelsError


def pick_frame(path: Path, n_frames: int, frame: int | None) -> int:
    """Return the index of the frame to read, or say why there is none.

    Raises
    ------
    UnsupportedPixelsError
        Several frames and none asked for, or one that does not exist.
    """
    if frame is None and n_frames == 1:
        return 0
    if frame is None:
        raise UnsupportedPixelsError(
            f"{path}: has {n_frames} frames; choose one with --frame 0 to {n_frames - 1}"
        )
    if not 0 <= frame < n_frames:
        raise UnsupportedPixelsError(
            f"{path}: has no frame {frame}; frames count from 0 and the last is {n_frames - 1}"
        )
    return frame
