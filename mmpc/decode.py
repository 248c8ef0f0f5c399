"""Decompress a stream to an image file: ``python -m mmpc.decode INPUT.mmpc OUTPUT``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmpc import cli
from mmpc.images.dicom.syntaxes import TRANSFER_SYNTAXES
from mmpc.streams.info import read_header
from mmpc.streams.reading import decompress


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(
        prog="mmpc-decode",
        description="Decompress an MMPC stream to an image file. Not for diagnosis.",
    )
    parser.add_argument("input", type=Path, help="the stream")
    parser.add_argument(
        "output", type=Path, help="image to write: .npy, .png, .tif or .dcm, by its extension"
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
    from mmpc.images.writing import write_image

    data = arguments.input.read_bytes()
    info = read_header(data)
    pixels = decompress(data)
    note = None
    if arguments.output.suffix.lower() == ".dcm":
        from mmpc.images.dicom.writing import LossyStep, write_dicom

        lossless = info.metadata.get("lossless") is True
        note = write_dicom(
            arguments.output,
            pixels,
            image_metadata=info.metadata,
            like=arguments.like,
            lossy=None if lossless else LossyStep(f"MMPC_{info.bitstream}", info.compression_ratio),
            transfer_syntax=arguments.transfer_syntax or "explicit",
            keep=[arguments.input],
        )
    else:
        write_image(arguments.output, pixels, keep=[arguments.input])
    print(f"{arguments.output}: {pixels.shape[1]} x {pixels.shape[0]} {pixels.dtype}")
    if note:
        print(f"note: {note}")


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


if __name__ == "__main__":
    sys.exit(main())
