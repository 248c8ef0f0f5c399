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
# # 19. Measure what doctors measure
#
# Lesson 18 asked whether a lesion is *seen*. Many images are never looked at for that: a program
# counts the dark pixels of a lung, the bright ones of a coronary artery, the grey ones of a muscle,
# and a number goes into the report. Numbers can be compared, before coding and after.
#
# **What you'll do.** Measure emphysema, muscle, fat and bone of a chest, code it, measure again;
# tell what is wrong in the same way every time from what is wrong now this way, now that; scan a
# phantom sixteen times; stand on the edge of a threshold.
#
# **What you'll learn.** Bias and limits of agreement (Bland and Altman); repeatability; how
# sensitive a threshold is; why Dice flatters large organs and a correlation proves nothing.
#
# **What you'll need.** Lessons 2 and 18, and about 45 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import mmpc
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.streams.sample_volume import RESCALE_INTERCEPT_HU, sample_volume
from mmpc.tasks.agreement import Agreement
from mmpc.tasks.masks import body_mask, bone_mask, lung_mask
from mmpc.tasks.measurements import FAT_HU, MUSCLE_HU, BodyComposition, Calcium, Emphysema
from mmpc.tasks.overlap import Overlap
from mmpc.tasks.phantoms import fbp_spectrum, noise_of_spectrum

# %% [markdown]
# ## 1. What is measured
#
# The chest of lesson 17, every fourth slice. Four measures, all made of thresholds:
#
# - **Emphysema**: the percentage of the lung below -950 HU, where there should be tissue and is
#   air; and the 15th percentile, the HU below which 15 % of the lung lie.
# - **Muscle** (-29 to 150 HU), **fat** (-190 to -30 HU) and **bone** in cm², as they are measured
#   to see how well a patient is fed.
#
# The masks are simple ones: thresholds, the largest piece, holes filled.

# %%
SPACING_MM = 0.78125  # of the series from which the volume was cut
volume = np.asarray(sample_volume())
stored = volume[::4]
slices_hu = stored.astype(float) + RESCALE_INTERCEPT_HU


def masks_of(image_hu):
    """Return the masks that are found in a slice, by name."""
    finders = {"body": body_mask, "lung": lung_mask, "bone": bone_mask}
    return {name: find(image_hu, SPACING_MM) for name, find in finders.items()}


def tissues(image_hu, masks):
    """Return areas of muscle, fat and bone."""
    return BodyComposition.of(image_hu, masks["body"], masks["bone"], SPACING_MM)


masks_before = [masks_of(image) for image in slices_hu]
lungs, bodies = ([masks[name] for masks in masks_before] for name in ("lung", "body"))
print("slice   lung below -950 HU   15th percentile   muscle      fat     bone")
for index, (image, masks) in enumerate(zip(slices_hu, masks_before, strict=True)):
    found, areas = Emphysema.of(image, masks["lung"]), tissues(image, masks)
    print(
        f"{4 * index:5} {found.below_950_hu_percent:18.2f} % {found.percentile_15_hu:14.0f} HU "
        f"{areas.muscle_mm2 / 100:5.0f} cm² {areas.fat_mm2 / 100:4.0f} cm² "
        f"{areas.bone_mm2 / 100:4.0f} cm²"
    )

image, (body, lung, bone) = slices_hu[3], masks_before[3].values()
soft = body & ~bone
painted = {
    "lung; in red what is below -950 HU": lung * 1.0 + (lung & (image < -950)),
    "fat, muscle (in red), bone": (
        1.0 * (soft & (image >= FAT_HU[0]) & (image <= FAT_HU[1]))
        + 2.0 * (soft & (image >= MUSCLE_HU[0]) & (image <= MUSCLE_HU[1]))
        + 3.0 * bone
    ),
}
figure, axes = plt.subplots(1, 3, figsize=(9.6, 3.5), layout="constrained")
axes[0].imshow(image, cmap="gray", vmin=-1000, vmax=400)
axes[0].set_title("slice 12", fontsize=10)
colours = ("white", "lightsteelblue", "tab:red", "0.3")
for panel, (title, classes) in zip(axes[1:], painted.items(), strict=True):
    panel.imshow(classes, cmap=plt.matplotlib.colors.ListedColormap(colours), vmin=0, vmax=3)
    panel.set_title(title, fontsize=10)
