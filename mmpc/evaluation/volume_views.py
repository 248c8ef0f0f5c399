"""A volume before and after coding, cut along its three axes: into a PNG file."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

WINDOW_HU = (-1000, 400)
ERROR_LIMIT_HU = 60


def draw_views(
    original: "np.ndarray",
    decoded: dict[str, "np.ndarray"],
    intercept_hu: float,
    aspect: float,
    path: Path,
) -> None:
    """Draw an axial, a coronal and a sagittal cut of each volume, and the axial errors.

    Parameters
    ----------
    original : ndarray, shape (slices, height, width)
        Stored samples, a stored unit is one HU.
    decoded : dict of str to ndarray
        Decoded volumes by title.
    intercept_hu : float
        What to add to samples for Hounsfield units.
    aspect : float
        Distance of slices in units of that of pixels.
    path : Path
        Where the picture goes.
    """
    from matplotlib.figure import Figure

    volumes = {"original": original, **decoded}
    figure = Figure(figsize=(3.6 * len(volumes), 8.4), layout="constrained", dpi=110)
    axes = figure.subplots(4, len(volumes), squeeze=False)
    middle = [side // 2 for side in original.shape]
    for column, (title, volume) in enumerate(volumes.items()):
        hounsfield = volume.astype(float) + intercept_hu
        cuts = {
            "axial": (hounsfield[middle[0]], 1.0),
            "coronal": (hounsfield[::-1, middle[1]], aspect),
            "sagittal": (hounsfield[::-1, :, middle[2]], aspect),
        }
        for row, (name, (cut, stretch)) in enumerate(cuts.items()):
            low, high = WINDOW_HU
            axes[row, column].imshow(cut, cmap="gray", vmin=low, vmax=high, aspect=stretch)
            axes[row, column].set_title(f"{title}, {name}" if column else f"{name}, {title}")
        error = volume[middle[0]].astype(float) - original[middle[0]]
        limits = {"vmin": -ERROR_LIMIT_HU, "vmax": ERROR_LIMIT_HU}
        shown = axes[3, column].imshow(error, cmap="RdBu_r", **limits)
        axes[3, column].set_title("error, axial" if column else "")
    axes[3, 0].remove()
    figure.colorbar(shown, ax=axes[3, -1], label="decoded - original, HU")
    for axis in figure.axes[:-1]:
        axis.set_xticks([])
        axis.set_yticks([])
    figure.savefig(path)
