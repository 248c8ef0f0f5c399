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
# # 2. Quantize
#
# So far nothing was lost. Now we round: every coefficient is divided by one number, the
# *quantization step*, and rounded to a whole number. This is the only place where this codec
# loses information, and the only knob it has.
#
# **Mind the word.** In this codec the step is called *quality*, and **larger is coarser**:
# quality 60 gives a smaller file and a larger error than quality 10.
#
# **What you'll do.** Quantize a slice, predict the error before measuring it, find out why the
# prediction fails, and see which coefficients die first.
#
# **What you'll learn.** Step and level, step / sqrt(12), deadzone, histogram of coefficients,
# error map, and why rounding halves is a matter of bytes.
#
# **What you'll need.** Lessons 0 and 1, and about 20 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import mmpc
from mmpc.explore.check import check
from mmpc.explore.figures import show_errors, show_slices
from mmpc.images import sample
from mmpc.v1.blocks import join_blocks, split_blocks
from mmpc.v1.dct import forward_dct, inverse_dct
from mmpc.v1.quantizer import dequantize, quantize

# %% [markdown]
# ## 1. Step and level
#
# The *level* is $q = \mathrm{round}(C / \text{step})$, and the decoder knows only $\hat C = q
# \cdot \text{step}$. Ten coefficients by hand:

# %%
step = 30
examples = np.array([-100.0, -46, -44, -16, -14, 0, 14, 16, 44, 46])
levels = np.rint(examples / step)
print("coefficient", " ".join(f"{value:6.0f}" for value in examples))
print("level      ", " ".join(f"{int(value):6d}" for value in levels))
print("decoded    ", " ".join(f"{int(value * step):6d}" for value in levels))
print("error      ", " ".join(f"{int(e):6d}" for e in levels * step - examples))
print(f"the same as mmpc: {np.array_equal(levels, quantize(examples.copy(), step))}")

# %% [markdown]
# Everything from -15 to 15 became zero. The error is never more than half a step.
#
# ## 2. How large is the error? A prediction
#
# If the errors are spread evenly between minus and plus half a step, their root mean square is
# the standard deviation of a uniform distribution of width *step*: $\text{step}/\sqrt{12}$.
# Parseval (lesson 1) carries it over to the pixels unchanged. Let us try, on noise first and then
# on the slice.

# %%
pixels = sample("head_ct").pixels
offset = int(pixels.min())
# Rounded to six decimals, so that floating-point noise decides nothing; step 7 tells more.
coefficients = forward_dct(split_blocks(pixels.astype(np.int32) - offset)).round(6)


def rmse(values):
    """Return the root of the mean of the squares."""
    return np.sqrt(np.mean(np.square(values, dtype=np.float64)))


def quantization_error(values, step):
    """Return decoded minus original."""
    return dequantize(quantize(values.copy(), step), step) - values


noise = np.random.default_rng(0).normal(scale=300, size=100_000)
print(" step   step/sqrt(12)   RMSE of noise   RMSE of the slice")
for step in (10, 30, 60, 120):
    errors = [rmse(quantization_error(values, step)) for values in (noise, coefficients)]
    print(f"{step:5} {step / np.sqrt(12):15.2f} {errors[0]:15.2f} {errors[1]:19.2f}")

# %% [markdown]
# For noise the rule holds. The slice does better than predicted, and the coarser the step, the
# better. Why? Most coefficients of an image are smaller than half a step. They become zero, and
# their error is *their own small value*, not something up to half a step. Take the two kinds
# apart:

# %%
print(" step   became zero   RMSE of those   RMSE of the others   step/sqrt(12)")
for step in (10, 30, 60, 120):
    errors = quantization_error(coefficients, step)
    dead = quantize(coefficients.copy(), step) == 0
    print(
        f"{step:5} {100 * dead.mean():11.1f} % {rmse(errors[dead]):13.2f} "
        f"{rmse(errors[~dead]):18.2f} {step / np.sqrt(12):15.2f}"
    )

# %% [markdown]
# The survivors obey the rule. The dead do not: they are many, and each costs little. That is
# energy compaction at work.
#
# ## 3. What coefficients look like
#
# A histogram of one coefficient over all blocks has a sharp peak at zero and long tails. Such
# *peaky* distributions are the reason why compression works: most levels will be 0, and 0 can be
# said briefly.

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 3), layout="constrained", sharey=True)
for axis, (u, v) in zip(axes, ((0, 1), (2, 2), (6, 5)), strict=True):
    values = coefficients[..., u, v].ravel()
    axis.hist(values, bins=np.arange(-205, 206, 10), color="0.4", log=True)
    axis.axvspan(-15, 15, color="tab:orange", alpha=0.4, label="zero at step 30")
    axis.set(xlabel=f"coefficient ({u}, {v}), stored units")
    share = 100 * np.mean(np.abs(values) < 15)
    print(f"coefficient ({u}, {v}): {share:.1f} % of the blocks are within 15 of zero")