for panel in axes:
    panel.set_axis_off()
plt.show()

# %% [markdown]
# This patient's lung is nearly healthy: a percent or two below -950 HU. Look at where the red
# pixels are. They are scattered like dust, more in front (above), where the lung of someone who
# lies on the back holds more air. Dust is mostly noise; keep that in mind. And thresholds know no
# names: the heart counts as muscle.
#
# ## 2. Before and after
#
# Each slice's lung is cut into quarters, which differ more than slices do: 24 pairs of
# measurements, before and after. Both codecs, at a careful and at a coarse
# step, and at the coarse one the areas of tissue, too.


# %%
def quarters(mask):
    """Return the four quarters of a mask: front and back, right and left."""
    rows, columns = np.nonzero(mask)
    y, x = np.indices(mask.shape)
    front, right = y < np.median(rows), x < np.median(columns)
    return [mask & one & other for one in (front, ~front) for other in (right, ~right)]


PARTS = [quarters(lung) for lung in lungs]


BELOW, P15 = "below -950 HU, %", "15th percentile, HU"
AREAS = {f"{name}, cm²": f"{name}_mm2" for name in ("muscle", "fat", "bone")}


def lung_values(images_hu):
    """Return both measures of emphysema in all quarters, shapes (24,)."""
    found = [
        Emphysema.of(image, part)
        for image, parts in zip(images_hu, PARTS, strict=True)
        for part in parts
    ]
    return {
        BELOW: np.array([one.below_950_hu_percent for one in found]),
        P15: np.array([one.percentile_15_hu for one in found]),
    }


def tissue_values(images_hu, masks):
    """Return the areas of the slices in cm², shapes (6,)."""
    found = [tissues(*one) for one in zip(images_hu, masks, strict=True)]
    return {
        name: np.array([getattr(one, attribute) for one in found]) / 100
        for name, attribute in AREAS.items()
    }


def coded(images, bitstream, quality):
    """Return bits per pixel, and what is decoded, in HU."""
    options = {"bitstream": 1} if bitstream == 1 else {"preset": "fast"}
    streams = [mmpc.compress(one, quality=quality, **options) for one in images]
    decoded = np.stack([mmpc.decompress(stream) for stream in streams]).astype(float)
    return 8 * sum(map(len, streams)) / images.size, decoded + RESCALE_INTERCEPT_HU


before = lung_values(slices_hu) | tissue_values(slices_hu, masks_before)
settings = [(bitstream, quality) for quality in (20, 80) for bitstream in (1, 2)]
decoded, after, masks_after = {}, {}, {}
for key in settings:
    rate_bpp, decoded[key] = coded(stored, *key)
    after[key] = lung_values(decoded[key])
    rmse = np.sqrt(np.mean((decoded[key] - slices_hu) ** 2))
    print(f"version {key[0]}, quality {key[1]}: {rate_bpp:.2f} bpp, RMSE {rmse:4.1f} HU")
    if key[1] == 80:  # masks take their time
        masks_after[key] = [masks_of(image) for image in decoded[key]]
        after[key] |= tissue_values(decoded[key], masks_after[key])

# %% [markdown]
# ## 3. Bias against spread
#
# Two things can be wrong with a second way of measuring. It may be off by the same amount each
# time: the **bias**, the mean of the differences. Or it is off now up, now down: the **spread**,
# their standard deviation. Bland and Altman (1986) draw each difference over the mean of its pair,
# the bias as a line, and 1.96 standard deviations to both sides: the **limits of agreement**,
# between which 95 % of the differences are expected. A formula of two lines:


