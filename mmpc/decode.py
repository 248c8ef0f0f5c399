"""Decompress a stream to an image file: ``python -m mmpc.decode INPUT.mmpc OUTPUT``."""

if __name__ == "__main__":  # before the imports, so that Ctrl-C is minded while modules load
    from mmpc.__main__ import enter

    raise SystemExit(enter("decode"))

import argparse
import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmpc import cli
from mmpc.errors import UnwritableImageError, about
from mmpc.files import check_folder, check_output, input_name, read_file
from mmpc.images.dicom.syntaxes import TRANSFER_SYNTAXES
from mmpc.images.windows import parse_window, preview

if TYPE_CHECKING:
    import numpy as np

    from mmpc.images.dicom.deidentify import Deidentifier
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
        help="image to write: .npy, .png, .tif, .dcm or .nii.gz, by its extension; a volume as "
        ".npy, .nii or .nii.gz; the DICOM files of a series into a new folder, a name without "
        "extension; - is standard output, in NPY format",
    )
    parser.add_argument(
        "--slice",
        type=cli.whole_number,
        metavar="K",
        help="of a volume, decode and write this slice only, as an image; the first is 0",
    )
    parser.add_argument(
        "--jobs",
        type=cli.positive_integer,
        default=1,
        metavar="N",
        help="decode N slices of a volume, or stripes of a large image, at a time "
        "(default %(default)s)",
    )
    parser.add_argument(
        "--window",
        type=cli.sentence_of(parse_window),
        metavar="W",
        help="not for .dcm: an 8-bit picture; a preset such as brain, bone or lung, or "
        "CENTER,WIDTH, or 'file' for the original's own; write --window=-600,1500 where the "
        "center is negative",
    )
    parser.add_argument(
        "--transfer-syntax",
        choices=TRANSFER_SYNTAXES,
        help="for .dcm: pack the decoded pixels losslessly (default: explicit, not packed)",
    )
    parser.add_argument(
        "--like",
        type=Path,
        metavar="ORIGINAL.dcm",
        help="for .dcm: take the whole header from the original; another file is refused",
    )
    parser.add_argument(
        "--anonymize-key",
        type=Path,
        metavar="FILE",
        help="with --like: the key of the run that de-identified the stream; the patient's name "
        "comes back",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="with --like: take the header on your word where the stream does not say which image "
        "it holds (--metadata none); never another image's",
    )
    return parser


def decode(arguments: argparse.Namespace) -> None:
    """Read, decompress, write; raises MmpcError for whatever is wrong."""
    from mmpc.images.writing import check_extension, write_image
    from mmpc.streams.image import decode_slice, image_of, lossy_step_of
    from mmpc.streams.info import read_header
    from mmpc.streams.reading import decompress

    to_folder = _is_folder(arguments)
    if not to_folder:
        check_extension(arguments.output)
    data = read_file(arguments.input)
    keep = [path for path in (arguments.input, arguments.like, arguments.anonymize_key) if path]
    with about(input_name(arguments.input)):
        info = read_header(data)
        size_bytes = math.prod(info.shape) * info.dtype.itemsize
        if to_folder:
            _check_series(info)
            check_folder(arguments.output, size_bytes=size_bytes)
        else:
            _check_volume(arguments, info)
            check_output(arguments.output, keep=keep, size_bytes=size_bytes)
        with cli.progress_bar("decode") as progress:
            if arguments.slice is None:
                pixels = decompress(data, progress, jobs=arguments.jobs)
            else:
                pixels, info = decode_slice(data, arguments.slice)
        if to_folder:
            note = _write_series(arguments, data, pixels, info)
        elif arguments.output.suffix.lower() == ".dcm":
            note = _write_dicom(arguments, data, pixels, info, keep)
        else:
            if arguments.window:
                name = input_name(arguments.input)
                pixels = preview(image_of(pixels, info, name), arguments.window)
            lossy = lossy_step_of(info)
            output, metadata = arguments.output, info.metadata
            notes = write_image(output, pixels, image_metadata=metadata, lossy=lossy, keep=keep)
            note = "; ".join(notes) or None
    cli.report_image(arguments.output, pixels, note)


def _is_folder(arguments: argparse.Namespace) -> bool:
    """Tell whether a folder is meant as output: one that is there, or a name without extension."""
    name = arguments.output
    return arguments.slice is None and (name.is_dir() or (str(name) != "-" and not name.suffix))


