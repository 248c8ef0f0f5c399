# %% [markdown]
# # Solutions of lesson 6
#
# **1.** A target, and the step out of the header.

# %% tags=["exercise-1"]
abdomen_step = mmpc.read_header(
    mmpc.compress(measured("abdomen_ct").pixels, bitstream=1, rmse=5)
).step

# %% [markdown]
# **2.** The first step that fits is the finest, whatever the ones after it do. Steps that the
# codec refuses do not fit.


# %% tags=["exercise-2"]
def step_for_size(pixels, size_bytes):
    """Return the finest step whose stream has at most `size_bytes` bytes."""
    for step in range(1, 201):
        try:
            if len(mmpc.compress(pixels, bitstream=1, quality=step)) <= size_bytes:
                return step
        except mmpc.MmpcError:
            continue
    return None


# %% [markdown]
# **3.** One byte says which; it costs nothing, and each slice gets what suits it.

# %% tags=["exercise-3"]
import lzma

from mmpc.explore import small_codec as mine

MY_SIZE = 16


def my_compress(pixels, step):
    """Return the bytes of a file."""
    header, step = mine.write_header(pixels, step, MY_SIZE)
    in_blocks = mine.levels_of(pixels, step, MY_SIZE).reshape(-1, MY_SIZE**2)
    both = (lzma.compress(mine.pack_levels(levels)) for levels in (in_blocks, in_blocks.T))
    return header + min((bytes([i]) + packed for i, packed in enumerate(both)), key=len)


def my_decompress(data):
    """Return the pixels."""
    shape, smallest, step, size, packed = mine.read_header(data)
    wanted = mine.levels_shape(shape, size)
    count = wanted[0] * wanted[1]
    stored = (1, 1, size**2, count) if packed[0] else (1, 1, count, size**2)
    levels = mine.unpack_levels(lzma.decompress(packed[1:]), stored)[0, 0]
    levels = (levels.T if packed[0] else levels).reshape(wanted)
    return mine.pixels_of(levels, step, smallest, shape)
