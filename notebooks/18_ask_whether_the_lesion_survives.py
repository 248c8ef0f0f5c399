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
# # 18. Ask whether the lesion survives
#
# RMSE says how far the numbers are off. Nobody was ever treated for an RMSE. What a radiologist
# asks is whether the faint thing in the liver is still found, and that question can be put to a
# computer: not to one that is clever, but to one whose every step you know.
#
# **What you'll do.** Draw a lesion that is hard to see, build an observer that looks for it, code
# the images and ask the observer again, see which noise a codec eats, and fool yourself with an
# observer that finds lesions where there are none.
#
# **What you'll learn.** Detectability d'; the channelized Hotelling observer; noise power spectrum;
# the share of the noise as a measure of quality; why one tests on what one did not train on.
#
# **What you'll need.** Lessons 5 and 14, and about 30 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import mmpc
from mmpc.evaluation.peers import Jpeg2000
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.tasks.detectability import Kept
from mmpc.tasks.lesions import Lesion
from mmpc.tasks.noise_spectrum import NoiseSpectrum
from mmpc.tasks.observers import (
    channelized_hotelling_template,
    laguerre_gauss_channels,
    ratings,
)
from mmpc.tasks.phantoms import fbp_spectrum, noise_of_spectrum

# %% [markdown]
# ## 1. A lesion, and noise
#
# A disc of 5 mm, 8 HU darker than its surroundings, blurred by the scanner; and noise as filtered
# back-projection makes it (little of it coarse, most of it at middle frequencies), with a standard
# deviation of 12 HU. On simulated noise we *know* where a lesion is and where none is.

# %%
SIDE, PATCH, SPACING_MM, SIGMA_HU = 240, 30, 0.7, 12.0
lesion = Lesion(diameter_mm=5, contrast_hu=-8)
signal = lesion.draw_hu(PATCH, SPACING_MM)


def sheet(seed, with_lesions):
    """Return 64 patches of water in one image, all with a lesion in the middle or none."""
    noise = noise_of_spectrum((SIDE, SIDE), SPACING_MM, fbp_spectrum, SIGMA_HU, seed)
    return np.rint(noise + with_lesions * np.tile(signal, (8, 8))).astype(np.int16)


def patches_of(sheets):
    """Return the patches of some sheets, shape (n, 30, 30)."""
    grid = np.asarray(sheets, float).reshape(-1, 8, PATCH, 8, PATCH)
    return grid.swapaxes(2, 3).reshape(-1, PATCH, PATCH)


present = [sheet(seed, True) for seed in range(8)]
absent = [sheet(seed, False) for seed in range(100, 108)]
before = patches_of(present), patches_of(absent)
print(f"{len(before[0])} patches with, {len(before[1])} without; ", end="")
print(f"standard deviation {before[1].std():.1f} HU; darkest of the lesion {signal.min():.1f} HU")
figure, axes = plt.subplots(1, 4, figsize=(9.6, 2.7), layout="constrained")
panels = {
    "lesion": signal,
    "with": before[0][3],
    "without": before[1][3],
    "mean of all with": before[0].mean(axis=0),
}
for panel, (title, values) in zip(axes, panels.items(), strict=True):
    limit = 36 if title.startswith("with") else 12
    shown = panel.imshow(values, cmap="gray", vmin=-limit, vmax=limit)
    panel.set_title(f"{title}, ±{limit} HU", fontsize=9)
    panel.set_axis_off()
plt.show()

# %% [markdown]
# In a single patch you may doubt. In the mean of all the lesion is plain: it *is* there, and the
# question is how reliably it can be told.
#
# ## 2. An observer from nothing
#
# An observer is a **template**: multiply it with a patch, add up, and the number is the observer's
# rating, "how much of a lesion". Over many patches there are two heaps of ratings, and **d'** is
# the distance of their means in standard deviations: at 0 the observer guesses, at 3 it is nearly
# always right. Which template? The lesion itself is one. But where the noise is strong at a
# frequency, a good observer listens less. It does not know the noise; it learns it from one half of
# the patches, seen through a few smooth **channels**, and is judged on the other half.


# %%
def naive_observer(with_lesion, without, channels):
    """Return the template of Hotelling's observer, seen through channels."""
    seen = [
        np.einsum("nyx,cyx->nc", patches, channels) for patches in (with_lesion, without)
    ]  # a few numbers for each patch
    difference = seen[0].mean(axis=0) - seen[1].mean(axis=0)  # what the lesion adds to each
    noise = (np.cov(seen[0].T) + np.cov(seen[1].T)) / 2  # how each wavers, and with which others
    return np.einsum("c,cyx->yx", np.linalg.solve(noise, difference), channels)


