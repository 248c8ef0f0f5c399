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
# error map, Shannon's R(D), and why rounding halves is a matter of bytes.
#
# **What you'll need.** Lessons 0 and 1, and about 35 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import mmpc
from mmpc.explore.body import measured
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.figures import show_errors, show_slices
from mmpc.explore.scoreboard import score, show_scoreboard
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
# Parseval (lesson 1) carries it over to the pixels. Let us try, on noise first and then on two
# slices.


# %%
def coefficients_of(pixels):
    """Return the coefficients of a slice, its smallest pixel taken as zero."""
    # Rounded to six decimals, so that floating-point noise decides nothing; step 8 tells more.
    return forward_dct(split_blocks(pixels.astype(np.int32) - int(pixels.min()))).round(6)


pixels = measured("head_ct").pixels  # with air in the place of the padding
offset = int(pixels.min())
coefficients = coefficients_of(pixels)
abdomen = coefficients_of(measured("abdomen_ct").pixels)


def rmse(values):
    """Return the root of the mean of the squares."""
    return np.sqrt(np.mean(np.square(values, dtype=np.float64)))


def quantization_error(values, step):
    """Return decoded minus original."""
    return dequantize(quantize(values.copy(), step), step) - values


noise = np.random.default_rng(0).normal(scale=300, size=100_000)
print(" step   step/sqrt(12)   RMSE of noise       head    abdomen")
for step in (10, 30, 60, 120):
    errors = [rmse(quantization_error(values, step)) for values in (noise, coefficients, abdomen)]
    print(
        f"{step:5} {step / np.sqrt(12):15.2f} {errors[0]:15.2f} {errors[1]:10.2f} {errors[2]:10.2f}"
    )

# %% [markdown]
# For noise the rule holds. The slices do better than predicted, and the coarser the step, the
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
# The survivors obey the rule, nearly: within one step small values are a little more frequent than
# large ones, so all four lie a little above it. The dead do not: they are many, and each costs
# little. That is energy compaction at work.
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
hu = measured("head_ct").hounsfield()
brain = (slice(100, 440), slice(90, 420))
decoded_panels, error_panels = {"original": hu}, {}
for quality in (10, 30, 60):
    decoded = mmpc.decompress(mmpc.compress(pixels, bitstream=1, quality=quality))
    error = decoded.astype(np.int32) - pixels
    decoded_panels[f"quality {quality}"] = hu + error
    error_panels[f"quality {quality}: RMSE {rmse(error):.2f} HU"] = error
    within = np.quantile(np.abs(error), 0.99)
    in_coefficients = rmse(quantization_error(coefficients, quality))
    print(
        f"quality {quality}: RMSE {rmse(error):.2f} HU, in the coefficients {in_coefficients:.2f}; "
        f"99 % of the pixels within {within:.0f} HU"
    )
show_slices(decoded_panels, "brain", region=brain)
show_errors(error_panels, 20, region=(slice(260, 440), slice(90, 270)))

# %% [markdown]
# The two RMSE of a line are not quite the same, and Parseval seems to be broken. It holds for the
# transform back, but then the decoder does two things more. It rounds to whole pixels, which adds a
# variance of 1/12: at quality 10 one sees it. And it *clips*: nothing can be below the smallest
# pixel, so where air came out too dark it is mended for free. At quality 30 that is worth more.
#
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


figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
at_equal_rate = {}
for axes, (name, values, rate) in zip(
    panels, (("head", coefficients, 0.9), ("abdomen", abdomen, 1.6)), strict=True
):
    for r, style in ((1 / 2, "o-"), (1 / 3, "s--"), (1 / 6, "^:")):
        curve = []
        for step in (15, 20, 30, 40, 60, 80):
            levels = deadzone_levels(values, step, r)
            curve.append((entropy_bits(levels), rmse(levels * step - values)))
        axes.plot(*zip(*curve, strict=True), style, color="0.2", label=f"r = {r:.2f}")
        rates, errors = zip(*curve, strict=True)
        at_equal_rate[name, r] = np.interp(rate, rates[::-1], errors[::-1])
        print(
            f"{name:8} r = {r:.2f}, step 30: {curve[2][0]:.3f} bits, RMSE {curve[2][1]:.2f} HU; "
            f"at {rate} bits: RMSE {at_equal_rate[name, r]:.2f} HU"
        )
    axes.set(xlabel="entropy, bits a coefficient", title=f"{name}: lower left is better")
