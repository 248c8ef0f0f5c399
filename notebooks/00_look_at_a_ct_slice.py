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
# # 0. Look at a CT slice
#
# A computed tomograph measures how strongly each small piece of the body absorbs X-rays. Before
# we compress such an image we should know what its numbers mean, because a codec that is careless
# about them can spoil a diagnosis without anybody seeing it on the screen.
#
# **What you'll do.** Open a real head CT, turn its stored numbers into Hounsfield units, look at
# it through three windows, and watch two everyday tools damage it.
#
# **What you'll learn.** What *stored value*, *Hounsfield unit*, *window* and *padding* mean, what
# padding costs, and why 8 bits are not enough.
#
# **What you'll need.** NumPy and about 35 minutes. The image comes with the Python package
# pydicom-data; nothing is downloaded while you read. Nothing here is for diagnosis.

# %%
import matplotlib.pyplot as plt
import numpy as np
from pydicom import dcmread

import mmpc
from mmpc.explore.body import measured
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.figures import show_slices, show_windows
from mmpc.explore.scoreboard import score, show_scoreboard
from mmpc.images import sample
from mmpc.images.samples import find_packaged_file
from mmpc.images.windows import WINDOWS, Window

# %% [markdown]
# ## 1. What is in the file
#
# Hospitals keep images as DICOM files: a list of named elements, the pixels being one of them.
# The elements of group 0028 say how to read the pixels.

# %%
dataset = dcmread(find_packaged_file("693_UNCR.dcm"))
for keyword in (
    "Modality",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "PixelPaddingValue",
    "RescaleSlope",
    "RescaleIntercept",
):
    print(f"{keyword:20} {dataset[keyword].value}")
print(f"{'PixelData':20} {len(dataset.PixelData)} bytes")

# %% [markdown]
# `PixelRepresentation` is 1: the pixels are *signed* 16-bit integers. Read that way, they are an
# ordinary NumPy array.

# %%
stored = np.frombuffer(dataset.PixelData, np.int16).reshape(dataset.Rows, dataset.Columns)
print(f"shape {stored.shape}, dtype {stored.dtype}, from {stored.min()} to {stored.max()}")

# %% [markdown]
# These integers are the **stored values**. A codec gets them and has to give them back; what they
# mean is written in other elements. `mmpc.images` reads files of many kinds and keeps both
# together:

# %%
image = sample("head_ct")
print(f"the same pixels: {np.array_equal(image.pixels, stored)}")
print(f"slope {image.rescale_slope:.0f}, intercept {image.rescale_intercept:.0f}")

# %% [markdown]
# ## 2. From stored values to Hounsfield units
#
# The scale of CT is named after Godfrey Hounsfield: water is 0 HU, air is -1000 HU. The file says
# how to get there, with a straight line:
#
# $$ \text{HU} = \text{slope} \cdot \text{stored} + \text{intercept} $$

# %%
hu = image.rescale_slope * stored + image.rescale_intercept
print(f"by hand: {hu.min():.0f} to {hu.max():.0f} HU")
print(f"the same as image.hounsfield(): {np.array_equal(hu, image.hounsfield())}")

# %% [markdown]
# Let us measure in four places. Each is a square of 11 by 11 pixels around a row and a column.

# %%
places = {
    "air beside the head": (100, 100),
    "brain": (250, 250),
    "skull bone": (422, 270),
    "corner of the image": (10, 10),
}
for name, (row, column) in places.items():
    square = hu[row - 5 : row + 6, column - 5 : column + 6]
    print(f"{name:20} mean {square.mean():8.1f} HU, standard deviation {square.std():6.1f} HU")

# %% [markdown]
# Air is near -1000 HU as it should be, brain is a little denser than water, bone far above. And
# the corner is at a value that no substance in the world has. We come back to it in step 4.
#
# ## 3. A window decides what you see
#
# A screen shows 256 greys. If they are spread over all values, the brain is one flat grey: all of
# it lies within a few dozen HU. So one looks through a **window**: the values from *center -
# width/2* to *center + width/2* are spread from black to white, everything below is black,
# everything above is white. (DICOM's exact rule, in exercise 3, makes it one HU narrower.)

# %%
for name, window in WINDOWS.items():
    print(f"{name:12} black at {window.low:7.1f} HU, white at {window.high:7.1f} HU")
everything = Window(-777, 4493)
show_windows(hu, {"everything": everything, "brain": "brain", "bone": "bone", "lung": "lung"})

