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


# %% [markdown]
# **4.** The step is a float in the header: a score is measured at steps that are no whole numbers.

# %% tags=["exercise-4"]
import bz2

from mmpc.v1.blocks import join_blocks, split_blocks
from mmpc.v1.dct import forward_dct, inverse_dct

MY_HEADER = "<4sHHif"
MY_SIZE = 16  # of a block


def my_compress(pixels, step):
    """Return the bytes of a file."""
    smallest = int(pixels.min())
    header = struct.pack(MY_HEADER, b"MINE", *pixels.shape, smallest, step)
    step = struct.unpack(MY_HEADER, header)[-1]  # as the decoder will know it
    coefficients = forward_dct(split_blocks(pixels.astype(np.int32) - smallest, MY_SIZE))
    magnitudes = np.floor(np.abs(coefficients) / step + 1 / 3)
    levels = (np.sign(coefficients) * magnitudes).astype(np.int16).reshape(-1)
    is_small = np.abs(levels) < 128
    small = np.where(is_small, levels, -128).astype(np.int8)
    return header + bz2.compress(small.tobytes() + levels[~is_small].tobytes())


def my_decompress(data):
    """Return the pixels."""
    _, height, width, smallest, step = struct.unpack_from(MY_HEADER, data)
    unpacked = bz2.decompress(data[struct.calcsize(MY_HEADER) :])
    rows, columns = -(-height // MY_SIZE), -(-width // MY_SIZE)
    count = rows * columns * MY_SIZE**2
    levels = np.frombuffer(unpacked, np.int8, count).astype(np.int16)
    levels[levels == -128] = np.frombuffer(unpacked, np.int16, offset=count)
    blocks = inverse_dct(levels.reshape(rows, columns, MY_SIZE, MY_SIZE) * step)
    return np.rint(join_blocks(blocks, height, width)) + smallest
