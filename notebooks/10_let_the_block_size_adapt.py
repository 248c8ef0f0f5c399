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
# # 10. Let the block size adapt, and choose by rate and distortion
#
# Lesson 9 ended with blocks of 8 x 8 everywhere, in plain air as in the finest bone. Blocks of
# several sizes mend that. But now somebody has to choose, thousands of times a slice, and each
# choice trades bits against error. One number makes all these trades
# comparable.
#
# **What you'll do.** Look at the blocks that version 2 chose, price all 83,522 ways to cut up one
# square, turn a knob called lambda, and choose wrongly.
#
# **What you'll learn.** Quadtree; rate-distortion cost D + lambda R; convex hull.
#
# **What you'll need.** Lessons 5 and 9, and about 40 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import mmpc
from mmpc.coding_tools import Tools
from mmpc.explore.body import measured as body_of
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.coding_figures import show_decisions
from mmpc.explore.cut_figures import draw_cut, figure_knob
from mmpc.explore.decisions import read_decisions
from mmpc.explore.equal_error import rate_at, rmse
from mmpc.explore.scoreboard import score, show_scoreboard
from mmpc.explore.student_codecs import two_size_codec
from mmpc.explore.two_sizes import both_ways
from mmpc.images import sample
from mmpc.images.regions import body_mask
from mmpc.v1.dct import forward_dct
from mmpc.v2.parameters import LAMBDA_PLAIN

# %% [markdown]
# ## 1. Fixed or free
#
# Version 2 with all its tools, once with blocks of 8 x 8 only and once with a **quadtree**: squares
# of 64 x 64 are cut into quarters, these again, down to 4 x 4, wherever the encoder likes. The two
# never meet at the same RMSE, so read the fixed grid's rate off the curve between its points:

# %%
image = body_of("head_ct")  # with air in the place of the padding (lesson 0, step 5)
pixels = image.pixels.astype(np.int32)
height, width = pixels.shape
hu = image.hounsfield()


# %%
def code(pixels, quality, **tools):
    """Return the stream, its RMSE, and its rate in bits per pixel."""
    stream = mmpc.compress(
        pixels, bitstream=2, quality=quality, preset="fast", tools=Tools(**tools)
    )
    error = mmpc.decompress(stream).astype(np.int32) - pixels
    return stream, rmse(error), 8 * len(stream) / pixels.size


cases = {name: (body_of(name).pixels, {}) for name in ("head_ct", "abdomen_ct")}
cases["head_ct, padding as image"] = (sample("head_ct").pixels, {"padding": False})
streams, gained = {}, {}
print("                          quality    RMSE   fixed at this RMSE   quadtree   change")
for name, (values, tools) in cases.items():
    fixed_curve = [
        code(values, quality, quadtree=False, **tools)[1:] for quality in (12, 20, 30, 45, 66)
    ]
    gained[name] = []
    for quality in (15, 30, 60):
        streams[name, quality], error, rate = code(values, quality, **tools)
        fixed_rate = rate_at(error, fixed_curve)
        gained[name].append(1 - rate / fixed_rate)
        print(
            f"{name:25} {quality:7} {error:7.2f} {fixed_rate:16.2f} bpp {rate:6.2f} bpp "
            f"{-100 * gained[name][-1]:6.1f} %"
        )

# %% tags=["claims"]
claims(
    {
        "the quadtree gains on head and abdomen": min(gained["head_ct"] + gained["abdomen_ct"])
        > 0.01,
        "with the padding it seems to gain much more": all(
            padded > 1.4 * clean
            for padded, clean in zip(
                gained["head_ct, padding as image"], gained["head_ct"], strict=True
            )
        ),
    }
)

# %% [markdown]
# The third part of the table is the warning of lesson 0 once more: coded as if it were image, the
# circle of padding makes the quadtree look far better than it is, because small blocks fit around
# it. Only the first two say what it is worth to a patient.
#
# Version 2 knows better, and we had to switch its tool *padding* off to see the circle. The tool
# looks for a smallest value that stands apart from all others, says beside the image where it is
# (a mask: the box around the rest, cells of 8 x 8 that are all or nothing, single samples in the
# others, each decision with an eye on its mirror image, for most masks are circles), and codes the
# rest as if something smooth stood in its place. After the last filter the marks are put back:

