# %% [markdown]
# # Solutions of lesson 7
#
# **1.** A quarter, three quarters, a quarter.

# %% tags=["exercise-1"]
width_after_101 = 1 / 4 * 3 / 4 * 1 / 4

# %% [markdown]
# **2.** The mean of the news.

# %% tags=["exercise-2"]
bits_per_flag = -(0.99 * np.log2(0.99) + 0.01 * np.log2(0.01))

# %% [markdown]
# **3.** One bit instead: a wrong model is dear, and the dearer, the more certain the truth is.

# %% tags=["exercise-3"]
times_more = 1 / bits_per_flag

# %% [markdown]
# **4.** The encoder with two changes: the coder gets the stream, and the bit comes out of it.


# %% tags=["exercise-4"]
def adaptive_decode(stream, count):
    """Return the list of `count` bits in a stream of `adaptive_encode`."""
    coder, counter, bits = NaiveCoder(stream), Counter(160), []
    for _ in range(count):
        bits.append(coder.code_bit(counter.p_one()))
        counter.learn(bits[-1])
    return bits
