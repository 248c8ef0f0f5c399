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
# # 1. Transform a block
#
# Neighbouring pixels resemble each other. A list of pixels therefore says nearly the same thing
# again and again. The discrete cosine transform (DCT) writes a block of pixels in another
# alphabet, in which a few letters say nearly everything and the rest are nearly zero. It loses
# nothing; it prepares the loss.
#
# **What you'll do.** Build the DCT from a cosine and two matrix products, take a skull edge apart
# into 64 patterns, and throw away most of them.
#
# **What you'll learn.** Orthonormal transform, coefficient, energy compaction, Parseval's
# theorem, why it is cosines, and what the block size changes.
#
# **What you'll need.** NumPy, matrix products, lesson 0, and about 45 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np
import scipy.fft

from mmpc.explore.body import measured
from mmpc.explore.check import check
from mmpc.explore.claims import claims
from mmpc.explore.figures import draw_block_grid, show_slices
from mmpc.explore.scoreboard import score, show_scoreboard
from mmpc.images import sample
from mmpc.images.windows import Window
from mmpc.v1.blocks import join_blocks, split_blocks
from mmpc.v1.dct import dct_matrix, forward_dct, inverse_dct

# %% [markdown]
# ## 1. Cut the image into blocks
#
# `mmpc/v1/blocks.py` cuts an image into squares of 8 by 8 pixels. Read the file; it is short. The
# result has four axes: which block row, which block column, row in the block, column in the
# block.

# %%
hu = measured("head_ct").hounsfield()  # with air in the place of the padding (lesson 0, step 5)
blocks = split_blocks(hu)
print(f"image {hu.shape} -> blocks {blocks.shape}, dtype {blocks.dtype}")
print(f"put together again: {np.array_equal(join_blocks(blocks, *hu.shape), hu)}")
padded = split_blocks(hu[:509, :500])
print(f"an image of (509, 500) needs {padded.shape[0]} x {padded.shape[1]} blocks, ", end="")
print(f"filled up with {padded[-1, -1, -1, -1]:.0f}")

# %% [markdown]
# We follow two blocks through the lesson: one on the edge of the skull and one in the brain.

# %%
edge, brain = blocks[18, 21], blocks[31, 31]
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
left.imshow(hu[112:192, 120:200], cmap="gray", vmin=-500, vmax=1300)
draw_block_grid(left, 80, 80)
left.add_patch(plt.Rectangle((47.5, 31.5), 8, 8, fill=False, color="red", linewidth=2))
left.set_title("skull, block grid, our block")
for axes, block, title in ((middle, edge, "edge block"), (right, brain, "brain block")):
    shown = axes.imshow(block, cmap="gray")
    axes.set_title(title)
    figure.colorbar(shown, ax=axes, label="HU")
for axes in (left, middle, right):
    axes.set_axis_off()
plt.show()
print(f"edge block:  {edge.min():.0f} to {edge.max():.0f} HU, mean {edge.mean():.1f}")
print(f"brain block: {brain.min():.0f} to {brain.max():.0f} HU, mean {brain.mean():.1f}")

# %% [markdown]
# ## 2. A ruler of cosines
#
# Take eight samples in a row. The DCT compares them with eight cosines, from none to seven half
# waves. Row *k* of the matrix $M$ is
#
# $$ M_{k,n} = a_k \cos\frac{\pi (2n+1) k}{2N}, \qquad a_0 = \sqrt{1/N}, \quad a_k = \sqrt{2/N}. $$
#
# Let us write it with two plain loops and compare it with the package.

# %%
N = 8
M = np.zeros((N, N))
for k in range(N):
    scale = np.sqrt(1 / N) if k == 0 else np.sqrt(2 / N)
    for n in range(N):
        M[k, n] = scale * np.cos(np.pi * (2 * n + 1) * k / (2 * N))
print(f"equal to mmpc.v1.dct.dct_matrix(8): {np.allclose(M, dct_matrix(8))}")
print(f"rows are orthogonal and of length 1: {np.allclose(M @ M.T, np.eye(N))}")

