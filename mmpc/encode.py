"""Compress an image file: ``python -m mmpc.encode INPUT OUTPUT.mmpc``."""

if __name__ == "__main__":  # before the imports, so that Ctrl-C is minded while modules load
    from mmpc.__main__ import enter

    raise SystemExit(enter("encode"))

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmpc import cli
from mmpc.errors import UnsupportedPixelsError
from mmpc.images.reading import METADATA_MODES
from mmpc.streams import (
    BITSTREAMS,
    DEFAULT_QUALITY,
    PRESETS,
    compress,
    decompress,
    read_header,
)

if TYPE_CHECKING:
    import numpy as np

    from mmpc.images.dicom.deidentify import Deidentifier
    from mmpc.images.image import Image
    from mmpc.v2.regions import Region


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(
        prog="mmpc encode",
        description="Compress a DICOM, PNG, TIFF or NPY image to an MMPC stream. "
        "Not for diagnosis.",
    )
    parser.add_argument("input", type=Path, help="image file; its content tells the format")
    parser.add_argument("output", type=Path, help="the stream to write, usually *.mmpc")
    parser.add_argument(
        "--bitstream",
        type=int,
        choices=BITSTREAMS,
        default=BITSTREAMS[-1],
        help="version to write (default %(default)s)",
    )
    parser.add_argument(
        "--preset",
        choices=PRESETS,
        default="default",
        help="bitstream 2: how long to search for a smaller file (default %(default)s)",
    )
    parser.add_argument("--frame", type=int, help="frame of a multi-frame file, the first is 0")
    parser.add_argument(
        "--metadata",
        choices=METADATA_MODES,
        default=METADATA_MODES[0],
        help="what to keep of a DICOM header: everything, private elements too; the documented "
        "whitelist of what the pixels mean and whose they are; or only what the values need "
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
    target = parser.add_mutually_exclusive_group()
    target.add_argument(
        "--quality",
        type=cli.positive_number,
        default=DEFAULT_QUALITY,
        metavar="Q",
        help="quantization step: LARGER IS COARSER, smaller file (default %(default)s); whole "
        "numbers in bitstream 1",
    )
    target.add_argument(
        "--bpp", type=cli.positive_number, metavar="R", help="at most R bits per pixel"
    )
    target.add_argument("--psnr", type=cli.positive_number, metavar="P", help="at least P dB")
    target.add_argument(
        "--max-error",
        type=cli.non_negative_number,
        metavar="E",
        help="no sample off by more than E stored units; bitstream 2 keeps this by construction, "
        "and 0 is lossless",
    )
    target.add_argument(
        "--max-error-hu",
        type=cli.non_negative_number,
        metavar="E",
        help="the same in Hounsfield units, through the Rescale Slope",
    )
    target.add_argument(
        "--rmse",
        type=cli.non_negative_number,
        metavar="S",
        help="root mean squared error of at most S stored units",
    )
    parser.add_argument(
        "--roi",
        metavar="auto|MASK",
        help="bitstream 2: a finer step inside a region: 'auto' is the skull interior or the body, "
        "found from the CT; or a mask file, its pixels that are not zero",
    )
    parser.add_argument(
        "--roi-gain",
        type=cli.positive_number,
        default=2.0,
        metavar="G",
        help="how many times finer the step is inside (default %(default)s)",
    )
    parser.add_argument("--no-rle", action="store_true", help="skip run-length coding (ablation)")
    parser.add_argument(
        "--report-exact",
        action="store_true",
        help="bitstream 1: the report's bytes alone, without the trailer that carries sample type, "
        "metadata and checksum",
    )
    parser.add_argument("--verify", action="store_true", help="decode the file and print its error")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def encode(arguments: argparse.Namespace) -> None:
    """Read, compress, write, report; raises MmpcError for whatever is wrong."""
    from mmpc.files import atomic_write
    from mmpc.images.reading import read_image

    image = read_image(
        arguments.input,
        frame=arguments.frame,
        metadata=arguments.metadata,
        anonymize=_deidentifier(arguments),
    )
    data = compress(
        image.pixels,
        bitstream=arguments.bitstream,
        quality=arguments.quality,
        rle=not arguments.no_rle,
        preset=arguments.preset,
        region=_region(arguments, image),
        rate_bpp=arguments.bpp,
        psnr_db=arguments.psnr,
        max_error=_max_error(arguments, image.rescale_slope),
        rmse=arguments.rmse,
        metadata=None if arguments.report_exact else _metadata(image, arguments),
        report_exact=arguments.report_exact,
    )
    keep = [path for path in (arguments.input, arguments.anonymize_key) if path]
    atomic_write(arguments.output, data, keep=keep)
    cli.print_notes(image.notes)
    report = {"output": str(arguments.output), "notes": image.notes, **_size_report(data)}
    written = arguments.output.read_bytes() if arguments.verify else data
    report |= {"verified": arguments.verify}
    report |= _error_report(image.pixels, decompress(written), image.rescale_slope)
    print(json.dumps(report) if arguments.json else _as_text(report))


def _deidentifier(arguments: argparse.Namespace) -> "bool | Deidentifier":
    """Return what de-identifies: under the key of a file, or of this run; False for nothing."""
    if arguments.anonymize_key is None:
        return arguments.anonymize
    from mmpc.images.dicom.deidentify import Deidentifier
    from mmpc.images.dicom.key_file import read_or_make_key

    return Deidentifier(read_or_make_key(arguments.anonymize_key))


def _max_error(arguments: argparse.Namespace, slope: float) -> float | None:
    """Return the largest error in stored units."""
    if arguments.max_error_hu is None:
        return arguments.max_error
    return arguments.max_error_hu / abs(slope)


def _region(arguments: argparse.Namespace, image: "Image") -> "Region | None":
    """Return the region of interest that the arguments ask for, or None."""
    if arguments.roi is None:
        return None
    from mmpc.evaluation.regions import find_regions, read_mask
    from mmpc.v2.regions import Region

    if arguments.roi != "auto":
        mask = find_regions(image, read_mask(Path(arguments.roi)))["mask"]
        return Region(mask, arguments.roi_gain)
    found = find_regions(image)
    for name in ("skull_interior", "body"):
        if name in found:
            return Region(found[name], arguments.roi_gain)
    raise UnsupportedPixelsError(
        f"{arguments.input}: no body is found in it (is it a CT slice?); give a mask file to --roi"
    )


def _metadata(image: "Image", arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what travels with the pixels; an error of zero is worth saying in DICOM."""
    exact = 0 in (arguments.max_error, arguments.max_error_hu, arguments.rmse)
    return {**image.metadata, "lossless": True} if exact and image.metadata else image.metadata


def _size_report(data: bytes) -> dict[str, Any]:
    info = read_header(data)
    return {
        "bitstream": info.bitstream,
        "width": info.width,
        "height": info.height,
        "dtype": str(info.dtype),
        "step": info.step,
        "size_bytes": info.size_bytes,
        "rate_bpp": info.rate_bpp,
        "compression_ratio": info.compression_ratio,
        "promised_error": info.details.get("largest_error"),
    }


def _error_report(pixels: "np.ndarray", decoded: "np.ndarray", slope: float) -> dict[str, Any]:
    """Measure what a decoder makes of the stream against the original."""
    from mmpc.rate_control import Distortion, peak_value

    distortion = Distortion.between(pixels, decoded)
    return {
        "rmse": distortion.rmse,
        "psnr_db": distortion.psnr_db if distortion.rmse else None,
        "psnr_peak": peak_value(pixels),
        "peak_error": distortion.peak_error,
        "rmse_hu": distortion.rmse * abs(slope),
        "peak_error_hu": distortion.peak_error * abs(slope),
    }


def _as_text(report: dict[str, Any]) -> str:
    """Say the report in four lines."""
    promised = report["promised_error"]
    how = (
        f"quality {report['step']:g} (quantization step: larger is coarser)"
        if promised is None
        else f"no sample off by more than {promised} (promised)"
    )
    psnr = "infinite" if report["psnr_db"] is None else f"{report['psnr_db']:.2f} dB"
    return "\n".join(
        (
            f"{report['output']}: {report['width']} x {report['height']} {report['dtype']}, "
            f"bitstream {report['bitstream']}, {how}",
            f"size {report['size_bytes']} bytes, {report['rate_bpp']:.4f} bpp, "
            f"compression ratio {report['compression_ratio']:.2f}",
            f"{'verified' if report['verified'] else 'expected'}: RMSE {report['rmse']:.4f}, "
            f"PSNR {psnr} (peak {report['psnr_peak']}), "
            f"largest absolute error {report['peak_error']}",
            f"in rescaled units (HU for CT): RMSE {report['rmse_hu']:.2f}, "
            f"largest absolute error {report['peak_error_hu']:g}",
        )
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.anonymize_key and not arguments.anonymize:
        parser.error("--anonymize-key does nothing without --anonymize")
    return cli.run(encode, arguments)