# %% [markdown]
# One array, four pictures. In the brain window the tissue of the brain and the darker fluid
# appear, and the skull is one white ring. In the bone window the skull has an outer and an inner
# layer. The lung window shows the air around the head, a faint pillow in it, and the round field
# in which the scanner measures.
#
# The histogram says why. The bars above it are the windows. Note the logarithmic axis.

# %%
figure, (above, axes) = plt.subplots(
    2, 1, figsize=(8, 3.6), sharex=True, height_ratios=(1, 3), layout="constrained"
)
for name, window in WINDOWS.items():
    above.barh(name, window.width, left=window.low, color="0.6", height=0.6)
axes.hist(hu.ravel(), bins=np.arange(-3050, 1500, 10), color="0.35", log=True)
axes.set(xlabel="value, HU", ylabel="pixels in 10 HU", xlim=(-3100, 1800))
above.set_title("Where the pixels of the slice are")
plt.show()
brain = hu[200:300, 200:300]
print(f"middle of the brain: 98 % of the pixels lie from {np.quantile(brain, 0.01):.0f} ", end="")
print(f"to {np.quantile(brain, 0.99):.0f} HU")

# %% [markdown]
# ## 4. Padding: pixels that were never measured
#
# The scanner sees a disk, the image is a square. Somebody had to put a number into the corners,
# and this scanner put in a stored value of `PixelPaddingValue`. It is a mark, not a measurement.

# %%
padding = stored == dataset.PixelPaddingValue
print(f"padding: {100 * padding.mean():.2f} % of the pixels, stored value {stored[padding][0]}")
print(f"mean of all pixels:       {hu.mean():8.1f} HU")
print(f"mean of measured pixels:  {hu[~padding].mean():8.1f} HU")
print(f"smallest measured pixel:  {hu[~padding].min():8.1f} HU")

# %% [markdown]
# Is CT always signed? Ask the files, not the rule of thumb:

# %%
for name in ("head_ct", "spine_ct", "abdomen_ct"):
    one = sample(name)
    print(
        f"{name:10} {one.pixels.dtype!s:6} from {one.pixels.min():5} to {one.pixels.max()}, "
        f"HU = {one.rescale_slope:.0f} x stored {one.rescale_intercept:+.0f}"
    )

# %% [markdown]
# Head and abdomen are signed, the spine is not, and one cannot tell from the intercept. A codec
# has to take either. The bitstream of the report that this course follows has no place for a sign.
# Our version stores an offset in addition (lesson 4), so the smallest value comes back as it was:

# %%
decoded = mmpc.decompress(mmpc.compress(stored, bitstream=1, quality=10))
print(f"decoded: {decoded.dtype}, from {decoded.min()} to {decoded.max()}")
print(f"no pixel is off by more than 20: {np.abs(decoded.astype(int) - stored).max() <= 20}")

# %% [markdown]
# ## 5. The loudest thing in the file is where no patient is
#
# The codec of the next lessons cuts an image into blocks of 8 by 8 pixels, and a block costs the
# more bits the more happens in it. Where does most happen? Take the largest minus the smallest
# value of each block:

# %%
by_block = hu.reshape(64, 8, 64, 8).swapaxes(1, 2)
contrast = by_block.max(axis=(2, 3)) - by_block.min(axis=(2, 3))
padding_share = padding.reshape(64, 8, 64, 8).mean(axis=(1, 3))
circle = (padding_share > 0) & (padding_share < 1)
figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
shown = axes.imshow(contrast, cmap="viridis")
axes.set(xlabel="block across", ylabel="block down", title="Contrast within a block")
figure.colorbar(shown, ax=axes, label="largest minus smallest value, HU")
plt.show()
print(f"blocks on the circle between padding and air: {circle.sum()} of {circle.size}")
print(f"contrast of the median block on the circle: {np.median(contrast[circle]):.0f} HU")
loudest_elsewhere = np.sort(contrast[~circle])[-circle.sum() :]
print(f"as many of the loudest blocks elsewhere: {np.median(loudest_elsewhere):.0f} HU")

# %% [markdown]
# The skull is a ring, and around it lies a louder one: the circle on which the padding meets the
# air. To see what it costs, compress the slice as it is, and once more with air (-1000 HU) in the
# place of the padding. `mmpc.explore.body` does that in five lines; read them. (*Quality* is a
# rounding step: a larger number is **coarser**. Lesson 2 takes it apart.)