def _check_series(info: "StreamInfo") -> None:
    """Refuse to make a folder of what is no series."""
    if "slices" not in info.metadata:
        what = "an image" if info.n_slices is None else "a volume that was no DICOM series"
        raise UnwritableImageError(
            f"the stream holds {what}, of which no folder of DICOM files is made; name a file with "
            "an extension"
        )


def _check_volume(arguments: argparse.Namespace, info: "StreamInfo") -> None:
    """Refuse an output file that cannot hold what is asked for."""
    from mmpc.images.writing import OF_VOLUMES, check_extension

    extension = check_extension(arguments.output)
    if arguments.slice is None:
        if info.n_slices is not None and extension not in OF_VOLUMES:
            raise UnwritableImageError(
                f"a volume of {info.n_slices} slices is written as {' or '.join(OF_VOLUMES)}, "
                f"not as {extension}; --slice takes one of them"
            )
    elif extension in OF_VOLUMES[1:] and "nifti" in info.metadata:
        raise UnwritableImageError(
            f"a single slice of a NIfTI volume is not written as {extension}; leave --slice out"
        )
    elif info.n_slices is None:
        raise UnwritableImageError("the stream holds an image and no volume; leave --slice out")
    elif arguments.slice >= info.n_slices:
        raise UnwritableImageError(
            f"there is no slice {arguments.slice}; the stream has 0 to {info.n_slices - 1}"
        )


def _write_series(
    arguments: argparse.Namespace, data: bytes, pixels: "np.ndarray", info: "StreamInfo"
) -> str | None:
    """Write a folder of DICOM files; return a note for the user, if there is one."""
    from mmpc.images.dicom.series_writing import write_series
    from mmpc.streams.image import lossy_step_of

    notes = write_series(
        arguments.output,
        pixels,
        info.metadata,
        lossy=lossy_step_of(info),
        transfer_syntax=arguments.transfer_syntax or "explicit",
        checksum=hashlib.sha256(data).digest(),
    )
    return "; ".join(notes) or None


def _write_dicom(
    arguments: argparse.Namespace,
    data: bytes,
    pixels: "np.ndarray",
    info: "StreamInfo",
    keep: list[Path],
) -> str | None:
    """Write a DICOM file; return a note for the user, if there is one."""
    from mmpc.images.dicom.series_writing import checksum_of_slice
    from mmpc.images.dicom.writing import write_dicom
    from mmpc.streams.image import image_of, lossy_step_of

    lossy = lossy_step_of(info)
    metadata, sources, notes = info.metadata, data, ()
    if arguments.like:
        from mmpc.images.dicom.original import read_original

        original = read_original(
            arguments.like,
            image_of(pixels, info),
            lossless=lossy is None,
            deidentifier=_deidentifier(arguments.anonymize_key),
            force=arguments.force,
        )
        metadata, notes = original.metadata, original.notes
        sources += read_file(arguments.like)
    checksum = hashlib.sha256(sources).digest()
    if arguments.slice is not None:
        checksum = checksum_of_slice(checksum, metadata, arguments.slice)
    note = write_dicom(
        arguments.output,
        pixels,
        image_metadata=metadata,
        lossy=lossy,
        unchanged=lossy is None,
        transfer_syntax=arguments.transfer_syntax or "explicit",
        checksum=checksum,
        keep=keep,
    )
    return "; ".join([*notes, *([note] if note else [])]) or None


def _deidentifier(key_file: Path | None) -> "Deidentifier | None":
    if key_file is None:
        return None
    from mmpc.images.dicom.deidentify import Deidentifier
    from mmpc.images.dicom.key_file import read_or_make_key

    read_file(key_file)  # a new key would prove nothing
    return Deidentifier(read_or_make_key(key_file))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns the exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    to_folder = _is_folder(arguments)
    to_dicom = to_folder or arguments.output.suffix.lower() == ".dcm"
    for name in ("like", "transfer_syntax"):
        if getattr(arguments, name) and not to_dicom:
            parser.error(f"--{name.replace('_', '-')} is for .dcm output")
    if arguments.like and to_folder:
        parser.error("--like is for a single .dcm file, not for a folder")
    for name in ("anonymize_key", "force"):
        if getattr(arguments, name) and not arguments.like:
            parser.error(f"--{name.replace('_', '-')} does nothing without --like")
    if arguments.window and (to_dicom or arguments.output.suffix.lower() in (".nii", ".gz")):
        parser.error("--window is for a picture; this format keeps the stored values")
    return cli.run(decode, arguments)
