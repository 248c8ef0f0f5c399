# %% [markdown]
# # Solutions of lesson 2
#
# **1.**

# %% tags=["exercise-1"]
zero_percent = 100 * np.mean(quantize(coefficients.copy(), 40) == 0)


# %% [markdown]
# **2.** The error falls here and there, so every step is tried.


# %% tags=["exercise-2"]
def largest_step_for(wanted_rmse):
    """Return the coarsest step whose RMSE is at most `wanted_rmse`."""
    return max(
        step
        for step in range(2, 201)
        if rmse(quantization_error(coefficients, step)) <= wanted_rmse
    )


# %% [markdown]
# **3.** Zero while `|C| / 30 + 1/6 < 1`, so below 25: the deadzone is 50 wide instead of 30.

# %% tags=["exercise-3"]
largest_dead_coefficient = 24


# %% [markdown]
# **4.** With r = 1/3.

# %% tags=["exercise-4"]
import zlib


def my_codec(pixels, step):
    """Return the bytes and the decoded pixels."""
    smallest = int(pixels.min())
    coefficients = forward_dct(split_blocks(pixels.astype(np.int32) - smallest, 16))
    levels = deadzone_levels(coefficients, step, 1 / 3).astype(np.int16)
    decoded = join_blocks(inverse_dct(levels * step), *pixels.shape)
    return zlib.compress(levels.tobytes()), np.rint(decoded) + smallest
