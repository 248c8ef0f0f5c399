"""Compress an image file: ``python -m mmpc.encode INPUT OUTPUT.mmpc``."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmpc import cli
from mmpc.images.reading import METADATA_MODES
from mmpc.streams import BITSTREAMS, DEFAULT_QUALITY, compress, decompress, read_header


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(
        prog="mmpc-encode",
        description="Compress a DICOM, PNG, TIFF or NPY image to an MMPC stream. "
        "Not for diagnosis.",
    )
    parser.add_argument("input", type=Path, help="image file; its content tells the format")
    parser.add_argument("output", type=Path, help="the stream to write, usually *.mmpc")
    parser.add_argument(
        "--bitstream", type=int, choices=BITSTREAMS, default=BITSTREAMS[0], help="version to write"
    )
    parser.add_argument("--frame", type=int, help="frame of a multi-frame file, the first is 0")
    parser.add_argument(
        "--metadata",
        choices=METADATA_MODES,
        default=METADATA_MODES[0],
        help="what to keep of a DICOM header: the documented whitelist, all standard elements, "
        "or only what the pixels need (default %(default)s)",
    )
    parser.add_argument(
        "--anonymize",
        action="store_true",
        help="de-identify the header by the Basic Profile of DICOM PS3.15 Annex E; text burnt "
        "into the pixels stays",
    )
    target = parser.add_mutually_exclusive_group()
    target.add_argument(
        "--quality",
        type=int,
        default=DEFAULT_QUALITY,
        metavar="Q",
        help="quantization step, 1 to 65535: LARGER IS COARSER, smaller file (default %(default)s)",
    )
    target.add_argument(
        "--bpp", type=cli.positive_number, metavar="R", help="at most R bits per pixel"
    )
    target.add_argument("--psnr", type=cli.positive_number, metavar="P", help="at least P dB")
    target.add_argument(
        "--max-error",
        type=cli.non_negative_number,
        metavar="E",
        help="no sample off by more than E stored units",
    )
    target.add_argument(
        "--rmse",
        type=cli.non_negative_number,
        metavar="S",
        help="root mean squared error of at most S stored units",
    )
    parser.add_argument("--no-rle", action="store_true", help="skip run-length coding (ablation)")
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
        anonymize=arguments.anonymize,
    )
    data = compress(
        image.pixels,
        bitstream=arguments.bitstream,
        quality=arguments.quality,
        rle=not arguments.no_rle,
        rate_bpp=arguments.bpp,
        psnr_db=arguments.psnr,
        max_error=arguments.max_error,
        rmse=arguments.rmse,
        metadata=_metadata(image, arguments),
    )
    atomic_write(arguments.output, data, keep=[arguments.input])
    report = {"output": str(arguments.output), **_size_report(data)}
    if arguments.verify:
        report |= _verify(image.pixels, arguments.output)
    print(json.dumps(report) if arguments.json else _as_text(report))


def _metadata(image: Any, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what travels with the pixels; an error of zero is worth saying in DICOM."""
    exact = 0 in (arguments.max_error, arguments.rmse)
    return {**image.metadata, "lossless": True} if exact and image.metadata else image.metadata


def _size_report(data: bytes) -> dict[str, Any]:
    info = read_header(data)
    return {
        "width": info.width,
        "height": info.height,
        "dtype": str(info.dtype),
        "step": info.step,
        "size_bytes": info.size_bytes,
        "rate_bpp": info.rate_bpp,
        "compression_ratio": info.compression_ratio,
    }


def _verify(pixels: Any, output: Path) -> dict[str, Any]:
    """Decode what was written and measure it against the original."""
    from mmpc.rate_control import Distortion, peak_value

    distortion = Distortion.between(pixels, decompress(output.read_bytes()))
    return {
        "rmse": distortion.rmse,
        "psnr_db": distortion.psnr_db if distortion.rmse else None,
        "psnr_peak": peak_value(pixels),
        "peak_error": distortion.peak_error,
    }


def _as_text(report: dict[str, Any]) -> str:
    lines = [
        f"{report['output']}: {report['width']} x {report['height']} {report['dtype']}, "
        f"quality {report['step']:g} (quantization step: larger is coarser)",
        f"size {report['size_bytes']} bytes, {report['rate_bpp']:.4f} bpp, "
        f"compression ratio {report['compression_ratio']:.2f}",
    ]
    if "rmse" in report:
        psnr = "infinite" if report["psnr_db"] is None else f"{report['psnr_db']:.2f} dB"
        lines.append(
            f"verified: RMSE {report['rmse']:.4f}, PSNR {psnr} (peak {report['psnr_peak']}), "
            f"largest absolute error {report['peak_error']}"
        )
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    return cli.run(encode, build_parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
