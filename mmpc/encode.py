"""Compress an image file: ``python -m mmpc.encode INPUT OUTPUT.mmpc``."""

if __name__ == "__main__":  # before the imports, so that Ctrl-C is minded while modules load
    from mmpc.__main__ import enter

    raise SystemExit(enter("encode"))

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmpc import cli
from mmpc.errors import UnsupportedPixelsError
from mmpc.goal_options import add_goal_options, stored_max_error
from mmpc.request import BITSTREAMS, DEFAULT_QUALITY, Region, Request

if TYPE_CHECKING:
    from mmpc.images.dicom.deidentify import Deidentifier
    from mmpc.images.image import Image

DEFAULT_ROI_GAIN = 2.0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(
        prog="mmpc encode",
        description="Compress a DICOM, PNG, TIFF or NPY image to an MMPC stream; an NPY or NIfTI "
        "file also as a volume (slices, rows, columns), and a series of DICOM slices in a folder, "
        "with bitstream 2. "
        "Not for diagnosis.",
    )
    parser.add_argument(
        "input",
        type=Path,
        help="image file, its content tells the format; - is standard input; or a folder with the "
        "slices of a DICOM series",
    )
    parser.add_argument(
        "output",
        type=Path,
        help="the stream to write, usually *.mmpc; - is standard output; of a folder with several "
        "series, a folder takes each as a stream",
    )
    parser.add_argument(
        "--series",
        metavar="N|UID",
        help="which series of a folder, by its SeriesInstanceUID or its number in the list that "
        "is shown where there are several",
    )
    parser.add_argument(
        "--bitstream",
        type=int,
        choices=BITSTREAMS,
        default=BITSTREAMS[-1],
        help="version to write (default %(default)s)",
    )
    parser.add_argument("--frame", type=int, help="frame of a multi-frame file, the first is 0")
    parser.add_argument(
        "--jobs",
        type=cli.positive_integer,
        default=1,
        metavar="N",
        help="code N slices of a volume, or stripes of a large image, at a time "
        "(default %(default)s)",
    )
    parser.add_argument(
        "--anonymize",
        action="store_true",
        help="de-identify the header by the Basic Profile of DICOM PS3.15 Annex E; text burnt "
        "into the pixels stays",
    )
    parser.add_argument(
        "--anonymize-key",
        type=Path,
        metavar="FILE",
        help="with --anonymize: the secret behind the new UIDs, for series of several runs that "
        "must match; made if it does not exist (default: a new one that nobody keeps)",
    )
    add_goal_options(parser, default=str(DEFAULT_QUALITY))
    parser.add_argument(
        "--roi",
        metavar="auto|MASK",
        help="bitstream 2: a finer step inside a region: 'auto' is the skull interior or the body, "
        "found from the CT; or a mask file, its pixels that are not zero",
    )
    parser.add_argument(
        "--roi-gain",
        type=cli.positive_number,
        metavar="G",
        help=f"how many times finer the step is inside (default {DEFAULT_ROI_GAIN:g})",
    )
    parser.add_argument("--no-rle", action="store_true", help="bitstream 1: skip run-length coding")
    parser.add_argument(
        "--report-exact",
        action="store_true",
        help="bitstream 1: the report's bytes alone, without the trailer that carries sample type, "
        "metadata and checksum",
    )
    parser.add_argument(
        "--verify", action="store_true", help="read the file back and print its error"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def encode(arguments: argparse.Namespace) -> None:
    """Read, compress, write, report; raises MmpcError for whatever is wrong."""
    from mmpc.sources import sources

    def how() -> dict[str, Any]:
        return {"metadata": arguments.metadata, "anonymize": _deidentifier(arguments)}

    keep = [arguments.anonymize_key] if arguments.anonymize_key else []
    for image, output, files in sources(arguments, how, keep):
        _write_stream(arguments, image, output, files)


def _write_stream(
    arguments: argparse.Namespace, image: "Image", output: Path, keep: list[Path]
) -> None:
    """Compress an image or a volume, write the stream, report."""
    from mmpc.files import atomic_write, is_standard_stream, output_name, read_file
    from mmpc.streams.compress import compress
    from mmpc.streams.report import report_on

    request = _request(arguments, image)
    with cli.progress_bar("encode") as progress:
        data = compress(image.pixels, request=request, progress=progress)
    atomic_write(output, data, keep=keep)
    cli.print_notes(image.notes)
    if arguments.verify:
        data = read_file(output)
    report = report_on(image.pixels, data, image.rescale_slope, arguments.jobs)
    facts = {"output": str(output), "notes": image.notes, "verified": arguments.verify}
    if arguments.json:
        text = json.dumps(facts | report.to_dict(), allow_nan=False)
    else:
        unit = "HU" if image.modality == "CT" else "rescaled units"
        text = report.to_text(output_name(output), unit, verified=arguments.verify)
    print(text, file=sys.stderr if is_standard_stream(output) else sys.stdout)


def _request(arguments: argparse.Namespace, image: "Image") -> Request:
    """Return what the arguments ask of the codec for this image."""
    return Request.from_keywords(
        quality=arguments.quality,
        rate_bpp=arguments.bpp,
        psnr_db=arguments.psnr,
        rmse=arguments.rmse,
        max_error=_max_error(arguments, image),
        noise_share=arguments.noise_share,
        noise_by_slice=arguments.noise_by_slice,
        bitstream=arguments.bitstream,
        preset=arguments.preset or "default",
        region=_region(arguments, image),
        padding_value=image.padding_value if arguments.bitstream == 2 else None,
        jobs=arguments.jobs,
        rle=not arguments.no_rle,
        report_exact=arguments.report_exact,
        metadata=None if arguments.report_exact else _metadata(image, arguments),
    )


def _deidentifier(arguments: argparse.Namespace) -> "bool | Deidentifier":
    """Return what de-identifies: under the key of a file, or of this run; False for nothing."""
    if arguments.anonymize_key is None:
        return arguments.anonymize
    from mmpc.images.dicom.deidentify import Deidentifier
    from mmpc.images.dicom.key_file import read_or_make_key

    return Deidentifier(read_or_make_key(arguments.anonymize_key))


def _max_error(arguments: argparse.Namespace, image: "Image") -> float | None:
    """Return the largest error in stored units."""
    if arguments.max_error_hu is None:
        return arguments.max_error
    return stored_max_error(image, arguments.max_error_hu, str(arguments.input))


def _region(arguments: argparse.Namespace, image: "Image") -> Region | None:
    """Return the region of interest that the arguments ask for, or None."""
    if arguments.roi is None:
        return None
    from mmpc.images.regions import check_mask, read_mask, region_of_interest

    gain = arguments.roi_gain or DEFAULT_ROI_GAIN
    if arguments.roi != "auto":
        return Region(check_mask(read_mask(Path(arguments.roi)), image), gain)
    if image.pixels.ndim == 3:
        raise UnsupportedPixelsError(
            f"{arguments.input}: is a volume; give a mask file of its shape to --roi"
        )
    found = region_of_interest(image)
    if found is None:
        raise UnsupportedPixelsError(
            f"{arguments.input}: no body is found in it (is it a CT slice?); "
            "give a mask file to --roi"
        )
    return Region(found[1], gain)


def _metadata(image: "Image", arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what travels with the pixels; an error of zero is worth saying in DICOM."""
    exact = 0 in (arguments.max_error, arguments.max_error_hu, arguments.rmse)
    return {**image.metadata, "lossless": True} if exact and image.metadata else image.metadata


def check_usage(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Refuse options that would do nothing beside the others, with exit code 2."""
    first = arguments.bitstream == 1
    bounded = not first and not (arguments.max_error is None and arguments.max_error_hu is None)
    quality = arguments.quality or DEFAULT_QUALITY
    folder = arguments.input.is_dir()
    rules = (
        (folder and first, "a series of a folder is for bitstream 2"),
        (folder and arguments.frame is not None, "--frame is for a file, not for a folder"),
        (arguments.series and not folder, "--series is for a folder of DICOM slices"),
        (first and arguments.preset, "--preset is for bitstream 2"),
        (first and arguments.roi, "--roi is for bitstream 2"),
        (first and quality != int(quality), "--quality is a whole number in bitstream 1"),
        (not first and arguments.no_rle, "--no-rle is for bitstream 1"),
        (not first and arguments.report_exact, "--report-exact is for bitstream 1"),
        (bounded and arguments.preset, "--preset does nothing where a largest error is promised"),
        (bounded and arguments.roi, "--roi does nothing where a largest error is promised"),
        (
            arguments.anonymize_key and not arguments.anonymize,
            "--anonymize-key does nothing without --anonymize",
        ),
        (
            arguments.noise_by_slice and not arguments.noise_share,
            "--noise-by-slice needs --noise-share",
        ),
        (arguments.roi_gain and not arguments.roi, "--roi-gain needs --roi"),
        (arguments.verify and str(arguments.output) == "-", "--verify needs a file to read back"),
    )
    for broken, message in rules:
        if broken:
            parser.error(message)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    check_usage(parser, arguments)
    return cli.run(encode, arguments)