# %%
def naive_agreement(values_before, values_after):
    """Return the bias, and the limits of agreement."""
    differences = values_after - values_before
    bias, spread = differences.mean(), differences.std(ddof=1)
    return bias, bias - 1.96 * spread, bias + 1.96 * spread


print(f"{'':20} before   version  quality    bias   limits of agreement")
bias = {}
for name, values in before.items():
    for key in (one for one in settings if name in after[one]):
        bias[name, key], low, high = naive_agreement(values, after[key][name])
        print(f"{name:20}{values.mean():7.1f} {key[0]:9} {key[1]:8}", end="")
        print(f" {bias[name, key]:7.2f} {low:10.2f} to {high:5.2f}")
theirs = Agreement.between(before["fat, cm²"], after[2, 80]["fat, cm²"])
mine = naive_agreement(before["fat, cm²"], after[2, 80]["fat, cm²"])
print(f"the package's agree: {np.allclose(mine, (theirs.bias, *theirs.limits))}")

figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.6), layout="constrained")
for panel, name in zip(axes, (BELOW, P15), strict=True):
    for key, colour in (((1, 80), "tab:red"), ((2, 80), "tab:blue")):
        difference = after[key][name] - before[name]
        middle = (after[key][name] + before[name]) / 2
        panel.plot(middle, difference, "o", color=colour, markersize=4, label=f"version {key[0]}")
        line, *limits = naive_agreement(before[name], after[key][name])
        panel.axhline(line, color=colour, linewidth=1.2)
        for limit in limits:
            panel.axhline(limit, color=colour, linewidth=0.8, linestyle=":")
    panel.axhline(0, color="k", linewidth=0.6)
    panel.set(xlabel=f"mean of the pair: {name}", ylabel="after less before")
axes[0].legend(fontsize=8, title="quality 80")
plt.show()

# %% tags=["claims"]
claims(
    {
        "a careful step moves the share by less than a tenth": all(
            abs(bias[BELOW, (version, 20)]) < 0.1 * before[BELOW].mean() for version in (1, 2)
        ),
        "coarse version 1 finds more than a third more": bias[BELOW, (1, 80)]
        > 0.33 * before[BELOW].mean(),
        "coarse version 2 finds less": bias[BELOW, (2, 80)] < -0.03 * before[BELOW].mean(),
        "the more there is, the more it is off": np.corrcoef(
            before[BELOW], after[1, 80][BELOW] - before[BELOW]
        )[0, 1]
        > 0.5,
        "above pure air this lung has 105 HU": abs(before[P15].mean() + 895) < 5,
        "the percentile moves by 5 HU at most": all(abs(bias[P15, key]) < 5 for key in settings),
        "areas move by less than 1 percent": all(
            abs(bias[name, key]) < 0.01 * before[name].mean()
            for name in AREAS
            for key in settings[2:]
        ),
    }
)

# %% [markdown]
# A careful step changes little. At the coarse one areas of tissue still stand (their biases are
# below 1 %), but the share below -950 HU does not: version 1 finds more than a third more
# emphysema in a patient in whom nothing has changed, and version 2, at the same step, *less*.
# And the left panel is a fan: the more there is, the more it is off, so that one bias for all is
# too simple a story. The 15th percentile measures the same disease and moves by a few HU.
#
# (Neighbouring slices of one patient are not 24 patients. The biases are true of this chest; how
# they spread over patients, it cannot say.)
#
# ## 4. A threshold at the edge
#
# Why up with one codec and down with the other? Look at the histogram of the lung, and at its fine
# variation: each pixel less the mean of the 5 x 5 around it, where no
# vessel is near.


# %%
def mean_of_25(image):
    """Return the mean of 5 x 5 pixels around each pixel, the borders by wrapping around."""
    moves = range(-2, 3)
    return np.mean([np.roll(image, (dy, dx), (0, 1)) for dy in moves for dx in moves], axis=0)


def is_quiet(image):
    """Return where the lung is dark and even: no vessel, no wall."""
    mean = mean_of_25(image)
    return (mean < -820) & (mean_of_25(image**2) - mean**2 < 30**2)


