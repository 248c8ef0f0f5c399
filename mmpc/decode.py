"""Decompress a stream to an image file: ``python -m mmpc.decode INPUT.mmpc OUTPUT``."""

if __name__ == "__main__":  # before the imports, so that Ctrl-C is minded while modules load
    from mmpc.__main__ import enter

    raise SystemExit(enter("decode"))

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmpc import cli
from mmpc.errors import about
from mmpc.files import check_output, input_name, read_file
from mmpc.images.dicom.syntaxes import TRANSFER_SYNTAXES

if TYPE_CHECKING:
    import numpy as np

    from mmpc.streams.info import StreamInfo


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(
        prog="mmpc decode",
        description="Decompress an MMPC stream to an image file. Not for diagnosis.",
    )
    parser.add_argument("input", type=Path, help="the stream; - is standard input")
    parser.add_argument(
        "output",
        type=Path,
        help="image to write: .npy, .png, .tif or .dcm, by its extension; - is standard output, "
        "in NPY format",
    )
    parser.add_argument(
        "--like",
        type=Path,
        metavar="ORIGINAL.dcm",
        help="for .dcm: take everything but the pixels from the original file",
    )
    parser.add_argument(
        "--transfer-syntax",
        choices=TRANSFER_SYNTAXES,
        help="for .dcm: pack the decoded pixels losslessly (default: explicit, not packed)",
    )
    return parser


def decode(arguments: argparse.Namespace) -> None:
    """Read, decompress, write; raises MmpcError for whatever is wrong."""
    from mmpc.images.writing import check_extension
    from mmpc.streams.info import read_header
    from mmpc.streams.reading import decompress

    check_extension(arguments.output)
    data = read_file(arguments.input)
    with about(input_name(arguments.input)):
        info = read_header(data)
        keep = [path for path in (arguments.input, arguments.like) if path]
        size_bytes = info.width * info.height * info.dtype.itemsize
        check_output(arguments.output, keep=keep, size_bytes=size_bytes)
        with cli.progress_bar("decode") as progress:
            pixels = decompress(data, progress)
        note = _write(arguments, pixels, info, hashlib.sha256(data).digest(), keep)
    cli.report_image(arguments.output, pixels, note)


def _write(
    arguments: argparse.Namespace,
    pixels: "np.ndarray",
    info: "StreamInfo",
    checksum: bytes,
    keep: list[Path],
) -> str | None:
    """Write the image; return a note for the user, if there is one."""
    if arguments.output.suffix.lower() != ".dcm":
        from mmpc.images.writing import write_image

        write_image(arguments.output, pixels, keep=keep)
        return None
    from mmpc.images.dicom.writing import LossyStep, write_dicom

    lossless = info.details.get("largest_error") == 0 or info.metadata.get("lossless") is True
    return write_dicom(
        arguments.output,
        pixels,
        image_metadata=info.metadata,
        like=arguments.like,
        lossy=None if lossless else LossyStep(f"MMPC_{info.bitstream}", info.compression_ratio),
        transfer_syntax=arguments.transfer_syntax or "explicit",
        checksum=checksum,
        keep=keep,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.output.suffix.lower() != ".dcm":
        for option, value in (
            ("--like", arguments.like),
            ("--transfer-syntax", arguments.transfer_syntax),
        ):
            if value:
                parser.error(f"{option} is for .dcm output")
    return cli.run(decode, arguments)
