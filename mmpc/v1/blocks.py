"""Cut an image into square blocks, and put blocks together again.

Images whose sides are not multiples of the block size are padded with zeros on
the right and at the bottom. No level shift is applied: version 1 transforms the
stored samples as they are.
"""

import numpy as np

BLOCK_SIZE = 8


def blocks_along(length: int, block_size: int = BLOCK_SIZE) -> int:
    """Return how many blocks cover `length` samples, the last one perhaps in part."""
    return -(-length // block_size)


def split_blocks(image: np.ndarray, block_size: int = BLOCK_SIZE) -> np.ndarray:
    """Cut an image into blocks in raster order.

    Parameters
    ----------
    image : ndarray, shape (height, width)
        Samples of any real dtype.
    block_size : int
        Side of a block in samples.

    Returns
    -------
    ndarray of float64, shape (block_rows, block_columns, block_size, block_size)
        Padded with zeros. A view of rows of blocks: ``blocks[r, c]`` is the block
        at samples ``[r*B:(r+1)*B, c*B:(c+1)*B]``.

    Notes
    -----
    Report, section II-A ("Block partition"); padding with zeros is the rule that
    reproduces its table.
    """
    height, width = image.shape
    rows, columns = blocks_along(height, block_size), blocks_along(width, block_size)
    padded = np.zeros((rows * block_size, columns * block_size))
    padded[:height, :width] = image
    return padded.reshape(rows, block_size, columns, block_size).swapaxes(1, 2)


def join_blocks(blocks: np.ndarray, height: int, width: int) -> np.ndarray:
    """Put blocks together and crop the padding: the inverse of `split_blocks`.

    Parameters
    ----------
    blocks : ndarray, shape (block_rows, block_columns, block_size, block_size)
        Blocks in raster order.
    height, width : int
        Size of the image in samples; what lies beyond is dropped.

    Returns
    -------
    ndarray, shape (height, width)
        Of the dtype of `blocks`.
    """
    rows, columns, block_size, _ = blocks.shape
    image = blocks.swapaxes(1, 2).reshape(rows * block_size, columns * block_size)
    return image[:height, :width]
