"""Decompress a stream to an image file: ``python -m mmpc.decode INPUT.mmpc OUTPUT``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmpc import cli
from mmpc.streams import decompress, read_header


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
    return parser


def decode(arguments: argparse.Namespace) -> None:
    """Read, decompress, write; raises MmpcError for whatever is wrong."""
    from mmpc.images.writing import write_image

    data = arguments.input.read_bytes()
    pixels = decompress(data)
    write_image(
        arguments.output,
        pixels,
        image_metadata=read_header(data).metadata,
        keep=[arguments.input],
    )
    print(f"{arguments.output}: {pixels.shape[1]} x {pixels.shape[0]} {pixels.dtype}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    return cli.run(decode, build_parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
