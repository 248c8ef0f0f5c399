# %% [markdown]
# # Solutions of lesson 10
#
# **1.** 4000 HU² for 25 bits.

# %% tags=["exercise-1"]
equal_lambda = (9000 - 5000) / (40 - 15)

# %% [markdown]
# **2.** The sizes are there for each unit of 4 x 4, so their mean is a share of the area.

# %% tags=["exercise-2"]
large_percent = 100 * np.mean(best_tree(measured, rule * STEP**2)[2] == 32)

# %% [markdown]
# **3.** Two costs.


# %% tags=["exercise-3"]
def better_split(d, r, quarters_d, quarters_r, weight):
    """Return whether the four quarters and the bit that tells of them cost less."""
    return sum(quarters_d) + weight * (sum(quarters_r) + 1) < d + weight * r
