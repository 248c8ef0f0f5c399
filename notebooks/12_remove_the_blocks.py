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
# **What you'll do.** Measure blocking on and off the grid, watch one border being filtered, switch
# two filters on and off, and blur a skull.
#
# **What you'll learn.** Blocking, deblocking with thresholds, the Wiener filter.
#
# **What you'll need.** Lessons 1, 2 and 5, and about 25 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import mmpc
from mmpc.evaluation.blocking import blocking_ratio
from mmpc.explore.check import check
from mmpc.explore.figures import show_errors, show_slices
from mmpc.images import sample
from mmpc.images.regions import body_mask
from mmpc.request import Tools
from mmpc.v2.deblocking import filter_edge
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
image = sample("head_ct")
pixels = image.pixels.astype(np.int32)
hu = image.hounsfield()
to_hu = image.rescale_intercept  # the slope of this image is 1
QUALITY = 60


def code(deblocking, wiener):
    """Return the decoded slice and its rate in bits per pixel."""
    tools = Tools(deblocking=deblocking, wiener=wiener)
    stream = mmpc.compress(image.pixels, bitstream=2, quality=QUALITY, preset="fast", tools=tools)
    return mmpc.decompress(stream).astype(np.int32), 8 * len(stream) / pixels.size


def rmse(error):
    """Return the root of the mean of the squares."""
    return np.sqrt(np.mean(np.square(error, dtype=np.float64)))


def steps_after_column(error):
    """Return the mean step of the error after the columns 0, 1, ... 7 of all blocks."""
    steps = np.abs(np.diff(error, axis=1))
    return np.array([steps[:, place::8].mean() for place in range(8)])


bare, bare_bpp = code(deblocking=False, wiener=False)
for place, step in enumerate(steps_after_column(bare - pixels)):
    print(f"after column {place}: {step:.1f} HU" + (" <- border" if place == 7 else ""))
print(f"on the grid / off the grid, rows and columns: {blocking_ratio(pixels, bare):.2f}")

detail = (slice(230, 330), slice(190, 290))
show_slices({"original": hu, "decoded, no filter": bare + to_hu}, "brain", region=detail)

# %% [markdown]
# A ratio of 1 would mean that borders do not show.
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
for panel, (name, line) in zip(axes, cases.items(), strict=True):
    samples = np.tile(line, (4, 1)).astype(np.int32)
    filter_edge(samples, 0, 8, 1, 0, fixed_step)  # four samples of the border before column 8
    print(f"{name:10} before: {line[4:12]}  after: {samples[0, 4:12]}")
    panel.step(range(16), line, where="mid", color="0.6", linewidth=3, label="decoded")
    panel.step(range(16), samples[0], where="mid", color="tab:orange", label="filtered")
    panel.axvline(7.5, color="k", linewidth=0.6, linestyle="--")
    panel.set(title=name, xlabel="column", ylabel="HU")
axes[0].legend(fontsize=8)
plt.show()

# %% [markdown]
# ## 3. On and off
#
# The second filter needs no idea of blocks. The encoder has the original *and* what the decoder
# will have: by least squares it finds the weights with which a sample's neighbours bring it nearest
# to the original, one set for each class of surroundings (flat or busy, dark or bright), and sends
# them. Such a filter is named after N. Wiener.

# %%
results = {
    "none": (bare, bare_bpp),
    "deblocking": code(deblocking=True, wiener=False),
    "Wiener": code(deblocking=False, wiener=True),
    "both": code(deblocking=True, wiener=True),
}
print("filters      bpp    RMSE   on / off the grid")
for name, (decoded, bpp) in results.items():
    ratio = blocking_ratio(pixels, decoded)
    print(f"{name:11} {bpp:.2f}  {rmse(decoded - pixels):.2f} HU   {ratio:.2f}")

figure, axes = plt.subplots(figsize=(7, 2.8), layout="constrained")
for i, (name, (decoded, _)) in enumerate(results.items()):
    axes.bar(np.arange(8) + 0.2 * i - 0.3, steps_after_column(decoded - pixels), 0.2, label=name)
axes.set(xlabel="column in the block (7: the step is across the border)", ylabel="mean step, HU")
axes.set(ylim=(2, None))
axes.legend(fontsize=8)
plt.show()
panels = {name: decoded + to_hu for name, (decoded, _) in results.items() if name != "Wiener"}
show_slices(panels, "brain", region=detail)

