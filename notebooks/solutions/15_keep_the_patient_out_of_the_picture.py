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
# **2.** Lists, even of one: pydicom writes a list of one as a single value.


# %% tags=["exercise-2"]
def note_lossy_step(dataset, ratio, method):
    """Add a lossy step to the elements of a Dataset, in place."""
    for keyword, value in (
        ("LossyImageCompressionRatio", ratio),
        ("LossyImageCompressionMethod", method),
    ):
        before = dataset.get(keyword, [])
        values = [before] if isinstance(before, str | float) else list(before)
        setattr(dataset, keyword, [*values, value])
    dataset.LossyImageCompression = "01"
    dataset.ImageType = ["DERIVED", *dataset.ImageType[1:]]


# %% [markdown]
# **3.** To the middle of the gap on the side of the tissue; on the other there is nothing but what
# coding makes of padding, so twice the gap is far enough.


# %% tags=["exercise-3"]
def padding_range(stored, padding_value):
    """Return the smallest and the largest stored value that are padding after lossy coding."""
    others = stored[stored != padding_value].astype(int) - padding_value
    half = int(np.abs(others).min()) // 2
    return padding_value - half, padding_value + half


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


# %% [markdown]
# **5.** Two bytes tell which of the ten elements are there; their values follow as text, a line
# each. Both sides knowing what is usual (a table of likely values, or zlib's `zdict`) gives less.


# %% tags=["exercise-5"]
def my_header(values):
    """Return the bytes of a dictionary of `values_of`."""
    there = sum(1 << i for i, keyword in enumerate(HEADER) if keyword in values)
    lines = [values[keyword] for keyword in HEADER if keyword in values]
    return there.to_bytes(2, "big") + "\n".join(lines).encode()


def my_values(data):
    """Return the dictionary."""
    there = int.from_bytes(data[:2], "big")
    present = [keyword for i, keyword in enumerate(HEADER) if there >> i & 1]
    return dict(zip(present, data[2:].decode().split("\n"), strict=bool(present)))
