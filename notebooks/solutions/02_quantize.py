# %% [markdown]
# # Solutions of lesson 2
#
# **1.** Half a step.

# %% tags=["exercise-1"]
largest_coefficient_error = 45 / 2

# %% [markdown]
# **2.**

# %% tags=["exercise-2"]
zero_percent = 100 * np.mean(quantize(coefficients.copy(), 40) == 0)

# %% [markdown]
# **3.** Walking up is slow and right.


# %% tags=["exercise-3"]
def largest_step_for(wanted_rmse):
    """Return the coarsest step whose RMSE is at most `wanted_rmse`."""
    step = 2
    while rmse(quantization_error(coefficients, step + 1)) <= wanted_rmse:
        step += 1
    return step


# %% [markdown]
# **4.** Zero while `|C| / 30 + 1/6 < 1`, so below 25: the deadzone is 50 wide instead of 30.

# %% tags=["exercise-4"]
largest_dead_coefficient = 24
