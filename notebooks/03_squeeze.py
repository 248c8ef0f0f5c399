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
# # 3. Squeeze
#
# Quantization left us with whole numbers, most of them zero. Now they have to become few bytes,
# and nothing may be lost any more. The report does it in two steps: it counts runs of equal
# bytes, and gives the result to zlib, the compressor inside every ZIP and PNG file.
#
# **What you'll do.** Run-length code by hand and in NumPy, build zlib's two halves, take the chain
# apart, swap its pieces, and compare each variant with a bound that theory gives.
#
# **What you'll learn.** Run-length coding, LZ77, Huffman codes, order of coefficients, empirical
# entropy, and where the report's design loses its bits.
#
# **What you'll need.** Lessons 1 and 2, and about 40 minutes.

# %%
import bz2
import heapq
import lzma
import zlib
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np

from mmpc.explore.body import measured
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.scoreboard import score, show_scoreboard
from mmpc.v1.blocks import split_blocks
from mmpc.v1.dct import forward_dct
from mmpc.v1.quantizer import quantize
from mmpc.v1.rle import rle_decode, rle_encode

# %% [markdown]
# ## 1. Run-length coding on paper
#
# Write every run of equal bytes as a pair: how often, what. `00 00 00 07` becomes `03 00 01 07`.
# The count is one byte, so a run of more than 255 needs several pairs. In plain Python:


# %%
def naive_rle(data):
    """Return (count, value) pairs as bytes."""
    pairs = bytearray()
    position = 0
    while position < len(data):
        run = 1
        while run < 255 and position + run < len(data) and data[position + run] == data[position]:
            run += 1
        pairs += bytes([run, data[position]])
        position += run
    return bytes(pairs)


for text in ("00 00 00 07", "05 06 07", "09 " * 6):
    data = bytes.fromhex(text)
    print(f"{text.strip():20} -> {naive_rle(data).hex(' ')}")
print(f"300 zeros            -> {naive_rle(bytes(300)).hex(' ')}")

# %% [markdown]
# Note the second line: bytes that do not repeat *double*. `mmpc/v1/rle.py` does the same without
# a loop; read it and compare.

# %%
rng = np.random.default_rng(0)
runs = np.repeat(rng.integers(0, 4, 500), rng.integers(1, 400, 500)).astype(np.uint8)
print(
    f"{runs.size} bytes, equal results: {rle_encode(runs).tobytes() == naive_rle(runs.tobytes())}"
)
print(f"and back: {np.array_equal(rle_decode(rle_encode(runs), runs.size), runs)}")

# %% [markdown]
# ## 2. What the levels look like as bytes
#
# The levels of a slice at quality 30, block after block, row after row, each as a 16-bit integer
# with the low byte first.

# %%
pixels = measured("head_ct").pixels  # with air in the place of the padding


def levels_at(step, pixels=pixels):
    """Return the levels of a slice, shape (block rows, block columns, 8, 8)."""
    coefficients = forward_dct(split_blocks(pixels.astype(np.int32) - int(pixels.min())))
    # Without floating-point noise ties fall alike on every machine (lesson 2, step 8).
    return quantize(coefficients.round(6), step)


levels = levels_at(30)
block = levels[18, 21]
print("levels of the skull block of lesson 1:")
for row in block:
    print(" ".join(f"{value:4d}" for value in row))
as_bytes = block.astype("<i2").tobytes()
print(f"its first 32 bytes:  {as_bytes[:32].hex(' ')}")
print(f"after RLE, {len(naive_rle(as_bytes)):3} bytes: {naive_rle(as_bytes).hex(' ')}")

# %% [markdown]
# Every level takes two bytes, however small it is. A small positive number is `01 00`, a small
# negative one `ff ff`, and each of them breaks the run of zeros twice. This block is a bad case:
# run-length coding makes it longer. Most blocks are good cases.
#
# ## 3. The chain, piece by piece

# %%
coefficient_bytes = levels.astype("<i2").tobytes()
after_rle = naive_rle(coefficient_bytes)
after_zlib = zlib.compress(after_rle)
stages = {
    "pixels, 16 bits each": pixels.nbytes,
    "levels, 16 bits each": len(coefficient_bytes),
    "after RLE": len(after_rle),
    "after RLE and zlib": len(after_zlib),
}
for name, size in stages.items():
    print(f"{name:22} {size / 1000:7.1f} kB  {8 * size / pixels.size:6.2f} bits per pixel")

