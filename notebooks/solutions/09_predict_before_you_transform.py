# %% [markdown]
# # Solutions of lesson 9
#
# **1.**

# %% tags=["exercise-1"]
dc_prediction = (8 * 100 + 8 * 40) / 16

# %% [markdown]
# **2.** These are the blocks whose mode is dearest to tell.

# %% tags=["exercise-2"]
new_direction_percent = 100 * np.mean((modes[:, 1:] > DC) & (modes[:, 1:] != modes[:, :-1]))

# %% [markdown]
# **3.** From index 15 downwards, one sample a row.


# %% tags=["exercise-3"]
def my_horizontal(border):
    """Return the prediction, shape (8, 8)."""
    return np.repeat(border[15:7:-1, np.newaxis], 8, axis=1)


# %% [markdown]
# **4.** The encoder carries the decoder's value along.


# %% tags=["exercise-4"]
def closed_loop_levels(row, step):
    """Return one level a pixel; the decoder adds up step times the levels, from 0 on."""
    decoded, levels = 0, []
    for value in row:
        levels.append(int(np.rint((value - decoded) / step)))
        decoded += step * levels[-1]
    return np.array(levels)
