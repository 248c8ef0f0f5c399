# %% [markdown]
# # Solutions of lesson 15
#
# **1.**

# %% tags=["exercise-1"]
elements_dropped = len(full.metadata["dicom"]) - len(image.metadata["dicom"])

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