# %% [markdown]
# The second line is the important one. The rows are a *coordinate system*, turned but not
# stretched. Because $M M^T = I$, the transpose undoes the transform: `M.T @ (M @ x)` is `x`.

# %%
figure, axes = plt.subplots(2, 4, figsize=(8, 3.2), sharex=True, sharey=True, layout="constrained")
for k, axis in enumerate(axes.flat):
    axis.stem(M[k], basefmt="0.7")
    axis.set_title(f"row {k}: {k} half waves", fontsize=9)
figure.supxlabel("sample n")
figure.supylabel("weight (no unit)")
plt.show()

# %% [markdown]
# ## 3. Two dimensions
#
# Transform all columns, then all rows: $C = M f M^T$. Each coefficient says how much of one
# *basis image* is in the block. Here are all 64 of them, from flat (top left) to a chess board
# (bottom right).

# %%
figure, axes = plt.subplots(8, 8, figsize=(5.2, 5.2), layout="constrained")
for u in range(8):
    for v in range(8):
        axes[u, v].imshow(np.outer(M[u], M[v]), cmap="gray", vmin=-0.25, vmax=0.25)
        axes[u, v].set(xticks=[], yticks=[])
figure.supylabel("vertical frequency u")
figure.supxlabel("horizontal frequency v")
plt.show()
weights = np.einsum("ui,vj->uvij", M, M)
print(
    f"{weights.shape[0] * weights.shape[1]} basis images, black {-0.25:.2f}, white {0.25:.2f}, ",
    end="",
)
print(f"flattest weight {weights[0, 0].min():.3f}")

# %%
C = M @ edge @ M.T
print(f"the same as mmpc:       {np.allclose(C, forward_dct(edge))}")
print(f"the same as scipy.fft:  {np.allclose(C, scipy.fft.dctn(edge, norm='ortho'))}")
print(f"and back to the pixels: {np.allclose(inverse_dct(C), edge)}")
print("\npixels of the edge block, HU:")
for row in edge:
    print(" ".join(f"{value:6.0f}" for value in row))
print("\nits coefficients, rounded:")
for row in C:
    print(" ".join(f"{round(value + 1e-6):6d}" for value in row))

# %% [markdown]
# The large numbers have gathered at the top left, where the slow waves are. The first one, the
# *DC coefficient*, is eight times the mean of the block:

# %%
print(f"DC coefficient {C[0, 0]:.2f}, 8 x mean {8 * edge.mean():.2f}")

# %% [markdown]
# ## 4. Parseval: errors keep their size
#
# A turned coordinate system does not change lengths. So the sum of the squared coefficients (the
# *energy*) equals the sum of the squared pixels. And since the transform is linear, the same is
# true of *errors*: whatever squared error we make in the coefficients, we find again in the
# pixels, neither more nor less.

# %%
print(f"energy of the pixels:        {np.sum(edge**2) / 1e6:.4f} million HU^2")
print(f"energy of the coefficients:  {np.sum(C**2) / 1e6:.4f} million HU^2")
damaged = C.copy()
damaged[2, 3] += 100
error = inverse_dct(damaged) - edge
print(f"error of 100 in one coefficient -> squared error in the pixels {np.sum(error**2):.2f}")
print(f"spread over the block, the largest pixel error is {np.abs(error).max():.2f} HU")

# %% [markdown]
# This is why a codec may decide about its loss among the coefficients without looking at the
# pixels.
#
# ## 5. Energy compaction
#
# Keep only the largest few coefficients, set the rest to zero, and transform back.


# %%
def keep_largest(coefficients, count):
    """Return a copy in which all but the `count` largest magnitudes are zero."""
    threshold = np.sort(np.abs(coefficients), axis=None)[-count]
    return np.where(np.abs(coefficients) >= threshold, coefficients, 0)


panels = {}
for count in (1, 4, 10, 20, 64):
    rebuilt = inverse_dct(keep_largest(C, count))
    panels[f"{count} of 64"] = rebuilt
    print(f"{count:2} coefficients: RMSE {np.sqrt(np.mean((rebuilt - edge) ** 2)):7.2f} HU")