# %%
print("size with air in the place of padding, against the slice as it is")
print("              quality 10   quality 30   quality 60")
saved = {}
for name in ("head_ct", "skull_base_ct", "abdomen_ct"):
    saved[name] = []
    for quality in (10, 30, 60):
        sizes = [
            len(mmpc.compress(one.pixels, bitstream=1, quality=quality))
            for one in (sample(name), measured(name))
        ]
        saved[name].append(1 - sizes[1] / sizes[0])
    print(f"{name:13}" + "".join(f"{-round(100 * share):11} %" for share in saved[name]))

# %% tags=["claims"]
claims(
    {
        "padding costs a head a fifth of its bits and more": min(saved["head_ct"]) > 0.2,
        "the coarser, the more": saved["head_ct"] == sorted(saved["head_ct"]),
        "a third and more at quality 60": saved["head_ct"][2] > 0.33,
        "the abdomen has no padding to lose": max(map(abs, saved["abdomen_ct"])) < 0.005,
        "the circle is louder than the skull": np.median(contrast[circle])
        > np.median(loudest_elsewhere),
    }
)

# %% [markdown]
# A thin circle that no scanner measured takes a fifth of the head's file at quality 10 and more
# than a third at quality 60. That is more than many a clever idea of this course gains, so it
# could make any of them look good or bad by accident. Whoever wants the marks back can keep them
# beside the image: a circle is said in a few bytes. (Version 2 does so in a tool of its own.) And
# from here on the course works on what was measured: on `measured("head_ct")`, and because one
# slice proves nothing, on the abdomen of another patient beside it.
#
# ## 6. Why 8-bit tools hurt
#
# Most image software, and nearly every web page, works with 8 bits: 256 values. The usual way to
# get there is to scale the smallest value to 0 and the largest to 255. Here is what becomes of
# the brain when the image is scaled to 8 bits and back.

# %%
low, high = hu.min(), hu.max()
eight_bits = np.rint((hu - low) / (high - low) * 255).astype(np.uint8)
back_hu = eight_bits / 255 * (high - low) + low
inside = (slice(100, 440), slice(90, 420))
show_slices({"16 bits": hu, "through 8 bits and back": back_hu}, "brain", region=inside)
print(f"one grey level is {(high - low) / 255:.2f} HU wide")
print(f"greys left in the middle of the brain: {len(np.unique(eight_bits[200:300, 200:300]))}")

# %% [markdown]
# Nothing was *compressed* here, and yet the fine structure is gone: grey and white matter differ
# by about ten HU, which is less than one such level. Exporting with a window is no better. It
# keeps what is inside the window and destroys the rest:

# %%
brain_png = WINDOWS["brain"].apply(hu)
saturated = np.isin(brain_png, (0, 255)) & ~padding
print(f"pixels that the brain window made black or white: {100 * saturated.mean():.2f} % of all")
print(f"values that became the same white: {hu[brain_png == 255].min():.0f} ", end="")
print(f"to {hu[brain_png == 255].max():.0f} HU")

# %% [markdown]
# Therefore the codec of this course works on the stored values, all 16 bits of them, and windows
# are for looking only.
#
# ## 7. Almost right, and fatally wrong
#
# One letter too many: `uint16` for `int16`. Inside the head all is well, and a test that looks
# there passes.

# %%
wrong = np.frombuffer(dataset.PixelData, np.uint16).reshape(dataset.Rows, dataset.Columns)
middle = (slice(200, 300), slice(200, 300))
print(f"brain, read signed:   {stored[middle].mean() - 1024:.2f} HU")
print(f"brain, read unsigned: {wrong[middle].mean() - 1024:.2f} HU")
print(f"largest value, read signed: {stored.max()}, read unsigned: {wrong.max()}")

# %%
for name, pixels in (("signed", stored), ("unsigned", wrong)):
    size_kb = len(mmpc.compress(pixels, bitstream=1, quality=30)) / 1000
    print(f"{name:9} compressed at quality 30 to {size_kb:.1f} kB")
try:
    mmpc.compress(wrong, bitstream=1, quality=10)
except mmpc.MmpcError as error:
    print(f"at quality 10: {error}")

# %% [markdown]
# The padding went to the far end of the scale. The picture of the brain is the same, but the mean
# of the slice, an automatic window and the size of the compressed file are not, and the codec has
# to refuse fine steps. Bugs of this kind have shipped in well-known DICOM software. The cure is
# dull: read the sign from the header, print minimum and maximum, and look at the corners.

