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
# # 5. Measure rate and distortion
#
# "The file is ten times smaller and looks the same" is not a result. A result has two numbers,
# how many bits and how much error, and it says how both were measured. This lesson measures, and
# then shows what the numbers hide.
#
# **What you'll do.** Compute RMSE and PSNR in two conventions, draw a rate-distortion curve,
# measure inside the skull only, make the block grid visible, and fool an error measure.
#
# **What you'll learn.** bpp, RMSE, PSNR and its peak, the rate-distortion curve, region of
# interest, blocking, SSIM.
#
# **What you'll need.** Lessons 0 to 4, and about 35 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage

import mmpc
from mmpc.evaluation.blocking import blocking_ratio
from mmpc.explore.body import measured
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.figures import show_errors, show_slices
from mmpc.explore.scoreboard import as_codec, score, show_scoreboard
from mmpc.images.regions import body_mask, skull_interior_mask

image = measured("head_ct")  # with air in the place of the padding
pixels, hu = image.pixels, image.hounsfield()

# %% [markdown]
# ## 1. Rate
#
# The rate is the size of the *whole* file, header and all, in bits per pixel (bpp). It does not
# depend on the size of the image, so slices can be compared. A compression *ratio* needs a base,
# and the base is a choice:

# %%
stream = mmpc.compress(pixels, bitstream=1, quality=30)
decoded = mmpc.decompress(stream)
rate_bpp = 8 * len(stream) / pixels.size
print(f"{len(stream) / 1000:.1f} kB for {pixels.size} pixels: {rate_bpp:.2f} bpp")
print(f"against 16 bits as allocated: {16 / rate_bpp:.1f} times smaller")
print(
    f"against {image.bits_stored} bits as stored: {image.bits_stored / rate_bpp:.1f} times smaller"
)

# %% [markdown]
# ## 2. Distortion
#
# The error is decoded minus original. Three ways to make one number of it: the root of the mean
# square (**RMSE**), the largest magnitude, and the mean, which should be zero. The slope of this
# image is 1, so stored units are Hounsfield units.

# %%
error = decoded.astype(np.int32) - pixels
rmse = np.sqrt(np.mean(error.astype(float) ** 2))
print(f"RMSE {rmse:.2f} HU, largest {np.abs(error).max()} HU, mean {error.mean():.1f} HU")
distortion = mmpc.Distortion.between(pixels, decoded)
print(f"mmpc says RMSE {distortion.rmse:.2f}, largest {distortion.peak_error}")

# %% [markdown]
# ## 3. PSNR, and its two conventions
#
# The *peak signal-to-noise ratio* sets the RMSE against a peak, in decibels:
#
# $$ \text{PSNR} = 20 \log_{10} \frac{\text{peak}}{\text{RMSE}} $$
#
# Which peak? The report's text says 255, and its table uses 65535, the largest 16-bit number.
# Others take the range of the data.


# %%
def psnr_db(rmse, peak):
    """Return the PSNR in decibels."""
    return 20 * np.log10(peak / rmse)


peaks = {
    "255 (8-bit images)": 255,
    "4095 (12-bit images)": 4095,
    "range of this slice": int(pixels.max()) - int(pixels.min()),
    "65535 (16 bits allocated)": 65535,
}
for name, peak in peaks.items():
    print(f"peak {name:26} PSNR {psnr_db(rmse, peak):5.1f} dB")
print(f"mmpc.Distortion says {distortion.psnr_db:.1f} dB")

# %% [markdown]
# The same image, the same error, and nearly 50 dB between the smallest and the largest number. A
# PSNR without its peak is no information, and two papers with different peaks cannot be compared.
# In CT the plainest choice is best: RMSE in HU.
#
# ## 4. The rate-distortion curve
#
# One point proves nothing, since every codec is small when it may be bad. A codec is a *curve*.

# %%
qualities = (10, 20, 30, 40, 50, 60)
curves = {}
print("quality" + "".join(f"{quality:>9}" for quality in qualities))
for name in ("head_ct", "abdomen_ct", "spine_ct"):
    original = measured(name).pixels
    points = []
    for quality in qualities:
        data = mmpc.compress(original, bitstream=1, quality=quality)
        between = mmpc.Distortion.between(original, mmpc.decompress(data))
        points.append((8 * len(data) / original.size, between.rmse))
    curves[name] = points
    print(f"{name}")
    print("   bpp " + "".join(f"{rate:9.2f}" for rate, _ in points))
    print("   RMSE" + "".join(f"{value:9.2f}" for _, value in points))

figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
for (name, points), style in zip(curves.items(), ("o-", "s--", "^:"), strict=True):
    axes.plot(*zip(*points, strict=True), style, color="0.2", label=name)
