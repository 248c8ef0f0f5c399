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
# # 17. Reach into the third dimension
#
# A study is not a slice. It is hundreds of them, a millimetre apart, and whoever codes each alone
# draws the same rib a hundred times. But a radiologist opens the study in the middle, and does not
# want to wait for all the slices before. Both wishes pull at the same thing: the *order*.
#
# **What you'll do.** Measure how alike neighbours are and what their noise has in common, predict a
# slice from the two around it, draw the tree by which version 2 orders slices, count what access
# costs, and code the difference that one should not code.
#
# **What you'll learn.** Correlation along z; shared noise; key slices and hierarchical order;
# random access; why a prediction is an offer and not an order.
#
# **What you'll need.** Lessons 9 and 10, and about 30 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import mmpc
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.figures import show_errors
from mmpc.streams.sample_volume import RESCALE_INTERCEPT_HU, sample_volume
from mmpc.v1.blocks import split_blocks
from mmpc.v1.dct import forward_dct
from mmpc.v2.slice_order import coding_order

# %% [markdown]
# ## 1. A volume
#
# The package brings 24 neighbouring slices of a chest, 1 mm apart, without loss. `mmpc.open` gives
# an array that is decoded where one looks; `np.asarray` looks everywhere.

# %%
opened = sample_volume()
volume = np.asarray(opened).astype(np.int32)
hu = volume + RESCALE_INTERCEPT_HU
n_slices, height, width = volume.shape
print(f"{opened.info.details['largest_error']} is the largest error, shape {volume.shape}")

figure, axes = plt.subplots(2, 2, figsize=(7.6, 4.5), layout="constrained", height_ratios=(3, 1))
axes[0, 0].imshow(hu[12], cmap="gray", vmin=-1000, vmax=400)
axes[0, 0].axhline(160, color="tab:orange", linewidth=0.8)
axes[0, 0].set_title("slice 12; the line is the cut below (stretched)", fontsize=10)
axes[1, 0].imshow(hu[:, 160], cmap="gray", vmin=-1000, vmax=400, aspect="auto")
shown = axes[0, 1].imshow(hu[12] - hu[11], cmap="RdBu_r", vmin=-200, vmax=200)
axes[0, 1].set_title("slice 12 less slice 11", fontsize=10)
axes[1, 1].imshow((hu[1:] - hu[:-1])[:, 160], cmap="RdBu_r", vmin=-200, vmax=200, aspect="auto")
for panel in axes.flat:
    panel.set_axis_off()
figure.colorbar(shown, ax=axes, label="difference, HU", shrink=0.8)
plt.show()

# %% [markdown]
# ## 2. How alike are neighbours?
#
# Take the difference of two slices at a distance of 1 to 8. And because a difference holds noise as
# well as anatomy, take a place without anatomy, too: the windows of 16 x 16 in soft tissue that
# change least from place to place. If the noise of two slices had nothing in common, the variance
# of their difference would be twice that of one. What is missing is what they share.


