# %% [markdown]
# # Solutions of lesson 14
#
# **1.**

# %% tags=["exercise-1"]
slices_on_disk = 1000 / (1 - 0.375)

# %% [markdown]
# **2.** A negative BD-rate is a saving.

# %% tags=["exercise-2"]
jpeg_xl_wins = sum(rate < 0 for rate in measured.bd_rates("libjxl", "openjpeg").values())

# %% [markdown]
# **3.** The table without times for a budget would be a list of winners of another race.


# %% tags=["exercise-3"]
def best_within(rows, time_ratio):
    """Return the name of the codec with the lowest rate among those that are quick enough."""
    allowed = [codec for codec, row in rows.items() if row["decode_time_ratio"] <= time_ratio]
    return min(allowed, key=lambda codec: rows[codec]["bd_rate_percent"])


# %% [markdown]
# **4.** A third of a Hounsfield unit: no table of this lesson would notice.

# %% tags=["exercise-4"]
erased_rmse = np.sqrt(np.pi * 25 * 20**2 / 512**2)