show_slices(panels, Window(200, 1500))

# %% [markdown]
# With one coefficient we see a wave and not the mean: in this block, between dark air and bright
# bone, a wave happens to be larger than DC.
#
# Now whole slices, and a fair rival. Any orthonormal matrix obeys Parseval, for example one made
# of random numbers. Is it as good? And what if we do not transform at all and keep the largest
# pixels? For the rivals' sake count from air (HU + 1000), so that air is nothing in each alphabet.

# %%
rng = np.random.default_rng(1)
random_matrix = np.linalg.qr(rng.normal(size=(8, 8)))[0]
above_air = {name: measured(name).hounsfield() + 1000 for name in ("head_ct", "abdomen_ct")}
shares = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.4])


def rmse_when_keeping(coefficients, share):
    """Return the RMSE if only the largest share of all coefficients is kept (Parseval)."""
    energy = np.sort(coefficients.ravel() ** 2)
    dropped = energy[: energy.size - int(share * energy.size)]
    return np.sqrt(dropped.sum() / energy.size)


figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
kept = {}
for axes, (slice_name, values) in zip(panels, above_air.items(), strict=True):
    cut = split_blocks(values)
    alphabets = {
        "DCT": forward_dct(cut),
        "random orthonormal matrix": random_matrix @ cut @ random_matrix.T,
        "pixels": cut,
    }
    print(slice_name)
    for (name, coefficients), style in zip(alphabets.items(), ("o-", "s--", "^:"), strict=True):
        errors = [rmse_when_keeping(coefficients, share) for share in shares]
        kept[slice_name, name] = errors[2]
        axes.loglog(100 * shares, errors, style, color="0.2", label=name)
        print(f"  {name:26} 5 % kept: RMSE {errors[2]:6.1f} HU, 20 % kept: {errors[4]:6.1f} HU")
    axes.set(xlabel="coefficients kept, %", title=slice_name)
panels[0].set_ylabel("RMSE, HU")
panels[0].legend(fontsize=8)
plt.show()

# %% [markdown]
# All three lose nothing as long as everything is kept. Only the DCT lets us throw away most of
# it, because images are made of smooth parts, and smooth is what its first letters say. This is
# called **energy compaction**.
#
# ## 6. Why cosines?
#
# Is there a still better matrix? For a model of the image, yes, and it can be computed. Say that a
# pixel is like its neighbour with a correlation of $\rho$, and like the next but one with
# $\rho^2$, and so on: a *Markov source of first order*. Its covariance matrix is
# $\rho^{|i-j|}$. The best coordinate system is that of its eigenvectors, in which no two
# coefficients know anything of each other: the transform of Karhunen and Loève (**KLT**).

# %%
sides = [np.corrcoef(v[:, :-1].ravel(), v[:, 1:].ravel())[0, 1] for v in above_air.values()]
print("correlation of neighbours: " + ", ".join(f"{side:.3f}" for side in sides))


def markov_klt(rho):
    """Return the KLT of eight samples of a Markov source, slowest row first."""
    covariance = rho ** np.abs(np.subtract.outer(np.arange(8), np.arange(8)))
    rows = np.linalg.eigh(covariance)[1].T[::-1]
    return covariance, rows * np.sign(np.sum(rows * M, axis=1, keepdims=True))


def coding_gain_db(matrix, covariance):
    """Return how much smaller the geometric mean of the variances is than their mean, in dB."""
    variances = np.diag(matrix @ covariance @ matrix.T)
    return 10 * np.log10(variances.mean() / np.exp(np.log(variances).mean()))


gains = {}
for rho in (0.5, 0.9, 0.99):
    covariance, klt = markov_klt(rho)
    gains[rho] = [coding_gain_db(matrix, covariance) for matrix in (klt, M, random_matrix)]
    print(
        f"rho {rho:4}: gain of KLT {gains[rho][0]:5.2f} dB, DCT {gains[rho][1]:5.2f} dB, ", end=""
    )
    print(f"random matrix {gains[rho][2]:5.2f} dB")
