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
# **What you'll need.** Lessons 1, 2 and 8, and about 45 minutes.

# %%
from types import SimpleNamespace

import numpy as np

import mmpc
from mmpc.coding_tools import Tools
from mmpc.explore.body import measured as body_of
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.coding_figures import show_decisions, show_energies, show_known
from mmpc.explore.decisions import square_decisions
from mmpc.explore.equal_error import rate_at, rmse
from mmpc.explore.figures import show_errors, show_prices, show_slices
from mmpc.explore.level_contexts import block_prices, code_mixed, with_dc_differences
from mmpc.explore.recoding import code_map
from mmpc.explore.report_levels import levels_at, pixels_of
from mmpc.explore.scoreboard import score, show_scoreboard
from mmpc.explore.square_blocks import SquareBlocks
from mmpc.explore.student_codecs import predicting_codec
from mmpc.explore.tables import show_table
from mmpc.images.regions import skull_interior_mask
from mmpc.images.windows import Window
from mmpc.v1.blocks import split_blocks
from mmpc.v1.dct import forward_dct, inverse_dct
from mmpc.v2.prediction import ANGLE, DC, FIRST_VERTICAL, HORIZONTAL, MODES, PLANAR, VERTICAL

# %% [markdown]
# ## 1. Where lesson 8 stopped
#
# Blocks of 8 x 8, the DCT, the report's quantizer, six contexts mixed:

# %%
image = body_of("head_ct")  # with air in the place of the padding (lesson 0, step 5)
pixels = image.pixels.astype(np.int32)
hu = image.hounsfield()


def code_without_prediction(pixels, step):
    """Return the RMSE, the rate in bits per pixel, and the price of each block."""
    quantized = levels_at(pixels, step)
    levels = with_dc_differences(quantized)
    coded = code_mixed(levels)
    error = rmse(pixels_of(quantized, step, pixels) - pixels)
    return error, 8 * len(coded.stream) / pixels.size, block_prices(levels, coded)


rmse_before, rate_before, prices_before = code_without_prediction(pixels, 30)
print(f"quality 30: {rate_before:.2f} bpp, RMSE {rmse_before:.2f} HU")
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
# four quarters come one after the other, and so on downwards.) `SquareBlocks` knows all that.

# %%
lowest = int(pixels.min())
blocks = SquareBlocks(pixels.shape, 8, unknown=lowest)
y, x = 144, 168
block = pixels[y : y + 8, x : x + 8]
border, smooth = blocks.border(pixels, y, x)  # as it is, and smoothed
CORNER = 16
print("left, upwards  :", " ".join(f"{value:5d}" for value in border[8:CORNER]))
print(f"corner         : {border[CORNER]:5d}")
print("top            :", " ".join(f"{value:5d}" for value in border[17:25]))
print("top, beyond    :", " ".join(f"{value:5d}" for value in border[25:]))
show_known(hu, blocks, y, x)

# %% [markdown]
# Hide the left picture and guess: how does the image go on inside the orange square?
#
# ## 3. Three kinds of guesses by hand
#
# **DC:** the mean of the left and upper neighbours. **Planar:** a soft surface between all of them,
# the mean of a linear blend across and one down, drawn on a smoothed border.


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


guesses = blocks.predictions(pixels, y, x)  # all 35 by version 2, shape (35, 8, 8)
inner = (slice(1, None), slice(1, None))  # version 2 mends the first row and column of some
print(f"DC equals the package:       {np.array_equal(naive_dc(border)[inner], guesses[DC][inner])}")
print(f"planar equals the package:   {np.array_equal(naive_planar(smooth), guesses[PLANAR])}")

# %% [markdown]
# **A direction:** draw the border on along one of 33 slants, between two samples where it meets
# none. (The three diagonals, 2, 18 and 34, draw on the smoothed border, too.)


# %%
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


def count_levels(samples):
    """Return how many levels at step 30 are not zero."""
    return np.count_nonzero(np.rint(forward_dct(samples.astype(float)) / 30))


names = {DC: "DC", PLANAR: "planar", HORIZONTAL: "horizontal", VERTICAL: "vertical"}
names.setdefault(best, f"direction {best}")
rows = {"block without its mean": (own_energy, block - block.mean())}
rows |= {f"{name} leaves": (energies[mode], residuals[mode]) for mode, name in names.items()}
table = {
    name: {"energy, thousand": f"{energy / 1000:.0f}", "levels not zero": count_levels(left)}
    for name, (energy, left) in rows.items()
}
show_table("at step 30", table)
show_energies(energies, own_energy)
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
# A small codec. Its decoder is short: for each block in z-order the prediction in the mode that it
# is told, and the residual on top.


# %%
def decode_block(prediction, levels, step):
    """Return the samples of one block."""
    return np.rint(prediction + inverse_dct(levels * float(step))).astype(np.int32)