axes[0].set_ylabel("blocks")
axes[0].legend()
plt.show()

# %% [markdown]
# ## 4. Which coefficients die first
#
# For each of the 64 places: in how many percent of the blocks does a level other than zero
# survive?

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 3.5), layout="constrained")
for axis, step in zip(axes, (10, 30, 120), strict=True):
    alive = 100 * np.mean(quantize(coefficients.copy(), step) != 0, axis=(0, 1))
    shown = axis.imshow(alive, cmap="viridis", vmin=0, vmax=100)
    axis.set(title=f"step {step}", xlabel="horizontal frequency", ylabel="vertical frequency")
    print(
        f"step {step:3}: alive at (0, 0) {alive[0, 0]:.1f} %, at (0, 1) {alive[0, 1]:.1f} %, "
        f"at (3, 3) {alive[3, 3]:.1f} %, at (7, 7) {alive[7, 7]:.1f} %"
    )
figure.colorbar(shown, ax=axes, label="blocks with a level, %", shrink=0.85)
plt.show()

# %% [markdown]
# The fast waves at the bottom right die first, everywhere except on sharp edges. What is lost
# first is thus fine texture and noise, then thin structures.
#
# ## 5. Error maps
#
# Where in the image is the loss? Decode at three qualities and subtract.

# %%
hu = sample("head_ct").hounsfield()
brain = (slice(100, 440), slice(90, 420))
decoded_panels, error_panels = {"original": hu}, {}
for quality in (10, 30, 60):
    decoded = mmpc.decompress(mmpc.compress(pixels, bitstream=1, quality=quality))
    error = decoded.astype(np.int32) - pixels
    decoded_panels[f"quality {quality}"] = hu + error
    error_panels[f"quality {quality}: RMSE {rmse(error):.2f} HU"] = error
    within = np.quantile(np.abs(error), 0.99)
    print(
        f"quality {quality}: RMSE {rmse(error):.2f} HU, 99 % of the pixels within {within:.0f} HU"
    )
show_slices(decoded_panels, "brain", region=brain)
show_errors(error_panels, 20, region=(slice(260, 440), slice(90, 270)))

# %% [markdown]
# The error maps show the lower left quarter. At quality 10 the error looks like noise. At 60 one
# sees the basis images of lesson 1 in single blocks, and the skull: where the image has
# structure, the error has structure too. Note that the brain window is 80 HU wide, so an error of
# 10 HU is an eighth of it.
#
# ## 6. Deadzone
#
# Rounding to nearest sends everything within half a step to zero. One may widen this **deadzone**
# on purpose: a coefficient just outside it saves little error when it is kept but costs bits. The
# rule with *offset* $r$ is
#
# $$ q = \operatorname{sign}(C) \lfloor |C| / \text{step} + r \rfloor $$
#
# Rounding is $r = 1/2$. The reference encoders of H.264 and HEVC use $1/3$ in intra and $1/6$ in
# inter pictures. The decoder need not know.


# %%
def deadzone_levels(values, step, r):
    """Quantize with rounding offset r; 1/2 is rounding to nearest."""
    return np.sign(values) * np.floor(np.abs(values) / step + r)


def entropy_bits(levels):
    """Return the empirical entropy: bits a symbol that no code without memory can beat."""
    counts = np.unique(levels, return_counts=True)[1]
    shares = counts / counts.sum()
    return -np.sum(shares * np.log2(shares))


figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
for r, style in ((1 / 2, "o-"), (1 / 3, "s--"), (1 / 6, "^:")):
    curve = []
    for step in (15, 20, 30, 40, 60, 80):
        levels = deadzone_levels(coefficients, step, r)
        curve.append((entropy_bits(levels), rmse(levels * step - coefficients)))
    axes.plot(*zip(*curve, strict=True), style, color="0.2", label=f"r = {r:.2f}")
    print(f"r = {r:.2f}, step 30: {curve[2][0]:.3f} bits a coefficient, RMSE {curve[2][1]:.2f} HU")
    rates, errors = zip(*curve, strict=True)
    print(f"          at 1.2 bits: RMSE {np.interp(1.2, rates[::-1], errors[::-1]):.2f} HU")
axes.set(xlabel="entropy, bits a coefficient", ylabel="RMSE, HU", title="Lower left is better")
axes.legend()
plt.show()

# %% [markdown]
# At the *same step* a wider deadzone gives fewer bits and more error. So the only fair comparison
# is between whole curves, at the same number of bits. There 1/3 wins a little, and 1/6 has gone
# too far. Version 1 of our format rounds to nearest as the report does; version 2 decides for
# every coefficient.
#
# ## 7. A subtle truth: halves
#
# Rounding has one sore point: exactly half. The DC coefficient is a sum of 64 whole numbers
# divided by 8, so DC / step is, now and then, exactly half way between two levels.

