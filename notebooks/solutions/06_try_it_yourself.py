# %% [markdown]
# # Solutions of lesson 6
#
# **1.** A target, and the step out of the header.

# %% tags=["exercise-1"]
abdomen_step = mmpc.read_header(
    mmpc.compress(sample("abdomen_ct").pixels, bitstream=1, rmse=5)
).step

# %% [markdown]
# **2.**

# %% tags=["exercise-2"]
most_expensive = max(SAMPLES, key=lambda name: try_quality(sample(name), 30).rate_bpp)

# %% [markdown]
# **3.** The first step that fits is the finest, whatever the ones after it do. Steps that the
# codec refuses do not fit.


# %% tags=["exercise-3"]
def step_for_size(pixels, size_bytes):
    """Return the finest step whose stream has at most `size_bytes` bytes."""
    for step in range(1, 201):
        try:
            if len(mmpc.compress(pixels, bitstream=1, quality=step)) <= size_bytes:
                return step
        except mmpc.MmpcError:
            continue
    return None
