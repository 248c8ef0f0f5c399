# %% [markdown]
# # Solutions of lesson 18
#
# **1.** 0.95 squared is 0.9025.

# %% tags=["exercise-1"]
wasted_percent = 100 * (1 - 0.95**2)

# %% [markdown]
# **2.** Every pair once.


# %% tags=["exercise-2"]
def my_auc(with_lesion, without):
    """Return a number from 0 to 1."""
    above = with_lesion[:, np.newaxis] > without
    equal = with_lesion[:, np.newaxis] == without
    return float(np.mean(above + equal / 2))


# %% [markdown]
# **3.** A step as large as the noise. Whether that holds for your lesion is for you to say.

# %% tags=["exercise-3"]
quality_for_95_percent = 12