# %% [markdown]
# ## 4. zlib by hand: LZ77 and Huffman
#
# What does zlib do? Two things, the first by Jacob Ziv and Abraham Lempel (1977): what was seen
# before is not said again. "Copy 4 bytes from 7 bytes ago" stands for the second abra:


# %%
def match_length(data, start, position, longest=258):
    """Return how many bytes from `start` on are those from `position` on."""
    length = 0
    while (
        length < longest
        and position + length < len(data)
        and data[start + length] == data[position + length]
    ):
        length += 1
    return length


def naive_lz77(data, shortest=3, window=32768, tries=16):
    """Return literals (one byte) and matches (length, distance), greedily."""
    tokens, position, seen = [], 0, {}
    while position < len(data):
        starts = seen.get(data[position : position + shortest], [])[-tries:]
        length, start = max(
            ((match_length(data, s, position), s) for s in starts if position - s <= window),
            default=(0, 0),
        )
        length = length if length >= shortest else 0
        tokens.append((length, position - start) if length else data[position])
        for passed in range(position, position + max(length, 1)):
            seen.setdefault(data[passed : passed + shortest], []).append(passed)
        position += max(length, 1)
    return tokens


def naive_unlz77(tokens):
    """Copy what the tokens say."""
    data = bytearray()
    for token in tokens:
        if isinstance(token, int):
            data.append(token)
            continue
        length, distance = token
        for _ in range(length):
            data.append(data[-distance])
    return bytes(data)


text = b"abracadabra abracadabra aaaaaaaa"
tokens = naive_lz77(text)
print(" ".join(chr(t) if isinstance(t, int) else str(t) for t in tokens))
print(f"{len(text)} bytes, {len(tokens)} tokens, and back: {naive_unlz77(tokens) == text}")

# %% [markdown]
# Look at the end: `(7, 1)` copies seven bytes from one byte ago, that is, bytes that it has just
# written itself. A run is a match at distance one.
#
# The second is by David Huffman (1952): frequent symbols get short words. Take the two rarest
# symbols, make them one, whose frequency is their sum, and go on until one is left. Each merge
# puts one more bit in front of the words below it.


# %%
def huffman_words(counts):
    """Return a word of zeros and ones for each symbol; none is the beginning of another."""
    words = {symbol: "" for symbol in counts}
    heap = [(count, i, [symbol]) for i, (symbol, count) in enumerate(counts.items())]
    heapq.heapify(heap)
    while len(heap) > 1:
        (count_0, _, zeros), (count_1, i, ones) = heapq.heappop(heap), heapq.heappop(heap)
        for bit, group in (("0", zeros), ("1", ones)):
            for symbol in group:
                words[symbol] = bit + words[symbol]
        heapq.heappush(heap, (count_0 + count_1, i, zeros + ones))
    return words


counts = Counter("abracadabra")
words = huffman_words(counts)
for symbol, count in counts.most_common():
    print(f"{symbol}: {count} times, {words[symbol]}")
print(f"abracadabra: {sum(len(words[letter]) for letter in 'abracadabra')} bits instead of 88")

# %% [markdown]
# Together they are *deflate*: literals and lengths share one Huffman code; a distance gets a second
# one for its size, and its lower bits as they are. (zlib codes long lengths like distances, looks
# for longer matches, and sends its tables along; ours are for free.) How near do we come?


# %%
def naive_deflate_bits(data):
    """Return the bits that LZ77 and two Huffman codes need, tables not counted."""
    tokens = naive_lz77(data)
    matches = [token for token in tokens if not isinstance(token, int)]
    first = Counter(token if isinstance(token, int) else 256 + token[0] for token in tokens)
    second = Counter(distance.bit_length() for _, distance in matches)
    bits = sum(distance.bit_length() - 1 for _, distance in matches)
    for counts in (first, second):
        words = huffman_words(counts)
        bits += sum(count * len(words[symbol]) for symbol, count in counts.items())
    return bits


ours, theirs = naive_deflate_bits(after_rle), 8 * len(after_zlib)
print(f"naive {ours / pixels.size:.2f} bpp, zlib {theirs / pixels.size:.2f} bpp")
parts = naive_lz77(after_rle)
share = np.mean([isinstance(token, int) for token in parts])
print(f"{len(after_rle)} bytes became {len(parts)} tokens, {100 * share:.0f} % of them literals")

# %% [markdown]
# Fifty lines are within a fifth of zlib. Remember two limits, for the rest of the course lifts
# them. A Huffman word has whole bits, and never less than one (lesson 7). And LZ77 looks for
# *exact* repeats, while the levels of neighbouring blocks are alike but seldom equal (lesson 8).
#
# ## 5. Take it apart: an ablation
#
# *Ablation* means: remove one piece and see what it was good for. Is RLE any help before zlib? Is
# there something better than zlib in Python's own library? And does the order of the 64
# coefficients matter? JPEG reads them in a **zigzag** from slow to fast, so that the zeros come
# together at the end.

