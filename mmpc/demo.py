"""Encode and decode a real CT slice at three qualities: ``python -m mmpc.demo``.

Uses the two tools as a user would, prints one row for each file, and draws the original,
the reconstructions and their errors. The last row is version 2 in as many bytes as
version 1 took at its coarsest. Then a part of the sample volume is coded, with and without
the third dimension.
"""

if __name__ == "__main__":  # before the imports, so that Ctrl-C is minded while modules load
    from mmpc.__main__ import enter

    raise SystemExit(enter("demo"))

import argparse
import contextlib
import io
import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmpc import cli
from mmpc.errors import MmpcError, UnreadableFileError

if TYPE_CHECKING:
    import numpy as np

QUALITIES = (10, 30, 60)
ERROR_LIMIT_HU = 30
VOLUME_QUALITIES = (20, 60)
VOLUME_SLICES, VOLUME_CUT = 9, slice(64, 224)
VOLUME_ASPECT = 1.28  # distance of slices over that of pixels, about


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(prog="mmpc demo", description=__doc__.split(":")[0] + ".")
    parser.add_argument("--sample", default="head_ct", help="which sample (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the samples")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("results/demo"),
        help="folder for the streams, the decoded files and the picture (default: %(default)s)",
    )
    return parser


def demo(arguments: argparse.Namespace) -> None:
    """Run the tools, print the table, draw the picture."""
    from mmpc.images.reading import read_image

    source, folder = arguments.data / f"{arguments.sample}.dcm", arguments.out
    if not source.exists():
        raise UnreadableFileError(
            f"{source}: there is no such file; python -m mmpc.samples fills the folder"
        )
    image = read_image(source)
    folder.mkdir(parents=True, exist_ok=True)
    can_draw = find_spec("matplotlib") is not None
    if not can_draw:
        _say("matplotlib is not installed: no picture will be drawn (pip install matplotlib)")
    height, width = image.pixels.shape
    _say(
        f"{source}: {width} x {height} {image.pixels.dtype}, "
        f"values {image.pixels.min()} to {image.pixels.max()}"
    )
    _say("version quality   bytes     bpp   ratio    RMSE  PSNR dB (peak 65535)  largest error")
    decoded = {}
    for version in (1, 2):
        for quality in QUALITIES:
            stem = folder / f"{arguments.sample}_v{version}_q{quality}"
            options = "--bitstream", version, "--quality", quality
            pixels, report = _round_trip(source, stem, options)
            if version == 1:
                decoded[f"version 1, quality {quality}"], rate_bpp = pixels, report["rate_bpp"]
    stem = folder / f"{arguments.sample}_v2_same_size"
    options = "--bitstream", 2, "--bpp", rate_bpp
    decoded["version 2 in the same bytes"], _ = _round_trip(source, stem, options)
    _say(f"streams and decoded DICOM files are in {folder}")
    demo_volume(folder, can_draw)
    if can_draw:
        picture = folder / f"{arguments.sample}.png"
        draw(image.hounsfield(), image.rescale_slope, image.pixels, decoded, picture)
        _say(f"the picture is {picture}")


def demo_volume(folder: Path, can_draw: bool) -> None:
    """Code a part of the sample volume as single slices and as a volume; print and draw."""
    import numpy as np

    from mmpc.rate.distortion import Distortion
    from mmpc.streams.compress import compress
    from mmpc.streams.reading import decompress
    from mmpc.streams.sample_volume import RESCALE_INTERCEPT_HU, sample_volume

    original = sample_volume()[:VOLUME_SLICES, VOLUME_CUT, VOLUME_CUT]
    _say(f"a part of the sample volume, {cli.size_in_words(original.shape)}, 1 mm apart, fast:")
    _say("quality  coded as               bytes     bpp   ratio    RMSE  largest error")
    shown = {}
    for quality in VOLUME_QUALITIES:
        for title in ("single slices", "volume"):
            parts = original if title == "single slices" else [original]
            streams = [compress(part, quality=quality, preset="fast") for part in parts]
            decoded = np.stack([decompress(data) for data in streams]).reshape(original.shape)
            size_bytes = sum(map(len, streams))
            distortion = Distortion.between(original, decoded)
            _say(
                f"{quality:7}  {title:18} {size_bytes:9} {8 * size_bytes / original.size:7.4f} "
                f"{original.nbytes / size_bytes:7.2f} {distortion.rmse:7.4f} "
                f"{distortion.peak_error:14}"
            )
            shown[f"{title}, quality {quality}"] = decoded
    if can_draw:
        from mmpc.evaluation.volume_views import draw_views

        draw_views(original, shown, RESCALE_INTERCEPT_HU, VOLUME_ASPECT, folder / "volume.png")
        _say(f"the cuts through the volume are in {folder / 'volume.png'}")


