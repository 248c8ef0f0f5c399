# %% [markdown]
# # Solutions of lesson 3
#
# **1.** Four zeros, two fives, one one.

# %% tags=["exercise-1"]
pairs_on_paper = bytes.fromhex("04 00 02 05 01 01")

# %% [markdown]
# **2.** Three full runs of 255 and one of 235: four pairs.

# %% tags=["exercise-2"]
bytes_for_1000_zeros = 2 * -(-1000 // 255)

# %% [markdown]
# **3.** Multiplying bytes repeats them.


# %% tags=["exercise-3"]
def my_rle_decode(pairs):
    """Return the bytes that the (count, value) pairs stand for."""
    return b"".join(
        bytes([value]) * count for count, value in zip(pairs[0::2], pairs[1::2], strict=True)
    )


# %% [markdown]
# **4.** Less than the entropy of the levels: a prediction from the left neighbour saves bits.
# JPEG does exactly this.

# %% tags=["exercise-4"]
entropy_of_differences = entropy_bits(np.diff(levels[:, :, 0, 0], axis=1))
