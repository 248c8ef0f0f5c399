# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 7. Build an arithmetic coder
#
# Lesson 3 ended with an embarrassment. Simply *knowing* which of the 64 places a level has would
# beat the report's RLE and zlib at every quality, if only there were a code that uses what one
# knows. There is one, it fits on a page, and it is the heart of version 2.
#
# **What you'll do.** Code a message as an interval by hand, do the same with 32-bit integers,
# compare your bytes with those of the package, let the coder learn while it codes, and code the
# report's levels again.
#
# **What you'll learn.** The price of a decision in bits, arithmetic coding, model and coder as two
# things, adaptive probabilities, binarization.
#
# **What you'll need.** Lesson 3, and about 45 minutes.

# %%
from fractions import Fraction

import numpy as np

from mmpc.explore.bit_coders import BitCoder
from mmpc.explore.body import measured
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.coding_figures import show_intervals
from mmpc.explore.figures import show_curves
from mmpc.explore.level_contexts import with_dc_differences
from mmpc.explore.recoding import MANTISSA, RAW, binarize, code_decisions
from mmpc.explore.report_levels import bz2_stream, levels_at, report_stream
from mmpc.explore.scoreboard import as_codec, score, show_scoreboard
from mmpc.explore.tables import show_table

# %% [markdown]
# ## 1. What a decision costs
#
# The levels of the slice at quality 30, as in lesson 3 (`levels_at`: blocks, DCT, rounding). Ask of
# each only: is it zero? Something that happens with probability $p$ carries $-\log_2 p$ bits of
# news.

# %%
pixels = measured("head_ct").pixels  # with air in the place of the padding
levels = levels_at(pixels, 30)  # shape (block rows, block columns, 8, 8)
zero_share = np.mean(levels == 0)
print(f"{100 * zero_share:.1f} % of {levels.size} levels are zero")
print(f"a zero is worth     {-np.log2(zero_share):.2f} bits of news")
print(f"a non-zero is worth {-np.log2(1 - zero_share):.2f} bits")
flag_entropy = -zero_share * np.log2(zero_share) - (1 - zero_share) * np.log2(1 - zero_share)
print(f"on average          {flag_entropy:.2f} bits a level")

# %% [markdown]
# A code table with one word for each symbol (Morse, Huffman) cannot give a zero less than one
# whole bit: it would pay 1.00 where the news is worth far less. To spend a *fraction* of a bit,
# the words of many symbols must melt into one.
#
# ## 2. A message is an interval
#
# Start with the interval from 0 to 1. For every bit cut it in proportion to the probabilities,
# and keep the part that belongs to the bit that came: the lower part for a one, the upper for a
# zero. With exact fractions, for `0 1 0 0` and one chance in four for a one:

# %%
message, p_one = [0, 1, 0, 0], Fraction(1, 4)
low, width = Fraction(0), Fraction(1)
history = [(low, width)]
for bit in message:
    cut = width * p_one
    low, width = (low, cut) if bit else (low + cut, width - cut)
    history.append((low, width))
    print(f"bit {bit}: from {low!s:>7} to {low + width!s:>7}, width {width!s:>6}")
print(f"news in the message: {-np.log2(float(width)):.2f} bits")

show_intervals(message, history, p_one)

# %% [markdown]
# The width is the product of the probabilities, so $-\log_2$ of it is the sum of the news. Any
# number inside the interval names the message, and a number in an interval of width $w$ can be
# written with about $-\log_2 w$ binary digits:

