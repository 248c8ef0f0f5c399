# %% [markdown]
# # Solutions of lesson 11
#
# **1.** (x - n)² + lambda b = (x - n - 1)² + lambda b', solved for x: half of what the next level
# costs more is added to one half. Lesson 2's border of 2/3 is a cost of 1/3 step².


# %% tags=["exercise-1"]
def border(level, bits, bits_of_next, weight):
    """Return the magnitude in steps; `weight` is lambda, in step² per bit."""
    return level + (1 + weight * (bits_of_next - bits)) / 2


# %% [markdown]
# **2.** `reconstruct` with signs.


# %% tags=["exercise-2"]
def my_reconstruct(levels):
    """Return the coefficient of each level, in small steps."""
    state, result = 0, []
    for level in levels:
        magnitude = point(abs(level), FOUR.quantizer[state])
        result.append(-magnitude if level < 0 else magnitude)
        state = FOUR.next_state[state][level % 2]
    return result


# %% [markdown]
# **3.** Sort, and cut.


# %% tags=["exercise-3"]
def three_cheapest(paths):
    """Return the three cheapest of a list of paths, or all if there are fewer."""
    return sorted(paths, key=cost_of)[:3]


# %% [markdown]
# **4.** Two candidates each, a lambda of 0.1 step². No path is followed, so what a level does to
# the price of its neighbours is not seen; a trellis sees some of it.


# %% tags=["exercise-4"]
def my_levels(coefficients, step, prices_of):
    """Return levels; shapes (rows, columns, 16, 16), and (..., 4) for the prices."""
    magnitudes = np.abs(coefficients) / step
    nearest = np.floor(magnitudes + 0.5).astype(int)

    def cost(level):
        price = np.take_along_axis(prices_of, np.minimum(level, 3)[..., np.newaxis], 4)[..., 0]
        more = 2 * np.log2(np.maximum(level, 3) / 3) + (level > 0)  # longer ones, and the sign
        return (magnitudes - level) ** 2 + 0.1 * (price + more)

    below = np.maximum(nearest - 1, 0)
    chosen = np.where(cost(below) < cost(nearest), below, nearest)
    chosen[..., 0, 0] = nearest[..., 0, 0]
    return np.sign(coefficients) * chosen