# %%
u, v = np.indices((8, 8))
diagonal = u + v
zigzag = np.lexsort((np.where(diagonal % 2, u, v).ravel(), diagonal.ravel()))
print("place of each coefficient in the zigzag:")
for row in np.argsort(zigzag).reshape(8, 8):
    print(" ".join(f"{place:3d}" for place in row))


def ordered_bytes(levels, order):
    """Return the levels as little-endian int16 bytes in one of three orders."""
    flat = levels.reshape(-1, 64)
    if order == "zigzag":
        flat = flat[:, zigzag]
    elif order == "by frequency":
        flat = flat[:, zigzag].T
    return flat.astype("<i2").tobytes()


# %% [markdown]
# The third order, *by frequency*, goes through all blocks for the first coefficient, then for the
# second, and so on.

# %%
coders = {
    "RLE + zlib": lambda data: zlib.compress(rle_encode(np.frombuffer(data, np.uint8))),
    "zlib": zlib.compress,
    "RLE + lzma": lambda data: lzma.compress(rle_encode(np.frombuffer(data, np.uint8))),
    "lzma": lzma.compress,
    "bz2": bz2.compress,
}
orders = ("row-major", "zigzag", "by frequency")
rates = {}
abdomen = measured("abdomen_ct").pixels
for slice_name, values, step in (
    *(("head", pixels, step) for step in (10, 30, 60)),
    ("abdomen", abdomen, 30),
):
    title = f"{slice_name}, quality {step}"
    print(f"{title:27}" + "".join(f"{order:>14}" for order in orders) + "  (bits per pixel)")
    for name, coder in coders.items():
        row = [
            len(coder(ordered_bytes(levels_at(step, values), order))) * 8 / pixels.size
            for order in orders
        ]
        rates[slice_name, step, name] = row
        print(f"  {name:25}" + "".join(f"{rate:14.2f}" for rate in row))

# %% [markdown]
# Read the table in both directions. The report's choice is the first row, first column.
#
# - RLE and zlib look for the same thing, repeats, and yet RLE in front helps zlib. lzma is helped
#   by it in the head and, in most orders, hurt in the abdomen.
# - Zigzag, which JPEG cannot do without, gives next to nothing here: zlib does not count zeros as
#   JPEG does.
# - *By frequency* cuts both ways. In the quiet head it tears a block's coefficients apart, whose
#   company bz2 uses; in the noisy abdomen it puts like beside like. With bz2, and with most coders
#   at coarser steps, the head alone would have called it a mistake: one slice proves nothing.
# - lzma and bz2 are clearly better than zlib. A different library is a cheap gain, but it is a
#   gain without insight.
#
# How much better could it be?
#
# ## 6. A bound: the empirical entropy
#
# If a symbol occurs with share $p$, an ideal code gives it $-\log_2 p$ bits. The mean over all
# symbols is the **entropy**
#
# $$ H = -\sum_s p_s \log_2 p_s . $$
#
# A code that treats the symbols one by one, each without a look at the others, cannot be shorter.
# By hand for a small message:


# %%
def entropy_bits(symbols):
    """Return the empirical entropy in bits per symbol."""
    counts = np.unique(symbols, return_counts=True)[1]
    shares = counts / counts.sum()
    return float(-np.sum(shares * np.log2(shares))) + 0.0


print(f"0 0 0 0:         {entropy_bits([0, 0, 0, 0]):.2f} bits per symbol")
print(f"0 1 0 1:         {entropy_bits([0, 1, 0, 1]):.2f} bits per symbol")
print(f"0 0 0 0 0 0 0 1: {entropy_bits([0, 0, 0, 0, 0, 0, 0, 1]):.2f} bits per symbol")

# %% [markdown]
# Now for the levels: once with one statistic for all of them, and once with one for each of the
# 64 places, because a DC coefficient and a fast wave have little in common (lesson 2).


# %%
def entropy_by_place(levels):
    """Return the mean over the 64 places of the entropy of each."""
    flat = levels.reshape(-1, 64)
    return np.mean([entropy_bits(flat[:, place]) for place in range(64)])


