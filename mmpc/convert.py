"""Convert between DICOM and plain images: ``python -m mmpc.convert INPUT OUTPUT``."""

if __name__ == "__main__":  # before the imports, so that Ctrl-C is minded while modules load
    from mmpc.__main__ import enter

    raise SystemExit(enter("convert"))

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmpc import cli
from mmpc.errors import about
from mmpc.files import check_output, input_name, read_file
from mmpc.images.dicom.syntaxes import TRANSFER_SYNTAXES
from mmpc.images.windows import parse_window, preview

if TYPE_CHECKING:
    import numpy as np

    from mmpc.images.dicom.derivation import LossyStep
    from mmpc.images.image import Image

DESCRIBING = ("modality", "rescale_slope", "rescale_intercept", "pixel_spacing")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this tool."""
    parser = argparse.ArgumentParser(
        prog="mmpc convert",
        description="Convert PNG, TIFF or NPY to a minimal DICOM file; DICOM and MMPC streams to "
        "an 8-bit windowed PNG, to .npy or .tif, or to DICOM, also with unsigned pixels. Not for "
        "diagnosis.",
    )
    parser.add_argument("input", type=Path, help="image file or stream; - is standard input")
    parser.add_argument(
        "output",
        type=Path,
        help="image to write: .dcm, .png, .tif or .npy, by its extension; - is standard output, "
        "in NPY format",
    )
    parser.add_argument("--frame", type=int, help="frame of a multi-frame file, the first is 0")
    parser.add_argument(
        "--window",
        type=cli.sentence_of(parse_window),
        metavar="W",
        help="8-bit picture: a preset such as brain, bone or lung, or CENTER,WIDTH, or 'file' for "
        "the file's own; write --window=-600,1500 where the center is negative",
    )
    parser.add_argument(
        "--unsigned",
        action="store_true",
        help="DICOM to DICOM: shift signed pixels to zero and correct the rescale intercept",
    )
    parser.add_argument("--modality", help="to DICOM: CT makes a CT Image (default: OT)")
    parser.add_argument("--rescale-slope", type=cli.positive_number, metavar="M")
    parser.add_argument(
        "--rescale-intercept", type=float, metavar="B", help="to DICOM: for CT usually -1024"
    )
    parser.add_argument(
        "--pixel-spacing",
        type=parse_spacing,
        metavar="ROW,COLUMN",
        help="to DICOM: distance of rows and of columns in mm",
    )
    parser.add_argument(
        "--transfer-syntax",
        choices=TRANSFER_SYNTAXES,
        help="to DICOM: pack the pixels losslessly (default: explicit, not packed)",
    )
    return parser


def parse_spacing(text: str) -> tuple[float, float]:
    """Parse ``--pixel-spacing``: two positive numbers."""
    numbers = [cli.positive_number(part) for part in text.split(",")]
    if len(numbers) != 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not ROW,COLUMN")
    return numbers[0], numbers[1]


def convert(arguments: argparse.Namespace) -> None:
    """Read, convert, write; raises MmpcError for whatever is wrong."""
    from mmpc.images.writing import check_extension, write_image

    check_extension(arguments.output)
    check_output(arguments.output, keep=[arguments.input])
    data = read_file(arguments.input)
    image, lossy = _read(arguments, data)
    pixels, note = image.pixels, None
    if arguments.output.suffix.lower() == ".dcm":
        pixels, note = _to_dicom(arguments, image, lossy, hashlib.sha256(data).digest())
    else:
        if arguments.window:
            pixels = preview(image, arguments.window)
        metadata, keep = image.metadata, [arguments.input]
        notes = write_image(
            arguments.output, pixels, image_metadata=metadata, lossy=lossy, keep=keep
        )
        note = "; ".join(notes) or None
    cli.report_image(arguments.output, pixels, note)


def _read(arguments: argparse.Namespace, data: bytes) -> "tuple[Image, LossyStep | None]":
    """Return the image of a file or of a stream, and what the stream has lost."""
    from mmpc.images.frames import pick_frame
    from mmpc.images.reading import parse_image
    from mmpc.streams.image import image_of, lossy_step_of
    from mmpc.streams.info import read_header
    from mmpc.streams.reading import MAGIC, decompress

    name = input_name(arguments.input)
    if not data.startswith(MAGIC):
        return parse_image(data, Path(name), arguments.frame), None
    pick_frame(Path(name), 1, arguments.frame)
    with about(name), cli.progress_bar("decode") as progress:
        info = read_header(data)
        return image_of(decompress(data, progress), info, name), lossy_step_of(info)


def _to_dicom(
    arguments: argparse.Namespace, image: "Image", lossy: "LossyStep | None", checksum: bytes
) -> "tuple[np.ndarray, str | None]":
    from mmpc.images.dicom.conversion import describe, make_unsigned
    from mmpc.images.dicom.writing import write_dicom

    from_dicom = image.source_format == "DICOM"
    _refuse_options(arguments, from_dicom)
    note = None
    if from_dicom:
        pixels, metadata = image.pixels, image.metadata
        if arguments.unsigned:
            pixels, metadata = make_unsigned(image)
    else:
        pixels, metadata = describe(
            image,
            modality=arguments.modality,
            rescale_slope=arguments.rescale_slope,
            rescale_intercept=arguments.rescale_intercept,
            pixel_spacing_mm=arguments.pixel_spacing,
        )
        if arguments.modality == "CT" and not arguments.pixel_spacing:
            note = "no --pixel-spacing given: 1 mm is written, so do not measure lengths"
    written = write_dicom(
        arguments.output,
        pixels,
        image_metadata=metadata,
        lossy=lossy,
        unchanged=lossy is None and not arguments.unsigned,
        checksum=checksum,
        transfer_syntax=arguments.transfer_syntax or "explicit",
        keep=[arguments.input],
    )
    return pixels, written or note


def _refuse_options(arguments: argparse.Namespace, from_dicom: bool) -> None:
    """Refuse an option that would silently do nothing for this kind of input."""
    from mmpc.errors import InvalidParameterError

    if arguments.unsigned and not from_dicom:
        raise InvalidParameterError("--unsigned is for DICOM input")
    for name in DESCRIBING:
        if from_dicom and getattr(arguments, name) is not None:
            raise InvalidParameterError(
                f"--{name.replace('_', '-')} is for PNG, TIFF and NPY input; a DICOM file says "
                "it itself"
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    to_dicom = arguments.output.suffix.lower() == ".dcm"
    for name in ("unsigned", "transfer_syntax", *DESCRIBING):
        value = getattr(arguments, name)
        if value is not None and value is not False and not to_dicom:
            parser.error(f"--{name.replace('_', '-')} is for .dcm output")
    if arguments.window and (to_dicom or arguments.output.suffix.lower() in (".nii", ".gz")):
        parser.error("--window is for a picture; this format keeps the stored values")
    return cli.run(convert, arguments)
