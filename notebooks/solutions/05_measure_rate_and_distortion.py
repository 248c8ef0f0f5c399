# %% [markdown]
# # Solutions of lesson 5
#
# **1.**

# %% tags=["exercise-1"]
psnr_at_4095 = psnr_db(4, 4095)

# %% [markdown]
# **2.** Twenty times the logarithm of two.

# %% tags=["exercise-2"]
gain_db = psnr_db(1, 255) - psnr_db(2, 255)

# %% [markdown]
# **3.**

# %% tags=["exercise-3"]
study_megabytes = 400 * 512 * 512 * 0.75 / 8 / 1e6

# %% [markdown]
# **4.** Converted before anything can wrap around.


# %% tags=["exercise-4"]
def region_rmse(original, decoded, region):
    """Return the RMSE over the pixels where `region` is true."""
    error = decoded[region].astype(float) - original[region]
    return np.sqrt(np.mean(error**2))
