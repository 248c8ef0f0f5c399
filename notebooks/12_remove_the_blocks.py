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
# # 12. Remove the blocks
#
# Blocks of any size have borders. Each block is rounded on its own, so two neighbours may disagree
# where they meet, and the eye, which is made to find lines, finds these. A filter can take them
# away. It must only know which lines are the codec's and which are the patient's.
#
# **What you'll do.** Measure blocking on and off the grid, watch one border being filtered, solve
# for the best filter there is, switch filters on and off, and blur a skull.
#
# **What you'll learn.** Blocking, deblocking with thresholds, the Wiener filter and the normal
# equations.
#
# **What you'll need.** Lessons 1, 2 and 5, and about 45 minutes.

# %%
import lzma

import matplotlib.pyplot as plt
import numpy as np

import mmpc
from mmpc.coding_tools import Tools
from mmpc.evaluation.blocking import blocking_ratio
from mmpc.explore import small_codec
from mmpc.explore.body import SLICES, measured
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.figures import show_errors, show_slices
from mmpc.explore.scoreboard import as_codec, rate_at_equal_error
from mmpc.images.regions import body_mask
from mmpc.v2 import wiener
from mmpc.v2.deblocking import filter_edge
from mmpc.v2.parameters import LAMBDA_DEPENDENT, new_parameters
from mmpc.v2.search.wiener_design import design_filter
from mmpc.v2.transform import COEFFICIENT_BITS

# %% [markdown]
# ## 1. On the grid and off it
#
# Version 2 without its two filters, at a coarse step. Does the *error* jump more from one column
# to the next where a block ends? (The error, not the image: bone that happens to end at a border
# is no blocking.) Blocks have sizes from 4 to 32, so not every eighth column is a border, and some
# borders lie between. But most borders lie on the grid of 8, so a step that is larger there is
# theirs:

# %%
QUALITY = 60
images = {name: measured(name) for name in SLICES}  # air in the place of the padding
image = images["head_ct"]
pixels = image.pixels.astype(np.int32)
hu = image.hounsfield()
to_hu = image.rescale_intercept  # the slope of this image is 1


def code(image, deblocking, wiener):
    """Return the decoded slice and its rate in bits per pixel."""
    tools = Tools(deblocking=deblocking, wiener=wiener)
    stream = mmpc.compress(image.pixels, bitstream=2, quality=QUALITY, preset="fast", tools=tools)
    return mmpc.decompress(stream).astype(np.int32), 8 * len(stream) / image.pixels.size


def rmse(error):
    """Return the root of the mean of the squares."""
    return np.sqrt(np.mean(np.square(error, dtype=np.float64)))


def steps_after_column(error):
    """Return the mean step of the error after the columns 0, 1, ... 7 of all blocks."""
    steps = np.abs(np.diff(error, axis=1))
    return np.array([steps[:, place::8].mean() for place in range(8)])


coded = {name: code(one, deblocking=False, wiener=False) for name, one in images.items()}
bare, bare_bpp = coded["head_ct"]
print("mean step of the error, HU, after column")
print(f"{'':12}" + "".join(f"{place:6}" for place in range(8)) + "   on the grid / off it")
ratios = {}
for name, (decoded, _) in coded.items():
    original = images[name].pixels
    ratios[name] = blocking_ratio(original, decoded)
    steps = "".join(f"{step:6.1f}" for step in steps_after_column(decoded - original))
    print(f"{name:12}{steps} {ratios[name]:15.2f}")

detail = (slice(230, 330), slice(190, 290))
show_slices({"original": hu, "decoded, no filter": bare + to_hu}, "brain", region=detail)

# %% tags=["claims"]
claims(
    {
        "in the head the last column stands out": np.argmax(steps_after_column(bare - pixels)) == 7
        and ratios["head_ct"] > 1.2,
        "in the abdomen it hardly does": abs(ratios["abdomen_ct"] - 1) < 0.05,
        "the abdomen's error is larger": rmse(coded["abdomen_ct"][0] - images["abdomen_ct"].pixels)
        > 1.5 * rmse(bare - pixels),
    }
)