def _say(line: str) -> None:
    print(line, flush=True)  # at once: what follows may have to be compiled first


def _round_trip(source: Path, stem: Path, options: Sequence) -> tuple["np.ndarray", dict[str, Any]]:
    """Encode and decode with the tools, print a row; return the decoded pixels and the report."""
    import numpy as np

    from mmpc import decode, encode

    stream = stem.with_suffix(".mmpc")
    report = json.loads(_call(encode.main, source, stream, *options, "--verify", "--json"))
    for extension in (".dcm", ".npy"):
        _call(decode.main, stream, stem.with_suffix(extension))
    _say(
        f"{report['bitstream']:7} {report['step']:7.4g} {report['size_bytes']:7} "
        f"{report['rate_bpp']:7.4f} {report['compression_ratio']:7.2f} {report['rmse']:7.4f} "
        f"{report['psnr_db']:8.2f} {report['peak_error']:27}"
    )
    return np.load(stem.with_suffix(".npy")), report


def _call(tool, *arguments) -> str:
    """Run a tool in this process and return what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = tool([str(argument) for argument in arguments])
    if code:
        raise MmpcError(f"the tool {tool.__module__} failed with exit code {code}")
    return printed.getvalue()


def draw(
    original_hu: "np.ndarray",
    slope: float,
    original: "np.ndarray",
    decoded: dict[str, "np.ndarray"],
    path: Path,
) -> None:
    """Draw the original and below each reconstruction its error, into a PNG file.

    Parameters
    ----------
    original_hu : ndarray, shape (height, width)
        The original in Hounsfield units.
    slope : float
        Hounsfield units for a stored unit.
    original : ndarray, shape (height, width)
        The original in stored units.
    decoded : dict of str to ndarray
        Decoded images in stored units by title.
    path : Path
        Where the picture goes.
    """
    import numpy as np
    from matplotlib.figure import Figure

    from mmpc.images.windows import as_window

    window = as_window("brain")
    grey = {"cmap": "gray", "vmin": window.low, "vmax": window.high}
    difference = {"cmap": "RdBu_r", "vmin": -ERROR_LIMIT_HU, "vmax": ERROR_LIMIT_HU}
    figure = Figure(figsize=(13, 5.6), layout="constrained", dpi=110)
    axes = figure.subplots(2, 1 + len(decoded))
    shown = axes[0, 0].imshow(original_hu, **grey)
    axes[0, 0].set_title("original")
    axes[1, 0].axis("off")
    for column, (title, image) in enumerate(decoded.items(), start=1):
        error_hu = (image.astype(np.int32) - original) * slope
        axes[0, column].imshow(original_hu + error_hu, **grey)
        axes[0, column].set_title(title)
        errors = axes[1, column].imshow(error_hu, **difference)
        axes[1, column].set_title(f"error, RMSE {np.sqrt(np.mean(error_hu**2)):.1f} HU")
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
    figure.colorbar(shown, ax=axes[0], label="HU (brain window)", shrink=0.9)
    figure.colorbar(errors, ax=axes[1], label="decoded - original, HU", shrink=0.9)
    figure.savefig(path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    return cli.run(demo, build_parser().parse_args(argv))
