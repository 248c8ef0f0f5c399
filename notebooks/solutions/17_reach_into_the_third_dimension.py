# %% [markdown]
# # Solutions of lesson 17
#
# **1.** Two keys, and the middles at distances of 8, 4 and 2.

# %% tags=["exercise-1"]
most_needed = 5

# %% [markdown]
# **2.** Keys every fourth slice: nearer, flatter, and dearer, since a quarter of the slices is
# coded alone. Nothing is free.


# %% tags=["exercise-2"]
def my_order(n):
    """Return a dict: index of a slice to the list of those it refers to."""
    order = {}
    for i in range(n):
        low, high = i - i % 4, min(i - i % 4 + 4, n - 1)
        middle = (low + high) // 2
        if i in (low, high):
            order[i] = []
        elif i == middle:
            order[i] = [low, high]
        else:
            order[i] = [low, middle] if i < middle else [middle, high]
    return order


# %% [markdown]
# **3.** Within eight slices of 3 mm most of what is there has come and gone.

# %% tags=["exercise-3"]
from scipy.fft import dct


def slow_share(values):
    """Return the share of the energy in waves 1 and 2 along z; `values` has 8 slices."""
    energies = np.square(dct(values, axis=0, norm="ortho")).sum(axis=(1, 2))
    return energies[1:3].sum() / energies[1:].sum()
