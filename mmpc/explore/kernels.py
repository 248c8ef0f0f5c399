"""Compile version 2's kernels before lessons run, so that no cell waits for it and says so.

``python -m mmpc.explore.kernels`` (or ``make kernels``) does it for those who come later.
"""

import numpy as np

import mmpc
from mmpc.explore.bit_coders import LearningCoder
from mmpc.explore.recoding import binarize, code_decisions
from mmpc.explore.square_blocks import SquareBlocks


def compile_kernels() -> None:
    """Use every kernel once; where their compiled forms are cached, this takes a second."""
    image = np.arange(64, dtype=np.int16).reshape(8, 8)
    # With a step so coarse that the deblocking filter is on.
    for options in ({"preset": "fast", "quality": 100}, {"max_error": 2}):
        mmpc.decompress(mmpc.compress(image, bitstream=2, **options))
    code_decisions(binarize(image), np.zeros(image.size, int))
    SquareBlocks(image.shape, 8, 0).predictions(image.astype(np.int32), 0, 0)
    for stream in (None, bytes(8)):
        LearningCoder(stream).code_level("kernels")


if __name__ == "__main__":
    compile_kernels()