# %%
as_written = sample("head_ct").pixels
marks = as_written == as_written.min()
said = {}
print("head_ct as the scanner wrote it      bpp   RMSE elsewhere   marks that come back")
for name, on in (("padding coded as image", False), ("padding said beside it", True)):
    stream, _, rate = code(as_written, 30, padding=on)
    decoded = mmpc.decompress(stream)
    elsewhere = rmse(decoded.astype(np.int32)[~marks] - as_written[~marks])
    came_back = (decoded[marks] == as_written.min()).mean()
    said[name] = rate, came_back, np.count_nonzero(decoded[~marks] == as_written.min())
    print(f"{name:32} {rate:7.2f} {elsewhere:16.2f} {100 * came_back:20.0f} %")
without_marks = 8 * len(streams["head_ct", 30]) / pixels.size
print(f"{'with air, no marks at all':32} {without_marks:7.2f}")

# %% tags=["claims"]
with_mask, as_image = said["padding said beside it"], said["padding coded as image"]
claims(
    {
        "all marks come back, and nothing else becomes one": with_mask[1:] == (1.0, 0),
        "it costs less than coding them as image": with_mask[0] < 0.95 * as_image[0],
        "the mask is nearly free": with_mask[0] < 1.05 * without_marks,
    }
)

# %% [markdown]
# All marks come back, exactly, and they cost next to nothing: the circle is said once, instead of
# being coded as the sharpest edge of the slice.

# %% [markdown]
# ## 2. What it chose
#
# A stream holds the encoder's decisions, so a decoder can draw them: block borders, and in each
# block the direction it was predicted along (a dot: DC or planar).