print("bits per pixel       v1 (RLE + zlib)   entropy, all levels   entropy, by place")
for step in (10, 30, 60):
    quantized = levels_at(step)
    print(
        f"quality {step:2} {rates['head', step, 'RLE + zlib'][0]:23.2f} "
        f"{entropy_bits(quantized):21.2f} {entropy_by_place(quantized):19.2f}"
    )

# %% [markdown]
# Look closely, for there are three lessons in this table.
#
# - One statistic for all levels is no better than RLE and zlib at the coarser qualities: it
#   cannot know that zeros come in company.
# - Simply knowing *which* of the 64 places a level has would beat the report's chain at every
#   quality. *Would*: an entropy is no file. Who codes so must send 64 tables or learn them on the
#   way, and lesson 7 will pay for that.
# - And yet bz2 in the table above is below that "bound" at quality 30 and 60. No contradiction: the
#   bound is for codes **without memory**. bz2 looks at what came before. Levels have neighbours,
#   and neighbours tell. A bound belongs to a model; a better model has a lower bound.
#
# Our lessons 7 and 8 build a coder that knows both, the place and the neighbours.
#
# Where does the cost sit? Bits per block for each place:

# %%
flat = levels.reshape(-1, 64)
cost = np.array([entropy_bits(flat[:, place]) for place in range(64)]).reshape(8, 8)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
shown = left.imshow(cost, cmap="viridis")
left.set(title="quality 30", xlabel="horizontal frequency", ylabel="vertical frequency")
figure.colorbar(shown, ax=left, label="entropy, bits per coefficient")
bars = {
    name: [rates["head", step, name][0] for step in (10, 30, 60)]
    for name in ("RLE + zlib", "zlib", "bz2")
}
bars["entropy by place"] = [entropy_by_place(levels_at(step)) for step in (10, 30, 60)]
for index, ((name, heights), grey) in enumerate(
    zip(bars.items(), ["0.3", "0.5", "0.7", "0.9"], strict=True)
):
    right.bar(np.arange(3) + 0.2 * index - 0.3, heights, 0.2, color=grey, edgecolor="k", label=name)
right.set(xticks=range(3), xticklabels=("10", "30", "60"), xlabel="quality (step)")
right.set(ylabel="bits per pixel", title="row-major order")
right.legend(fontsize=8)
plt.show()
print(f"DC: {cost[0, 0]:.2f} bits per block; the 63 others together: {cost.sum() - cost[0, 0]:.2f}")

# %% [markdown]
# ## 7. Almost right, and fatally wrong
#
# Here is a faster encoder that finds all runs first and then writes pairs. Find the mistake.


# %%
def hasty_rle(data):
    """Find the runs, then write (count, value) pairs."""
    ends = np.append(np.flatnonzero(np.diff(data)), data.size - 1)
    counts = np.diff(np.append(-1, ends))
    return np.stack([counts.astype(np.uint8), data[ends]], axis=1).reshape(-1)


short_runs = np.frombuffer(block.astype("<i2").tobytes(), np.uint8)
print(f"right on a block: {np.array_equal(hasty_rle(short_runs), rle_encode(short_runs))}")
for name, values in (("head", pixels), ("abdomen", abdomen)):
    whole = np.frombuffer(levels_at(30, values).astype("<i2").tobytes(), np.uint8)
    wrong = hasty_rle(whole)
    print(f"right on the {name}: {np.array_equal(wrong, rle_encode(whole))}, ", end="")
    print(f"bytes that come back: {int(wrong[0::2].sum(dtype=np.int64))} of {whole.size}")

# %% [markdown]
# A run of 256 has the count 0 in one byte, and NumPy says nothing. A test on one block passes, and
# so does the whole head: in each of its blocks the DC level ends the run. But the abdomen is
# surrounded by its smallest value, where even DC is 0 and runs are long. Worse, the decoder puts
# everything behind the lost run into the wrong place. In `mmpc` the decoder adds up the counts
# *before* it unpacks and refuses a wrong sum.