panels[0].set_ylabel("RMSE, HU")
panels[0].legend()
plt.show()

# %% [markdown]
# At the *same step* a wider deadzone gives fewer bits and more error. So the only fair comparison
# is between whole curves, at the same number of bits. There 1/3 wins a little on both slices. 1/6
# is worse than 1/3 on both, and in the head worse even than plain rounding: it has gone too far.
# Version 1 of our format rounds to nearest as the report does; version 2 decides for
# every coefficient (lesson 11 opens that box).
#
# ## 7. How far from the best? The rate of a Gaussian
#
# Claude Shannon asked what *any* code could do. For numbers from a bell curve of variance
# $\sigma^2$ and a mean square error of at most $D$, none needs fewer bits a number than
#
# $$ R(D) = \tfrac12 \log_2 \frac{\sigma^2}{D} . $$
#
# Rounding, followed by the best code for single levels, on the noise of step 2:

# %%
for step in (10, 60, 240):
    bits = entropy_bits(np.rint(noise / step))
    bound = 0.5 * np.log2(np.var(noise) / rmse(quantization_error(noise, step)) ** 2)
    print(f"step {step:3}: {bits:.2f} bits, R(D) {bound:.2f} bits, too many: {bits - bound:.2f}")

# %% [markdown]
# A quarter of a bit is the price of rounding each number alone ($\tfrac12 \log_2 \pi e / 6$, or
# 1.5 dB), a little more where the step is coarse. Part of it can be won back: version 2 rounds
# *sequences* with a trellis. Now the slices. Each of the 64 places has a variance of its own. The
# best plan for 64 Gaussians is to give each the same error $D$; a place whose variance is below
# $D$ gets no bits at all, and its error is its variance (*reverse water-filling*):


# %%
def gaussian_rate(values, mean_square_error):
    """Return bits a coefficient for 64 Gaussians with the variances of the places."""
    variances = values.reshape(-1, 64).var(axis=0)
    low, high = 0.0, variances.max()
    for _ in range(60):  # the water level at which the mean error is the wanted one
        water = (low + high) / 2
        too_high = np.minimum(water, variances).mean() > mean_square_error
        low, high = (low, water) if too_high else (water, high)
    return np.mean(np.maximum(0, 0.5 * np.log2(variances / water)))


def entropy_by_place(levels):
    """Return the mean entropy of the 64 places."""
    return np.mean([entropy_bits(place) for place in levels.reshape(-1, 64).T])


below = []
for name, values in (("head", coefficients), ("abdomen", abdomen)):
    for step in (10, 30):
        error = rmse(quantization_error(values, step))
        ours, bound = entropy_by_place(np.rint(values / step)), gaussian_rate(values, error**2)
        below.append(ours < bound)
        print(f"{name:8} RMSE {error:5.2f} HU: Gaussian {bound:.2f}, our levels {ours:.2f} bits")

# %% [markdown]
# Our levels are *below* the bound, in the head by far, and a bound cannot be broken. But it is one
# for Gaussians, and of all distributions with a given variance the Gaussian is the most expensive.
# The coefficients of step 3 are no bell curves: they are nearly nothing in air and large at bone,
# and whoever knows *where* can spend less. The abdomen is full of noise, and noise is a bell curve:
# there less is to be had. Lessons 7 to 11 live on that difference.
#
# ## 8. A subtle truth: halves
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
# *decoder* meets ties as well: a block with nothing but a DC level has the value level x step / 8
# everywhere, and for air at step 30 that can be 22.5. So it, too, must say what it does with
# halves (FORMAT.md does, under *Ties*). Remember this when somebody asks for "bit-exact"
# results, and ask: of what?
#
# ## 9. Almost right, and fatally wrong
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
# every measurement of density is biased. (What the first one has is the air that we put in the
# place of the padding: hundreds of equal blocks, all rounded the same way.) The RMSE of the second
# one says only "a bit worse"; the mean error says what is wrong.