figure, axes = plt.subplots(1, 4, figsize=(9, 2), sharey=True, layout="constrained")
for k, axis in enumerate(axes):
    axis.plot(markov_klt(0.9)[1][k], "o-", color="tab:orange", label="KLT, rho 0.9")
    axis.plot(M[k], "k--", label="DCT")
    axis.set_title(f"row {k}", fontsize=9)
axes[0].legend(fontsize=7)
plt.show()

# %% [markdown]
# The eigenvectors *are* cosines, nearly, and the more so the nearer $\rho$ comes to 1; ours is
# near 1. The DCT gives away some hundredths of a decibel, needs no statistics of the image, and
# the decoder knows it beforehand. (6 dB are one bit a coefficient.)
#
# ## 7. What the block size changes
#
# A large block sees a long smooth stretch and needs one DC for all of it. But an edge anywhere in
# it disturbs all its coefficients. And there is a rival without blocks: JPEG 2000 uses a
# **wavelet** transform. Neighbours are split into means and differences, the means are split
# again, and so on. Its smooth version (9/7) does so in four *lifting steps*: each adds to every
# other sample a part of its two neighbours, so the inverse is the same steps backwards. It is not
# quite orthonormal: its errors are measured in the pixels, not by Parseval.

# %%
STEPS = (-1.586134342, -0.052980118, 0.882911075, 0.443506852)
STRETCH = 1.149604398


def lift(x, steps, sign):
    """Add, along the first axis, a part of the neighbours to odd and even samples in turn."""
    for i, part in steps:
        odd = i % 2 == 0
        grown = np.concatenate([x[1:2], x, x[-2:-1]])  # mirrored at both ends
        x[odd::2] += sign * part * (grown[:-2] + grown[2:])[odd::2]
    return x


def split_once(x):
    """Return the means and behind them the differences, along the first axis."""
    x = lift(x.copy(), list(enumerate(STEPS)), 1)
    return np.concatenate([x[0::2] * STRETCH, x[1::2] / STRETCH])


def join_once(x):
    """Undo split_once."""
    half = len(x) // 2
    y = np.empty_like(x)
    y[0::2], y[1::2] = x[:half] / STRETCH, x[half:] * STRETCH
    return lift(y, list(enumerate(STEPS))[::-1], -1)


def wavelet(image, levels=5):
    """Split rows and columns, then the means of both again."""
    result = image.astype(float)
    for size in (image.shape[0] >> level for level in range(levels)):
        result[:size, :size] = split_once(split_once(result[:size, :size]).T).T
    return result


def inverse_wavelet(coefficients, levels=5):
    """Undo wavelet."""
    result = coefficients.copy()
    for size in (result.shape[0] >> level for level in reversed(range(levels))):
        result[:size, :size] = join_once(join_once(result[:size, :size].T).T)
    return result


split = wavelet(above_air["head_ct"])
print(f"and back to the pixels: {np.allclose(inverse_wavelet(split), above_air['head_ct'])}")
figure, axes = plt.subplots(figsize=(4, 4), layout="constrained")
axes.imshow(np.abs(split), cmap="gray", vmax=100)
axes.set(title="means at the upper left, differences around", xticks=[], yticks=[])
plt.show()

# %%
SHARES = (0.02, 0.05, 0.1, 0.2)
sized = {}
with_padding = {"head_ct, padding left in": sample("head_ct").hounsfield() + 1000}
for name, values in {**above_air, **with_padding}.items():
    print(f"{name}: RMSE in HU when a share of the coefficients is kept")
    print(" " * 9 + "".join(f"{100 * share:7.0f} %" for share in SHARES))
    for size in (4, 8, 16, 32):
        coefficients = forward_dct(split_blocks(values, size))
        sized[name, size] = [rmse_when_keeping(coefficients, share) for share in SHARES]
        print(f"{size:4} x {size:<3}" + "".join(f"{value:9.1f}" for value in sized[name, size]))
    coefficients = wavelet(values)
    sized[name, "wavelet"] = []
    for share in SHARES:
        rebuilt = inverse_wavelet(keep_largest(coefficients, int(share * values.size)))
        sized[name, "wavelet"].append(np.sqrt(np.mean((rebuilt - values) ** 2)))
    print("wavelet  " + "".join(f"{value:9.1f}" for value in sized[name, "wavelet"]))

