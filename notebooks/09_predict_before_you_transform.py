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
# # 9. Predict before you transform
#
# The map of prices at the end of lesson 8 glowed where blocks hold an edge. An edge needs many
# waves, and each block pays for it anew, although the block beside it has just shown where the
# edge is going. So let us draw the edge on, and code only what the drawing got wrong.
#
# **What you'll do.** Look at a block through its border, predict it in 35 ways, code a slice with
# predictions, and let an encoder and a decoder drift apart.
#
# **What you'll learn.** Intra prediction: DC, planar, directions; residual; closed and open loop.
#
# **What you'll need.** Lessons 1, 2 and 8, and about 60 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import mmpc
from mmpc.coding_tools import Tools
from mmpc.explore import small_codec
from mmpc.explore.body import measured as body_of
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.figures import show_errors, show_slices
from mmpc.explore.level_contexts import (
    block_prices,
    code_levels,
    level_contexts,
    with_dc_differences,
)
from mmpc.explore.recoding import binarize, code_decisions
from mmpc.explore.scoreboard import score, show_scoreboard
from mmpc.images.regions import skull_interior_mask
from mmpc.images.windows import Window
from mmpc.v1.blocks import join_blocks, split_blocks
from mmpc.v1.dct import forward_dct, inverse_dct
from mmpc.v1.quantizer import dequantize, quantize
from mmpc.v2.partition import UNITS_PER_CTU, Z_X, Z_Y, start_leaf
from mmpc.v2.planes import new_scratch
from mmpc.v2.prediction import (
    ANGLE,
    DC,
    FIRST_VERTICAL,
    HORIZONTAL,
    MODES,
    PLANAR,
    VERTICAL,
    gather_border,
    predict,
    smooth_border,
)

# %% [markdown]
# ## 1. Where lesson 8 stopped
#
# Blocks of 8 x 8, the DCT, the report's quantizer, six contexts mixed:

# %%
image = body_of("head_ct")  # with air in the place of the padding (lesson 0, step 5)
pixels = image.pixels.astype(np.int32)
height, width = pixels.shape
lowest = int(pixels.min())
hu = image.hounsfield()


def rmse(error):
    """Return the root of the mean of the squares."""
    return np.sqrt(np.mean(np.square(error, dtype=np.float64)))


def code_without_prediction(step, pixels=pixels):
    """Return the decoded slice, its rate in bits per pixel, and the price of each block."""
    lowest = pixels.min()
    # Without floating-point noise ties fall alike on every machine (lesson 2, step 8).
    coefficients = forward_dct(split_blocks(pixels - lowest)).round(6)
    quantized = quantize(coefficients, step).astype(np.int64)
    levels = with_dc_differences(quantized)
    coded = code_levels(levels, *level_contexts(levels).values())
    decoded = join_blocks(inverse_dct(dequantize(quantized, step)), height, width)
    rate_bpp = 8 * len(coded.stream) / pixels.size
    decoded = np.clip(np.rint(decoded) + lowest, lowest, pixels.max())
    return decoded, rate_bpp, block_prices(levels, coded)


decoded_before, rate_before, prices_before = code_without_prediction(30)
print(f"quality 30: {rate_before:.2f} bpp, RMSE {rmse(decoded_before - pixels):.2f} HU")
dearest = prices_before >= np.quantile(prices_before, 0.9)
share = prices_before[dearest].sum() / prices_before.sum()
print(f"the dearest tenth of the blocks takes {100 * share:.0f} % of the bits")

# %% [markdown]
# ## 2. What a decoder knows about a block
#
# Take a block on the edge of the skull. When its turn comes, the blocks above and to the left have
# been decoded, here the block above right as well; the one below left comes later, and its eight
# samples are filled with the nearest known one. The line of samples just outside is its
# **border**: version 2 collects it from the lowest left neighbour up to the corner and then along
# the top, 33 samples for an 8 x 8 block. (Blocks go in *z-order*: inside squares of 64 x 64 the
# four quarters come one after the other, and so on downwards.)

