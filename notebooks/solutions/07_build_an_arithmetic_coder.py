# %% [markdown]
# # Solutions of lesson 7
#
# **1.** The encoder's loop, with the number in the place of the bit.


# %% tags=["exercise-1"]
def message_of(number, p_one, count):
    """Return the list of `count` bits whose interval holds `number`, a Fraction."""
    low, width, bits = Fraction(0), Fraction(1), []
    for _ in range(count):
        cut = width * p_one
        bits.append(int(number < low + cut))
        low, width = (low, cut) if bits[-1] else (low + cut, width - cut)
    return bits


# %% [markdown]
# **2.** The mean of the news that the coder believes in (the *cross entropy*).


# %% tags=["exercise-2"]
def mean_price(share_of_ones, p_one):
    """Return bits per flag where `share_of_ones` are 1, and the coder believes in `p_one`."""
    return -(share_of_ones * np.log2(p_one) + (1 - share_of_ones) * np.log2(1 - p_one))


# %% [markdown]
# **3.** The encoder with two changes: the coder gets the stream, and the bit comes out of it.


# %% tags=["exercise-3"]
def adaptive_decode(stream, count):
    """Return the list of `count` bits in a stream of `adaptive_encode`."""
    coder, counter, bits = NaiveCoder(stream), Counter(160), []
    for _ in range(count):
        bits.append(coder.code_bit(counter.p_one()))
        counter.learn(bits[-1])
    return bits


# %% [markdown]
# **4.** A seventh less than with lzma. One code runs in both directions,
# so that encoder and decoder cannot disagree on a context.

# %% tags=["exercise-4"]
from collections import defaultdict

from mmpc.explore import small_codec as mine

SIZE = 16
U, V = np.indices((SIZE, SIZE))
ORDER = np.lexsort((U.ravel(), (U + V).ravel()))  # from slow to fast waves


class MyCoder:
    """The coder of step 3 with a counter of step 4 for each context; codes in either direction."""

    def __init__(self, stream=None):
        self.coder = NaiveCoder(stream)
        self.counters = defaultdict(lambda: Counter(160))

    def bit(self, context, bit=None):
        """Code a bit in a context and learn from it."""
        counter = self.counters[context]
        bit = self.coder.code_bit(counter.p_one(), bit)
        counter.learn(bit)
        return bit

    def number(self, context, number=None, digits=9):
        """Code a number of so many binary digits, the upper ones known when the lower are coded."""
        known = 1
        for i in reversed(range(digits)):
            known = 2 * known + self.bit(
                (context, known), None if number is None else number >> i & 1
            )
        return known - (1 << digits)

    def level(self, context, level=None):
        """Code a level as in step 5: digits in unary, the digits, the sign."""
        magnitude = None if level is None else abs(level)
        length = 0
        while self.bit((context, length), None if level is None else magnitude >> length > 0):
            length += 1
        value = 1 if length else 0
        for i in reversed(range(length - 1)):
            context_or_half = (context, length, i) if i == length - 2 else "half"
            value = 2 * value + self.bit(
                context_or_half, None if level is None else magnitude >> i & 1
            )
        if not value:
            return 0
        negative = self.coder.code_bit(32768, None if level is None else int(level < 0))
        return -value if negative else value


def my_code(coder, shape, levels=None):
    """Code all blocks; without levels decode them."""
    decoded = np.zeros((*shape[:2], SIZE * SIZE), np.int16)
    lasts = np.zeros(shape[1] + 1, int)  # of the blocks above; the last one is no block
    for row in range(shape[0]):
        for column in range(shape[1]):
            left = decoded[row, column - 1, 0] if column else decoded[row - 1, 0, 0]
            block = None if levels is None else levels[row, column].tolist()
            near = int(lasts[column] + lasts[column - 1]).bit_length()
            last = block and max((i + 1 for i, level in enumerate(block) if level), default=0)
            last = coder.number(("last", near), last)
            lasts[column] = last
            before = [0, 0]
            for i in range(last):
                context = (
                    min(i, 3) + (i >> 3).bit_length(),
                    min(before[-1] + before[-2], 6),
                    min(before[-1], 2),
                )
                guess = int(left) if i == 0 else 0
                level = coder.level(context, None if block is None else block[i] - guess) + guess
                decoded[row, column, i] = level
                before.append(abs(level) if i else 0)
    return decoded


def my_compress(pixels, step):
    """Return the bytes of a file."""
    header, step = mine.write_header(pixels, step, SIZE)
    levels = mine.levels_of(pixels, step, SIZE)
    coder = MyCoder()
    my_code(coder, levels.shape, levels.reshape(*levels.shape[:2], -1)[..., ORDER])
    return header + coder.coder.finish()


def my_decompress(data):
    """Return the pixels."""
    shape, smallest, step, size, packed = mine.read_header(data)
    in_order = my_code(MyCoder(packed), mine.levels_shape(shape, size))
    levels = np.zeros_like(in_order)
    levels[..., ORDER] = in_order
    return mine.pixels_of(levels.reshape(*levels.shape[:2], size, size), step, smallest, shape)
