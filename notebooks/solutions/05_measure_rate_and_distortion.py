# %% [markdown]
# # Solutions of lesson 5
#
# **1.** Twenty times the logarithm of two.

# %% tags=["exercise-1"]
gain_db = psnr_db(1, 255) - psnr_db(2, 255)

# %% [markdown]
# **2.**

# %% tags=["exercise-2"]
study_megabytes = 400 * 512 * 512 * 0.75 / 8 / 1e6

# %% [markdown]
# **3.** Converted before anything can wrap around.


# %% tags=["exercise-3"]
def region_rmse(original, decoded, region):
    """Return the RMSE over the pixels where `region` is true."""
    error = decoded[region].astype(float) - original[region]
    return np.sqrt(np.mean(error**2))


# %% [markdown]
# **4.** lzma, and still 16: it looks for repeats as zlib does, but codes what it finds with an
# arithmetic coder (lesson 7).

# %% tags=["exercise-4"]
import lzma

from mmpc.explore import small_codec as mine


def my_compress(pixels, step):
    """Return the bytes of a file."""
    header, step = mine.write_header(pixels, step, 16)
    return header + lzma.compress(mine.pack_levels(mine.levels_of(pixels, step, 16)))


def my_decompress(data):
    """Return the pixels."""
    shape, smallest, step, size, packed = mine.read_header(data)
    levels = mine.unpack_levels(lzma.decompress(packed), mine.levels_shape(shape, size))
    return mine.pixels_of(levels, step, smallest, shape)