# %%
exact_dc = split_blocks(pixels.astype(np.int32) - offset).sum(axis=(2, 3)) / 8
for step in (10, 30, 60):
    ties = np.mod(exact_dc / step, 1) == 0.5
    print(f"step {step}: {ties.sum()} of {ties.size} DC levels are exact ties")
computed_dc = forward_dct(split_blocks(pixels.astype(np.int32) - offset))[..., 0, 0]
noise_size = np.abs(computed_dc - exact_dc).max()
print(f"floating-point noise of the DCT is below 1e-9: {noise_size < 1e-9}")

# %% [markdown]
# The computed DCT differs from the exact one in the twelfth digit or so, and that noise decides
# which way a tie falls. It depends on the processor and on the library that multiplies the
# matrices. So two machines may write files that differ by a few bytes for the same image. Both
# are right: the decoded images have the same error, since a tie is equally far from both sides. A
# *decoder* has no such freedom: it multiplies whole numbers by the step, and its last rounding,
# to pixels, is far from ties nearly everywhere. Remember this when somebody asks for "bit-exact"
# results, and ask: of what?
#
# ## 8. Almost right, and fatally wrong
#
# `astype(int)` looks like rounding, and it is one letter shorter than thinking.

# %%
step = 30
for name, levels in (
    ("np.rint(C / step)", np.rint(coefficients / step)),
    ("(C / step).astype(int)", (coefficients / step).astype(int)),
    ("C // step", coefficients // step),
):
    error = join_blocks(inverse_dct(levels * step), *pixels.shape) + offset - pixels
    print(f"{name:24} RMSE {rmse(error):6.2f} HU, mean error {error.mean():6.2f} HU")

# %% [markdown]
# The second cuts towards zero: a deadzone twice as wide, and all that survives becomes smaller.
# The third rounds *down*, so that every coefficient is too small by half a step on average, and
# even empty places get a level of -1. Both images decode and look plausible in a bone window. But
# in both the mean is too low (the DC coefficients are positive here, and both cut them down), so
# every measurement of density is biased. The RMSE of the second one says only "a bit worse"; the
# mean error says what is wrong.

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** At step 45, how large can the error of one *coefficient* be at most?

# %% tags=["exercise-1"]
largest_coefficient_error = ...

# %%
check(1, largest_coefficient_error, "13ea1f3e7b4e", digits=1, hint="look at the table of step 1")

# %% [markdown]
# **Exercise 2.** How many percent of all levels of this slice are zero at step 40? One decimal.

# %% tags=["exercise-2"]
zero_percent = ...

# %%
check(
    2,
    zero_percent,
    "8ac04d9516e2",
    digits=1,
    hint="quantize() uses its argument as scratch space: give a copy",
)

# %% [markdown]
# **Exercise 3.** Write the inverse question: for a wanted RMSE, find the *largest* whole step at
# which the slice stays at or below it. Measure on the coefficients (Parseval); steps from 1 to
# 200 are enough.


# %% tags=["exercise-3"]
def largest_step_for(wanted_rmse):
    """Return the coarsest step whose RMSE is at most `wanted_rmse`."""
    return ...


# %%
check(
    3,
    largest_step_for,
    {
        "the step for 5 HU stays at or below 5 HU": lambda f: (
            rmse(quantization_error(coefficients, f(5))) <= 5
        ),
        "a step coarser by one would not": lambda f: (
            rmse(quantization_error(coefficients, f(5) + 1)) > 5
        ),
        "a larger error allows a larger step": lambda f: f(8) > f(5) > f(2),
    },
    hint="the RMSE grows with the step; walk up, or bisect",
)

# %% [markdown]
# **Exercise 4.** With the deadzone rule of step 6 and r = 1/6 at step 30: what is the largest
# coefficient (in magnitude, whole number) that still becomes zero?

# %% tags=["exercise-4"]
largest_dead_coefficient = ...

# %%
check(4, largest_dead_coefficient, "f0d547b7577b", hint="floor(x) is zero while x is below 1")

# %% [markdown]
# ## What to take with you
#
# - Quality is the step; larger is coarser. The loss of the whole codec is this one rounding.
# - Survivors have an error of step / sqrt(12); the many dead cost only what they were worth.
# - A deadzone must be judged on curves of rate against error, never at equal step.
# - Check the mean error, too. A bias hides in an RMSE.
#
# Next: lesson 3 turns the levels into bytes.
#
# ## Further reading
#
# - R. M. Gray, D. L. Neuhoff, "Quantization", *IEEE Transactions on Information Theory* 44
#   (1998), 2325-2383. The history and the theory, step / sqrt(12) included.
# - G. J. Sullivan, "Efficient scalar quantization of exponential and Laplacian random variables",
#   *IEEE Transactions on Information Theory* 42 (1996), 1365-1374. Why the deadzone.
# - N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, SIAM (2002). Where
#   floating-point noise comes from.
