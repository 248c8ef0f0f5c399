"""What ``encode`` reads and where it goes: an image, or one or all series of a folder."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmpc import cli
from mmpc.errors import InvalidParameterError, MmpcError, UnsupportedPixelsError
from mmpc.files import STANDARD_STREAM, check_output

if TYPE_CHECKING:
    from mmpc.images.dicom.series import Series
    from mmpc.images.image import Image

How = Callable[[], dict[str, Any]]
Source = tuple["Image", Path, list[Path]]


def sources(arguments: argparse.Namespace, how: How, keep: list[Path]) -> Iterator[Source]:
    """Read what is to be encoded, one image or volume after the other.

    Parameters
    ----------
    arguments : argparse.Namespace
        Of ``encode``.
    how : callable
        Gives ``metadata`` and ``anonymize`` for :func:`mmpc.images.reading.read_image`. It is
        asked when the output is known to be writable, since it may make a key file.
    keep : list of Path
        Files that must survive, besides those that are read.

    Yields
    ------
    image : Image
        Of a series, a volume.
    output : Path
        Where its stream goes.
    keep : list of Path
        Files that must survive.

    Raises
    ------
    MmpcError
        It cannot be read, or the output must not be written. Where each series of a folder
        is asked for, only after all that can be read.
    """
    if arguments.input.is_dir():
        yield from _of_folder(arguments, how, keep)
        return
    from mmpc.images.reading import read_image

    keep = [arguments.input, *keep]
    check_output(arguments.output, keep=keep)
    volume = arguments.bitstream == 2
    image = read_image(arguments.input, frame=arguments.frame, volume=volume, **how())
    yield image, arguments.output, keep


def _of_folder(arguments: argparse.Namespace, how: How, keep: list[Path]) -> Iterator[Source]:
    """Read one series of a folder; where the output is a folder, each."""
    from mmpc.images.dicom.series import choose_series, find_series

    found, notes = find_series(arguments.input)
    cli.print_notes(notes)
    if arguments.series:
        found = [choose_series(found, arguments.series, arguments.input)]
    if not _is_folder(arguments.output):
        if len(found) > 1:
            cli.print_notes(map(str, found))
            raise InvalidParameterError(
                f"{arguments.input}: holds {len(found)} series; choose one with --series, or name "
                "a folder as output for all of them"
            )
        yield _read(found[0], arguments.output, how, keep)
        return
    arguments.output.mkdir(exist_ok=True)
    refused = []
    for series in found:
        try:
            # A neutral name: a UID would tell whose a de-identified series was.
            source = _read(series, arguments.output / f"series_{series.number}.mmpc", how, keep)
        except MmpcError as error:
            refused.append(str(error))
        else:
            yield source
    if refused:
        raise UnsupportedPixelsError(
            f"{len(refused)} of {len(found)} series not encoded: " + "; ".join(refused)
        )


def _read(series: "Series", output: Path, how: How, keep: list[Path]) -> Source:
    """Read one series, once its stream is known to have a place."""
    from mmpc.images.dicom.series_reading import read_series

    keep = [*keep, *(one.path for one in series.slices)]
    check_output(output, keep=keep)
    with cli.progress_bar("read") as progress:
        return read_series(series, progress=progress, **how()), output, keep


def _is_folder(output: Path) -> bool:
    """Tell whether a folder is meant; one that is not there yet has no extension."""
    if output.exists() or str(output) == STANDARD_STREAM:
        return output.is_dir()
    return not output.suffix