# %% tags=["claims"]
survivors = {
    step: rmse(quantization_error(coefficients, step)[quantize(coefficients.copy(), step) != 0])
    for step in (10, 30, 60, 120)
}
claims(
    {
        "survivors obey the rule within 7 %": all(
            abs(error * np.sqrt(12) / step - 1) < 0.07 for step, error in survivors.items()
        ),
        "1/3 wins a little, 1/6 has gone too far": all(
            at_equal_rate[name, 1 / 3] < at_equal_rate[name, 1 / 2]
            and at_equal_rate[name, 1 / 3] < at_equal_rate[name, 1 / 6]
            for name in ("head", "abdomen")
        ),
        "levels are below the Gaussian bound": all(below),
    }
)

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** How many percent of all levels of the head are zero at step 40? One decimal.

# %% tags=["exercise-1"]
zero_percent = ...

# %%
check(
    1,
    zero_percent,
    "8819880b6022",
    digits=1,
    hint="quantize() uses its argument as scratch space: give a copy",
)

# %% [markdown]
# **Exercise 2.** Write the inverse question: for a wanted RMSE, find the *largest* whole step from
# 2 to 200 at which the head stays at or below it. Measure on the coefficients (Parseval). Take
# care: the error does not grow with *every* step.


# %% tags=["exercise-2"]
def largest_step_for(wanted_rmse):
    """Return the coarsest step whose RMSE is at most `wanted_rmse`."""
    return ...


# %%
measured_rmse = {step: rmse(quantization_error(coefficients, step)) for step in range(2, 201)}
falls = [step for step in range(3, 201) if measured_rmse[step] < measured_rmse[step - 1]]
tricky = measured_rmse[falls[0]]  # met again behind a step that misses it
check(
    2,
    largest_step_for,
    {
        "the step for 5 HU stays at or below 5 HU": lambda f: measured_rmse[f(5)] <= 5,
        "no coarser step would": lambda f: all(
            measured_rmse[step] > 5 for step in range(f(5) + 1, 201)
        ),
        "a larger error allows a larger step": lambda f: f(8) > f(5) > f(2),
        "it looks behind a step that misses": lambda f: all(
            measured_rmse[step] > tricky for step in range(f(tricky) + 1, 201)
        ),
    },
    hint="try every step, or walk down from 200; do not stop at the first that is too coarse",
)

# %% [markdown]
# **Exercise 3.** With the deadzone rule of step 6 and r = 1/6 at step 30: what is the largest
# coefficient (in magnitude, whole number) that still becomes zero?

# %% tags=["exercise-3"]
largest_dead_coefficient = ...

# %%
check(3, largest_dead_coefficient, "2f457848b08f", hint="floor(x) is zero while x is below 1")

# %% [markdown]
# **Exercise 4, your own codec.** Give your codec of lesson 1 a deadzone, and choose $r$ so that the
# score falls.


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
        "it needs less than 2.09 bits per pixel": lambda f: score(2, f) < 2.09,
    },
    hint="deadzone_levels() in the place of np.rint; the decoder need not know",
)
show_scoreboard(2)

# %% [markdown]
# ## What to take with you
#
# - Quality is the step; larger is coarser. The loss of the whole codec is this one rounding.
# - Survivors have an error of about step / sqrt(12); the many dead cost only what they were worth.
# - One quarter of a bit above R(D): that is what rounding alone costs, where numbers are Gaussian.
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
# - T. Berger, *Rate Distortion Theory* (1971). Reverse water-filling is Kolmogorov's (1956).
# - N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, SIAM (2002). Where
#   floating-point noise comes from.