quiet = [lung & is_quiet(image) for image, lung in zip(slices_hu, lungs, strict=True)]
fine, shares = {}, {}
shown = {"original": slices_hu} | {f"version {v}, quality 80": decoded[v, 80] for v in (1, 2)}
figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.4), layout="constrained")
bins = np.arange(-1022, -718, 8)
print(f"{'':24}fine variation   below -950 HU")
for (name, images), colour in zip(shown.items(), ("k", "tab:red", "tab:blue"), strict=True):
    inside = np.concatenate([image[lung] for image, lung in zip(images, lungs, strict=True)])
    rough = [(image - mean_of_25(image))[mask] for image, mask in zip(images, quiet, strict=True)]
    fine[name], shares[name] = np.concatenate(rough).std(), 100 * np.mean(inside < -950)
    print(f"{name:24}{fine[name]:11.1f} HU {shares[name]:13.2f} %")
    counts = 100 * np.histogram(inside, bins)[0] / inside.size
    axes[0].step(bins[:-1] + 4, counts, where="mid", color=colour, label=name)
axes[0].axvline(-950, color="0.5", linewidth=0.8)
axes[0].set(xlabel="HU", ylabel="% of the lung in 8 HU", yscale="log", ylim=(0.005, 12))
axes[0].legend(fontsize=7)

EDGES = {  # what is measured: between which HU, and where it is looked for
    "below -950 HU, of the lung": (-np.inf, -950, lungs),
    "air of the lung, below -400 HU": (-np.inf, -400, bodies),
    "muscle, at -29 HU": (-29, 150, bodies),
    "bone, above 200 HU": (200, np.inf, bodies),
}
per_hu = {}
print("\nof what is measured, how much changes if everything is 1 HU off")
for name, (low, high, places) in EDGES.items():
    values = np.concatenate([one[place] for one, place in zip(slices_hu, places, strict=True)])
    edge = high if np.isinf(low) else low
    at_edge = np.count_nonzero(np.abs(values - edge) <= 5) / 11  # pixels in 1 HU
    per_hu[name] = 100 * at_edge / np.count_nonzero((values >= low) & (values <= high))
    print(f"{name:31} {per_hu[name]:6.2f} %")
axes[1].barh(list(per_hu), list(per_hu.values()), color="0.6")
axes[1].set(xlabel="% per HU", xscale="log", xlim=(0.005, 20))
axes[1].invert_yaxis()
axes[1].tick_params(labelsize=8)
plt.show()

# %% tags=["claims"]
claims(
    {
        "version 1 adds noise, version 2 removes some": (
            fine["version 2, quality 80"] + 1 < fine["original"] < fine["version 1, quality 80"] - 1
        ),
        "more noise, more emphysema": (
            shares["version 2, quality 80"] < shares["original"] < shares["version 1, quality 80"]
        ),
        "a hundred times as much at -950 as at -400 HU": per_hu["below -950 HU, of the lung"]
        > 100 * per_hu["air of the lung, below -400 HU"],
        "some percent per HU": 3 < per_hu["below -950 HU, of the lung"] < 8,
        "muscle and bone in between": all(
            0.05 < per_hu[name] < 1 for name in ("muscle, at -29 HU", "bone, above 200 HU")
        ),
    }
)