# %%
decisions = {quality: read_decisions(streams["head_ct", quality]) for quality in (15, 30, 60)}
is_bone = hu.reshape(height // 4, 4, width // 4, 4).max(axis=(1, 3)) > 250
in_body = body_mask(hu).reshape(height // 4, 4, width // 4, 4).any(axis=(1, 3))
places = {"bone": is_bone & in_body, "soft tissue": ~is_bone & in_body, "air": ~in_body}
print("share of the area            4 x 4   8 x 8   16 x 16   32 x 32")
shares = {}
for quality, decided in decisions.items():
    for place, chosen in places.items():
        shares[quality, place] = [
            100 * np.mean(decided.widths[chosen] == side) for side in (4, 8, 16, 32)
        ]
        of_4, of_8, of_16, of_32 = shares[quality, place]
        print(f"quality {quality:2}, {place:12} {of_4:8.0f} % {of_8:5.0f} % ", end="")
        print(f"{of_16:7.0f} % {of_32:7.0f} %")


panels = {f"quality {quality}": decisions[quality] for quality in (15, 60)}
show_decisions(hu, panels, top=96, left=128, side=128)

# %% tags=["claims"]
small = {key: of[0] + of[1] for key, of in shares.items()}  # 4 x 4 and 8 x 8
large = {key: of[3] for key, of in shares.items()}  # 32 x 32
claims(
    {
        "air is cut coarsest": all(
            large[q, "air"] > max(large[q, "bone"], large[q, "soft tissue"]) for q in decisions
        ),
        "more small blocks at bone": all(
            small[q, "bone"] > small[q, "soft tissue"] for q in decisions
        ),
        "most of the bone is not cut to the smallest": all(
            small[q, "bone"] < 40 for q in decisions
        ),
        "soft tissue is cut finer at a fine step": small[15, "soft tissue"]
        > small[60, "soft tissue"],
    }
)

# %% [markdown]
# In air more than half of the area lies in the largest blocks; at bone there are more small blocks
# than in soft tissue, and yet most of the bone is *not* cut to the smallest: where a block is
# predicted well along its edge, a large one is cheap. And the *same* soft tissue is cut finer at a
# fine step than at a coarse one: there is no right size of a block as such. Who decided, and by
# what?
#
# ## 3. Two numbers for each choice
#
# To see it with our own eyes we need, for every block of every size, its **distortion** D (the sum
# of the squared errors) and its **rate** R in bits. A thumb will do for measuring: the prediction
# is the mean of the neighbours on top and left (of the original: fit for comparing sizes, not for
# coding, lesson 9, step 6); then the DCT; a level n that is not zero costs 2 log2(1 + |n|) + 3
# bits, and each block 8 bits of its own.

# %%
SIZES = (4, 8, 16, 32)


def naive_dct(blocks):
    """Return the orthonormal DCT of square blocks of any size, the last two axes."""
    size = blocks.shape[-1]
    k, i = np.arange(size)[:, np.newaxis], np.arange(size)
    waves = np.sqrt(2 / size) * np.cos(np.pi * (2 * i + 1) * k / (2 * size))
    waves[0] /= np.sqrt(2)
    return waves @ blocks @ waves.T


def distortion_and_rate(size, step):
    """Return D in HU² and R in bits of each block of one size, shape (rows, columns)."""
    rows, columns = height // size, width // size
    outside = np.pad(pixels, ((1, 0), (1, 0)), constant_values=pixels.min())
    top = outside[:-1:size, 1:].reshape(rows, columns, size).mean(axis=2)
    left = outside[1:, :-1:size].T.reshape(columns, rows, size).mean(axis=2).T
    guess = ((top + left) / 2)[..., np.newaxis, np.newaxis]
    blocks = pixels.reshape(rows, size, columns, size).swapaxes(1, 2)
    coefficients = naive_dct(blocks - guess).round(6)
    levels = np.rint(coefficients / step)
    # The DCT keeps lengths, so the error of the coefficients is that of the samples.
    distortion = np.square(coefficients - step * levels).sum(axis=(2, 3))
    prices = np.where(levels == 0, 0, 2 * np.log2(1 + np.abs(levels)) + 3)
    return distortion, prices.sum(axis=(2, 3)) + 8


some = pixels[144:152, 168:176].astype(float)
print(f"the DCT is that of the package: {np.allclose(naive_dct(some), forward_dct(some))}")
STEP = 30
measured = {size: distortion_and_rate(size, STEP) for size in SIZES}
row, column = 5, 10  # of the square of 32 x 32 at y = 160, x = 320, on the skull
print("blocks in the square          D, HU²     R, bits")
for size, (distortion, rate) in measured.items():
    n = 32 // size
    square = (slice(n * row, n * (row + 1)), slice(n * column, n * (column + 1)))
    print(f"{n * n:3} of {size:2} x {size:2} {distortion[square].sum():20.0f}", end="")
    print(f" {rate[square].sum():10.0f}")

# %% [markdown]
# ## 4. All the ways to cut
#
# An 8 x 8 block stays whole or is quartered: 2 ways. One of 16 x 16 stays whole or has four such
# quarters: 1 + 2⁴ = 17 ways. The square of 32 x 32 has 1 + 17⁴. That is few enough to price them
# all. Then which is best? Fewer bits or less error? Say what a bit is worth: **lambda**, in HU² per
# bit, and take the least **cost** J = D + lambda R. In the figure, points of equal cost lie on a
# line of slope -lambda; push it up from below, and it touches the cloud first on its **convex
# hull**. Whatever lambda is, the choice is a corner of the hull; what lies above is never chosen.


# %%
def all_ways(size, y, x):
    """Return (D, R) of all ways to cut the block at row y, column x, shape (n_ways, 2)."""
    whole = np.array([[values[y, x] for values in measured[size]]])
    if size == 4:
        return whole
    ways = np.zeros((1, 2))
    for dy, dx in np.ndindex(2, 2):
        quarter = all_ways(size // 2, 2 * y + dy, 2 * x + dx)
        ways = (ways[:, np.newaxis] + quarter).reshape(-1, 2)
    return np.concatenate([whole, ways])


def lower_hull(points):
    """Return the corners of the lower left convex hull, from the lowest rate on."""
    hull = []
    for d, r in points[np.lexsort((points[:, 0], points[:, 1]))]:
        if hull and d >= hull[-1][0]:
            continue  # more bits for no less error
        while len(hull) > 1:
            (d0, r0), (d1, r1) = hull[-2:]
            if (d0 - d1) * (r - r1) > (d1 - d) * (r1 - r0):
                break  # the slope falls: a corner
            hull.pop()
        hull.append((d, r))
    return np.array(hull)


ways = all_ways(32, row, column)
hull = lower_hull(ways)
print(f"{len(ways)} ways to cut the square, {len(hull)} corners of the hull")
# What the figure shows: the ways near the hull, the cheapest tenth at the rule's lambda.
near = ways[np.argsort(ways @ [1, 0.11 * STEP**2])[: len(ways) // 10]]
near = np.concatenate([near, hull])

# %% [markdown]
# Trying all the ways is not for every square of every slice. It need not be: the costs of the four
# quarters just *add*, so each quarter may be settled on its own. From the smallest blocks upwards:
# **whole, or the best of the quarters, whichever costs less**. One comparison a block:


# %%
def best_tree(measured, weight):
    """Return D, R of the best way to cut each 32 x 32, and the block size for each 4 x 4."""
    best_d, best_r = measured[4]
    sizes = np.full(best_d.shape, 4)
    for size in SIZES[1:]:
        rows, columns = height // size, width // size
        quarters_d, quarters_r = (
            values.reshape(rows, 2, columns, 2).sum(axis=(1, 3)) for values in (best_d, best_r)
        )
        d, r = measured[size]
        whole = d + weight * r <= quarters_d + weight * quarters_r
        best_d, best_r = np.where(whole, d, quarters_d), np.where(whole, r, quarters_r)
        sizes[np.kron(whole, np.ones((size // 4, size // 4), bool))] = size
    return best_d, best_r, sizes


# %%
def choose(factor):
    """Return lambda, and D, R and block sizes chosen for the square at factor x step²."""
    weight = factor * STEP**2
    d, r, sizes = best_tree(measured, weight)
    units = (slice(8 * row, 8 * row + 8), slice(8 * column, 8 * column + 8))
    return weight, d[row, column], r[row, column], sizes[units]


print("lambda / step²   lambda     D, HU²   R, bits   blocks   the best of all ways")
for factor in (0.0, 0.03, 0.11, 0.4, 1.5):
    weight, d, r, sizes = choose(factor)
    same = np.isclose(d + weight * r, (ways @ [1, weight]).min())
    n_blocks = (16 / np.square(sizes, dtype=float)).sum()
    print(f"{factor:14.2f} {weight:8.0f} {d:10.0f} {r:9.0f} {n_blocks:8.0f}   {same}")


def draw_choice(factor):
    """Return a figure: the cloud with the line that touches it, and the square as it is cut."""
    weight, d, r, sizes = choose(factor)
    square_hu = hu[32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
    return draw_cut(near, hull, (d, r), weight, square_hu, sizes)


draw_choice(0.11)
plt.show()

# %% [markdown]
# Now turn lambda yourself (this needs a running kernel). At 0 bits are free; to the right they get
# dearer, and the square is left in fewer pieces. A hull has few corners, and from
# one to the next the picture does not change.

# %% tags=["nbval-ignore-output"]
factors = [0, 0.01, 0.02, 0.03, 0.05, 0.11, 0.2, 0.4, 1.5, 5]
figure_knob(draw_choice, factors, 0.11, "lambda / step²")

# %% [markdown]
# ## 5. What a bit is worth
#
# Who sets lambda? The step does. At high rates a coefficient's squared error is D = step² / 12
# (lesson 2), and halving the step costs one bit more. So D = c · 2^(-2R), and the slope that the
# quantizer itself trades at is -dD/dR = 2 ln 2 · D = (ln 2 / 6) step². If blocks were chosen at
# another slope, one could take bits from one place, put them in the other, and gain (step 6
# measures it). With that slope the thumb gains more than the package did in step 1: it predicts by
# a mean alone and lets each block pay 8 bits, so small blocks are dearer to it.

# %%
rule = np.log(2) / 6
print(f"by theory, lambda / step²:  {rule:.3f}")
# The package counts in small steps, two to a step where quantization is not dependent.
print(f"the package (tuned by hand): {LAMBDA_PLAIN / 4:.3f}")


def slice_by_thumb(step, weight):
    """Return RMSE and rate in bits per pixel of the slice, cut up with a lambda."""
    d, r, _ = best_tree({size: distortion_and_rate(size, step) for size in SIZES}, weight)
    return np.sqrt(d.sum() / pixels.size), r.sum() / pixels.size


right_curve = [slice_by_thumb(step, rule * step**2) for step in (4, 6, 10, 15, 20, 30, 45, 60, 90)]
print("by thumb, at the same RMSE:   8 x 8 only   quadtree")
for step in (10, 30, 60):
    d, r = (values.sum() / pixels.size for values in distortion_and_rate(8, step))
    print(f"step {step:3} {r:27.2f} bpp {rate_at(np.sqrt(d), right_curve):6.2f} bpp")

# %% [markdown]
# How near does the thumb come to the package's own search? That one knows decoded neighbours, 35
# modes, a trellis for the levels (lesson 11) and the prices of its contexts. The size that each
# chose, place by place:

# %%
by_thumb = best_tree(measured, rule * STEP**2)[2]
by_package = decisions[STEP].widths
print("share of the area   " + "".join(f"{f'{side} x {side}':>9}" for side in SIZES))
for name, sizes in (("the thumb", by_thumb), ("the package", by_package)):
    print(f"{name:20}" + "".join(f"{100 * np.mean(sizes == side):7.0f} %" for side in SIZES))
apart = np.abs(np.log2(by_thumb) - np.log2(by_package))
print(f"the same size: {100 * np.mean(apart == 0):.0f} % of the area, ", end="")
print(f"at most one size apart: {100 * np.mean(apart <= 1):.0f} %")

# %% tags=["claims"]
claims(
    {
        "the same size on more than half of the area": np.mean(apart == 0) > 0.55,
        "seldom more than one apart": np.mean(apart > 1) < 0.15,
        "the package cuts finer": np.mean(np.log2(by_package)) < np.mean(np.log2(by_thumb)) - 0.1,
    }
)

# %% [markdown]
# On more than half of the area it is the same size, and seldom are they more than one size apart.
# The package cuts finer: its contexts make levels cheaper than a thumb thinks, and a small block
# can follow an edge in a direction of its own.

# %% [markdown]
# ## 6. Almost right, and fatally wrong
#
# "The best block is the one with the least error": that is lambda = 0, and every single choice it
# makes is indeed the most exact. Beside it, less wrong, a lambda ten times too small and one ten
# times too large. The price, against the quadtree of the rule at the same RMSE:

# %%
print("step   least error alone   a tenth of lambda   ten times lambda   the rule")
for step in (6, 15, 30, 60):
    changes = []
    for part in (0, 0.1, 10, 1):
        error, rate = slice_by_thumb(step, part * rule * step**2)
        changes.append(100 * (rate / rate_at(error, right_curve) - 1))
    print(f"{step:4} {changes[0]:17.1f} % {changes[1]:17.1f} % {changes[2]:16.1f} % ", end="")
    print(f"{abs(changes[3]):8.1f} %")
for name, weight in (("least error alone", 0), ("the rule", rule * 30**2)):
    error, rate = slice_by_thumb(30, weight)
    print(f"{name:17} at step 30: {rate:.2f} bpp, RMSE {error:.2f} HU")

# %% [markdown]
# By error alone the RMSE is the least that this step can give, and whoever prints the RMSE alone
# is content. But the same bits would have bought more in a finer step: at coarse steps a good part
# of what the tree gained is gone again. Now look at the middle columns. Ten times too much or too
# little hardly matters to this thumb, because a cost is flat around its least. (The package, whose
# rates are not a thumb's, was tuned by measuring.) Lambda need not be exact; the rate must not be
# left out. **A choice is good only for a rate and a distortion together.**
#
# ## Exercises
#
# **Exercise 1.** A block left whole has D = 9000 HU² and R = 15 bits; quartered it has D = 5000 and
# R = 40. At which lambda, in HU² per bit, do both cost the same?

# %% tags=["exercise-1"]
equal_lambda = ...

# %%
check(1, equal_lambda, "c9d1481c98d2", hint="what is lost in D, for each bit that is saved")

# %% [markdown]
# **Exercise 2.** Cut the whole slice at step 30 with `best_tree(measured, factor * STEP**2)`. With
# which factor do 45 to 55 % of the area lie in blocks of 32 x 32? Compare it with the rule's.

# %% tags=["exercise-2"]
my_factor = ...

# %%
check(
    2,
    my_factor,
    {
        "45 to 55 % of the area is in blocks of 32 x 32": lambda factor: (
            0.45 < np.mean(best_tree(measured, factor * STEP**2)[2] == 32) < 0.55
        )
    },
    hint="best_tree returns the sizes as its third value; dear bits make large blocks",
)

# %% [markdown]
# **Exercise 3.** Write the decision of one block: given D and R of the whole, and two lists with D
# and R of its four quarters, return True if it is better split. A split costs one bit more, to
# tell.


# %% tags=["exercise-3"]
def better_split(d, r, quarters_d, quarters_r, weight):
    """Return whether the four quarters and the bit that tells of them cost less."""
    return ...


# %%
check(
    3,
    better_split,
    {
        "error alone splits": lambda f: f(100, 10, [20] * 4, [9] * 4, 0),
        "dear bits do not": lambda f: not f(100, 10, [20] * 4, [9] * 4, 5),
        "the bit that tells of it counts": lambda f: not f(100, 10, [20] * 4, [2.5] * 4, 21),
        "cheaper and better is always split": lambda f: f(100, 10, [20] * 4, [1] * 4, 3),
    },
    hint="two costs D + lambda R; add one bit to the second",
)

# %% [markdown]
# **Exercise 4, your own codec.** Let it choose. `both_ways` gives the coefficients of all squares
# of 16 x 16, whole and in four of 8 x 8, in arrays of one shape, (rows, columns, 16, 16). Return
# for each square whether four are better; the codec in `mmpc.explore.student_codecs` rounds (its
# function `rounded`), tells the choice, and mixes contexts that know it. If no square is split it
# needs 1.117 bits per pixel. The check codes ten files.


# %% tags=["exercise-4"]
def my_choice(whole, in_four, step):
    """Return whether squares are better in four, bool, shape (rows, columns)."""
    return ...


# %%
check(
    4,
    my_choice,
    {
        "one answer for each square": lambda f: (
            np.shape(f(*both_ways(np.zeros((32, 48))), 30)) == (2, 3)
        ),
        "it needs less than 1.1165 bits per pixel": lambda f: score(10, two_size_codec(f)) < 1.1165,
    },
    hint="D + lambda R of both, as in step 3; try a lambda of 0.05 step² and prices of your own",
)
show_scoreboard(10)

# %% [markdown]
# ## What to take with you
#
# - No block size is right as such: it depends on the tissue and on the step.
# - D + lambda R makes choices comparable, and what adds up may be settled from below.
# - Lambda is the slope at which the quantizer trades. It follows the square of the step, and
#   roughly is good enough.
#
# So far the levels themselves are rounded as ever, though each of them has a price, too. Next:
# lesson 11 chooses them.
#
# ## Further reading
#
# - Y. Shoham, A. Gersho, "Efficient Bit Allocation for an Arbitrary Set of Quantizers", *IEEE
#   Transactions on Acoustics, Speech, and Signal Processing* 36 (1988), 1445-1453. The hull.
# - P. A. Chou, T. Lookabaugh, R. M. Gray, "Optimal Pruning with Applications to Tree-Structured
#   Source Coding and Modeling", *IEEE Transactions on Information Theory* 35 (1989), 299-315.
# - G. J. Sullivan, T. Wiegand, "Rate-Distortion Optimization for Video Compression", *IEEE Signal
#   Processing Magazine* 15 (1998), no. 6, 74-90.