def decode_slice(levels, modes, step):
    """Return the slice that a decoder makes of levels and modes."""
    decoded = np.zeros_like(pixels)
    for y, x in blocks.in_z_order():
        guess = blocks.predictions(decoded, y, x)[modes[y // 8, x // 8]]
        decoded[y : y + 8, x : x + 8] = decode_block(guess, levels[y // 8, x // 8], step)
    return decoded


# %% [markdown]
# The encoder tries all modes, transforms and quantizes the residual of the best, *decodes it at
# once*, and goes on. A mode costs bits as well, so unusual ones pay a fee: the modes of the
# neighbours on the left and above come first in a list, and the number in this list is what is
# coded.

# %%
FEES = np.array([2 * rank.bit_length() + 1 for rank in range(MODES)])  # bits, by place in the list


def likely_first(modes, row, column):
    """Return all modes, the likely ones first."""
    left = modes[row, column - 1] if column else DC
    above = modes[row - 1, column] if row else DC
    return list(dict.fromkeys([left, above, PLANAR, DC, HORIZONTAL, VERTICAL, *range(MODES)]))


def encode_slice(pixels, step, from_original=False):
    """Return levels, modes, their places in the lists, the predictions and what is decoded."""
    grid = pixels.shape[0] // 8, pixels.shape[1] // 8
    levels, modes, ranks = np.zeros((*grid, 8, 8), np.int64), np.full(grid, DC), np.zeros(grid, int)
    predicted, decoded = np.zeros_like(pixels), np.zeros_like(pixels)
    for y, x in blocks.in_z_order():
        at, here = (y // 8, x // 8), (slice(y, y + 8), slice(x, x + 8))
        listed = likely_first(modes, *at)
        guesses = blocks.predictions(pixels if from_original else decoded, y, x)[listed]
        waves = forward_dct((pixels[here] - guesses).astype(float)).round(6)
        costs = np.abs(waves).sum(axis=(1, 2)).round(3) + step / 2 * FEES
        rank = int(np.argmin(costs))
        levels[at], modes[at], ranks[at] = np.rint(waves[rank] / step), listed[rank], rank
        predicted[here] = guesses[rank]
        decoded[here] = decode_block(guesses[rank], levels[at], step)
    return SimpleNamespace(
        levels=levels, modes=modes, ranks=ranks, predicted=predicted, decoded=decoded
    )


# %%
closed = encode_slice(pixels, 30)
same = np.array_equal(decode_slice(closed.levels, closed.modes, 30), closed.decoded)
print(f"the decoder gets what the encoder had: {same}")
print(f"RMSE with prediction {rmse(closed.decoded - pixels):.2f} HU, ", end="")
print(f"without {rmse_before:.2f} HU")
modes = closed.modes
kinds = {"planar": modes == PLANAR, "DC": modes == DC, "a direction": modes > DC}
print(", ".join(f"{name}: {100 * chosen.mean():.0f} %" for name, chosen in kinds.items()))

# %% [markdown]
# Which way do the directions run? A line through each block that chose one, along its slant; a dot
# for planar and DC:

# %%
show_decisions(hu, {"chosen directions": square_decisions(modes, 8)}, top=120, left=120, side=128)
whole = split_blocks(pixels)
own = ((whole - whole.mean(axis=(2, 3), keepdims=True)) ** 2).sum(axis=(2, 3))
guessed = (split_blocks(pixels - closed.predicted) ** 2).sum(axis=(2, 3))
brain = split_blocks(skull_interior_mask(hu)).all(axis=(2, 3))
rows = {
    name: {
        "without its mean": f"{np.median(own[chosen]):.0f}",
        "predicted": f"{np.median(guessed[chosen]):.0f}",
    }
    for name, chosen in {"the dearest tenth": dearest, "inside the skull": brain}.items()
}
show_table("energy, median block", rows)

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
opened = encode_slice(pixels, 30, from_original=True)
received = decode_slice(opened.levels, opened.modes, 30)
print(f"levels not zero, from the decoded:  {np.count_nonzero(closed.levels)}")
print(f"levels not zero, from the original: {np.count_nonzero(opened.levels)}")
print(f"RMSE that the encoder believes in:  {rmse(opened.decoded - pixels):.2f} HU")
print(f"RMSE at the decoder:                {rmse(received - pixels):.2f} HU")
errors = {"from the decoded": closed.decoded - pixels, "from the original": received - pixels}
show_errors(errors, 60, region=(slice(90, 450), slice(80, 440)))

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
rows, gains = {}, {}
for name, steps in {"head_ct": (15, 30, 45), "abdomen_ct": (30,)}.items():
    values = body_of(name).pixels.astype(np.int32)
    curve = [code_without_prediction(values, step)[:2] for step in (10, 15, 20, 30, 40, 55)]
    for step in steps:
        known = (name, step) == ("head_ct", 30)  # from step 5
        encoded = closed if known else encode_slice(values, step)
        mode_rate = 8 * len(code_map(encoded.ranks).stream) / values.size
        rate = 8 * len(code_mixed(encoded.levels).stream) / values.size + mode_rate
        error = rmse(encoded.decoded - values)
        gains[name, step] = 100 * (rate / rate_at(error, curve) - 1)
        rows[f"{name}, quality {step}"] = {
            "RMSE": error,
            "lesson 8 at this RMSE": rate_at(error, curve),
            "predicted": rate,
            "modes alone": mode_rate,
            "change": f"{gains[name, step]:.1f} %",
        }
show_table("bits per pixel", rows)

# %% [markdown]
# Where is it saved? The prices of the levels (the modes not counted), block by block:

# %%
prices_after = block_prices(closed.levels, code_mixed(closed.levels))
show_prices({"lesson 8": prices_before, "with prediction": prices_after})
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
for intra in (False, True):
    tools = {name: name == "mixing" for name in vars(Tools())} | {"intra": intra}
    stream = mmpc.compress(
        image.pixels, bitstream=2, quality=30, preset="fast", tools=Tools(**tools)
    )
    error = rmse(mmpc.decompress(stream).astype(int) - pixels)
    name = "on" if intra else "off"
    print(f"prediction {name:3}: {8 * len(stream) / pixels.size:.2f} bpp, RMSE {error:.1f} HU")

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
            np.count_nonzero(opened.levels) < np.count_nonzero(closed.levels)
            and rmse(received - pixels) > 3 * rmse(opened.decoded - pixels)
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
        residuals = pixels[y : y + 8, x : x + 8] - blocks.predictions(pixels, y, x)[listed]
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
        "it needs less than 1.123 bits per pixel": lambda f: score(9, predicting_codec(f)) < 1.123,
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