# %% [markdown]
# Lesson 2's error is uniform and comes *on top*: version 1 makes the lung noisier than it was.
# Version 2 drops what is cheap to drop, and what is cheap to drop is noise. And -950 HU lies on the
# flank of the histogram, where noise carries pixels over the threshold from the side where there
# are many to the side where there are few: more noise, more "emphysema". No tissue changed. (The
# spike at -1000 HU, the samples' 0, holds all that would lie below: the file has nothing lower.)
#
# The bars say it in general: how much of what is measured lies in the one HU at the threshold? For
# the border of the lung, where air and tissue are 800 HU apart, next to nothing. For the tail of a
# histogram a hundred times as much. **Where a threshold stands in a valley, a codec can hardly
# hurt; where it stands on a slope, noise is part of the measurement**, and whoever changes the
# noise (another dose, another kernel, a codec) changes the result.
#
# ## 5. Calcium, and what repeatability means
#
# Is a bias of so much large? Compare it with what the measurement differs by when *nothing* is
# done: the same patient, scanned again. None of our patients was scanned twice, and our chest has
# hardly calcium to measure, so here is a **phantom**: three calcified plaques in soft tissue with
# the noise of filtered back-projection, 20 HU, scanned 36 times: each time with new noise, and
# up to a quarter of a millimetre elsewhere. Calcium is scored after Agatston: pieces of at least
# 130 HU, each with its area times 1, 2, 3 or 4, as its brightest pixel reaches 130, 200, 300 or
# 400 HU.

# %%
PIXEL_MM, SIDE, ACROSS = 0.5, 72, 6
PLAQUES = ((-10, -10, 2.5, 260), (9, -8, 4, 330), (0, 10, 6, 480))  # y, x, diameter in mm; HU


def plaque(y_mm, x_mm, diameter_mm, contrast_hu):
    """Return a disc with a soft edge, in HU above its surroundings."""
    y, x = (np.indices((SIDE, SIDE)) - (SIDE - 1) / 2) * PIXEL_MM
    outside_mm = np.hypot(y - y_mm, x - x_mm) - diameter_mm / 2
    return contrast_hu / (1 + np.exp(outside_mm / 0.35))


def scan(rng):
    """Return the phantom in HU, without noise, a little off its place."""
    dy, dx = rng.uniform(-0.25, 0.25, 2)
    return 40 + sum(plaque(y + dy, x + dx, *what) for y, x, *what in PLAQUES)


def scores(sheet_hu):
    """Return the calcium scores of all scans in a sheet."""
    scans = sheet_hu.reshape(ACROSS, SIDE, ACROSS, SIDE).swapaxes(1, 2).reshape(-1, SIDE, SIDE)
    anywhere = np.ones((SIDE, SIDE), bool)
    return np.array([Calcium.of(one, anywhere, PIXEL_MM).score for one in scans])


rng = np.random.default_rng(19)
sheet = np.block([[scan(rng) for _ in range(ACROSS)] for _ in range(ACROSS)])
sheet += noise_of_spectrum(sheet.shape, PIXEL_MM, fbp_spectrum, 20, seed=19)
sheet = np.rint(sheet - RESCALE_INTERCEPT_HU).astype(np.uint16)
scored = scores(sheet + float(RESCALE_INTERCEPT_HU))
repeatability = 1.96 * np.sqrt(2) * scored.std(ddof=1)
print(f"score {scored.mean():.0f}, from {scored.min():.0f} to {scored.max():.0f}; ", end="")
print(f"two scans differ by less than {repeatability:.0f} in 95 of 100 cases")
half = {}
print("version  quality   bpp     bias   limits of agreement")
for key in settings:
    rate_bpp, (image,) = coded(sheet[np.newaxis], *key)
    found, low, high = naive_agreement(scored, scores(image))
    half[key] = found, (high - low) / 2
    print(f"{key[0]:7} {key[1]:8} {rate_bpp:5.2f} {found:8.1f} {low:11.1f} to {high:4.1f}")

contrasts = np.arange(90, 420, 2)
anywhere = np.ones((SIDE, SIDE), bool)
stairs = np.array(
    [Calcium.of(40 + plaque(0, 0, 4, c), anywhere, PIXEL_MM).score for c in contrasts]
)
near_200 = np.abs(40 + contrasts - 200) < 20
step_up = 100 * (np.max(stairs[near_200][1:] / stairs[near_200][:-1]) - 1)
print(f"a plaque of 4 mm whose peak passes 200 HU: its score rises by {step_up:.0f} % at once")
figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.2), layout="constrained", width_ratios=(1, 1.6))
axes[0].imshow(sheet[:SIDE, :SIDE], cmap="gray", vmin=900, vmax=1500)
axes[0].set_title("the phantom, scanned once", fontsize=10)
axes[0].set_axis_off()
axes[1].plot(40 + contrasts, stairs, "k")
axes[1].set(xlabel="peak of a plaque of 4 mm, HU", ylabel="calcium score")
plt.show()

