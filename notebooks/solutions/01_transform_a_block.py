# %% [markdown]
# # Solutions of lesson 1
#
# **1.** The energy of the pixels is 64 times 100 squared, and one coefficient has all of it.

# %% tags=["exercise-1"]
dc_of_hundred = np.sqrt(64 * 100**2)

# %% [markdown]
# **2.** A column of frequencies times a row of samples.


# %% tags=["exercise-2"]
def my_dct_matrix(size):
    """Return the orthonormal DCT-II matrix."""
    k, n = np.arange(size)[:, np.newaxis], np.arange(size)
    scale = np.where(k == 0, np.sqrt(1 / size), np.sqrt(2 / size))
    return scale * np.cos(np.pi * (2 * n + 1) * k / (2 * size))


# %% [markdown]
# **3.** One after the other, until it is enough.

# %% tags=["exercise-3"]
brain_coefficients = forward_dct(brain)
coefficients_needed = 1
while (
    np.sqrt(
        np.mean((inverse_dct(keep_largest(brain_coefficients, coefficients_needed)) - brain) ** 2)
    )
    > 1
):
    coefficients_needed += 1

# %% [markdown]
# **4.** A cosine with an odd number of half waves changes its sign when it is mirrored, one with
# an even number does not.


# %% tags=["exercise-4"]
def mirror_coefficients(coefficients):
    """Return the coefficients of the block with left and right swapped."""
    return coefficients * (-1.0) ** np.arange(8)


# %% [markdown]
# **5.** With blocks of 16.

# %% tags=["exercise-5"]
import zlib


def my_codec(pixels, step):
    """Return the bytes and the decoded pixels."""
    smallest = int(pixels.min())
    coefficients = forward_dct(split_blocks(pixels.astype(np.int32) - smallest, 16))
    levels = np.rint(coefficients / step).astype(np.int16)
    decoded = join_blocks(inverse_dct(levels * step), *pixels.shape)
    return zlib.compress(levels.tobytes()), np.rint(decoded) + smallest
