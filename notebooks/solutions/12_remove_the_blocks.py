# %% [markdown]
# # Solutions of lesson 12
#
# **1.**

# %% tags=["exercise-1"]
ratio = 3 / 2

# %% [markdown]
# **2.**


# %% tags=["exercise-2"]
def steps_after_row(error):
    """Return eight means."""
    steps = np.abs(np.diff(error, axis=0))
    return np.array([steps[place::8].mean() for place in range(8)])


# %% [markdown]
# **3.** First decide, then clip.


# %% tags=["exercise-3"]
def filter_pair(p1, p0, q0, q1, limit):
    """Return p0 and q0 after filtering."""
    change = (9 * (q0 - p0) - 3 * (q1 - p1) + 8) >> 4
    if abs(change) >= 10 * limit:
        return p0, q0
    change = min(max(change, -limit), limit)
    return p0 + change, q0 - change