# %% [markdown]
# Deblocking costs no bits and lowers the borders; to the RMSE it gives little, as few samples lie
# on borders. The Wiener filter pays for its weights and lowers the error everywhere. Both together
# leave a ratio close to 1. (Look closely: in the brain window large blocks can still be told apart,
# where their slopes disagree. And no filter brings back the noise that was rounded away.)
#
# They work on the finished slice: blocks are predicted from *unfiltered* neighbours. So each can be
# switched off, and the blocks stay the same.
#
# ## 4. Hands off an edge
#
# Where does the deblocking filter act, and what does it do to the skull? Take the border with the
# largest step of bone in the slice:

# %%
deblocked = results["deblocking"][0]
change = deblocked - bare
print(f"deblocking changes {100 * np.mean(change != 0):.0f} % of the samples, ", end="")
print(f"by at most {np.abs(change).max()} HU")

at_borders = np.abs(np.diff(pixels, axis=1))[:, 7::8] * (hu[:, 8::8] > 250)
y, border = np.unravel_index(np.argmax(at_borders), at_borders.shape)
x = 8 * int(border) + 8  # the border lies before this column
print(f"row {y}, columns {x - 1} and {x}: a step of {at_borders.max()} HU in the original")
print(f"deblocking changes these two by {change[y, x - 1]} and {change[y, x]} HU")
show_errors({"what deblocking changed": change}, 8)

# %% [markdown]
# ## 5. Almost right, and fatally wrong
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


blurred = blur_borders(bare)
body = body_mask(hu)  # without the border of the scanned circle, which no one looks at
print("            naive ratio   ratio of the error   body: RMSE   off by > 100 HU")
for name, decoded in {"no filter": bare, "deblocking": deblocked, "blur": blurred}.items():
    error = (decoded - pixels)[body]
    print(
        f"{name:11} {naive_ratio(decoded):12.2f} {blocking_ratio(pixels, decoded):20.2f}"
        f" {rmse(error):9.1f} HU {100 * np.mean(np.abs(error) > 100):11.1f} %"
    )

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
skull = (slice(y - 40, y + 40), slice(x - 20, x + 60))
show_slices({"deblocking": deblocked + to_hu, "blur": blurred + to_hu}, "bone", region=skull)

# %% [markdown]
# By the naive measure the blur is the best filter of all: the image is smoother at borders than
# anywhere else. It bought that with the skull: every edge of bone that crosses the grid is
# smeared, and a thin fracture would be gone. A measure that rewards smoothness rewards whoever
# removes the patient. Measured on the error itself, in the body, the blur is what it is: several
# times worse than no filter at all.
#
# ## Exercises
#
# **Exercise 1.** The error jumps by 3 HU on average between neighbours that a border parts, and by
# 2 HU between all others. What is the blocking ratio (one decimal)?

# %% tags=["exercise-1"]
ratio = ...

# %%
check(1, ratio, "f5b6c7ac7058", digits=1, hint="on the grid over off the grid")

# %% [markdown]
# **Exercise 2.** Step 1 looked at columns. Return the mean step of the error after the *rows* 0, 1,
# ... 7 of all blocks.


# %% tags=["exercise-2"]
def steps_after_row(error):
    """Return eight means."""
    return ...


# %%
check(
    2,
    steps_after_row,
    {
        "there are eight": lambda f: len(f(bare - pixels)) == 8,
        "the last is the largest": lambda f: np.argmax(f(bare - pixels)) == 7,
        "the rows of the transposed slice are its columns": lambda f: np.allclose(
            f((bare - pixels).T), steps_after_column(bare - pixels)
        ),
    },
    hint="np.diff along the other axis",
)

# %% [markdown]
# **Exercise 3.** The heart of the filter. From two samples on each side, `p1 p0 | q0 q1`, H.265
# computes `change = (9 * (q0 - p0) - 3 * (q1 - p1) + 8) >> 4`. If it is `10 * limit` or more in
# absolute value, hands off. Otherwise clip it to `limit`, add it to p0 and take it from q0.


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
# ## What to take with you
#
# - Blocking is a property of the error. Measure it there, on the grid and off it.
# - Thresholds that follow the quantization step tell the codec's steps from the patient's.
# - Wiener's weights are found where the original is, and sent.
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