axes.set(xlabel="rate, bits per pixel", ylabel="RMSE, HU", title="Version 1, quality 10 to 60")
axes.set(xlim=(0, None), ylim=(0, None))
axes.legend()
plt.show()

# %% [markdown]
# Lower left is better. Each slice has its own curve, so codecs must be compared on the *same*
# slices. At equal quality the slices differ in both numbers: the step is no promise about either.
#
# ## 5. Where does it count? A region of interest
#
# More than half of this image is air, which is easy to code and of no interest. What is the error
# in the body, and what in the brain?
#
# A skull is a ring of bone. Take what is dense, close small gaps, fill the ring, remove the bone,
# keep the largest piece:

# %%
bone = hu > 250
closed = ndimage.binary_closing(bone, iterations=4)
enclosed = ndimage.binary_fill_holes(closed) & ~closed
labels, count = ndimage.label(enclosed)
sizes = np.bincount(labels.ravel())
sizes[0] = 0
interior = ndimage.binary_fill_holes(labels == sizes.argmax())
package_interior = skull_interior_mask(hu)
both = (interior & package_interior).sum() / (interior | package_interior).sum()
print(f"skull interior: {100 * interior.mean():.1f} % of the image; ", end="")
print(f"{100 * both:.1f} % the same as mmpc.images.regions")

body = body_mask(hu)
regions = {
    "whole image": np.ones_like(body),
    "body": body,
    "skull interior": package_interior,
    "skull and skin": body & ~package_interior,
    "outside the body": ~body,
}
show_slices(
    {
        "slice": hu,
        "body": np.where(body, hu, -1000),
        "skull interior": np.where(package_interior, hu, -1000),
    }
)
print("RMSE in HU      " + "".join(f"{f'quality {quality}':>13}" for quality in (10, 30, 60)))
in_region = {}
for name, region in regions.items():
    row = []
    for quality in (10, 30, 60):
        decoded_q = mmpc.decompress(mmpc.compress(pixels, bitstream=1, quality=quality)).astype(
            np.int32
        )
        row.append(np.sqrt(np.mean((decoded_q - pixels)[region].astype(float) ** 2)))
    in_region[name] = row
    print(f"{name:16}" + "".join(f"{value:13.2f}" for value in row))

# %% [markdown]
# The mean over the whole image is a mean over regions that have nothing to do with each other. For
# the body it is a compliment: the small error of the air lowers the mean. For the brain it is the
# opposite at quality 30 and 60: the skull raises it. And the brain is looked at in a window of
# 80 HU, the skull in one of 2500. Which error matters more is not a question that an RMSE can
# answer.
#
# ## 6. Blocking
#
# Each block is coded without a look at its neighbours, so at coarse steps the borders become
# visible. To measure it, take the *error*, not the image (an edge of the anatomy may lie on a
# border by chance), and compare how much it jumps from a pixel to its right neighbour, for each
# of the eight columns of a block:

# %%
figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
for index, (quality, grey) in enumerate(zip((10, 30, 60), ("0.8", "0.5", "0.2"), strict=True)):
    decoded_q = mmpc.decompress(mmpc.compress(pixels, bitstream=1, quality=quality))
    error_q = decoded_q.astype(np.int32) - pixels
    jumps = np.abs(np.diff(error_q, axis=1))[160:360, 160:359].mean(axis=0)
    by_column = np.array([jumps[column::8].mean() for column in range(8)])
    axes.bar(
        np.arange(8) + 0.27 * index - 0.27,
        by_column / by_column[:7].mean(),
        0.27,
        color=grey,
        edgecolor="k",
        label=f"quality {quality}",
    )
    on_grid = by_column[7] / by_column[:7].mean()
    off_grid = by_column[3] / by_column[[0, 1, 2, 4, 5, 6]].mean()
    print(
        f"quality {quality}: on the grid {on_grid:.1f}, in the middle of blocks {off_grid:.1f}; "
        f"mmpc, whole image: {blocking_ratio(pixels, decoded_q):.2f}"
    )
axes.axhline(1, color="k", linewidth=0.8)
axes.set(xlabel="column of the block (7: its right neighbour is in the next block)")
axes.set(ylabel="jump of the error, relative", xticks=range(8))
axes.legend(loc="upper left", fontsize=8)
plt.show()

# %% [markdown]
# The measure is a ratio, and 1 means that borders do not show. The second number is the control
# experiment: the same measure on a grid that does not exist. A measure that finds blocks
# everywhere would be worth nothing. The eye does the same with less effort:

# %%
crop = (slice(200, 296), slice(160, 256))
show_slices(
    {
        "original": hu,
        **{
            f"quality {quality}": hu
            + (
                mmpc.decompress(mmpc.compress(pixels, bitstream=1, quality=quality)).astype(int)
                - pixels
            )
            for quality in (30, 60)
        },
    },
    "brain",
    region=crop,
)