# %%
digits = 0
while True:
    digits += 1
    numerator = -(-low * 2**digits // 1)  # rounded up
    if numerator / 2**digits < low + width:
        break
print(f"{int(numerator)}/{2**digits} lies inside: as binary digits 0.{int(numerator):0{digits}b}")

# %% [markdown]
# That is all of arithmetic coding, except that the fractions grow without end.
#
# ## 3. With 32-bit integers
#
# The remedy: keep both ends as 32-bit integers, and whenever their first bytes agree, that byte
# is settled. Write it, shift it out, and fill up with `00` at the low end and `ff` at the high
# one. The decoder does the same and holds four bytes of the stream beside it. Probabilities are
# integers, too, in units of $2^{-16}$.


# %%
class NaiveCoder:
    """A binary arithmetic coder; with `stream` it decodes, without it encodes."""

    def __init__(self, stream=None):
        self.low, self.high = 0, 0xFFFFFFFF
        self.decoding = stream is not None
        self.stream = bytearray(stream or b"")
        self.position = 4
        self.code = int.from_bytes((bytes(self.stream) + bytes(4))[:4], "big")

    def code_bit(self, p_one, bit=None):
        """Encode `bit`, or decode one; `p_one` is the probability of a one, times 65536."""
        middle = self.low + ((self.high - self.low) * p_one >> 16)
        if self.decoding:
            bit = int(self.code <= middle)
        if bit:
            self.high = middle
        else:
            self.low = middle + 1
        while self.low >> 24 == self.high >> 24:
            if self.decoding:
                has_more = self.position < len(self.stream)
                byte = self.stream[self.position] if has_more else 0
                self.code = (self.code << 8 & 0xFFFFFFFF) | byte
                self.position += 1
            else:
                self.stream.append(self.high >> 24)
            self.low = self.low << 8 & 0xFFFFFFFF
            self.high = (self.high << 8 & 0xFFFFFFFF) | 0xFF
        return bit

    def finish(self):
        """Write the byte that settles the rest, and return the stream."""
        self.stream.append((self.low + 0xFFFFFF) >> 24 & 0xFF)
        return bytes(self.stream)


# %% [markdown]
# A message goes through it bit by bit, here all with one probability:


# %%
def encode(bits, p_one, coder=NaiveCoder):
    """Code all bits with one probability."""
    encoder = coder()
    for bit in bits:
        encoder.code_bit(p_one, int(bit))
    return encoder.finish()


def decode(stream, p_one, count, coder=NaiveCoder):
    """Decode as many bits as were coded."""
    decoder = coder(stream)
    return [decoder.code_bit(p_one) for _ in range(count)]


print(f"0 1 0 0 -> {encode(message, 1 << 14).hex(' ')}")
print(f"back    -> {decode(encode(message, 1 << 14), 1 << 14, 4)}")

# %% [markdown]
# Is it any good? A measure with a known answer: 50 000 random bits, for several probabilities of
# a one. Beside the entropy of the model stands what the coder really wrote.


# %%
def price_bits(bits, p):
    """Return the news in bits, where p is the probability of a one, or one for each."""
    return -np.log2(np.where(bits, p, 1 - np.asarray(p))).sum()


rng = np.random.default_rng(7)
print("p(one)   entropy, bits   written, bits   excess")
for share in (0.5, 0.2, 0.05, 0.01):
    bits = rng.random(50_000) < share
    p_one = round(share * 65536)
    news = price_bits(bits, p_one / 65536)
    stream = encode(bits, p_one)
    excess = 8 * len(stream) / news - 1
    print(f"{share:6.2f} {news:15.0f} {8 * len(stream):15d} {100 * excess:7.2f} %")
    assert decode(stream, p_one, bits.size) == bits.astype(int).tolist()

# %% [markdown]
# Far within one percent of the model's entropy: the *coder* has nothing left to improve. From now
# on a smaller file can only come from better *probabilities*. Hence two things that are kept
# apart in the package as well: `mmpc/v2/arithmetic_coder.py` knows intervals and no contexts,
# `mmpc/v2/mixing.py` knows contexts and no intervals. Is yours the same coder? `BitCoder` is the
# package's, made to be called like ours.

# %%
bits = rng.random(5000) < 0.1
ours, theirs = encode(bits, 6554), encode(bits, 6554, coder=BitCoder)
print(f"{len(ours)} bytes and {len(theirs)} bytes, equal: {ours == theirs}")
back = decode(ours, 6554, bits.size, coder=BitCoder)
print(f"the package decodes what we wrote: {back == bits.astype(int).tolist()}")

# %% [markdown]
# ## 4. Learn while coding
#
# Where do the probabilities come from? One may count first and send the table ahead, as Huffman
# coders do. Or one lets both sides *learn*: after each bit the encoder moves its probability
# towards what it saw, and the decoder, which has just decoded the same bit, does the same.
# Nothing is sent.
#
# A counter moves by $1/(n + 1.5)$ of the way after $n$ bits, so at first it is nearly the mean of
# what was seen, and it never moves by less than some smallest rate, so that it forgets what was
# long ago.


# %%
class Counter:
    """An adaptive probability of a one, in units of 2^-16."""

    def __init__(self, limit):
        self.probability, self.count, self.limit = 0.5, 0, limit

    def p_one(self):
        """Return the probability as an integer that is never 0 and never 65536."""
        return min(max(round(65536 * self.probability), 1), 65535)

    def learn(self, bit):
        """Move towards what was seen."""
        self.probability += (bit - self.probability) / (self.count + 1.5)
        self.count = min(self.count + 1, self.limit)


def learned_probabilities(bits, limit):
    """Return what a counter believes before each bit."""
    counter, believed = Counter(limit), []
    for bit in bits:
        believed.append(counter.p_one() / 65536)
        counter.learn(bit)
    return np.array(believed)


flags = (levels[:, :, 0, 1] == 0).reshape(-1).astype(int).tolist()  # one wave, block after block
share = np.mean(flags)
static_bits = price_bits(flags, share)
by_limit = {}
print(f"is the level of wave (0, 1) zero? {len(flags)} blocks, {100 * share:.1f} % yes")
print(f"one fixed probability, known beforehand: {static_bits:5.0f} bits")
for limit in (1, 4, 16, 64, 160, 10_000):
    by_limit[limit] = price_bits(flags, learned_probabilities(flags, limit))
    print(f"a counter with limit {limit:5}:             {by_limit[limit]:7.0f} bits")

# %% [markdown]
# Every counter that forgets costs *less* than the entropy, that with limit 4 least; the one that
# never forgets does not. That is no contradiction: the
# entropy belongs to a model with one probability for the whole slice. But the slice begins with
# air, goes through a head, and ends with air, and a counter that forgets follows it. Forget too
# fast, and it chases noise. Watch it:

# %%
track = learned_probabilities(flags, 64)
rows = np.arange(len(flags)) / 64
show_curves(
    {"counter": (rows, track), "mean of the slice": (rows[[0, -1]], [share, share])},
    "row of blocks, top to bottom of the slice",
    "probability of a zero",
    ylim=(0, 1.02),
)
print(f"lowest {track.min():.2f}, highest {track.max():.2f}, mean of the slice {share:.2f}")

# %% [markdown]
# ## 5. From levels to decisions
#
# Our coder takes yes and no; a level may be -137. **Binarization**: how many binary digits has
# the magnitude? Count them in ones and end with a zero; then the digits behind the leading one;
# then the sign. It is the code of Peter Elias, with a sign.


# %%
def naive_binarize(level):
    """Return the decisions of one level."""
    magnitude = abs(level)
    length = magnitude.bit_length()
    bits = [1] * length + [0]
    bits += [magnitude >> i & 1 for i in range(length - 2, -1, -1)]
    return [*bits, int(level < 0)] if level else bits


for level in (0, 1, -1, 2, -3, 137):
    print(f"{level:4d} -> {''.join(map(str, naive_binarize(level)))}")
some = levels[30, 30].reshape(-1)
by_hand = [bit for level in some.tolist() for bit in naive_binarize(level)]
same = binarize(some).bits.tolist() == by_hand
print(f"the same as mmpc/explore/recoding.py: {same}")
decisions = binarize(levels)
print(f"{levels.size} levels are {decisions.bits.size} decisions, ", end="")
print(f"{decisions.bits.size / levels.size:.2f} a level")

# %% [markdown]
# Stored as plain bits that is well above a bit a level, more than RLE and zlib need: the code
# itself compresses badly. It does not have to: every decision gets a probability, and one that is
# nearly certain costs nearly nothing. The choice of questions matters only in so far as each has
# something to learn.
#
# ## 6. The report's levels again
#
# Now the whole slice: a counter for each of the 64 places and each step of the binarization (the
# **context** of a decision: what both sides know before it is made). The first
# digit behind the leading one has counters, too; the digits after it and the signs get one half.
# `code_decisions` does it, a compiled loop over version 2's own counters and coder:

# %%
place = np.broadcast_to(np.arange(64).reshape(8, 8), levels.shape).reshape(-1)


def rate_bpp(stream):
    """Return bits per pixel."""
    return 8 * len(stream) / pixels.size


no_context = code_decisions(decisions, np.zeros(levels.size, int), mixing=False)
by_place = code_decisions(decisions, place, mixing=False)
print(f"RLE + zlib (version 1)       {rate_bpp(report_stream(levels)):.2f} bpp")
print(f"one context for all levels   {rate_bpp(no_context.stream):.2f} bpp")
print(f"one context for each place   {rate_bpp(by_place.stream):.2f} bpp")
excess = 8 * len(by_place.stream) / by_place.costs_bits.sum() - 1
print(f"stream against the sum of all prices: within 0.01 %: {abs(excess) < 1e-4}")

# %% [markdown]
# Where do the bits go? Every decision has a price, so we can add them up as we like.

# %%
kinds = {
    "is it zero?": decisions.steps == 0,
    "how many digits?": (decisions.steps > 0) & (decisions.steps < MANTISSA),
    "first digit behind the leading one": decisions.steps == MANTISSA,
    "other digits and signs, at one half": decisions.steps == RAW,
}
for name, chosen in kinds.items():
    print(f"{name:35} {by_place.costs_bits[chosen].sum() / pixels.size:.2f} bpp")
by_level = np.bincount(decisions.owners, by_place.costs_bits, levels.size).reshape(levels.shape)
print(f"{'DC levels alone':35} {by_level[..., 0, 0].sum() / pixels.size:.2f} bpp")

# %% [markdown]
# The DC level alone, one of 64, takes its part. Exercise 3 of lesson 3 showed the remedy: code the
# difference to the block on the left (or, in the first column, above), `with_dc_differences`. Two
# slices, three qualities:

# %%
rates = {}
abdomen = measured("abdomen_ct").pixels
slices = [
    ("head", pixels, 10),
    ("head", pixels, 30),
    ("head", pixels, 60),
    ("abdomen", abdomen, 30),
]
for name, values, step in slices:
    quantized = levels_at(values, step)
    differences = with_dc_differences(quantized)
    streams = {
        "RLE + zlib": report_stream(quantized),
        "bz2": bz2_stream(quantized),
        "arithmetic, by place": code_decisions(binarize(quantized), place, mixing=False).stream,
        "and DC differences": code_decisions(binarize(differences), place, mixing=False).stream,
    }
    rates[f"{name}, quality {step}"] = {name: rate_bpp(stream) for name, stream in streams.items()}
show_table("bits per pixel", rates)

# %% [markdown]
# The promise of lesson 3 is kept: place alone beats the report's chain at every quality, and now
# the number is the size of a file. What does learning cost? Nearly nothing here: 64 sets of
# counters have to learn, but they also follow the slice, and so the files come within a few
# percent of the entropies of lesson 3. With DC differences we are below them. In the head that
# draws level with bz2 (and passes it at quality 10), which knows nothing of places and looks at
# what came before; in the noisy abdomen we are ahead of it by far. To be ahead everywhere, a coder
# has to know both: levels have neighbours. That is lesson 8.
#
# ## 7. Almost right, and fatally wrong
#
# A simpler counter: the probability of a one is the share of ones so far. It is the best estimate
# of all, any textbook says so, and it passes a first test:


# %%
def share_code(bits_or_stream, count=None):
    """Code with the share of ones seen so far as probability; with `count` decode."""
    coder = NaiveCoder(None if count is None else bits_or_stream)
    ones, result = 0, []
    for i in range(len(bits_or_stream) if count is None else count):
        p_one = round(65536 * ones / i) if i else 32768
        bit = coder.code_bit(p_one, None if count else bits_or_stream[i])
        ones += bit
        result.append(bit)
    return result if count else coder.finish()


short = [0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1]
print(f"right on a short message: {share_code(share_code(short), len(short)) == short}")
decoded = share_code(share_code(flags), len(flags))
wrong = np.flatnonzero(np.array(decoded) != flags)
print(f"the slice begins with {flags.index(0)} zero levels in a row (flag 1)")
print(f"first wrong flag: number {wrong[0]}; wrong in all: {wrong.size} of {len(flags)}")

# %% [markdown]
# After nothing but ones the share is exactly 1: a zero then has an interval of no width, `low`
# overtakes `high`, and the decoder reads noise (from the very first flag, as the ones before had
# not yet filled a byte). A probability of 0 says *never*, and a coder takes you at your word. The
# counters above never get quite there (that is what the 1.5 in place of 1 is for), and `p_one`
# keeps within 1 and 65535 besides.

# %% tags=["claims"]
zero_bits = sum(by_place.costs_bits[chosen].sum() for chosen in kinds.values())
claims(
    {
        "a moderate limit costs less than the entropy": all(
            by_limit[limit] < static_bits for limit in (4, 16, 64, 160)
        ),
        "forgetting too fast or never costs more": by_limit[4] < min(by_limit[1], by_limit[10_000]),
        "plain bits are more than RLE + zlib": decisions.bits.size / levels.size
        > rates["head, quality 30"]["RLE + zlib"],
        "the kinds are all there is": abs(zero_bits / by_place.costs_bits.sum() - 1) < 1e-9,
        "place alone beats the chain": all(
            row["arithmetic, by place"] < row["RLE + zlib"] for row in rates.values()
        ),
        "DC differences help": all(
            row["and DC differences"] < row["arithmetic, by place"] for row in rates.values()
        ),
        "the head draws level with bz2, but at quality 10": all(
            abs(rates[name]["and DC differences"] / rates[name]["bz2"] - 1) < 0.03
            for name in ("head, quality 30", "head, quality 60")
        ),
        "within a few percent of the entropies of lesson 3": all(
            abs(rates[f"head, quality {step}"]["arithmetic, by place"] / entropy_of_lesson_3 - 1)
            < 0.04
            for step, entropy_of_lesson_3 in ((10, 1.17), (30, 0.68), (60, 0.48))
        ),
        "the abdomen is far ahead of bz2": rates["abdomen, quality 30"]["and DC differences"]
        < 0.8 * rates["abdomen, quality 30"]["bz2"],
    }
)

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** Step 2 made a number of a message. Go back: which bits does a number stand for?
# Use fractions, and the chance of a one that you are told. A number that lies exactly on a cut
# belongs to the upper part.


# %% tags=["exercise-1"]
def message_of(number, p_one, count):
    """Return the list of `count` bits whose interval holds `number`, a Fraction."""
    return ...


# %%
check(
    1,
    message_of,
    {
        "3/8 is the message of step 2": lambda f: (
            list(f(Fraction(3, 8), Fraction(1, 4), 4)) == [0, 1, 0, 0]
        ),
        "with one half the message is the number's binary digits, turned over": lambda f: (
            list(f(Fraction(5, 16), Fraction(1, 2), 4)) == [1, 0, 1, 0]
        ),
        "a number in the lowest corner is nothing but ones": lambda f: (
            list(f(Fraction(1, 10**9), Fraction(1, 4), 9)) == [1] * 9
        ),
    },
    hint="the cut is where it was; of the two parts, the one that holds the number tells the bit",
)

# %% [markdown]
# **Exercise 2.** A model that is wrong costs bits. One flag in twenty is 1, and somebody codes with
# another probability of a one. Write what a flag then costs in the mean, before you look at what
# the coder makes of it: the check runs it.


# %% tags=["exercise-2"]
def mean_price(share_of_ones, p_one):
    """Return bits per flag where `share_of_ones` are 1, and the coder believes in `p_one`."""
    return ...


# %%
twentieth = (np.arange(20_000) % 20 == 0).astype(int).tolist()


def written(p_one):
    """Return bits per flag in a stream of these flags."""
    return 8 * len(encode(twentieth, round(65536 * p_one))) / len(twentieth)


check(
    2,
    mean_price,
    {
        "the coder agrees, whatever it believes": lambda f: all(
            abs(f(0.05, p_one) / written(p_one) - 1) < 0.01 for p_one in (0.005, 0.05, 0.2, 0.5)
        ),
        "nothing is cheaper than the truth": lambda f: all(
            f(0.05, 0.05) < f(0.05, p_one) for p_one in (0.04, 0.06)
        ),
    },
    hint="the news of a one and of a zero, each as often as it comes",
)

# %% [markdown]
# **Exercise 3.** Here is an encoder with a counter that learns. Write its decoder.


# %%
def adaptive_encode(bits):
    """Return the stream of bits whose probability is learned on the way."""
    coder, counter = NaiveCoder(), Counter(160)
    for bit in bits:
        coder.code_bit(counter.p_one(), bit)
        counter.learn(bit)
    return coder.finish()


# %% tags=["exercise-3"]
def adaptive_decode(stream, count):
    """Return the list of `count` bits in a stream of `adaptive_encode`."""
    return ...


# %%
learned = adaptive_encode(flags)
excess = 8 * len(learned) / by_limit[160] - 1
print(f"the encoder is within 1 % of what its counter says: {abs(excess) < 0.01}")
check(
    3,
    adaptive_decode,
    {
        "the flags of the slice come back": lambda f: list(f(learned, len(flags))) == flags,
        "a thousand ones come back": lambda f: (
            list(f(adaptive_encode([1] * 1000), 1000)) == [1] * 1000
        ),
        "no bits are no bits": lambda f: list(f(adaptive_encode([]), 0)) == [],
    },
    hint="ask p_one(), decode, then learn: the same order as the encoder",
)

# %% [markdown]
# **Exercise 4, your own codec.** Throw bz2 or lzma out and code the levels with *your* coder: the
# interval of step 3, a counter of step 4 for each context, the decisions of step 5. Choose
# contexts that the decoder has, too: the place, the two levels before, whether the block above had
# many. In Python that is slow, so do not code the zeros at a block's end one by one: code first,
# in binary decisions, how many levels there are up to the last that is not zero, from slow to fast
# waves (nine decisions for blocks of 16 x 16: 0 to 256). The check measures
# ten files and decodes them all; give it two minutes.


# %% tags=["exercise-4"]
def my_compress(pixels, step):
    """Return the bytes of a file."""
    return ...


def my_decompress(data):
    """Return the pixels."""
    return ...


# %%
check(
    4,
    my_compress,
    {
        "a cut of the slice comes back": lambda f: (
            np.abs(my_decompress(f(pixels[200:264, 200:280], 2)) - pixels[200:264, 200:280]).max()
            <= 5
        ),
        "it needs less than 1.35 bits per pixel": lambda f: (
            score(7, as_codec(f, my_decompress)) < 1.35
        ),
    },
    hint="one function that codes in either direction cannot get out of step with itself",
)
show_scoreboard(7)

# %% [markdown]
# ## What to take with you
#
# - News of probability $p$ is worth $-\log_2 p$ bits, and an arithmetic coder charges just that.
# - Model and coder are two things. The coder is solved; all gains come from the model.
# - Both sides may learn, as long as they learn the same from the same.
# - Never say never: a probability of 0 breaks a decoder.
#
# Next: lesson 8 asks the neighbours.
#
# ## Further reading
#
# - I. H. Witten, R. M. Neal, J. G. Cleary, "Arithmetic Coding for Data Compression",
#   *Communications of the ACM* 30 (1987), 520-540.
# - M. Mahoney, *Data Compression Explained* (2013), <https://mattmahoney.net/dc/dce.html>. Where
#   the carryless coder comes from.
# - P. Elias, "Universal Codeword Sets and Representations of the Integers", *IEEE Transactions on
#   Information Theory* 21 (1975), 194-203.
# - A. Said, *Introduction to Arithmetic Coding: Theory and Practice*, HP Laboratories report
#   HPL-2004-76 (2004).
