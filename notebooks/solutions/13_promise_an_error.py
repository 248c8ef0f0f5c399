# %% [markdown]
# # Solutions of lesson 13
#
# **1.** The limit grows with the step.

# %% tags=["exercise-1"]
worst_at_12 = max(np.abs(worst_block(12, y, x)).max() for y in range(8) for x in range(8))

# %% [markdown]
# **2.** Shifted by the bound, the 2 E + 1 numbers around a multiple begin at the multiple.


# %% tags=["exercise-2"]
def level_of(difference, bound):
    """Return a whole number."""
    return (difference + bound) // (2 * bound + 1)


# %% [markdown]
# **3.**

# %% tags=["exercise-3"]
percent_at_the_wall = 100 * np.mean(np.abs(walled) == 5)

# %% [markdown]
# **4.** Subtract the smallest, in a type that has room for the difference.


# %% tags=["exercise-4"]
def to_unsigned(scan):
    """Return uint16 samples and the offset that a decoder adds to them."""
    offset = int(scan.min())
    return (scan.astype(np.int32) - offset).astype(np.uint16), offset
