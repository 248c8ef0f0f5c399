# %% [markdown]
# # Solutions of lesson 15
#
# **1.** By the noise, and with a threshold in the middle between the original's and a neighbour's.


# %% tags=["exercise-1"]
def find_original(copy, candidates):
    """Return the index of the candidate that a lossy copy was made of, or None."""
    alike = correlations(copy, candidates, "detail in soft tissue")
    return int(alike.argmax()) if alike.max() > 0.45 else None


# %% [markdown]
# **2.** The values are 4 and 12.8; the order is that of the steps.

# %% tags=["exercise-2"]
product_of_ratios = 4 * 524288 / 40960

# %% [markdown]
# **3.**

# %% tags=["exercise-3"]
middle_of_gap = (-3024 + -1024) // 2

# %% [markdown]
# **4.**


# %% tags=["exercise-4"]
def keywords_that_mention(dataset, text):
    """Return the keywords of all elements, at any depth, whose value contains `text`."""
    return [
        element.keyword
        for element in dataset.iterall()
        if element.VR != "SQ" and text.lower() in str(element.value).lower()
    ]