# %% [markdown]
# ## Exercises
#
# Replace the dots, run the cell and the one below it. `check` tells right from wrong; it does not
# know the answer itself. Solutions are in the folder `solutions`.
#
# **Exercise 1.** How many percent of the *measured* pixels (those that are not padding) are above
# 300 HU? One decimal.

# %% tags=["exercise-1"]
bone_percent = ...

# %%
check(
    1,
    bone_percent,
    "b6672cd0f853",
    digits=1,
    hint="the mean of a boolean array is a share; choose the pixels first",
)

# %% [markdown]
# **Exercise 2.** How many bits does a pixel need at least, if every whole number from the
# smallest to the largest stored value of this slice must be possible?

# %% tags=["exercise-2"]
bits_needed = ...

# %%
check(
    2, bits_needed, "e18076560d25", hint="how many different numbers are there, both ends included?"
)

# %% [markdown]
# **Exercise 3.** Write the window as a function: HU in, greys from 0 to 255 out, as `uint8`,
# rounded. DICOM puts black at `center - 0.5 - (width - 1) / 2` and white at `center - 0.5 +
# (width - 1) / 2`.


# %% tags=["exercise-3"]
def my_window(values_hu, center, width):
    """Map Hounsfield units to greys."""
    return ...


# %%
check(
    3,
    my_window,
    {
        "the result has dtype uint8": lambda f: f(hu, 40, 80).dtype == np.uint8,
        "far below the window is 0": lambda f: f(np.array([-5000.0]), 40, 80)[0] == 0,
        "far above the window is 255": lambda f: f(np.array([5000.0]), 40, 80)[0] == 255,
        "it agrees with mmpc.images.windows within one grey": lambda f: (
            np.abs(f(hu, 480, 2500).astype(int) - WINDOWS["bone"].apply(hu)).max() <= 1
        ),
    },
    hint="clip before you convert to uint8",
)

# %% [markdown]
# **Exercise 4.** Another slice: `sample("abdomen_ct")`. What is its mean in HU over the pixels
# that are *not* at the slice's smallest stored value? One decimal.

# %% tags=["exercise-4"]
abdomen_mean_hu = ...

# %%
check(4, abdomen_mean_hu, "5b058eca9d40", digits=1, hint="its intercept is not that of the head")

# %% [markdown]
# **Exercise 5, and a codec of your own.** From here on you build a codec that is yours, and each
# lesson makes it smaller. Its score is the rate, in bits per pixel, at an error of 4 HU (root of
# the mean square, lesson 5), in the mean over the two slices of the course. Begin with the
# simplest one: divide the pixels by the step, round, make `int16` of them, and give their bytes to
# zlib (`import zlib`, then `zlib.compress(array.tobytes())`). Return those bytes, and the pixels
# that a decoder would make of them.


# %% tags=["exercise-5"]
def my_codec(pixels, step):
    """Return the bytes and the decoded pixels."""
    return ...


# %%
check(
    5,
    my_codec,
    {
        "the first result is bytes": lambda f: isinstance(f(stored, 10)[0], bytes),
        "at step 1 nothing is lost": lambda f: np.array_equal(f(stored, 1)[1], stored),
        "no pixel is off by more than half a step": lambda f: (
            np.abs(f(stored, 20)[1] - stored.astype(int)).max() <= 10
        ),
        "it needs less than 2.9 bits per pixel": lambda f: score(0, f) < 2.9,
    },
    hint="np.rint(pixels / step), and the decoder multiplies by the step",
)
show_scoreboard(0)

# %% [markdown]
# ## What to take with you
#
# - A DICOM file stores integers; slope and intercept turn them into Hounsfield units.
# - A window is a way of looking. It never belongs into the data.
# - CT is often signed, and often padded: with marks that are not measurements, and that can cost
#   more than a third of the file.
# - 8 bits over the whole range erase what the brain window shows.
#
# Next: lesson 1 takes a block of 8 by 8 of these numbers and writes it in a better alphabet.
#
# ## Further reading
#
# - G. N. Hounsfield, "Computerized transverse axial scanning (tomography): Part 1. Description of
#   system", *British Journal of Radiology* 46 (1973), 1016-1022.
# - DICOM PS3.3, C.7.6.3 (Image Pixel), C.11.1 (Modality LUT: rescale), C.11.2 (VOI LUT: windows),
#   <https://dicom.nema.org/medical/dicom/current/output/html/part03.html>.
# - J. T. Bushberg et al., *The Essential Physics of Medical Imaging*, chapter on computed
#   tomography.