# %% tags=["claims"]
head, padded_head = (
    {size: sized[name, size] for size in (4, 8, 16, 32)}
    for name in ("head_ct", "head_ct, padding left in")
)
abdomen = {size: sized["abdomen_ct", size] for size in (4, 8, 16, 32)}
claims(
    {
        "the DCT beats its rivals by far": all(
            kept[name, "DCT"] < 0.1 * min(kept[name, "pixels"], kept[name, other])
            for name in above_air
            for other in ("random orthonormal matrix",)
        ),
        "neighbours are alike": min(sides) > 0.95,
        "the DCT is nearly the KLT": all(gain[0] - gain[1] < 0.1 for gain in gains.values()),
        "16 is best for the head": all(
            head[16][i] <= min(head[size][i] for size in head) for i in range(4)
        ),
        "8 and 16 are alike in the abdomen": all(
            abs(abdomen[8][i] / abdomen[16][i] - 1) < 0.12 for i in range(4)
        ),
        "4 is far behind when little is kept": head[4][0] > 3 * head[8][0]
        and abdomen[4][0] > 2 * abdomen[8][0],
        "the wavelet is ahead where little is kept": all(
            sized[name, "wavelet"][i] < min(sized[name, size][i] for size in (4, 8, 16, 32))
            for name in above_air
            for i in (0, 1)
        ),
        "with padding 8 seems to beat 16": all(
            padded_head[8][i] < padded_head[16][i] for i in (1, 2)
        ),
    }
)

# %% [markdown]
# In the head 16 x 16 is best; in the abdomen 8 and 16 are nearly alike, and 4 x 4 is far behind
# when little is kept. The third table is a warning: with the circle of lesson 0 left in, 8 x 8
# seems to beat 16 x 16 from 5 % on, because a sharp edge disturbs a small block less. One would
# have chosen a block size for a mark that no scanner measured. The wavelet needs no choice of size,
# and where little is kept it is ahead of every block: as an alphabet alone the rival is the better
# one. Blocks have other friends: each can be predicted (lesson 9) and have its own size (lesson
# 10), and lesson 14 measures who wins in the end. The report chose 8 for all.
#
# ## 8. Almost right, and fatally wrong
#
# Swap `M` and `M.T` in the forward transform, and in the inverse as well.

# %%
swapped = M.T @ blocks @ M
print(f"round trip is exact:  {np.allclose(M @ swapped @ M.T, blocks)}")
print(f"Parseval holds:       {np.isclose(np.sum(swapped**2), np.sum(blocks**2))}")
print(f"5 % kept, M f M^T:    RMSE {rmse_when_keeping(forward_dct(blocks), 0.05):.1f} HU")
print(f"5 % kept, M^T f M:    RMSE {rmse_when_keeping(swapped, 0.05):.1f} HU")

# %% [markdown]
# Encoder and decoder agree, every round-trip test passes, energy is preserved, and the codec is
# worthless: the columns of $M$ are cosines of another kind, none of them flat, so that even a
# block of one value needs all 64 coefficients. (6.8 HU and not 5.7 as in step 5, since here we
# count from water and not from air.) A test of a transform must compare with known
# values (ours compares with SciPy), not only with its own inverse.

# %% [markdown]
# ## Exercises
#
# **Exercise 1.** A block of 8 by 8 has the value 100 HU everywhere. What is its DC coefficient?

# %% tags=["exercise-1"]
dc_of_hundred = ...

# %%
check(1, dc_of_hundred, "35ff9c1cfc8d", hint="Parseval: 64 pixels of 100, one coefficient")