# %% tags=["claims"]
chain, without_rle, best = (
    [rates["head", step, name][0] for step in (10, 30, 60)]
    for name in ("RLE + zlib", "zlib", "bz2")
)
by_place = [entropy_by_place(levels_at(step)) for step in (10, 30, 60)]
claims(
    {
        "RLE in front helps zlib": all(a < b for a, b in zip(chain, without_rle, strict=True)),
        "RLE helps lzma in the head": rates["head", 30, "RLE + lzma"][0]
        < rates["head", 30, "lzma"][0],
        "RLE hurts lzma in the abdomen": rates["abdomen", 30, "RLE + lzma"][0]
        > rates["abdomen", 30, "lzma"][0],
        "zigzag gives next to nothing": all(
            abs(row[1] / row[0] - 1) < 0.04 for (_, _, coder), row in rates.items()
        ),
        "by frequency hurts bz2 in the head": rates["head", 30, "bz2"][2]
        > rates["head", 30, "bz2"][0],
        "by frequency helps in the abdomen": rates["abdomen", 30, "RLE + zlib"][2]
        < rates["abdomen", 30, "RLE + zlib"][0],
        "one statistic is no better at the coarser qualities": all(
            entropy_bits(levels_at(step)) > chain[i] for i, step in ((1, 30), (2, 60))
        ),
        "place beats the chain": all(a < b for a, b in zip(by_place, chain, strict=True)),
        "bz2 is below the entropy by place at 30 and 60": best[1] < by_place[1]
        and best[2] < by_place[2],
        "naive deflate is within a fifth of zlib": 1 < ours / theirs < 1.2,
    }
)

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** Run-length code `00 00 00 00 05 05 01` on paper. Write the answer as bytes, for
# example `bytes.fromhex("03 00 01 07")`.

# %% tags=["exercise-1"]
pairs_on_paper = ...

# %%
check(1, pairs_on_paper, "8590a9d836e0", hint="three runs, so three pairs")

# %% [markdown]
# **Exercise 2.** Write the decoder, in plain Python or NumPy: bytes of pairs in, bytes out.


# %% tags=["exercise-2"]
def my_rle_decode(pairs):
    """Return the bytes that the (count, value) pairs stand for."""
    return ...


# %%
check(
    2,
    my_rle_decode,
    {
        "03 00 01 07 decodes to 00 00 00 07": lambda f: (
            bytes(f(bytes.fromhex("03000107"))) == bytes.fromhex("00000007")
        ),
        "nothing decodes to nothing": lambda f: bytes(f(b"")) == b"",
        "the whole slice comes back": lambda f: bytes(f(after_rle)) == coefficient_bytes,
    },
    hint="pairs[0::2] are the counts, pairs[1::2] the values",
)

# %% [markdown]
# **Exercise 3.** The DC level of a block resembles that of its left neighbour. Take the
# differences of `levels[:, :, 0, 0]` from block to block along each row (the first column does
# not count) and compute their entropy. One decimal. Compare with the entropy of the DC levels
# themselves.

# %% tags=["exercise-3"]
entropy_of_differences = ...

# %%
check(3, entropy_of_differences, "7a75151adbe5", digits=1, hint="np.diff along axis 1")

# %% [markdown]
# **Exercise 4, your own codec.** Replace zlib in your codec of lesson 2, and choose the order of
# the coefficients. Measure before you believe: the score tells.


# %% tags=["exercise-4"]
def my_codec(pixels, step):
    """Return the bytes and the decoded pixels."""
    return ...


# %%
check(
    4,
    my_codec,
    {
        "at step 1 no pixel is off by more than 3": lambda f: (
            np.abs(f(pixels, 1)[1] - pixels.astype(int)).max() <= 3
        ),
        "it needs less than 1.8 bits per pixel": lambda f: score(3, f) < 1.8,
    },
    hint="bz2.compress and lzma.compress take bytes, as zlib.compress does",
)
show_scoreboard(3)

# %% [markdown]
# ## What to take with you
#
# - RLE says runs briefly and everything else at double length. zlib repairs that, with copies
#   (LZ77) and short words for what is frequent (Huffman).
# - Order matters: put what is alike together.
# - The entropy of a model is a bound for codes that use this model, and for no others.
# - The report's chain loses its bits by not using what is known: the place of a coefficient, its
#   neighbours, the block beside it.
#
# Next: lesson 4 puts a header in front and makes a file.
#
# ## Further reading
#
# - C. E. Shannon, "A Mathematical Theory of Communication", *Bell System Technical Journal* 27
#   (1948), 379-423 and 623-656.
# - J. Ziv, A. Lempel, "A Universal Algorithm for Sequential Data Compression", *IEEE Transactions
#   on Information Theory* 23 (1977), 337-343; D. A. Huffman, "A Method for the Construction of
#   Minimum-Redundancy Codes", *Proceedings of the IRE* 40 (1952), 1098-1101.
# - P. Deutsch, *DEFLATE Compressed Data Format Specification*, RFC 1951 (1996), and P. Deutsch,
#   J.-L. Gailly, *ZLIB*, RFC 1950.
# - G. K. Wallace, "The JPEG Still Picture Compression Standard", *Communications of the ACM* 34
#   (1991), 30-44. Zigzag and all.