def naive_d_prime(with_lesion, without, template):
    """Return how far the ratings lie apart."""
    rated = [(patches * template).sum(axis=(1, 2)) for patches in (with_lesion, without)]
    spread = np.sqrt((rated[0].var(ddof=1) + rated[1].var(ddof=1)) / 2)
    return (rated[0].mean() - rated[1].mean()) / spread


def halves(pair):
    """Return what trains (even patches) and what is judged (odd ones)."""
    return tuple(patches[::2] for patches in pair), tuple(patches[1::2] for patches in pair)


channels = laguerre_gauss_channels(PATCH, width_pixels=12)
training, judged = halves(before)
template = naive_observer(*training, channels)
same = np.allclose(template, channelized_hotelling_template(*training, channels))
found = {
    "the lesion as template": naive_d_prime(*judged, signal),
    "Hotelling through channels": naive_d_prime(*judged, template),
}
for name, value in found.items():
    print(f"{name:28} d' = {value:.2f}")
print(f"the template is the package's: {same}")

# %% tags=["claims"]
claims(
    {
        "the trained one beats the lesion itself": found["Hotelling through channels"]
        > found["the lesion as template"] + 0.1,
    }
)

# %% [markdown]
# The trained observer does better than the lesion as a template, because it knows which noise to
# distrust. (Both are measured on a few hundred patches, so they waver by some percent.)
#
# ## 3. Code, and ask again
#
# Code the sheets, train and judge on what is decoded, and see what is kept of d'. Beside it the
# error as a **share of the noise**: RMSE over sigma.


# %%
def version_1(image, quality):
    """Return bytes and image of the report's codec."""
    data = mmpc.compress(image, bitstream=1, quality=quality)
    return data, mmpc.decompress(data)


def jpeg_2000(image, rmse):
    """Return bytes and image of OpenJPEG."""
    low = int(image.min())
    data = Jpeg2000().compress((image - low).astype(np.uint16), rmse)
    return data, Jpeg2000().decompress(data).astype(int) + low


def version_2(image, quality):
    """Return bytes and image of the package."""
    data = mmpc.compress(image, quality=quality, preset="fast")
    return data, mmpc.decompress(data)


def ask(round_trip, setting):
    """Return rate, share of the noise, ratings before and after, and the decoded patches."""
    coded = [[round_trip(one, setting) for one in sheets] for sheets in (present, absent)]
    size = sum(len(data) for sheets in coded for data, _ in sheets)
    decoded = [np.array([image for _, image in sheets], float) for sheets in coded]
    error = np.concatenate(decoded) - np.concatenate([present, absent])
    after = tuple(patches_of(images) for images in decoded)
    learned, tested = halves(after)
    new = channelized_hotelling_template(*learned, channels)
    rated = tuple(ratings(patches, template) for patches in judged)
    rated_after = tuple(ratings(patches, new) for patches in tested)
    return {
        "bpp": 8 * size / error.size,
        "share": np.sqrt(np.mean(error**2)) / SIGMA_HU,
        "kept": Kept.of(rated, rated_after),
        "patches": after,
    }


CODECS = {
    "version 1": (version_1, (16, 30, 50, 80)),
    "JPEG 2000": (jpeg_2000, (3, 5, 7, 9)),
    "version 2": (version_2, (16, 30, 50)),
}
asked = {
    (name, setting): ask(round_trip, setting)
    for name, (round_trip, settings) in CODECS.items()
    for setting in settings
}
print("codec       setting     bpp   error / noise   d' kept (95 %)")
for (name, setting), one in asked.items():
    print(f"{name:10} {setting:8} {one['bpp']:7.2f} {one['share']:15.2f} ", end="")
    low, high = one["kept"].interval
    print(f"{100 * one['kept'].share:7.0f} % ({100 * low:.0f} to {100 * high:.0f})")

figure, axes = plt.subplots(1, 2, figsize=(9.4, 3.6), layout="constrained")
for name, marker in zip(CODECS, "s^D", strict=True):
    points = [one for (codec, _), one in asked.items() if codec == name]
    kept = [100 * one["kept"].share for one in points]
    axes[0].plot([one["bpp"] for one in points], kept, marker + "-", label=name)
    axes[1].plot([one["share"] for one in points], kept, marker + "-", label=name)
axes[0].set(xlabel="bits per pixel", ylabel="d' kept, %", xscale="log", ylim=(0, 108))
axes[0].set_xticks([0.2, 0.5, 1, 2], ["0.2", "0.5", "1", "2"])
axes[0].minorticks_off()
axes[1].set(xlabel="RMSE / noise", ylim=(0, 108))
axes[1].legend(fontsize=8)
plt.show()

