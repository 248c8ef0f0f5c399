# %% [markdown]
# # Solutions of lesson 4
#
# **1.** It is the header of the report's slice I0: `03 43` is 835, `01 6f` is 367.

# %% tags=["exercise-1"]
mystery_pixels = int.from_bytes(mystery[5:7], "big") * int.from_bytes(mystery[7:9], "big")

# %% [markdown]
# **2.** Fixed fields by `struct`, plus metadata, plus the checksum.

# %% tags=["exercise-2"]
trailer_bytes = struct.calcsize(">4sBiI") + 100 + 4

# %% [markdown]
# **3.** A level up to 200 has a high byte of zero, so only its low byte differs from zero, unless
# it is zero itself.


# %% tags=["exercise-3"]
def flat_file(value):
    """Return the bytes of a file that decodes to 8 x 8 pixels of `value`."""
    level = 8 * value // 10
    pairs = bytes([1, level, 127, 0]) if level else bytes([128, 0])
    payload = zlib.compress(pairs)
    return struct.pack(">4sBHHBBHI", b"MMPC", 1, 8, 8, 8, 8, 10, len(payload)) + payload
