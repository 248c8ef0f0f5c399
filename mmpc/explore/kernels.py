"""Compile version 2's kernels before lessons run, so that no cell waits for it and says so.

``python -m mmpc.explore.kernels`` (or ``make kernels``) does it for those who come later.
"""

import numpy as np

import mmpc
from mmpc.explore.recoding import binarize, code_decisions


def compile_kernels() -> None:
    """Use every kernel once; where their compiled forms are cached, this takes a second."""
    image = np.arange(64, dtype=np.int16).reshape(8, 8)
    for options in ({"preset": "fast"}, {"max_error": 2}):
        mmpc.decompress(mmpc.compress(image, bitstream=2, **options))
    code_decisions(binarize(image), np.zeros(image.size, int))


if __name__ == "__main__":
    compile_kernels()