# %%
def rms(values):
    """Return the root of the mean of the squares."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


windows = hu.reshape(n_slices, height // 16, 16, width // 16, 16).swapaxes(2, 3)
soft = (np.abs(windows - 40) < 120).all(axis=(0, 3, 4))  # soft tissue in every slice
steady = np.std(windows, axis=(0, 3, 4))
steady[~soft] = np.inf
rows, columns = np.unravel_index(np.argsort(steady, axis=None)[:6], steady.shape)
quiet = windows[:, rows, columns].astype(float)  # (slices, 6 windows, 16, 16)
noise = quiet - quiet.mean(axis=(2, 3), keepdims=True)
noise_sd = rms(noise)
print(f"noise in the six quietest windows: {noise_sd:.1f} HU")
shared, apart = [], []
print("distance, mm   RMS of the difference, HU   noise that is shared")
for distance in range(1, 9):
    apart.append(rms(hu[distance:] - hu[:-distance]))
    shared.append(float(np.mean(noise[distance:] * noise[:-distance])) / noise_sd**2)
    print(f"{distance:12} {apart[-1]:27.0f} {100 * shared[-1]:20.0f} %")

# %% tags=["claims"]
claims(
    {
        "neighbours part with distance": all(np.diff(apart) > 0),
        "near slices share noise": shared[0] > 0.1,
        "less with every millimetre at first": shared[0] > shared[1] > shared[2],
    }
)

# %% [markdown]
# Anatomy parts slowly. And noise is *not* independent from slice to slice: a slice is thicker than
# the distance to the next, or its reconstruction took in neighbouring measurements, and so near
# slices see some of the same photons. What two slices share can be predicted, even if it is noise.
#
# ## 3. Three offers
#
# For a slice between two that are decoded there are three guesses without any arithmetic to speak
# of: the one before, the one after, their mean. The mean has a second merit: it halves the noise of
# the guess. For each block of 16 x 16 take what leaves least, and compare with what the block
# itself varies about its mean.


# %%
def block_energies(values):
    """Return the mean square of each block of 16 x 16."""
    return np.square(split_blocks(values.astype(float), 16)).mean(axis=(2, 3))


middle, before, after = hu[12], hu[10], hu[14]
offers = {"before": before, "after": after, "mean": (before + after + 1) // 2}
left = {name: block_energies(middle - guess) for name, guess in offers.items()}
own = split_blocks(middle.astype(float), 16)
left["none"] = np.square(own - own.mean(axis=(2, 3), keepdims=True)).mean(axis=(2, 3))
names = list(left)
best = np.argmin([left[name] for name in names], axis=0)
chosen = {name: 100 * np.mean(best == i) for i, name in enumerate(names)}
print("slice 12 from slices 10 and 14")
for name in names:
    print(f"{name:7} leaves an RMS of {np.sqrt(left[name].mean()):5.0f} HU, ", end="")
    print(f"best in {chosen[name]:3.0f} % of the blocks")

figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
axes[0].imshow(middle, cmap="gray", vmin=-1000, vmax=400)
axes[0].set_title("slice 12", fontsize=10)
shown = axes[1].imshow(best, cmap=plt.get_cmap("Set2", 4), vmin=-0.5, vmax=3.5)
axes[1].set_title("what leaves least in each block", fontsize=10)
bar = figure.colorbar(shown, ax=axes[1], ticks=range(4))
bar.ax.set_yticklabels(names)
for panel in axes:
    panel.set_axis_off()
plt.show()

# %% tags=["claims"]
claims(
    {
        "the mean is best in most blocks": chosen["mean"] > 50,
        "in a fifth none helps": 15 < chosen["none"] < 30,
        "the others are best somewhere": min(chosen["before"], chosen["after"]) > 1,
        "the mean leaves less than either": left["mean"].mean()
        < min(left["before"].mean(), left["after"].mean()),
    }
)

# %% [markdown]
# The mean wins most blocks, and yet each of the others is best somewhere: where a vessel begins or
# ends, one of the two slices knows nothing of it. And in a fifth of the blocks no neighbour is
# better than the block's own mean. Hence these are *offers*: version 2 has them beside the 35
# predictions of lesson 9, a block takes one if it is cheaper by D + lambda R, and a vector may move
# it by fractions of a sample.
#
# ## 4. An order, and what access costs
#
# To predict from both sides, the slice after has to be coded first. Version 2 makes a tree: every
# 16th slice is a **key** and looks at nobody; between two keys the middle comes first, then the
# middles of the halves.

# %%
places = coding_order(33)
references = {place.index: place.references for place in places}


def needed(index, references):
    """Return all slices that must be decoded for one, itself among them."""
    found = {index}
    for other in references[index]:
        found |= needed(other, references)
    return found


def depth(index):
    """Return how many steps of the tree lead to a slice."""
    return 1 + max((depth(other) for other in references[index]), default=-1)


figure, axes = plt.subplots(figsize=(9, 3), layout="constrained")
for index, others in references.items():
    for other in others:
        axes.plot([index, other], [depth(index), depth(other)], color="0.8", linewidth=0.8)
for order, place in enumerate(places):
    axes.plot(place.index, depth(place.index), "o", color="tab:orange", markersize=11)
    axes.text(place.index, depth(place.index), order, ha="center", va="center", fontsize=6)
axes.set(xlabel="slice", ylabel="depth", yticks=range(6), title="in which order they are coded")
axes.invert_yaxis()
plt.show()

orders = {
    "each alone": {i: [] for i in range(33)},
    "a chain": {i: [i - 1] if i else [] for i in range(33)},
    "the tree": references,
}
costs = {}
print("decoded for one slice      mean    most    slices lost with a damaged one, at most")
for name, order in orders.items():
    sets = {i: needed(i, order) for i in order}
    counts = [len(one) for one in sets.values()]
    lost = max(sum(i in one for one in sets.values()) for i in order)
    costs[name] = np.mean(counts), max(counts), lost
    print(f"{name:20} {costs[name][0]:10.1f} {costs[name][1]:7} {lost:10}")

# %% tags=["claims"]
claims(
    {
        "six at most": costs["the tree"][1] == 6,
        "a chain needs all": costs["a chain"][1] == 33,
        "in a chain all may be lost": costs["a chain"][2] == 33,
        "in the tree nearly all of a volume as short": costs["the tree"][2] == 32,
    }
)

# %% [markdown]
# A chain predicts from one side alone, its last slice needs all others, and damage of the first
# takes all with it. In the tree six slices are decoded at most for any one, and what lies between
# two keys depends on nothing else, so that several processors can work at once. (A damaged key
# takes the groups on both its sides: here nearly all, but in a volume of 500 slices no more.) One
# more thing travels along the branches: counters and weights of lesson 8 begin where those of the
# reference ended.
#
# ## 5. What it is worth
#
# A piece of the volume, 17 slices of 96 x 96 in the middle, coded slice by slice and as a volume,
# at the same step:

# %%
piece = volume[:17, 112:208, 112:208].astype(np.uint16)
worth = {}
print("quality   alone: bpp   RMSE    volume: bpp   RMSE   fewer bytes")
for quality in (20, 50):
    alone = [mmpc.compress(one, quality=quality, preset="fast") for one in piece]
    together = mmpc.compress(piece, quality=quality, preset="fast")
    sizes = sum(len(stream) for stream in alone), len(together)
    decoded = np.stack([mmpc.decompress(stream) for stream in alone]), mmpc.decompress(together)
    rmses = [rms(values.astype(int) - piece) for values in decoded]
    worth[quality] = 1 - sizes[1] / sizes[0], rmses[1] / rmses[0]
    print(
        f"{quality:7} {8 * sizes[0] / piece.size:12.2f} {rmses[0]:6.1f} "
        f"{8 * sizes[1] / piece.size:14.2f} {rmses[1]:6.1f} {100 * worth[quality][0]:11.0f} %"
    )

# %% tags=["claims"]
claims(
    {
        "the volume is smaller": min(saved for saved, _ in worth.values()) > 0.03,
        "at nearly the same error": all(0.9 < ratio < 1.03 for _, ratio in worth.values()),
        "and more so at a coarse step": worth[50][0] > worth[20][0],
    }
)

# %% [markdown]
# At a coarse step the volume saves more: the noise, which nobody can predict, has been rounded
# away, and what is left is anatomy, which goes on through the slices.
#
# ## 6. Almost right, and fatally wrong
#
# "Neighbours are alike, so code the *difference* of each slice to the one before." It is the first
# idea that everybody has. Count the levels that are not zero when blocks of 8 x 8 are transformed
# and quantized with a step of 30: of the slice itself, of its difference to the slice before, and
# of the better of the two, block by block, at a distance of 1 mm and, as many archives have it, of
# 5 mm.


# %%
def levels_per_block(values, step=30):
    """Return how many levels are not zero in each block of 8 x 8, the DC left out."""
    levels = np.rint(forward_dct(split_blocks(values.astype(float))).round(6) / step)
    return np.count_nonzero(levels, axis=(2, 3)) - (levels[..., 0, 0] != 0)


plain = levels_per_block(hu[12])
per_block, worse = {}, {}
print("levels that are not zero, a block   slice   difference   the better of both")
for distance in (1, 5):
    difference = levels_per_block(hu[12] - hu[12 - distance])
    worse[distance] = difference > plain
    per_block[distance] = plain.mean(), difference.mean(), np.minimum(plain, difference).mean()
    own_mean, of_difference, better = per_block[distance]
    print(f"{distance} mm {own_mean:36.1f} {of_difference:12.1f} {better:20.1f}")
    print(f"     the difference is worse in {100 * worse[distance].mean():.0f} % of the blocks")
show_errors(
    {f"slice 12 less slice {12 - distance}": hu[12] - hu[12 - distance] for distance in (1, 5)},
    300,
    what="difference",
    region=(slice(100, 260), slice(20, 180)),
)

# %% tags=["claims"]
claims(
    {
        "the difference costs more than the slice, and more so at 5 mm": (
            per_block[1][0] < per_block[1][1] < per_block[5][1]
        ),
        "it is worse in half of the blocks, and in most at 5 mm": (
            0.4 < worse[1].mean() < 0.6 and worse[5].mean() > 0.75
        ),
        "the choice is never worse, and worth something near by": (
            all(row[2] <= min(row[:2]) for row in per_block.values())
            and per_block[1][2] < 0.95 * per_block[1][0]
        ),
    }
)

# %% [markdown]
# The difference costs *more* than the slice, even 1 mm away, where it looks so empty: it holds both
# slices' edges and both slices' noise. It is worse in half of the blocks, and in four of five at
# 5 mm. Whoever codes it has ordered the neighbour for everybody. Offer the neighbour to each block
# and let the block decide, and it can hurt nowhere, and helps where it helps.
#
# ## Exercises
#
# **Exercise 1.** A group between two keys has 16 slices, 15 of them between. If every 8th slice
# were a key, how many slices would have to be decoded for one, at most?

# %% tags=["exercise-1"]
most_needed = ...

# %%
check(
    1,
    most_needed,
    "8e973069ebc8",
    hint="two keys, and one slice for each halving of a distance of 8",
)

# %% [markdown]
# **Exercise 2, an order of your own.** Return for each of `n` slices the list of slices that it
# refers to, two at most. In the mean no more than four slices may have to be decoded for one, seven
# in ten slices need a reference on both sides, and references shall be near: at most 2.6 slices
# away in the mean. What does your order pay for that?


# %% tags=["exercise-2"]
def my_order(n):
    """Return a dict: index of a slice to the list of those it refers to."""
    return ...


# %%
def mean_distance(order):
    """Return how far references are away in the mean."""
    return np.mean([abs(i - other) for i, others in order.items() for other in others])


check(
    2,
    my_order,
    {
        "each slice has its place": lambda f: sorted(f(33)) == list(range(33)),
        "there are two references at most": lambda f: max(map(len, f(33).values())) <= 2,
        "seven in ten look to both sides": lambda f: (
            np.mean([min(o, default=i) < i < max(o, default=i) for i, o in f(33).items()]) >= 0.7
        ),
        "no more than four are decoded in the mean": lambda f: (
            np.mean([len(needed(i, f(33))) for i in range(33)]) <= 4
        ),
        "references are at most 2.6 slices away": lambda f: mean_distance(f(33)) <= 2.6,
    },
    hint="what becomes of depth and distance when keys are closer together?",
)

# %% [markdown]
# **Exercise 3, waves along z.** Why not a DCT along z as well? Transform groups of eight slices
# along the first axis and return the share of the energy (the sum of squares about each pixel's
# mean over its group) that lies in the two slowest of the seven waves that are not the mean. Then
# see on which of two volumes it fails: slices of 1 mm, or of 3 mm.


# %% tags=["exercise-3"]
def slow_share(values):
    """Return the share of the energy in waves 1 and 2 along z; `values` has 8 slices."""
    return ...


# %%
check(
    3,
    slow_share,
    {
        "a ramp is nearly all slow": lambda f: (
            f(np.broadcast_to(np.arange(8.0)[:, np.newaxis, np.newaxis], (8, 4, 4))) > 0.98
        ),
        "what changes its sign at each slice is not": lambda f: (
            f(np.broadcast_to((-1.0) ** np.arange(8)[:, np.newaxis, np.newaxis], (8, 4, 4))) < 0.2
        ),
        "on slices of 1 mm it gathers more than on slices of 3 mm": lambda f: (
            f(hu[:8].astype(float)) > f(hu[::3].astype(float)) + 0.05
        ),
    },
    hint="scipy.fft.dct(values, axis=0, norm='ortho')",
)

# %% [markdown]
# ## What to take with you
#
# - Neighbours share anatomy, and some of their noise.
# - A neighbour is an offer to each block, never an order to the slice.
# - The order of slices decides what access costs and what damage takes. A tree buys prediction from
#   both sides for six decoded slices.
#
# Next: lesson 18 asks whether what we throw away is ever missed.
#
# ## Further reading
#
# - H. Schwarz, D. Marpe, T. Wiegand, "Analysis of Hierarchical B Pictures and MCTF", *IEEE
#   International Conference on Multimedia and Expo* (2006), 1929-1932. The tree.
# - G. J. Sullivan, J.-R. Ohm, W.-J. Han, T. Wiegand, "Overview of the High Efficiency Video Coding
#   (HEVC) Standard", *IEEE Transactions on Circuits and Systems for Video Technology* 22 (2012),
#   1649-1668.
# - S. G. Armato III et al., "The Lung Image Database Consortium (LIDC) and Image Database Resource
#   Initiative (IDRI)", *Medical Physics* 38 (2011), 915-931. Where the sample volume comes from.