# %% [markdown]
# ## 7. What a number hides
#
# Three damaged images with the *same* RMSE over the whole slice: one compressed at quality 60,
# one with noise, and one that is untouched except for a disk in the brain that became denser, as
# a bleeding would be.

# %%
coded = mmpc.decompress(mmpc.compress(pixels, bitstream=1, quality=60)).astype(float) - pixels
target_rmse = np.sqrt(np.mean(coded**2))
noise = np.random.default_rng(0).normal(size=pixels.shape)
noise *= target_rmse / np.sqrt(np.mean(noise**2))
rows, columns = np.indices(pixels.shape)
disk = ((rows - 300) ** 2 + (columns - 300) ** 2 < 40**2).astype(float)
disk *= target_rmse / np.sqrt(np.mean(disk**2))
damages = {"compressed": coded, "noisy": noise, "a false bleeding": disk}
for name, damage in damages.items():
    inside = np.sqrt(np.mean(damage[package_interior] ** 2))
    print(
        f"{name:17} RMSE {np.sqrt(np.mean(damage**2)):.2f} HU, "
        f"inside the skull {inside:5.2f} HU, largest {np.abs(damage).max():5.1f} HU"
    )
head = (slice(100, 440), slice(90, 420))
show_slices({name: hu + damage for name, damage in damages.items()}, "brain", region=head)
show_errors(damages, 60, region=(slice(240, 360), slice(240, 360)))

# %% [markdown]
# One number, three images. The first has lost its texture, the second is grainy, and the third
# tells of a bleeding that never was. Squared error knows nothing of *where* and of *what shape*.
# So: several measures, regions, error maps, and an honest sentence about what was not measured.
# No number in this course says that an image is fit for diagnosis.
#
# ## 8. A measure for eyes, and its limits
#
# The best known measure that wants to see like an eye is **SSIM**. In each small window it compares
# three things: the means (brightness), the standard deviations (contrast), and the correlation
# (structure). With small constants so that nothing is divided by zero:
#
# $$ \mathrm{SSIM} = \frac{(2\mu_a\mu_b + C_1)(2\sigma_{ab} + C_2)}
# {(\mu_a^2 + \mu_b^2 + C_1)(\sigma_a^2 + \sigma_b^2 + C_2)}, \qquad
# C_1 = (0.01 L)^2, \; C_2 = (0.03 L)^2 $$
#
# $L$ is the range of the values, and again a choice: 4095 for all that a scanner can store, or 80
# for the brain window. A fourth damage joins the three: a scanner that is wrong by the same amount
# everywhere.


# %%
def ssim_map(a, b, value_range, window=7):
    """Return the SSIM around each pixel; 1 is equal."""
    mean_a, mean_b, of_aa, of_bb, of_ab = (
        ndimage.uniform_filter(product, window) for product in (a, b, a * a, b * b, a * b)
    )
    c1, c2 = (0.01 * value_range) ** 2, (0.03 * value_range) ** 2
    covariance, both = of_ab - mean_a * mean_b, of_aa - mean_a**2 + of_bb - mean_b**2
    brightness = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return brightness * (2 * covariance + c2) / (both + c2)


damages["all too bright"] = np.full(pixels.shape, target_rmse)
ssim = {}
print("all with the same RMSE, inside the skull     SSIM, L = 4095   SSIM, L = 80")
for name, damage in damages.items():
    above_air = hu.astype(float) + 1000
    for value_range, low, high in ((4095, 0, 4095), (80, 1000, 1080)):
        pair = (np.clip(one, low, high) - low for one in (above_air, above_air + damage))
        ssim[name, value_range] = ssim_map(*pair, value_range)[package_interior].mean()
    print(f"{name:44} {ssim[name, 4095]:14.2f} {ssim[name, 80]:14.2f}")

# %% tags=["claims"]
claims(
    {
        "in the wide range SSIM finds nothing": all(ssim[name, 4095] > 0.97 for name in damages),
        "compression and noise lose half": all(
            0.4 < ssim[name, 80] < 0.6 for name in ("compressed", "noisy")
        ),
        "what misleads comes out best": all(
            ssim[name, 80] > 0.9 for name in ("a false bleeding", "all too bright")
        ),
        "the mean is a compliment for the body": all(
            a > b for a, b in zip(in_region["body"], in_region["whole image"], strict=True)
        ),
        "and the opposite for the brain at 30 and 60": all(
            in_region["skull interior"][i] < in_region["whole image"][i] for i in (1, 2)
        ),
        "the skull has the largest error": all(
            in_region["skull and skin"][i] == max(row[i] for row in in_region.values())
            for i in range(3)
        ),
    }
)