# %% [markdown]
# A ratio of 1 would mean that borders do not show. (Rows and columns are taken together in the
# ratio.) In the head they do; in the abdomen they hardly do, at the same step: it is noisier, what
# a coarse step rounds away there is mostly noise, and that jumps everywhere.
#
# ## 2. One border
#
# What may a filter do? Two blocks side by side, each smooth, with a small step between them: hardly
# any tissue ends like that, so it is the codec's. Two blocks with a large step: that is bone. And a
# block with a texture hides its border by itself. The deblocking filter of version 2 (after H.265)
# compares both the step and the unevenness beside it with thresholds, and these follow the
# quantization step, for with it grow the codec's own steps:

# %%
fixed_step = QUALITY << COEFFICIENT_BITS
cases = {
    "small step": np.where(np.arange(16) < 8, 0, 12),
    "bone": np.where(np.arange(16) < 8, 0, 400),
    "texture": np.where(np.arange(16) < 8, 0, 12) + 25 * (np.arange(16) % 2),
}
figure, axes = plt.subplots(1, 3, figsize=(10, 2.6), layout="constrained")
filtered = {}
for panel, (name, line) in zip(axes, cases.items(), strict=True):
    samples = np.tile(line, (4, 1)).astype(np.int32)
    filter_edge(samples, 0, 8, 1, 0, fixed_step)  # four samples of the border before column 8
    filtered[name] = samples[0]
    print(f"{name:10} before: {line[4:12]}  after: {samples[0, 4:12]}")
    panel.step(range(16), line, where="mid", color="0.6", linewidth=3, label="decoded")
    panel.step(range(16), samples[0], where="mid", color="tab:orange", label="filtered")
    panel.axvline(7.5, color="k", linewidth=0.6, linestyle="--")
    panel.set(title=name, xlabel="column", ylabel="HU")
axes[0].legend(fontsize=8)
plt.show()

# %% tags=["claims"]
claims(
    {
        "only the small step is filtered": [
            not np.array_equal(filtered[name], line) for name, line in cases.items()
        ]
        == [True, False, False]
    }
)

# %% [markdown]
# ## 3. A filter that is told
#
# The second filter needs no idea of blocks. The encoder has the original *and* what the decoder
# will have, so it can ask: by which weights do a sample's neighbours bring it nearest to the
# original? And send them. Such a filter is named after N. Wiener.
#
# The neighbours are the 24 samples of a diamond. A sample and the one opposite share a weight, so
# there are 12, and each is for the *differences* to the middle: where all neighbours agree with it,
# nothing changes. The decoded sample $d$ becomes $d + \sum_k w_k p_k$ with the pairs' differences
# $p_k$, and what is to be hit is the error $e$ = original - $d$. Least squares: the sum of
# $(e - \sum_k w_k p_k)^2$ is least where its derivative by each weight is zero. These are twelve
# equations with twelve unknowns, the **normal equations**
# $\sum_k \big(\sum p_j p_k\big) w_k = \sum p_j e$, whose sums run over all samples:


# %%
OFFSETS = list(zip(wiener.TAP_Y.tolist(), wiener.TAP_X.tolist(), strict=True))


def pairs_of(decoded):
    """Return 12 pairs of opposite neighbours less twice the middle, (height, width, 12)."""
    padded = np.pad(decoded, 3, mode="edge")
    height, width = decoded.shape
    moved = {
        (y, x): padded[3 + y : 3 + y + height, 3 + x : 3 + x + width]
        for dy, dx in OFFSETS
        for y, x in ((dy, dx), (-dy, -dx))
    }
    return np.stack([moved[y, x] + moved[-y, -x] - 2 * decoded for y, x in OFFSETS], axis=-1)


def wiener_weights(pairs, error):
    """Return the 12 weights by least squares; `pairs` is (n, 12), `error` (n,)."""
    pairs = pairs.astype(np.float64)
    return np.linalg.solve(pairs.T @ pairs, pairs.T @ error)