# %% tags=["claims"]
claims(
    {
        "the codec disagrees with itself less than two scans do": all(
            spread < 0.95 * repeatability for _, spread in half.values()
        ),
        "a careful step has no bias to speak of": all(
            abs(half[version, 20][0]) < 0.2 * repeatability for version in (1, 2)
        ),
        "even a coarse one stays below half of the repeatability": all(
            abs(half[version, 80][0]) < 0.5 * repeatability for version in (1, 2)
        ),
        "the score doubles at a step": 80 < step_up < 150,
    }
)

# %% [markdown]
# The **repeatability coefficient** is 1.96 times the square root of 2 times the standard deviation
# of one measurement: two scans of the same thing differ by less in 95 of 100 cases. (The root of 2
# because a difference has the errors of both.) On this phantom no setting, not even the coarse one,
# disagrees with the original as much as two scans disagree with each other. That does not make it
# good: it comes on top. But it tells which figure deserves the worry.
#
# Patients are worse than phantoms. In the MESA study scores of about 100 had a repeatability of 66;
# the lung density that the 15th percentile stands for repeats within 9.7 to 14.7 %, which is 10 to
# 15 HU of the 105 that this lung has above pure air. Against that the 3 HU of step 3 are small. The
# share below -950 HU has a literature of its own about dose and kernel, for the reason that you
# have just seen.
#
# The right panel is the other danger. Agatston's factor is a staircase: a peak of 199 HU counts
# once, one of 200 HU twice. A codec that is 1 HU off doubles the score of *this* plaque, and no
# mean over many shows it. A promise of a largest error (lesson 13) does not help; only no error
# does.
#
# ## 6. Two masks
#
# Programs measure volumes of organs, too, and compare masks by **Dice** (twice the common area over
# the sum of both) and **Hausdorff distance** (how far the borders part; here the 95th percentile).
# At the coarse step:


# %%
def with_dust(images_hu, masks):
    """Return the masks of slices, and what is below -950 HU as one more."""
    return [
        one | {"lung below -950 HU": one["lung"] & (image < -950)}
        for image, one in zip(images_hu, masks, strict=True)
    ]


original = with_dust(slices_hu, masks_before)
again = [with_dust(decoded[version, 80], masks_after[version, 80]) for version in (1, 2)]
dice = {}
print(f"{'':20} area      Dice, version 1 and 2      borders apart, at most")
for name in original[0]:
    pairs = [
        [
            Overlap.of(one[name], other[name], SPACING_MM)
            for one, other in zip(original, found, strict=True)
        ]
        for found in again
    ]
    dice[name] = [np.mean([one.dice for one in overlaps]) for overlaps in pairs]
    apart = [max(one.hausdorff_mm for one in overlaps) for overlaps in pairs]
    area_cm2 = np.mean([one[name].sum() for one in original]) * SPACING_MM**2 / 100
    print(f"{name:20}{area_cm2:5.0f} cm² {dice[name][0]:10.4f} {dice[name][1]:9.4f}", end="")
    print(f" {apart[0]:14.1f} mm {apart[1]:5.1f} mm")

# %% tags=["claims"]
claims(
    {
        "body and lung above 0.998": min(dice["body"] + dice["lung"]) > 0.998,
        "bone above 0.985": min(dice["bone"]) > 0.985,
        "the smaller, the less": all(
            dice["body"][i] > dice["lung"][i] > dice["bone"][i] > dice["lung below -950 HU"][i]
            for i in range(2)
        ),
        "of the dust a quarter or more is another": max(dice["lung below -950 HU"]) < 0.75,
    }
)