# %% [markdown]
# With the whole range all four are perfect: like a PSNR without its peak, an SSIM without its range
# says nothing. With the window it does see texture, and compression and noise lose half. But the
# false bleeding and the scanner that is wrong everywhere, the two that would mislead a doctor, come
# out best: most windows of the first are untouched, and a mean over the brain forgives the others;
# the second has its structure. A mean of a clever measure is still a mean.
#
# ## 9. Almost right, and fatally wrong
#
# The error in one line, as many people write it: `np.mean((decoded - original) ** 2)`. Both
# arrays are `int16`.

# %%
print("quality   right RMSE   one-line RMSE")
for quality in (10, 30, 60, 200, 600):
    decoded_q = mmpc.decompress(mmpc.compress(pixels, bitstream=1, quality=quality))
    right = np.sqrt(np.mean((decoded_q.astype(float) - pixels) ** 2))
    one_line = np.sqrt(np.mean((decoded_q - pixels) ** 2))
    print(f"{quality:7} {right:12.2f} {one_line:15.2f}")

# %% [markdown]
# For small errors it is right to the last digit, and so is every test with small errors. But 182
# squared is 33124, and a signed 16-bit integer ends at 32767. The square wraps around, *without a
# warning*, and coarse settings look better than they are, the coarsest here by a tenth. With
# `uint16` even the difference wraps. Convert first, subtract then.

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** Halving the RMSE raises the PSNR, with any peak, by how many dB? Two decimals.

# %% tags=["exercise-1"]
gain_db = ...

# %%
check(1, gain_db, "47a8488e2af7", digits=2, hint="the peak cancels")

# %% [markdown]
# **Exercise 2.** A scanner makes 400 slices of 512 x 512. At 0.75 bpp, how many megabytes
# (millions of bytes) is the study? One decimal.

# %% tags=["exercise-2"]
study_megabytes = ...

# %%
check(
    2,
    study_megabytes,
    "7395c4f15553",
    digits=1,
    hint="bits, pixels, slices, and eight bits to a byte",
)

# %% [markdown]
# **Exercise 3.** Write a function for the RMSE in a region, safe for any integer type.


# %% tags=["exercise-3"]
def region_rmse(original, decoded, region):
    """Return the RMSE over the pixels where `region` is true."""
    return ...


# %%
zeros, ones = np.zeros((4, 4), np.uint16), np.ones((4, 4), np.uint16)
left_half = np.indices((4, 4))[1] < 2
check(
    3,
    region_rmse,
    {
        "equal images have no error": lambda f: f(ones, ones, left_half) == 0,
        "too dark by one is an RMSE of one": lambda f: np.isclose(f(ones, zeros, left_half), 1),
        "large errors do not wrap around": lambda f: np.isclose(
            f(zeros, 60000 * ones, left_half), 60000
        ),
        "only the region counts": lambda f: (
            f(zeros, ones * ~left_half, left_half) == 0
            and np.isclose(f(zeros, ones * left_half, left_half), 1)
        ),
    },
    hint="astype(float) before the subtraction",
)

# %% [markdown]
# **Exercise 4, your own codec.** No new idea this time: *measure*. Which lossless coder, and which
# size of the blocks, gives the best score? Change your codec of lesson 4 accordingly. (If you have
# none, `mmpc.explore.small_codec` holds the pieces of one; read it.)


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
        "it returns bytes": lambda f: isinstance(f(pixels, 30), bytes),
        "it needs less than 1.5 bits per pixel": lambda f: (
            score(5, as_codec(f, my_decompress)) < 1.5
        ),
    },
    hint="zlib, bz2 and lzma are in Python's own library; 8, 16 and 32 are sizes worth a try",
)
show_scoreboard(5)

# %% [markdown]
# ## What to take with you
#
# - Rate in bpp of the whole file; error as RMSE in HU; PSNR only with its peak.
# - Compare curves, on the same images.
# - Say where you measured. A mean over air is a compliment for the body.
# - A measure needs a control: a case in which it must say *nothing*.
# - Equal numbers, different damage. Look at the error map.
#
# Next: lesson 6 puts all of this under a slider.
#
# ## Further reading
#
# - Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image Quality Assessment: From Error
#   Visibility to Structural Similarity", *IEEE Transactions on Image Processing* 13 (2004),
#   600-612.
# - Z. Wang, A. C. Bovik, "Mean Squared Error: Love It or Leave It?", *IEEE Signal Processing
#   Magazine* 26 (2009), 98-117.
# - A. Ortega, K. Ramchandran, "Rate-Distortion Methods for Image and Video Compression", *IEEE
#   Signal Processing Magazine* 15 (1998), 23-50.
# - European Society of Radiology, "Usability of irreversible image compression in radiological
#   imaging", *Insights into Imaging* 2 (2011), 103-115. What doctors ask of lossy compression.
