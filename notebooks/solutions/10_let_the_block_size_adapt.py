# %% [markdown]
# # Solutions of lesson 10
#
# **1.** 4000 HU² for 25 bits.

# %% tags=["exercise-1"]
equal_lambda = (9000 - 5000) / (40 - 15)

# %% [markdown]
# **2.** A twentieth of the rule's: air alone makes large blocks, however cheap bits are.

# %% tags=["exercise-2"]
my_factor = 0.006

# %% [markdown]
# **3.** Two costs.


# %% tags=["exercise-3"]
def better_split(d, r, quarters_d, quarters_r, weight):
    """Return whether the four quarters and the bit that tells of them cost less."""
    return sum(quarters_d) + weight * (sum(quarters_r) + 1) < d + weight * r


# %% [markdown]
# **4.** The head gains 1.5 %, the abdomen nothing: in noise all sizes are alike.

# %% tags=["exercise-4"]
from mmpc.explore.student_codecs import rounded


def my_choice(whole, in_four, step):
    """Return whether squares are better in four, bool, shape (rows, columns)."""

    def cost(coefficients):
        levels = rounded(coefficients, step)
        error = np.square(coefficients - levels * step).sum(axis=(2, 3))
        prices = np.where(levels == 0, 0, 2 * np.log2(1 + np.abs(levels)) + 2)
        return error + 0.05 * step**2 * prices.sum(axis=(2, 3))

    return cost(in_four) < cost(whole)