# %% [markdown]
# Next to 1 for body and lung, and a quarter or more of the dust is elsewhere, in one and the same
# image. Dice counts area, and error lives on borders: a large thing has much area for its border.
# **A Dice of 0.999 of a large organ is a compliment** to its size. Ask for the smallest thing that
# is measured.
#
# ## 7. Almost right, and fatally wrong
#
# "Before and after correlate with r = 0.97. The codec does not affect the measurement." So it
# is said.

# %%
r = {key: np.corrcoef(before[BELOW], after[key][BELOW])[0, 1] for key in settings}
print("share below -950 HU: correlation, and bias in percent of the mean")
for key in settings:
    relative = 100 * bias[BELOW, key] / before[BELOW].mean()
    print(f"version {key[0]}, quality {key[1]}: r = {r[key]:.2f}, bias {relative:+4.0f} %")
doubled = np.corrcoef(before[BELOW], 2 * before[BELOW] + 5)[0, 1]
print(f"everything doubled, and 5 more: r = {doubled:.2f}")
figure, panel = plt.subplots(figsize=(3.8, 3.4), layout="constrained")
panel.plot(before[BELOW], after[1, 80][BELOW], "o", color="tab:red", markersize=4)
top = 1.05 * after[1, 80][BELOW].max()
panel.plot((0, top), (0, top), "k", linewidth=0.8, label="the same")
panel.set(xlabel="before: " + BELOW, ylabel="after, version 1, quality 80")
panel.legend(fontsize=8)
plt.show()

# %% tags=["claims"]
claims(
    {
        "r is above 0.95 for all": min(r.values()) > 0.95,
        "and 1 for what is doubled": abs(doubled - 1) < 1e-9,
    }
)

# %% [markdown]
# A correlation asks whether two things lie on *a* line, not whether they lie on *the* line. Doubled
# values correlate perfectly. And it grows with the range of what is measured, so that whoever takes
# healthy and sick lungs together gets a better r from the same codec. That is what Bland and Altman
# wrote their paper against.
#
# ## Exercises
#
# **Exercise 1.** You have two scans of each of many patients, who differ. Write the repeatability
# coefficient for that: the standard deviation of *one* measurement comes from the differences
# within pairs (the mean of d² is twice its square).


# %% tags=["exercise-1"]
def my_repeatability(first, second):
    """Return below what two scans of a patient differ in 95 of 100 cases."""
    return ...


# %%
patients = np.random.default_rng(0).normal(-880, 40, 4000)
twice = [patients + np.random.default_rng(seed).normal(0, 3, 4000) for seed in (1, 2)]
check(
    1,
    my_repeatability,
    {
        "differences of 2 give 3.92": lambda f: np.isclose(
            f(np.array([5.0, 9.0, 7.0]), np.array([7.0, 7.0, 9.0])), 3.92
        ),
        "95 of 100 pairs differ by less": lambda f: (
            0.94 < np.mean(np.abs(twice[0] - twice[1]) < f(*twice)) < 0.96
        ),
        "it does not matter how patients differ": lambda f: np.isclose(
            f(*twice), f(*(values - patients for values in twice))
        ),
    },
    hint="1.96 times the root of 2 times the root of half of the mean of d²",
)

# %% [markdown]
# **Exercise 2, mend it.** A bias that is known can be taken away; a spread cannot. But the figure
# of step 3 is a fan. Learn from the first three slices (12 pairs) how the share below -950 HU
# follows from the coded one, and correct the others, so that at quality 80 of version 1 less than a
# quarter of the bias is left, and less than 0.75 of the spread.


# %% tags=["exercise-2"]
def my_correction(seen_before, seen_after, others_after):
    """Return what `others_after` were before they were coded, as far as can be told."""
    return ...