# %% tags=["claims"]
percent = {key: 100 * one["kept"].share for key, one in asked.items()}
shares = {key: one["share"] for key, one in asked.items()}
claims(
    {
        "up to a share of 0.3 nearly all is kept": all(
            percent[key] > 94 for key in asked if shares[key] < 0.3
        ),
        "beyond 0.7 a third or more is lost": all(
            percent[key] < 67 for key in asked if shares[key] > 0.7
        ),
        "version 1 needs more than twice the bits": asked["version 1", 16]["bpp"]
        > 2 * asked["version 2", 16]["bpp"]
        and percent["version 1", 16] < percent["version 2", 16],
        "less error in version 2, and not more lesion": (
            shares["version 2", 30] < shares["JPEG 2000", 7] - 0.1
            and abs(percent["version 2", 30] - percent["JPEG 2000", 7]) < 5
            and abs(asked["version 2", 30]["bpp"] - asked["JPEG 2000", 7]["bpp"]) < 0.06
        ),
    }
)

# %% [markdown]
# Read the right panel first. With an error of up to 0.3 of the noise nearly everything is kept;
# beyond 0.7 a third of d' or more is gone, whatever the codec. So a share of the noise can be asked
# for in earnest (`mmpc encode --noise-share 0.25`), as an RMSE of so many HU cannot.
#
# Then the left one, with care. Version 1 needs more than twice the bits of version 2 for less. But
# look at JPEG 2000 and version 2 near 0.65 bits per pixel: version 2's *error* is smaller by a
# fifth, and it keeps no more of *this* lesion; the intervals overlap. A codec that minimizes RMSE
# removes what is cheap to remove, and nobody told it that a faint disc matters more than noise.
#
# ## 4. Why it looks waxy
#
# Noise has a spectrum: so much of it is coarse, so much fine. Measure it before and after, on the
# patches without a lesion.

# %%
bands = {"coarse, below 0.2": (0, 0.2), "middle": (0.2, 0.4), "fine, above 0.4": (0.4, 0.8)}
frequency, power_before = NoiseSpectrum.of(before[1], SPACING_MM).radial()
compared = {"version 2, quality 16": ("version 2", 16), "version 2, quality 30": ("version 2", 30)}
compared["JPEG 2000, RMSE 7"] = ("JPEG 2000", 7)
figure, axes = plt.subplots(1, 3, figsize=(9.8, 3), layout="constrained", width_ratios=(1.5, 1, 1))
axes[0].plot(frequency, power_before, "k", label="original")
left = {}
print(f"noise power that is left   {'   '.join(bands)}  (per mm)")
for title, key in compared.items():
    power_after = NoiseSpectrum.of(asked[key]["patches"][1], SPACING_MM).radial()[1]
    axes[0].plot(frequency, power_after, label=title)
    left[title] = []
    for low, high in bands.values():
        inside = (frequency >= low) & (frequency < high)
        left[title].append(100 * power_after[inside].sum() / power_before[inside].sum())
    coarse, middle, fine = left[title]
    print(f"{title:22} {coarse:17.0f} % {middle:10.0f} % {fine:12.0f} %")
axes[0].set(xlabel="frequency, per mm", ylabel="power, HU² mm²", ylim=(0, None))
axes[0].legend(fontsize=7)
pictures = {"original": before[1], "version 2, quality 30": asked["version 2", 30]["patches"][1]}
for panel, (title, patches) in zip(axes[1:], pictures.items(), strict=True):
    four = np.block([[patches[0], patches[1]], [patches[2], patches[3]]])
    panel.imshow(four, cmap="gray", vmin=-36, vmax=36)
    panel.set_title(title, fontsize=9)
    panel.set_axis_off()
plt.show()

# %% tags=["claims"]
claims(
    {
        "fine noise goes first": all(row[2] < min(row[:2]) - 5 for row in left.values()),
        "JPEG 2000 leaves the coarse noise, version 2 takes some of it": (
            left["JPEG 2000, RMSE 7"][0] > 97 and left["version 2, quality 30"][0] < 92
        ),
        "more is gone at a coarser step": left["version 2, quality 30"][2]
        < left["version 2, quality 16"][2] - 10,
    }
)

