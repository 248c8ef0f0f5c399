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
# theorem, and what the block size changes.
#
# **What you'll need.** NumPy, matrix products, lesson 0, and about 20 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np
import scipy.fft

from mmpc.explore.check import check
from mmpc.explore.figures import draw_block_grid, show_slices
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
hu = sample("head_ct").hounsfield()
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
# (With one coefficient we see a wave and not the mean: in this block, between dark air and bright
# bone, a wave happens to be larger than DC.)
#
# Now the whole image, and a fair rival. Any orthonormal matrix obeys Parseval, for example one
# made of random numbers. Is it as good? And what if we do not transform at all and keep the
# largest pixels?

# %%
rng = np.random.default_rng(1)
random_matrix = np.linalg.qr(rng.normal(size=(8, 8)))[0]
alphabets = {
    "DCT": forward_dct(blocks),
    "random orthonormal matrix": random_matrix @ blocks @ random_matrix.T,
    "pixels": blocks,
}
shares = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.4])


def rmse_when_keeping(coefficients, share):
    """Return the RMSE if only the largest share of all coefficients is kept (Parseval)."""
    energy = np.sort(coefficients.ravel() ** 2)
    dropped = energy[: energy.size - int(share * energy.size)]
    return np.sqrt(dropped.sum() / energy.size)


figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
for (name, coefficients), style in zip(alphabets.items(), ("o-", "s--", "^:"), strict=True):
    errors = [rmse_when_keeping(coefficients, share) for share in shares]
    axes.loglog(100 * shares, errors, style, color="0.2", label=name)
    print(f"{name:26} 5 % kept: RMSE {errors[2]:7.1f} HU, 20 % kept: {errors[4]:7.1f} HU")
axes.set(xlabel="coefficients kept, %", ylabel="RMSE, HU", title="The whole slice")
axes.legend()
plt.show()

# %% [markdown]
# All three lose nothing as long as everything is kept. Only the DCT lets us throw away most of
# it, because images are made of smooth parts, and smooth is what its first letters say. This is
# called **energy compaction**.
#
# ## 6. What the block size changes
#
# A large block sees a long smooth stretch and needs one DC for all of it. But an edge anywhere in
# it disturbs all its coefficients.

# %%
print("RMSE in HU when this share of the coefficients is kept:")
print(f"{'block':>8} {'2 %':>8} {'5 %':>8} {'10 %':>8}")
for size in (4, 8, 16, 32):
    coefficients = forward_dct(split_blocks(hu, size))
    row = [rmse_when_keeping(coefficients, share) for share in (0.02, 0.05, 0.1)]
    print(f"{size:4} x {size:<3}" + " ".join(f"{value:8.1f}" for value in row))

# %% [markdown]
# No size is best everywhere: the large blocks win when nearly nothing is kept, the small ones
# when much is. The report chose 8. Modern codecs let the size vary from place to place, and so
# will ours in lesson 10.
#
# ## 7. Almost right, and fatally wrong
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
# worthless: the columns of $M$ are no cosines. A test of a transform must compare with known
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
# ## What to take with you
#
# - The DCT is two products with one orthonormal matrix. It turns the coordinate system; nothing
#   is lost.
# - Parseval: squared error among coefficients is squared error among pixels.
# - Energy compaction: of most blocks a few coefficients tell nearly all, and that belongs to
#   images, not to matrices.
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