# %%
def left_after(correction, values_before=before[BELOW], values_after=after[1, 80][BELOW]):
    """Return bias and spread of the last 12 pairs, as shares of those without correction."""
    corrected = correction(values_before[:12], values_after[:12], values_after[12:])
    was, now = values_after[12:] - values_before[12:], corrected - values_before[12:]
    return abs(now.mean() / was.mean()), now.std() / was.std()


check(
    2,
    my_correction,
    {
        "a line is taken back": lambda f: np.allclose(
            f(np.arange(5.0), 3 + 2 * np.arange(5.0), np.array([23.0])), 10
        ),
        "less than a quarter of the bias is left": lambda f: left_after(f)[0] < 0.25,
        "less than 0.75 of the spread is left": lambda f: left_after(f)[1] < 0.75,
    },
    hint="np.polyfit(seen_after, seen_before, 1) gives slope and offset of a line",
)

# %% [markdown]
# **Exercise 3, a measurement of your own.** Write one that takes a slice in HU and its lung mask:
# the mean of the darkest percent, the share of vessels, the number of dark pieces, what you like.
# It **survives** a quality of version 1 if the limits of agreement over our six slices lie within
# those between neighbouring slices, 1 mm apart (no repeated scan, but what we have). Find the
# coarsest of the qualities that it survives. Then a measurement that survives ten times as much,
# and one that survives nothing: what do they have in common with the bars of step 4?

# %%
QUALITIES = (2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200)


def survives(measure, quality):
    """Whether coding changes a measurement no more than a step to the next slice."""

    def all_values(images):
        return np.array([measure(*one) for one in zip(images, lungs, strict=True)], float)

    following = volume[1::4].astype(float) + RESCALE_INTERCEPT_HU
    own = all_values(slices_hu)
    _, low, high = naive_agreement(own, all_values(following))
    _, lowest, highest = naive_agreement(own, all_values(coded(stored, 1, quality)[1]))
    return bool(low < lowest and highest < high)


# %% tags=["exercise-3"]
def my_measure(image_hu, lung):
    """Return a number that means something in a lung."""
    return ...


coarsest_quality = ...

# %%
check(
    3,
    coarsest_quality,
    {
        "it is one of QUALITIES": lambda quality: quality in QUALITIES,
        "the measurement tells slices apart": lambda _: (
            np.std([my_measure(*one) for one in zip(slices_hu, lungs, strict=True)]) > 0
        ),
        "it survives this quality": lambda quality: survives(my_measure, quality),
        "it does not survive the next one": lambda quality: (
            quality == QUALITIES[-1]
            or not survives(my_measure, QUALITIES[QUALITIES.index(quality) + 1])
        ),
    },
    hint="call survives(my_measure, quality) for one after the other",
)

# %% [markdown]
# ## What to take with you
#
# - Say bias and limits of agreement, in the unit of the measurement. Never r.
# - A codec may add noise or take it away; a threshold on a slope turns either into a finding.
# - Hold it against repeatability: what is measured again differs, too.
# - Dice flatters what is large. A staircase forgives nothing.
#
# Next: lesson 20 does all this ten thousand times.
#
# ## Further reading
#
# - J. M. Bland, D. G. Altman, "Statistical Methods for Assessing Agreement Between Two Methods of
#   Clinical Measurement", *Lancet* 327 (1986), 307-310. Four pages.
# - P. A. Gevenois et al., "Comparison of Computed Density and Macroscopic Morphometry in Pulmonary
#   Emphysema", *American Journal of Respiratory and Critical Care Medicine* 152 (1995), 653-657.
# - A. S. Agatston et al., "Quantification of Coronary Artery Calcium Using Ultrafast Computed
#   Tomography", *Journal of the American College of Cardiology* 15 (1990), 827-832.
# - N. Mitsiopoulos et al., "Cadaver Validation of Skeletal Muscle Measurement by Magnetic Resonance
#   Imaging and Computerized Tomography", *Journal of Applied Physiology* 85 (1998), 115-122.
# - Repeated scans: S. Diciotti et al., *Academic Radiology* 18 (2011); MESA, *American Journal of
#   Roentgenology* 190 (2008).