# %%
scratch = new_scratch()


def blocks_in_z_order():
    """Yield (y, x) of all blocks in the order in which version 2 codes them."""
    for ctu_y in range(0, height, 64):
        for ctu_x in range(0, width, 64):
            for z in range(0, UNITS_PER_CTU, 4):  # four units of 4 x 4 are one block
                y, x = ctu_y + 4 * int(Z_Y[z]), ctu_x + 4 * int(Z_X[z])
                if y < height and x < width:
                    yield y, x


def border_of(samples, y, x):
    """Return the border of the 8 x 8 block at (y, x): 33 samples, and the same smoothed."""
    start_leaf(scratch.leaf, x, y, 3)  # nothing of the block is known
    leaf, border = scratch.leaf, scratch.border
    gather_border(samples, leaf, x, y, 3, 3, width, height, lowest, border)
    smooth_border(border, 3, 3, scratch.smooth)
    return scratch.border[:33].copy(), scratch.smooth[:33].copy()


y, x = 144, 168
block = pixels[y : y + 8, x : x + 8]
border, smooth = border_of(pixels, y, x)
CORNER = 16
print("left, upwards  :", " ".join(f"{value:5d}" for value in border[8:CORNER]))
print(f"corner         : {border[CORNER]:5d}")
print("top            :", " ".join(f"{value:5d}" for value in border[17:25]))
print("top, beyond    :", " ".join(f"{value:5d}" for value in border[25:]))

known = np.full((height, width), np.nan)
for done_y, done_x in blocks_in_z_order():
    if (done_y, done_x) == (y, x):
        break
    done = (slice(done_y, done_y + 8), slice(done_x, done_x + 8))
    known[done] = hu[done]

figure, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
panels = {"original": hu, "what the decoder has when the block comes": known}
for panel, (title, values) in zip(axes, panels.items(), strict=True):
    colours = plt.get_cmap("gray").with_extremes(bad="#fbdcc0")
    shown = panel.imshow(values, cmap=colours, vmin=-770, vmax=1730)
    panel.add_patch(plt.Rectangle((x - 0.5, y - 0.5), 8, 8, fill=False, edgecolor="tab:orange"))
    panel.set(xlim=(x - 20.5, x + 27.5), ylim=(y + 27.5, y - 20.5))
    panel.set_title(title, fontsize=10)
    panel.set_axis_off()
figure.colorbar(shown, ax=axes, label="HU", shrink=0.9)
plt.show()

# %% [markdown]
# Hide the left picture and guess: how does the image go on inside the orange square?
#
# ## 3. Three kinds of guesses by hand
#
# **DC:** the mean of the left and upper neighbours. **Planar:** a soft surface between all of them,
# the mean of a linear blend across and one down. **A direction:** draw the border on along one of
# 33 slants, between two samples where it meets none. (Planar and the three diagonals, 2, 18 and 34,
# draw on a smoothed border.)