pairs = {name: pairs_of(decoded) for name, (decoded, _) in coded.items()}
errors = {name: images[name].pixels - decoded for name, (decoded, _) in coded.items()}
print("RMSE, HU        decoded   one set of weights")
one_set = {}
for name in SLICES:
    weights = wiener_weights(pairs[name].reshape(-1, 12), errors[name].ravel())
    one_set[name] = rmse(errors[name] - np.rint(pairs[name] @ weights))
    print(f"{name:12} {rmse(errors[name]):10.2f} {one_set[name]:20.2f}")

# %% [markdown]
# No other twelve weights do better on these slices, and it is next to nothing: air, brain and bone
# want different filters and got one. So make **classes**, by what the decoder sees as well: how
# busy the surroundings are (six classes: the second differences, measured in steps) and which
# quarter of all samples, by brightness, they belong to. That makes 24, and each gets its twelve
# weights. Beside ours stand those that the package finds (`mmpc/v2/search/wiener_design.py`), in
# 1/256:


# %%
def filter_by_hand(decoded, error, pairs, classes):
    """Return weights in 1/256 for each class, by class, and what is left of the error."""
    found, left = {}, error.copy()
    for group in np.unique(classes):
        chosen = classes == group
        if chosen.sum() >= 40:  # fewer do not pay for the bits of twelve weights
            found[group] = np.rint(256 * wiener_weights(pairs[chosen], error[chosen]))
            left[chosen] -= np.rint(pairs[chosen] @ found[group] / 256).astype(np.int64)
    return found, left


def filter_of_package(name):
    """Return the classes of the samples, the filter that the package designs, and its error."""
    decoded, source = coded[name][0], images[name].pixels.astype(np.int32)
    limits = (int(source.min()), int(source.max()))
    p = new_parameters(source.shape, limits, fixed_step, Tools(oriented_taps=False))
    padded = wiener.pad_slice(decoded, p)
    bit_price = LAMBDA_DEPENDENT * (p.small_step / 2**COEFFICIENT_BITS) ** 2
    found, classes = design_filter(padded, source, p, bit_price)
    output = np.zeros_like(decoded)
    wiener.apply_filter(padded, p, classes, found, output)
    return classes // wiener.ORIENTATIONS, found, source - output


print("RMSE, HU        decoded   one set   24 sets by hand   the package")
sets, by_hand, packaged, most_apart = {}, {}, {}, 0
for name in SLICES:
    classes, found, error_left = filter_of_package(name)
    sets[name], left = filter_by_hand(coded[name][0], errors[name], pairs[name], classes)
    by_hand[name], packaged[name] = rmse(left), rmse(error_left)
    print(f"{name:12} {rmse(errors[name]):10.2f} {one_set[name]:9.2f}", end="")
    print(f" {by_hand[name]:17.2f} {packaged[name]:13.2f}")
    plain = [group for group in sets[name] if found.clips[group] == 1]  # weights and nothing else
    apart = [np.abs(sets[name][group] - found.taps[group]).max() for group in plain]
    most_apart = max(most_apart, *apart)
    print(f"{'':12} {len(plain)} sets of both are plain weights: apart by {max(apart):.0f} / 256")

# %% tags=["claims"]
claims(
    {
        "one set gains next to nothing": all(
            one_set[name] > 0.98 * rmse(errors[name]) for name in SLICES
        ),
        "24 sets gain nearly a tenth in the head": by_hand["head_ct"]
        < 0.92 * rmse(errors["head_ct"]),
        "a few percent in the abdomen": 0.97
        < by_hand["abdomen_ct"] / rmse(errors["abdomen_ct"])
        < 0.99,
        "the package's is the same filter, and as good": most_apart <= 2
        and all(0.995 < packaged[name] / by_hand[name] < 1.005 for name in SLICES),
    }
)

# %% [markdown]
# Where the package's sets are plain weights they are ours, up to 2 / 256: it adds a little to the
# diagonal of the equations, so that they have a solution in any case. The other sets it *clips*: a
# difference that is larger than a threshold counts no more than the threshold, and an edge leaks
# less into its surroundings. Or it leaves a set out that would not pay for its bits, which ours do
# not count. The first makes it a little better than our ten lines, the second a little worse: in
# the abdomen the first shows, in the head they even out.
#
# What do such weights look like? Here they are as pictures, with the weight of the middle, which
# is one less all others:

# %%
FLAT_BRIGHT, BUSY_BRIGHT = 3, 15  # quarter 3 of activities 0 and 3
shown = {
    "head, flat, brightest quarter": sets["head_ct"][FLAT_BRIGHT],
    "head, busy, brightest quarter": sets["head_ct"][BUSY_BRIGHT],
    "abdomen, flat, brightest quarter": sets["abdomen_ct"][FLAT_BRIGHT],
}
figure, axes = plt.subplots(1, 3, figsize=(10.4, 3.5), layout="constrained")
middles = {}
for panel, (title, weights) in zip(axes, shown.items(), strict=True):
    picture = np.full((7, 7), np.nan)
    for (y, x), weight in zip(OFFSETS, weights / 256, strict=True):
        picture[3 + y, 3 + x] = picture[3 - y, 3 - x] = weight
    picture[3, 3] = middles[title] = 1 - np.nansum(picture)
    drawn = panel.imshow(picture, cmap="RdBu_r", vmin=-0.45, vmax=0.45)
    for y, x in np.argwhere(~np.isnan(picture)):
        ink = "w" if abs(picture[y, x]) > 0.3 else "k"
        panel.text(x, y, f"{picture[y, x]:.2f}", ha="center", va="center", fontsize=7, color=ink)
    panel.set_title(title, fontsize=10)
    panel.set_axis_off()
    print(f"{title:33}: the middle counts {middles[title]:.2f}, its four neighbours ", end="")
    print(f"{2 * (weights[0] + weights[5]) / 256:.2f}, the four at two steps ", end="")
    print(f"{2 * (weights[1] + weights[9]) / 256:.2f}")
figure.colorbar(drawn, ax=axes, label="weight", shrink=0.9)
plt.show()

# %% tags=["claims"]
flat, busy, _ = middles
two_steps = {title: weights[1] + weights[9] for title, weights in shown.items()}
claims(
    {
        "where it is flat, the middle counts less than a fifth": middles[flat] < 0.2,
        "where it is busy, more than twice as much": middles[busy] > 2 * middles[flat],
        "at two steps positive where flat, negative where busy": two_steps[flat]
        > 0
        > two_steps[busy],
    }
)

# %% [markdown]
# Where the bright quarter, brain and bone, is flat, the filter is a blur over all that is near: the
# middle itself counts less than a fifth. Where it is busy, the middle counts more than twice as
# much, and the neighbours at two steps are *subtracted*: this filter smooths and sharpens at once.
# Nobody drew these shapes; twelve equations did. (Structures run in all directions, and a set of
# weights in one. So the package turns and mirrors a set after the direction of what surrounds the
# sample; for the comparison above we told it not to.)
#
# ## 4. On and off

# %%
head, abdomen = SLICES
wanted = {
    (head, "none"): coded[head],
    (head, "deblocking"): code(images[head], deblocking=True, wiener=False),
    (head, "Wiener"): code(images[head], deblocking=False, wiener=True),
    (head, "both"): code(images[head], deblocking=True, wiener=True),
    (abdomen, "none"): coded[abdomen],
    (abdomen, "both"): code(images[abdomen], deblocking=True, wiener=True),
}
print("slice       filters      bpp   weights      RMSE   on / off the grid")
results, table = {}, {}
for (name, filters), (decoded, bpp) in wanted.items():
    original = images[name].pixels
    table[name, filters] = rmse(decoded - original), blocking_ratio(original, decoded), bpp
    error, ratio, bpp = table[name, filters]
    weights_bytes = (bpp - table[name, "none"][2]) * original.size / 8
    print(f"{name:11} {filters:11} {bpp:.2f} {weights_bytes:5.0f} B {error:9.2f} HU {ratio:8.2f}")
    if name == head:
        results[filters] = decoded

