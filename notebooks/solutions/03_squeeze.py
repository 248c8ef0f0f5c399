# %% [markdown]
# # Solutions of lesson 3
#
# **1.** Four zeros, two fives, one one.

# %% tags=["exercise-1"]
pairs_on_paper = bytes.fromhex("04 00 02 05 01 01")

# %% [markdown]
# **2.** Multiplying bytes repeats them.


# %% tags=["exercise-2"]
def my_rle_decode(pairs):
    """Return the bytes that the (count, value) pairs stand for."""
    return b"".join(
        bytes([value]) * count for count, value in zip(pairs[0::2], pairs[1::2], strict=True)
    )


# %% [markdown]
# **3.** Less than the entropy of the levels: a prediction from the left neighbour saves bits.
# JPEG does exactly this.

# %% tags=["exercise-3"]
entropy_of_differences = entropy_bits(np.diff(levels[:, :, 0, 0], axis=1))


# %% [markdown]
# **4.** bz2 on the levels as they are: a fifth less than zlib.

# %% tags=["exercise-4"]
from mmpc.v1.blocks import join_blocks
from mmpc.v1.dct import inverse_dct


def my_codec(pixels, step):
    """Return the bytes and the decoded pixels."""
    smallest = int(pixels.min())
    coefficients = forward_dct(split_blocks(pixels.astype(np.int32) - smallest, 16))
    magnitudes = np.floor(np.abs(coefficients) / step + 1 / 3)
    levels = (np.sign(coefficients) * magnitudes).astype(np.int16)
    decoded = join_blocks(inverse_dct(levels * step), *pixels.shape)
    return bz2.compress(levels.tobytes()), np.rint(decoded) + smallest
