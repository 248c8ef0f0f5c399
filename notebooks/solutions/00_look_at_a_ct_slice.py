# %% [markdown]
# # Solutions of lesson 0
#
# **1.** The mean of a boolean array is the share of what is true.

# %% tags=["exercise-1"]
bone_percent = 100 * np.mean(hu[~padding] > 300)

# %% [markdown]
# **2.** There are `max - min + 1` numbers; `n` bits say `2**n` of them.

# %% tags=["exercise-2"]
bits_needed = int(np.ceil(np.log2(int(stored.max()) - int(stored.min()) + 1)))

# %% [markdown]
# **3.** `stored.max() - stored.min()` in `int16` could overflow, and so could a conversion to
# `uint8` before clipping.


# %% tags=["exercise-3"]
def my_window(values_hu, center, width):
    """Map Hounsfield units to greys."""
    black = center - 0.5 - (width - 1) / 2
    grey = (values_hu - black) / (width - 1) * 255
    return np.rint(np.clip(grey, 0, 255)).astype(np.uint8)


# %% [markdown]
# **4.** The stored values of this file are Hounsfield units already, with an intercept of 0.

# %% tags=["exercise-4"]
abdomen = sample("abdomen_ct")
measured = abdomen.pixels > abdomen.pixels.min()
abdomen_mean_hu = abdomen.hounsfield()[measured].mean()


# %% [markdown]
# **5.** A step of 13 or so has an error of 4: 13 / sqrt(12), as lesson 2 tells.

# %% tags=["exercise-5"]
import zlib


def my_codec(pixels, step):
    """Return the bytes and the decoded pixels."""
    levels = np.rint(pixels / step).astype(np.int16)
    return zlib.compress(levels.tobytes()), np.rint(levels * step)
