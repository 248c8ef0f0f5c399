"""Encode and decode a real CT slice at three qualities: ``python -m mmpc.demo``.

Uses the two tools as a user would, prints one row for each quality, and draws the
original, the reconstructions and their errors.
"""

import argparse
import contextlib
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmpc import cli, decode, encode
from mmpc.errors import MmpcError

QUALITIES = (10, 30, 60)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(prog="mmpc-demo", description=__doc__.split(":")[0] + ".")
    parser.add_argument("--sample", default="head_ct", help="which sample (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the samples")
    parser.add_argument("--out", type=Path, default=Path("results"), help="folder for the results")
    return parser


def demo(arguments: argparse.Namespace) -> None:
    """Run the tools, print the table, draw the picture."""
    from mmpc.images.reading import read_image

    source = arguments.data / f"{arguments.sample}.dcm"
    image = read_image(source)
    folder = arguments.out / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    height, width = image.pixels.shape
    print(
        f"{source}: {width} x {height} {image.pixels.dtype}, "
        f"values {image.pixels.min()} to {image.pixels.max()}"
    )
    print("quality   bytes     bpp   ratio    RMSE   PSNR dB (peak 65535)   largest error")
    decoded = {}
    for quality in QUALITIES:
        stem = folder / f"{arguments.sample}_q{quality}"
        stream = stem.with_suffix(".mmpc")
        report = json.loads(
            _call(encode.main, source, stream, "--quality", quality, "--verify", "--json")
        )
        for extension in (".dcm", ".npy"):
            _call(decode.main, stream, stem.with_suffix(extension))
        decoded[quality] = np.load(stem.with_suffix(".npy"))
        print(
            f"{quality:7} {report['size_bytes']:7} {report['rate_bpp']:7.4f} "
            f"{report['compression_ratio']:7.2f} {report['rmse']:7.4f} "
            f"{report['psnr_db']:9.2f} {report['peak_error']:27}"
        )
    picture = arguments.out / f"demo_{arguments.sample}.png"
    draw(image.hounsfield(), image.rescale_slope, image.pixels, decoded, picture)
    print(f"streams and decoded DICOM files are in {folder}, the picture is {picture}")


def _call(tool, *arguments) -> str:
    """Run a tool in this process and return what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = tool([str(argument) for argument in arguments])
    if code:
        raise MmpcError(f"the tool {tool.__module__} failed with exit code {code}")
    return printed.getvalue()


def draw(
    original_hu: np.ndarray,
    slope: float,
    original: np.ndarray,
    decoded: dict[int, np.ndarray],
    path: Path,
) -> None:
    """Draw the original and, for each quality, reconstruction and error, into a PNG file.

    Parameters
    ----------
    original_hu : ndarray, shape (height, width)
        The original in Hounsfield units.
    slope : float
        Hounsfield units for a stored unit.
    original : ndarray, shape (height, width)
        The original in stored units.
    decoded : dict of int to ndarray
        Decoded images in stored units by quality.
    path : Path
        Where the picture goes.
    """
    from matplotlib.figure import Figure

    from mmpc.explore.windows import as_window

    window = as_window("brain")
    grey = {"cmap": "gray", "vmin": window.low, "vmax": window.high}
    error_limit = 30
    figure = Figure(figsize=(12, 6.3), layout="constrained", dpi=110)
    axes = figure.subplots(2, 1 + len(decoded))
    shown = axes[0, 0].imshow(original_hu, **grey)
    axes[0, 0].set_title("original")
    axes[1, 0].axis("off")
    for column, (quality, image) in enumerate(decoded.items(), start=1):
        error_hu = (image.astype(np.int32) - original) * slope
        axes[0, column].imshow(original_hu + error_hu, **grey)
        axes[0, column].set_title(f"quality {quality}")
        errors = axes[1, column].imshow(
            error_hu, cmap="RdBu_r", vmin=-error_limit, vmax=error_limit
        )
        axes[1, column].set_title(f"error, RMSE {np.sqrt(np.mean(error_hu**2)):.1f} HU")
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
    figure.colorbar(shown, ax=axes[0], label="Hounsfield units (brain window)", shrink=0.9)
    figure.colorbar(errors, ax=axes[1], label="decoded - original, HU", shrink=0.9)
    figure.savefig(path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    return cli.run(demo, build_parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