figure, axes = plt.subplots(figsize=(7.4, 3), layout="constrained")
for i, (filters, decoded) in enumerate(results.items()):
    axes.bar(np.arange(8) + 0.2 * i - 0.3, steps_after_column(decoded - pixels), 0.2, label=filters)
axes.set(xlabel="column in the block (7: the step is across the border)", ylabel="mean step, HU")
axes.set(ylim=(0, 4.2))
axes.legend(fontsize=8, loc="upper left", ncols=4)
plt.show()
panels = {filters: results[filters] + to_hu for filters in ("none", "deblocking", "both")}
show_slices(panels, "brain", region=detail)

# %% tags=["claims"]
none, deblocking, both = (table[head, filters] for filters in ("none", "deblocking", "both"))
claims(
    {
        "deblocking costs no bits and lowers the borders": deblocking[2] == none[2]
        and deblocking[1] < 0.9 * none[1],
        "to the RMSE it gives little": 0.97 < deblocking[0] / none[0] < 1,
        "the Wiener filter pays for its weights and lowers the error": table[head, "Wiener"][2]
        > none[2]
        and table[head, "Wiener"][0] < 0.9 * none[0],
        "both leave a ratio close to 1": abs(both[1] - 1) < 0.03,
        "in the abdomen both gain some percent": 0.96
        < table[abdomen, "both"][0] / table[abdomen, "none"][0]
        < 0.98,
    }
)

# %% [markdown]
# Deblocking costs no bits and lowers the borders; to the RMSE it gives little, as few samples lie
# on borders. The Wiener filter pays for its weights and lowers the error everywhere, by more than
# a tenth in the head and by some percent in the noisy abdomen. Both together leave a ratio close
# to 1. (Look closely: in the brain window large blocks can still be told apart, where their slopes
# disagree. And no filter brings back the noise that was rounded away.)
#
# They work on the finished slice: blocks are predicted from *unfiltered* neighbours. So each can be
# switched off, and the blocks stay the same. (Where you name no tools, the encoder does without
# deblocking below a step of 64: it costs a viewer time and gains next to nothing there.)
#
# ## 5. Hands off an edge
#
# Where does the deblocking filter act, and what does it do to the skull? Take the border with the
# largest step of bone in the slice:

# %%
deblocked = results["deblocking"]
change = deblocked - bare
print(f"deblocking changes {100 * np.mean(change != 0):.0f} % of the samples, ", end="")
print(f"by at most {np.abs(change).max()} HU")

at_borders = np.abs(np.diff(pixels, axis=1))[:, 7::8] * (hu[:, 8::8] > 250)
y, border = np.unravel_index(np.argmax(at_borders), at_borders.shape)
x = 8 * int(border) + 8  # the border lies before this column
print(f"row {y}, columns {x - 1} and {x}: a step of {at_borders.max()} HU in the original")
print(f"deblocking changes these two by {change[y, x - 1]} and {change[y, x]} HU")
show_errors({"what deblocking changed": change}, 8, what="change")

# %% [markdown]
# ## 6. Almost right, and fatally wrong
#
# Why thresholds? A simpler filter: blur across every border, two samples on each side. And since
# blocking is "a step at a border", measure the step of the *image* there, over that elsewhere:


# %%
def blur_borders(decoded):
    """Blur across all borders of the 8 x 8 grid, without asking."""
    result = decoded.astype(np.float64)
    for _ in range(2):  # columns, then rows
        before = result.copy()
        for place in (-2, -1, 0, 1):
            columns = np.arange(8, result.shape[1], 8) + place
            around = [before[:, columns + shift] for shift in (-2, -1, 0, 1, 2)]
            result[:, columns] = np.mean(around, axis=0)
        result = result.T.copy()
    return np.rint(result).astype(np.int32)


def naive_ratio(decoded):
    """Return the steps of the image on the grid over those off the grid."""
    return blocking_ratio(np.zeros_like(decoded), decoded)