# %%
def naive_dc(border):
    """Return the mean of the eight samples on the left and the eight on top."""
    return np.full((8, 8), int(border[8:16].sum() + border[17:25].sum() + 8) // 16)


def naive_planar(border):
    """Return the mean of a blend from left to top right and one from top to bottom left."""
    left, top = border[15:7:-1, np.newaxis], border[np.newaxis, 17:25]
    top_right, bottom_left = border[25], border[7]
    i = np.arange(8)
    across = (7 - i) * left + (i + 1) * top_right
    down = (7 - i[:, np.newaxis]) * top + (i[:, np.newaxis] + 1) * bottom_left
    return (across + down + 8) // 16


def naive_direction(border, smooth, mode):
    """Return the border drawn on along one of the 33 directions, 2 to 34."""
    from_top = mode >= FIRST_VERTICAL
    sign = 1 if from_top else -1  # the way along the border, away from the corner
    angle = int(ANGLE[mode])  # how far to the side in one row, in 1/32 sample
    is_diagonal = min(abs(mode - HORIZONTAL), abs(mode - VERTICAL)) > 7
    source = smooth if is_diagonal else border

    def at(k):
        """Return the k-th sample from the corner; before it, those of the other side are used."""
        if k < 0:
            k = -((-k * round(8192 / -angle) + 128) // 256)
        return int(source[CORNER + sign * min(k, 16)])

    block = np.empty((8, 8), int)
    for row in range(8):
        whole, fraction = divmod((row + 1) * angle, 32)
        for i in range(8):
            first, second = at(1 + i + whole), at(2 + i + whole)
            block[row, i] = ((32 - fraction) * first + fraction * second + 16) // 32
    return block if from_top else block.T


def predictions(samples, y, x):
    """Return all 35 predictions of the block at (y, x) by version 2, shape (35, 8, 8)."""
    border_of(samples, y, x)
    result = np.empty((MODES, 8, 8), np.int64)
    for mode in range(MODES):
        predict(scratch.border, scratch.smooth, 3, 3, mode, scratch.line, scratch.prediction)
        result[mode] = scratch.prediction[:8, :8]
    return result


guesses = predictions(pixels, y, x)
inner = (slice(1, None), slice(1, None))  # version 2 mends the first row and column of some
print(f"DC equals the package:       {np.array_equal(naive_dc(border)[inner], guesses[DC][inner])}")
print(f"planar equals the package:   {np.array_equal(naive_planar(smooth), guesses[PLANAR])}")
equal = [
    np.array_equal(naive_direction(border, smooth, mode)[inner], guesses[mode][inner])
    for mode in range(2, MODES)
]
print(f"directions that equal it:    {sum(equal)} of {len(equal)}")
print(f"their slants, in 1/32 sample a row: {ANGLE[2:19].tolist()} ...")

# %% [markdown]
# ## 4. Thirty-five guesses
#
# The decoder cannot know which guess is good. The encoder can: it has the block. It tries them all
# and tells the number of the best. Compare the **energy** that is left to code: of the block
# without its mean (that is what the 63 waves of lesson 1 must carry), and of each **residual**,
# block minus prediction:

# %%
residuals = block - guesses
energies = (residuals**2).sum(axis=(1, 2))
own_energy = ((block - block.mean()) ** 2).sum()
best = int(energies.argmin())
names = {DC: "DC", PLANAR: "planar", HORIZONTAL: "horizontal", VERTICAL: "vertical"}
names.setdefault(best, f"direction {best}")
print(f"block without its mean: energy {own_energy / 1000:8.0f} thousand")
for mode, name in names.items():
    levels_left = np.count_nonzero(np.rint(forward_dct(residuals[mode].astype(float)) / 30))
    print(
        f"{name:13} leaves: energy {energies[mode] / 1000:8.0f} thousand, "
        f"{levels_left:2} levels that are not zero at step 30"
    )
of_block = np.count_nonzero(np.rint(forward_dct((block - lowest).astype(float)) / 30))
print(f"the block itself has {of_block} levels that are not zero")

figure, axes = plt.subplots(figsize=(9, 2.8), layout="constrained")
colours = ["tab:orange" if mode == best else "0.5" for mode in range(MODES)]
axes.bar(range(MODES), energies / 1000, color=colours, edgecolor="k", linewidth=0.5)
axes.axhline(own_energy / 1000, color="k", linewidth=0.8, label="block without its mean")
axes.set(xlabel="mode (0 planar, 1 DC, 10 horizontal, 26 vertical)", ylabel="energy, thousand HU²")
axes.set(yscale="log", xlim=(-1, MODES), ylim=(20, None))
axes.legend(fontsize=8)
plt.show()
shown = (PLANAR, DC, VERTICAL, best)
panels = {"block": block} | {names[mode]: guesses[mode] for mode in shown}
to_hu = image.rescale_intercept  # the slope of this image is 1
span = Window(center=hu[y : y + 8, x : x + 8].mean(), width=1600)
show_slices({title: stored + to_hu for title, stored in panels.items()}, span)
show_errors({f"{names[mode]}: residual": residuals[mode] for mode in shown}, 500, what="residual")

# %% [markdown]
# The right slant continues the edge of the skull into the block, and what is left is a fraction.
# This is more than the DCT can ever do with an edge that runs at an angle.
#
# ## 5. The whole slice
#
# A small codec: for each block in z-order collect the border, try all modes, transform and
# quantize the residual, *decode it at once*, and go on. A mode costs bits as well, so unusual ones
# pay a fee: the modes of the neighbours on the left and above come first in a list, and the
# number in this list is what is coded.


# %%
def decode_block(prediction, levels, step):
    """Return the samples of one block."""
    return np.rint(prediction + inverse_dct(levels * float(step))).astype(np.int32)


def encode_slice(step, pixels=pixels, from_original=False):
    """Return levels, modes, places of the modes in their lists, and what the encoder decodes."""
    decoded = np.zeros_like(pixels)
    levels = np.zeros((height // 8, width // 8, 8, 8), np.int64)
    modes = np.full(levels.shape[:2], DC)
    ranks = np.zeros_like(modes)
    for y, x in blocks_in_z_order():
        row, column = y // 8, x // 8
        left = modes[row, column - 1] if column else DC
        above = modes[row - 1, column] if row else DC
        listed = list(dict.fromkeys([left, above, PLANAR, DC, HORIZONTAL, VERTICAL, *range(MODES)]))
        guesses = predictions(pixels if from_original else decoded, y, x)[listed]
        waves = forward_dct((pixels[y : y + 8, x : x + 8] - guesses).astype(float)).round(6)
        fees = step / 2 * np.array([2 * rank.bit_length() + 1 for rank in range(MODES)])
        rank = int(np.argmin(np.abs(waves).sum(axis=(1, 2)).round(3) + fees))
        levels[row, column] = np.rint(waves[rank] / step)
        modes[row, column], ranks[row, column] = listed[rank], rank
        decoded[y : y + 8, x : x + 8] = decode_block(guesses[rank], levels[row, column], step)
    return levels, modes, ranks, decoded


def decode_slice(levels, modes, step):
    """Return the slice that a decoder makes of levels and modes."""
    decoded = np.zeros_like(pixels)
    for y, x in blocks_in_z_order():
        guess = predictions(decoded, y, x)[modes[y // 8, x // 8]]
        decoded[y : y + 8, x : x + 8] = decode_block(guess, levels[y // 8, x // 8], step)
    return decoded


levels, modes, ranks, decoded = encode_slice(30)
same = np.array_equal(decode_slice(levels, modes, 30), decoded)
print(f"the decoder gets what the encoder had: {same}")
print(f"RMSE with prediction {rmse(decoded - pixels):.2f} HU, ", end="")
print(f"without {rmse(decoded_before - pixels):.2f} HU")
kinds = {"planar": modes == PLANAR, "DC": modes == DC, "a direction": modes > DC}
print(", ".join(f"{name}: {100 * chosen.mean():.0f} %" for name, chosen in kinds.items()))

# %% [markdown]
# Which way do the directions run? A line through each block that chose one, along its slant:

# %%
rows, columns = slice(15, 31), slice(15, 31)  # blocks


def draw_directions(axes, modes, rows, columns):
    """Draw the chosen direction of each block, a dot for planar and DC."""
    for row in range(rows.start, rows.stop):
        for column in range(columns.start, columns.stop):
            mode = modes[row, column]
            middle = np.array([8 * column + 3.5, 8 * row + 3.5])
            if mode <= DC:
                axes.plot(*middle, ".", color="tab:blue", markersize=2)
                continue
            slant = ANGLE[mode] / 32
            along = np.array([slant, -1]) if mode >= FIRST_VERTICAL else np.array([-1, slant])
            ends = middle + 3.3 * np.outer([-1, 1], along / np.abs(along).max())
            axes.plot(ends[:, 0], ends[:, 1], color="tab:orange", linewidth=1)


figure, axes = plt.subplots(figsize=(6.6, 5.6), layout="constrained")
shown = axes.imshow(hu, cmap="gray", vmin=-770, vmax=1730)
draw_directions(axes, modes, rows, columns)
axes.set(xlim=(8 * columns.start - 0.5, 8 * columns.stop - 0.5), title="chosen directions")
axes.set(ylim=(8 * rows.stop - 0.5, 8 * rows.start - 0.5))
axes.set_axis_off()
figure.colorbar(shown, ax=axes, label="HU", shrink=0.9)
plt.show()

blocks = split_blocks(pixels)
own = ((blocks - blocks.mean(axis=(2, 3), keepdims=True)) ** 2).sum(axis=(2, 3))
guessed = np.empty_like(own)
for y, x in blocks_in_z_order():
    residual = pixels[y : y + 8, x : x + 8] - predictions(decoded, y, x)[modes[y // 8, x // 8]]
    guessed[y // 8, x // 8] = (residual**2).sum()
brain = split_blocks(skull_interior_mask(hu)).all(axis=(2, 3))
kinds = {"the dearest tenth": dearest, "inside the skull": brain}
print("energy, median block  without its mean   predicted")
for name, chosen in kinds.items():
    print(f"{name:21} {np.median(own[chosen]):16.0f} {np.median(guessed[chosen]):11.0f}")

# %% [markdown]
# Along bone and skin the lines follow the edge. (Those that go on straight through brain and air
# are only the cheapest to tell, as they are the neighbour's.) In the brain there is nothing to
# follow but noise, and noise cannot be predicted: there no energy is saved, only the mean comes
# along for nothing.
#
# ## 6. Almost right, and fatally wrong
#
# The encoder has the original. Why should it predict from its own damaged reconstruction? From the
# original the predictions are better, and all blocks could be done at once. First in one dimension:
# code the differences along a row of pixels, each rounded to a multiple of 30.

# %%
row = pixels[256].astype(int)
step = 30
differences = np.diff(row, prepend=0)
decoded_row = np.cumsum(step * np.rint(differences / step))
drift = decoded_row - row
print(f"largest error of one difference: {step // 2} HU")
for column in (100, 200, 300, 400, 511):
    print(f"error at pixel {column:3}: {drift[column]:5.0f} HU")

# %% [markdown]
# Each difference is right within half a step. But the decoder adds its differences to what *it*
# has, errors and all, and they pile up. Now our slice codec, predicting from the original:

# %%
open_levels, open_modes, _, hoped = encode_slice(30, from_original=True)
received = decode_slice(open_levels, open_modes, 30)
print(f"levels not zero, from the decoded:  {np.count_nonzero(levels)}")
print(f"levels not zero, from the original: {np.count_nonzero(open_levels)}")
print(f"RMSE that the encoder believes in:  {rmse(hoped - pixels):.2f} HU")
print(f"RMSE at the decoder:                {rmse(received - pixels):.2f} HU")
head = (slice(90, 450), slice(80, 440))
show_errors(
    {"from the decoded": decoded - pixels, "from the original": received - pixels},
    60,
    region=head,
)

# %% [markdown]
# Fewer levels, and an encoder that measures itself and is content. The picture that arrives is
# smeared: errors run from block to block along the predictions. The two sides predict from
# different samples, and the loop that would have corrected it is *open*. Hence the rule: **the
# encoder contains a decoder** and predicts from its output. Then the error of the slice is that of
# the quantizer alone, however bad the predictions are. (That is also why a decoder must compute
# its samples in integers: two machines that round differently drift in the same way.)
#
# ## 7. What it is worth
#
# The residuals' levels go through the same six contexts as in lesson 8, the modes through a model
# of their own. To compare fairly, take what lesson 8 pays *at the same RMSE*: the curve between
# measured points.


# %%
def mode_price_bits(ranks):
    """Return the size of the modes, in the context of the neighbours' places in their lists."""
    left = np.pad(ranks, ((0, 0), (1, 0)))[:, :-1]
    above = np.pad(ranks, ((1, 0), (0, 0)))[:-1]
    contexts = np.stack([np.zeros(ranks.size, int), left.ravel(), above.ravel()], axis=1)
    return 8 * len(code_decisions(binarize(ranks), contexts).stream)


gains = {}
print("slice       quality    RMSE   lesson 8 at this RMSE   predicted (modes alone)   change")
for name, steps in {"head_ct": (15, 30, 45), "abdomen_ct": (30,)}.items():
    values = body_of(name).pixels.astype(np.int32)
    curve = []
    for step in (10, 15, 20, 30, 40, 55):
        image_before, rate, _ = code_without_prediction(step, values)
        curve.append((rmse(image_before - values), rate))
    known_rmse, known_rates = np.array(curve).T
    for step in steps:
        step_levels, _, step_ranks, step_decoded = encode_slice(step, values)
        coded = code_levels(step_levels, *level_contexts(step_levels).values())
        mode_rate = mode_price_bits(step_ranks) / values.size
        rate = 8 * len(coded.stream) / values.size + mode_rate
        error = rmse(step_decoded - values)
        before = np.exp(np.interp(np.log(error), np.log(known_rmse), np.log(known_rates)))
        gains[name, step] = 100 * (rate / before - 1)
        print(
            f"{name:10} {step:8} {error:7.2f} {before:19.2f} bpp {rate:15.2f} bpp ({mode_rate:.2f})"
            f" {gains[name, step]:9.1f} %"
        )
        if (name, step) == ("head_ct", 30):
            prices_after = block_prices(step_levels, coded)

figure, axes = plt.subplots(1, 2, figsize=(8.2, 3.6), layout="constrained")
maps = {"lesson 8": prices_before, "with prediction": prices_after}
for panel, (title, values) in zip(axes, maps.items(), strict=True):
    shown = panel.imshow(values, cmap="viridis", vmin=0, vmax=250)
    panel.set_title(title, fontsize=10)
    panel.set_axis_off()
figure.colorbar(shown, ax=axes, label="levels, bits per block of 64 pixels", shrink=0.9)
plt.show()
saved = 1 - prices_after[dearest].sum() / prices_before[dearest].sum()
print(f"saved on the dearest tenth of the blocks: {100 * saved:.0f} %")
saved = 1 - prices_after[~dearest].sum() / prices_before[~dearest].sum()
print(f"saved on the others: {100 * saved:.0f} %")

# %% [markdown]
# That is on top of all that came before. The dearest blocks lose more than a quarter of their bits,
# and the others, air for the most part, even more (the modes not counted): what a prediction leaves
# of air is nothing. The abdomen, soft tissue full of noise, gains least.
#
# Does the package say the same? Version 2 can be told to leave out its tools. With blocks of 8 x 8
# only, nothing else but the mixer, and prediction off or on (off means: no DC differences either,
# so the gain is larger than ours):

# %%
plain = {
    "quadtree": False,
    "dst": False,
    "transform_skip": False,
    "dependent_quantization": False,
    "optimized": False,
    "deblocking": False,
    "wiener": False,
    "sign_prediction": False,
    "shifted_points": False,
    "probability_map": False,
    "learned_start": False,
    "rectangles": False,
    "padding": False,
}
for intra in (False, True):
    stream = mmpc.compress(
        image.pixels, bitstream=2, quality=30, preset="fast", tools=Tools(intra=intra, **plain)
    )
    error = mmpc.decompress(stream).astype(int) - pixels
    name = "on" if intra else "off"
    print(
        f"prediction {name:3}: {8 * len(stream) / pixels.size:.2f} bpp, RMSE {rmse(error):.1f} HU"
    )

# %% tags=["claims"]
claims(
    {
        "DC and planar are the package's": np.array_equal(
            naive_dc(border)[inner], guesses[DC][inner]
        )
        and np.array_equal(naive_planar(smooth), guesses[PLANAR]),
        "so are all directions": all(equal),
        "the right slant leaves a fraction": energies[best] < 0.05 * own_energy,
        "in the brain no energy is saved": np.median(guessed[brain]) >= np.median(own[brain]),
        "the loop is closed": same,
        "from the original: fewer levels, and a smeared picture": (
            np.count_nonzero(open_levels) < np.count_nonzero(levels)
            and rmse(received - pixels) > 3 * rmse(hoped - pixels)
        ),
        "prediction gains on both slices, least on the abdomen": -3
        > gains["abdomen_ct", 30]
        > max(gains["head_ct", step] for step in (15, 30, 45)),
        "a quarter of the dearest, more of the others": 0.25
        < 1 - prices_after[dearest].sum() / prices_before[dearest].sum()
        < saved,
    }
)

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** The eight left neighbours of a block are all 100, the eight on top all 40. What
# does DC predict?

# %% tags=["exercise-1"]
dc_prediction = ...

# %%
check(1, dc_prediction, "6db6aa0ffe02", hint="one mean of sixteen samples")

# %% [markdown]
# **Exercise 2.** Thirty-five modes cost time and bits. Which nine would you keep? What is left of
# the dearest blocks is measured as the encoder does, by the sum of the magnitudes of their waves,
# each block with the best of your modes. With nine it shall grow by half at most. (Planar, DC and
# seven directions spread evenly add 80 %.)

# %% tags=["exercise-2"]
my_modes = ...


# %%
def waves_left(listed):
    """Return the sum of the magnitudes that the listed modes leave of the dearest blocks."""
    total = 0.0
    for y, x in 8 * np.argwhere(dearest):
        residuals = pixels[y : y + 8, x : x + 8] - predictions(pixels, y, x)[listed]
        total += np.abs(forward_dct(residuals.astype(float))).sum(axis=(1, 2)).min()
    return total


check(
    2,
    my_modes,
    {
        "there are nine at most": lambda modes: len(set(modes)) <= 9,
        "no more than half is added": lambda modes: (
            waves_left(list(modes)) < 1.5 * waves_left(list(range(MODES)))
        ),
    },
    hint="begin with all, and take away the one that is missed least, again and again",
)

# %% [markdown]
# **Exercise 3.** Write the horizontal prediction: each row of the block copies its left neighbour.
# The border is that of step 2.


# %% tags=["exercise-3"]
def my_horizontal(border):
    """Return the prediction, shape (8, 8)."""
    return ...


# %%
numbered = np.arange(33)
check(
    3,
    my_horizontal,
    {
        "it is a block of 8 x 8": lambda f: np.shape(f(numbered)) == (8, 8),
        "the first row copies the sample below the corner": lambda f: set(f(numbered)[0]) == {15},
        "the last row copies the lowest of the eight": lambda f: set(f(numbered)[7]) == {8},
        "it is version 2's mode 10, whose first row alone is corrected": lambda f: np.array_equal(
            np.asarray(f(border))[1:], (block - residuals[HORIZONTAL])[1:]
        ),
    },
    hint="border[15] is beside row 0, border[8] beside row 7",
)

# %% [markdown]
# **Exercise 4.** Mend the one-dimensional codec of step 6: return levels whose running sum, times
# the step, stays within half a step of the row *everywhere*.


# %% tags=["exercise-4"]
def closed_loop_levels(row, step):
    """Return one level a pixel; the decoder adds up step times the levels, from 0 on."""
    return ...


# %%
check(
    4,
    closed_loop_levels,
    {
        "there is a level for each pixel": lambda f: len(f(row, 30)) == row.size,
        "the levels are whole numbers": lambda f: np.array_equal(np.rint(f(row, 30)), f(row, 30)),
        "no pixel is off by more than half a step": lambda f: (
            np.abs(30 * np.cumsum(f(row, 30)) - row).max() <= 15
        ),
        "the same holds for a step of 7": lambda f: (
            np.abs(7 * np.cumsum(f(row, 7)) - row).max() <= 3.5
        ),
    },
    hint="take the difference to what the decoder has, not to the pixel before",
)

# %% [markdown]
# **Exercise 5, your own codec.** Let it predict. For a square of 16 x 16 you get what is decoded to
# its left (16 samples, from top to bottom) and above (from left to right); return guesses, shape
# (n, 16, 16), eight at most. The codec takes the best of each square and tells its number. Less
# than 1.123 bits per pixel is asked for; the check codes ten files.


# %% tags=["exercise-5"]
def my_guesses(left, top):
    """Return n predictions of a square, shape (n, 16, 16)."""
    return ...


# %%
def predicting_codec(samples, step):
    """Return the bytes and the decoded pixels of a slice; squares are coded row by row."""
    header, step = small_codec.write_header(samples, step, 16)
    values = samples.astype(float) - samples.min()
    rows_of_16, columns_of_16 = values.shape[0] // 16, values.shape[1] // 16
    outside = np.zeros((values.shape[0] + 1, values.shape[1] + 1))  # a border of zeros, decoded
    kept = np.zeros((rows_of_16, columns_of_16, 16, 16), np.int64)
    numbers = np.zeros((rows_of_16 + 1, columns_of_16 + 1), np.int64)
    for at in np.ndindex(rows_of_16, columns_of_16):
        y, x = 16 * at[0], 16 * at[1]
        left, top = outside[y + 1 : y + 17, x], outside[y, x + 1 : x + 17]
        left, top = (left if x else np.full(16, top[0])), (top if y else np.full(16, left[0]))
        offers = my_guesses(left, top)
        waves = forward_dct(values[y : y + 16, x : x + 16] - offers).round(6)
        best = int(np.abs(waves).sum(axis=(1, 2)).argmin())
        kept[at] = np.sign(waves[best]) * np.floor(np.abs(waves[best]) / step + 0.4)
        square = np.rint(offers[best] + inverse_dct(kept[at] * step))
        outside[y + 1 : y + 17, x + 1 : x + 17] = np.maximum(square, 0)
        numbers[at[0] + 1, at[1] + 1] = best
    told = numbers[1:, 1:]
    beside = (numbers[1:, :-1] * 8 + numbers[:-1, 1:]).reshape(-1, 1)
    parts = (
        header,
        code_levels(kept, *level_contexts(kept).values()).stream,
        code_decisions(binarize(told), beside, mixing=False).stream,
    )
    return b"".join(parts), outside[1:, 1:].astype(np.int64) + samples.min()


check(
    5,
    my_guesses,
    {
        "there are eight at most, of 16 x 16": lambda f: (
            1 <= len(f(np.arange(16.0), np.arange(16.0))) <= 8
            and np.shape(f(np.arange(16.0), np.arange(16.0)))[1:] == (16, 16)
        ),
        "flat surroundings go on flat": lambda f: np.allclose(
            np.min(np.abs(np.asarray(f(np.full(16, 7.0), np.full(16, 7.0))) - 7)), 0
        ),
        "it needs less than 1.123 bits per pixel": lambda f: score(9, predicting_codec) < 1.123,
    },
    hint="a mean, each row from its left, each column from its top, a soft surface",
)
show_scoreboard(9)

# %% [markdown]
# ## What to take with you
#
# - Draw the edge on, and code what the drawing got wrong. The mode is told, and costs bits.
# - Prediction helps where there is structure. Noise stays noise.
# - The encoder contains a decoder. Whoever predicts from the original measures a dream.
#
# Our blocks are still 8 x 8 everywhere, in plain air as in the finest bone. Next: lesson 10 lets
# their size adapt, and asks how to choose at all.
#
# ## Further reading
#
# - J. Lainema, F. Bossen, W.-J. Han, J. Min, K. Ugur, "Intra Coding of the HEVC Standard", *IEEE
#   Transactions on Circuits and Systems for Video Technology* 22 (2012), 1792-1801. These 35
#   modes.
# - ITU-T Recommendation H.265, *High efficiency video coding*, clause 8.4.4.2.
# - C. C. Cutler, "Differential Quantization of Communication Signals", US patent 2,605,361 (1952).
#   The closed loop.
# - N. S. Jayant, P. Noll, *Digital Coding of Waveforms*, Prentice-Hall (1984). Prediction and
#   quantization in one loop.
