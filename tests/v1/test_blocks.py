import numpy as np
import pytest

from mmpc.v1.blocks import blocks_along, join_blocks, split_blocks


@pytest.mark.parametrize(
    ("length", "blocks"), [(1, 1), (7, 1), (8, 1), (9, 2), (512, 64), (65535, 8192)]
)
def test_number_of_blocks(length, blocks):
    assert blocks_along(length) == blocks


def test_blocks_are_in_raster_order_and_padded_with_zeros():
    image = np.arange(9 * 17).reshape(9, 17)
    blocks = split_blocks(image)
    assert blocks.shape == (2, 3, 8, 8)
    np.testing.assert_array_equal(blocks[0, 1], image[:8, 8:16])
    assert blocks[1, 2, 0, 0] == image[8, 16]
    assert blocks[1, 2].sum() == image[8, 16]


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (3, 21), (17, 64)])
@pytest.mark.parametrize("block_size", [4, 8, 16])
def test_join_is_the_inverse_of_split(shape, block_size):
    image = np.random.default_rng(0).integers(0, 65536, shape)
    np.testing.assert_array_equal(join_blocks(split_blocks(image, block_size), *shape), image)