body = body_mask(hu)
blurred = blur_borders(bare)
compared = {"no filter": bare, "deblocking": deblocked, "blur": blurred}
print("            naive ratio   ratio of the error   body: RMSE   off by > 100 HU")
naive, in_body = {}, {}
for name, decoded in compared.items():
    error = (decoded - pixels)[body]
    naive[name], in_body[name] = naive_ratio(decoded), rmse(error)
    print(
        f"{name:11} {naive[name]:12.2f} {blocking_ratio(pixels, decoded):20.2f}"
        f" {in_body[name]:9.1f} HU {100 * np.mean(np.abs(error) > 100):11.1f} %"
    )

skull = (slice(y - 20, y + 20), slice(x - 12, x + 28))
columns = np.arange(x - 10, x + 11)
figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
axes.plot(columns, hu[y, columns], color="0.7", linewidth=5, label="original")
axes.plot(columns, deblocked[y, columns] + to_hu, "k.-", label="deblocking")
axes.plot(columns, blurred[y, columns] + to_hu, ".--", color="tab:orange", label="blur")
for line in (x - 8, x, x + 8):
    axes.axvline(line - 0.5, color="0.5", linewidth=0.6, linestyle=":")
axes.set(xlabel=f"column, row {y}; dotted: block borders", ylabel="HU")
axes.set_xticks(range(x - 8, x + 9, 4))
axes.legend(fontsize=8)
plt.show()
pictures = {"original": hu, "deblocking": deblocked + to_hu, "blur": blurred + to_hu}
show_slices(pictures, "bone", region=skull)
show_errors({name: compared[name] - pixels for name in ("deblocking", "blur")}, 200, region=skull)

# %% tags=["claims"]
claims(
    {
        "by the naive measure the blur is best": min(naive, key=naive.get) == "blur",
        "smoother at borders than elsewhere": naive["blur"] < 1,
        "several times worse than no filter": in_body["blur"] > 3 * in_body["no filter"],
    }
)

# %% [markdown]
# By the naive measure the blur is the best filter of all: the image is smoother at borders than
# anywhere else. It bought that with the skull: every edge of bone that crosses the grid is
# smeared, and a thin fracture would be gone. A measure that rewards smoothness rewards whoever
# removes the patient. Even the ratio of the error finds the blur a little better than nothing: it
# says where the error jumps, not how large it is. The RMSE in the body says it: several times worse
# than no filter at all.
#
# ## Exercises
#
# **Exercise 1.** A filter with one weight for each of the four nearest neighbours, the same for all
# four. Let p be the sum of their differences to the middle and e the error. Over a class of
# samples the sum of p * p is 5000 and the sum of p * e is 600. What is the best weight (two
# decimals)?

# %% tags=["exercise-1"]
weight = ...

# %%
check(1, weight, "9ea4657a7752", digits=2, hint="one equation with one unknown")

# %% [markdown]
# **Exercise 2.** A smaller filter has two weights: one for the neighbours left and right, one
# for those above and below. Return them, in this order, from the twelve pairs (`OFFSETS` says
# which is which) and the errors.


# %% tags=["exercise-2"]
def two_weights(pairs, error):
    """Return the weight across and the weight down; `pairs` is (n, 12), `error` (n,)."""
    return ...


# %%
def squares_left(weights, pairs, error):
    """Return the sum of the squared errors that two weights leave."""
    return np.sum((error - pairs[:, [0, 5]] @ np.asarray(weights)) ** 2)


of_flat = filter_of_package(abdomen)[0] == FLAT_BRIGHT
flat_pairs, flat_error = pairs[abdomen][of_flat].astype(float), errors[abdomen][of_flat]
nudges = [(0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)]
check(
    2,
    two_weights,
    {
        "an error made of two weights gives these two": lambda f: np.allclose(
            f(flat_pairs, flat_pairs[:, [0, 5]] @ [0.1, 0.2]), [0.1, 0.2]
        ),
        "whoever moves one of them does worse": lambda f: all(
            squares_left(np.add(f(flat_pairs, flat_error), nudge), flat_pairs, flat_error)
            > squares_left(f(flat_pairs, flat_error), flat_pairs, flat_error)
            for nudge in nudges
        ),
    },
    hint="wiener_weights does it for twelve; which two columns are needed?",
)

