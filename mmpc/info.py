"""Tell what a stream says of itself: ``python -m mmpc.info FILE.mmpc``."""

if __name__ == "__main__":  # before the imports, so that Ctrl-C is minded while modules load
    from mmpc.__main__ import enter

    raise SystemExit(enter("info"))

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from mmpc import cli
from mmpc.errors import about
from mmpc.files import input_name, read_file


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(
        prog="mmpc info", description="Print the header and the metadata of an MMPC stream."
    )
    parser.add_argument("input", type=Path, help="the stream; - is standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def info(arguments: argparse.Namespace) -> None:
    """Read the header and print it; raises MmpcError for whatever is wrong."""
    from mmpc.streams.info import read_header

    data = read_file(arguments.input)
    with about(input_name(arguments.input)):
        fields = read_header(data).to_dict()
    if arguments.json:
        print(json.dumps(fields))
        return
    metadata = fields.pop("metadata")
    elements, slices = metadata.pop("dicom", None), metadata.pop("slices", None)
    width = max(map(len, [*fields, *metadata]))
    for name, value in fields.items():
        print(f"{name:{width}}  {value}")
    if metadata:
        print("metadata:")
    for name, value in metadata.items():
        print(f"  {name:{width}}  {json.dumps(value, ensure_ascii=False)}")
    if elements:
        from mmpc.images.dicom.json_model import element_lines

        print("DICOM elements of all slices:" if slices else "DICOM elements:")
        for line in element_lines(elements):
            print(f"  {line}")
    if slices:
        from mmpc.images.dicom.series_metadata import varying_lines

        print("What differs by slice, of the first and of the last:")
        for line in varying_lines(slices):
            print(f"  {line}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    return cli.run(info, build_parser().parse_args(argv))