# %% [markdown]
# The fine noise goes first: what is left looks like wax. It is not that the image were sharper or
# cleaner; its noise has another grain, and eyes that were trained on one grain do not like the
# other. And here is why version 2 kept no more of the lesion in step 3: JPEG 2000 takes more of the
# fine noise and leaves the coarse one alone, and a disc of 5 mm *is* coarse. Where an error lies
# matters as much as how large it is.
#
# ## 5. Almost right, and fatally wrong
#
# An observer that was trained may be asked about the very patches that trained it: why waste half
# of them? Let us train observers on patches *none of which has a lesion*: half of them are said to.
# What is there to find?

# %%
many = laguerre_gauss_channels(PATCH, width_pixels=12, n_channels=12)
nothing = before[1]
fooled = {}
print("patches for training   d' on these   d' on others")
for n in (20, 40, 120):
    liar = nothing[:n], nothing[n : 2 * n]
    others = nothing[2 * n : 2 * n + 128], nothing[2 * n + 128 : 2 * n + 256]
    learned = naive_observer(*liar, many)
    fooled[n] = naive_d_prime(*liar, learned), naive_d_prime(*others, learned)
    print(f"{2 * n:12} {fooled[n][0]:20.2f} {fooled[n][1]:14.2f}")

# %% tags=["claims"]
claims(
    {
        "an observer finds what is not there": fooled[20][0] > 1,
        "the fewer patches the more": fooled[20][0] > fooled[40][0] > fooled[120][0],
        "on others it finds nothing": all(abs(row[1]) < 0.4 for row in fooled.values()),
    }
)

# %% [markdown]
# The fewer the patches, the better it "finds" a lesion that does not exist: with a dozen channels
# it learns these patches by heart. On others it finds nothing, as it should. Whoever judges on what
# was trained on measures memory. (It does not need an observer: any number that was tuned on the
# slices on which it is reported has this fault.)
#
# ## 6. What no observer tells
#
# Our observer knows what it looks for, and where. The noise is the same everywhere, there are no
# vessels, and it never tires. A radiologist knows neither place nor shape. So d' is not a
# diagnosis; it is a bound that can be measured, for one lesion in one noise, and it may say *no*
# long before a reader study says anything.
#
# ## Exercises
#
# **Exercise 1.** The square of the share of d' that is kept is the **efficiency**: the share of the
# dose with which the original would have been as good. A codec keeps 95 % of d'. How many percent
# of the dose does it waste? One decimal.

# %% tags=["exercise-1"]
wasted_percent = ...

# %%
check(1, wasted_percent, "67cfa4ab5b6c", digits=1, hint="what is left of 100 % after the square")

# %% [markdown]
# **Exercise 2.** Another measure is the area under the ROC curve: how often a patch with a lesion
# is rated above one without, ties counting half. Write it for two arrays of ratings.


# %% tags=["exercise-2"]
def my_auc(with_lesion, without):
    """Return a number from 0 to 1."""
    return ...


# %%
check(
    2,
    my_auc,
    {
        "heaps apart give 1": lambda f: f(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == 1,
        "the same heap gives one half": lambda f: f(np.arange(5.0), np.arange(5.0)) == 0.5,
        "one of four is below": lambda f: f(np.array([1.0, 3.0]), np.array([0.0, 2.0])) == 0.75,
    },
    hint="compare each with each: with_lesion[:, np.newaxis] > without",
)

# %% [markdown]
# **Exercise 3, your own lesion.** At which quality of version 1 is 93 to 97 % of d' left for this
# lesson's lesion? Use `ask(version_1, quality)`. Then choose another lesion in step 1, and see
# whether it is the same quality.

# %% tags=["exercise-3"]
quality_for_95_percent = ...

# %%
check(
    3,
    quality_for_95_percent,
    {
        "93 to 97 % of d' is left": lambda quality: (
            0.93 <= ask(version_1, quality)["kept"].share <= 0.97
        ),
    },
    hint="quality 16 is too coarse already",
)

# %% [markdown]
# ## What to take with you
#
# - Ask about the task. A smaller RMSE is not more of the lesion.
# - The error as a share of the noise says more than the error: a quarter is hardly felt, beyond 0.7
#   lesions go.
# - Compression eats the fine noise first. That is the wax.
# - Judge on what did not train, and say how wide the interval is.
#
# Next: lesson 19 leaves seeing to others, and measures.
#
# ## Further reading
#
# - H. H. Barrett, K. J. Myers, *Foundations of Image Science*, Wiley (2004), chapter 14.
# - E. Samei et al., "Performance Evaluation of Computed Tomography Systems: Summary of AAPM Task
#   Group 233", *Medical Physics* 46 (2019), e735-e756.
# - S. J. Riederer, N. J. Pelc, D. A. Chesler, "The Noise Power Spectrum in Computed X-ray
#   Tomography", *Physics in Medicine and Biology* 23 (1978), 446-454.