# %% [markdown]
# **Exercise 3.** The heart of the deblocking filter. From two samples on each side,
# `p1 p0 | q0 q1`, H.265 computes `change = (9 * (q0 - p0) - 3 * (q1 - p1) + 8) >> 4`. If it is
# `10 * limit` or more in absolute value, hands off. Otherwise clip it to `limit`, add it to p0 and
# take it from q0.


# %% tags=["exercise-3"]
def filter_pair(p1, p0, q0, q1, limit):
    """Return p0 and q0 after filtering."""
    return ...


# %%
check(
    3,
    filter_pair,
    {
        "a small step gets smaller": lambda f: f(0, 0, 4, 4, 7) == (2, 2),
        "no sample moves by more than the limit": lambda f: f(0, 0, 12, 12, 3) == (3, 9),
        "it works downwards, too": lambda f: f(12, 12, 0, 0, 3) == (9, 3),
        "bone stays as it is": lambda f: f(0, 0, 400, 400, 7) == (0, 400),
        "a ramp stays as it is": lambda f: f(0, 4, 8, 12, 7) == (4, 8),
    },
    hint="the decision uses the change before it is clipped",
)

# %% [markdown]
# **Exercise 4, your own codec.** Put a Wiener filter behind it. Your encoder decodes what it wrote,
# finds weights and writes them; your decoder reads them and filters. One set is not enough: make
# classes of something that the decoder has, too. The check takes `levels_of`, `pixels_of` and the
# rest of `mmpc.explore.small_codec` with blocks of 16 and lzma (lesson 6) for where you start, and
# asks whether your codec with a filter needs 5 % less on the head at an RMSE of 4 HU. If your
# levels go through your own coder of lessons 7 and 8, all the better: `score(12, ...)` of
# `mmpc.explore.scoreboard` keeps what you reach on both slices.


# %% tags=["exercise-4"]
def my_compress(pixels, step):
    """Return the bytes of a file."""
    return ...


def my_decompress(data):
    """Return the pixels."""
    return ...


# %%
def before_filter(pixels, step):
    """Return the bytes and the decoded pixels of the codec without a filter."""
    levels = small_codec.levels_of(pixels, step, 16)
    decoded = small_codec.pixels_of(levels, step, int(pixels.min()), pixels.shape)
    return bytes(17) + lzma.compress(small_codec.pack_levels(levels)), decoded


check(
    4,
    my_compress,
    {
        "a cut of the slice comes back": lambda f: (
            np.abs(my_decompress(f(pixels[200:264, 200:280], 2)) - pixels[200:264, 200:280]).max()
            <= 5
        ),
        "the head needs 5 % less than without a filter": lambda f: (
            rate_at_equal_error(as_codec(f, my_decompress), pixels)
            < 0.95 * rate_at_equal_error(before_filter, pixels)
        ),
    },
    hint="the sum of the second differences around a sample, in steps, makes good classes",
)

# %% [markdown]
# ## What to take with you
#
# - Blocking is a property of the error. Measure it there, on the grid and off it.
# - Thresholds that follow the quantization step tell the codec's steps from the patient's.
# - The best linear filter is the solution of the normal equations; it is found where the original
#   is, and sent. One for all is hardly worth it, one for each kind of surroundings is.
# - A filter that may not refuse will blur what matters.
#
# All this lowers the error in the mean. Of the single worst sample it says nothing. Next: lesson 13
# promises an error.
#
# ## Further reading
#
# - A. Norkin et al., "HEVC Deblocking Filter", *IEEE Transactions on Circuits and Systems for Video
#   Technology* 22 (2012), 1746-1754.
# - C.-Y. Tsai et al., "Adaptive Loop Filtering for Video Coding", *IEEE Journal of Selected Topics
#   in Signal Processing* 7 (2013), 934-945.
# - N. Wiener, *Extrapolation, Interpolation, and Smoothing of Stationary Time Series*, MIT Press
#   (1949).