# %% [markdown]
# **Exercise 2.** Write the DCT matrix for any size, without loops.


# %% tags=["exercise-2"]
def my_dct_matrix(size):
    """Return the orthonormal DCT-II matrix."""
    return ...


# %%
check(
    2,
    my_dct_matrix,
    {
        "the matrix of size 5 has shape (5, 5)": lambda f: f(5).shape == (5, 5),
        "its rows are orthonormal": lambda f: np.allclose(f(16) @ f(16).T, np.eye(16)),
        "its first row is constant": lambda f: np.ptp(f(8)[0]) < 1e-12,
        "it transforms like SciPy": lambda f: np.allclose(
            f(8) @ edge[0], scipy.fft.dct(edge[0], norm="ortho")
        ),
    },
    hint="np.arange(size)[:, np.newaxis] is a column, np.arange(size) a row",
)

# %% [markdown]
# **Exercise 3.** How many of the 64 coefficients of the **brain** block must be kept, the largest
# first, for an RMSE of at most 1 HU?

# %% tags=["exercise-3"]
coefficients_needed = ...

# %%
check(3, coefficients_needed, "21be8acd2574", hint="try keep_largest with 1, 2, 3, ...")

# %% [markdown]
# **Exercise 4.** An edge block and its mirror image (left and right swapped): write a function
# that turns the coefficients of a block into those of its mirror image, without going back to the
# pixels.


# %% tags=["exercise-4"]
def mirror_coefficients(coefficients):
    """Return the coefficients of the block with left and right swapped."""
    return ...


# %%
check(
    4,
    mirror_coefficients,
    {
        "the DC coefficient stays": lambda f: np.isclose(f(C)[0, 0], C[0, 0]),
        "it is right for the edge block": lambda f: np.allclose(f(C), forward_dct(edge[:, ::-1])),
        "it is right for the brain block": lambda f: np.allclose(
            f(forward_dct(brain)), forward_dct(brain[:, ::-1])
        ),
    },
    hint="look at the basis images: which of them change when they are mirrored, and how?",
)

# %% [markdown]
# **Exercise 5, your own codec.** Round the *coefficients* instead of the pixels (lesson 2 looks at
# what that does), and choose the size of the blocks. (Mind `int16`, which ends at 32767: at step 1
# the DC of a block of 32 x 32 does not fit.) Subtract the smallest pixel before the
# transform and add it again in the decoder. The rest is the codec of lesson 0: `int16`, zlib.


# %% tags=["exercise-5"]
def my_codec(pixels, step):
    """Return the bytes and the decoded pixels."""
    return ...


# %%
check(
    5,
    my_codec,
    {
        "at step 1 no pixel is off by more than 2": lambda f: (
            np.abs(f(measured("head_ct").pixels, 1)[1] - hu - 1024).max() <= 2
        ),
        "it needs less than 2.2 bits per pixel": lambda f: score(1, f) < 2.2,
    },
    hint="split_blocks(pixels, size), and np.rint for levels and for the decoded pixels",
)
show_scoreboard(1)

# %% [markdown]
# ## What to take with you
#
# - The DCT is two products with one orthonormal matrix. It turns the coordinate system; nothing
#   is lost.
# - Parseval: squared error among coefficients is squared error among pixels.
# - Energy compaction: of most blocks a few coefficients tell nearly all, and that belongs to
#   images, not to matrices.
# - Cosines are nearly the best that can be had for pixels that resemble their neighbours.
# - A round trip proves little. Compare with known values.
#
# Next: lesson 2 rounds the coefficients. That is where the codec loses information.
#
# ## Further reading
#
# - N. Ahmed, T. Natarajan, K. R. Rao, "Discrete Cosine Transform", *IEEE Transactions on
#   Computers* C-23 (1974), 90-93. Four pages that every image codec rests on.
# - G. Strang, "The Discrete Cosine Transform", *SIAM Review* 41 (1999), 135-147. Where the
#   cosines come from.
# - K. Sayood, *Introduction to Data Compression*, chapter on transform coding.
