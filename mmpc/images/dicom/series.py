"""Find the series of DICOM slices in a folder: which file belongs to which, and what is none."""

import contextlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mmpc.errors import InvalidParameterError, MmpcError, UnreadableFileError
from mmpc.files import read_file
from mmpc.images.dicom.elements import integer, printable, quiet_pydicom, reason_of
from mmpc.images.dicom.parsing import is_dicom, read_dataset
from mmpc.images.dicom.slice_header import SliceHeader, slice_header

FILES_NAMED = 4
NO_DICOM = "files that are no DICOM"


@dataclass(frozen=True)
class Series:
    """The slices that have a SeriesInstanceUID in common, in the order of their file names.

    Attributes
    ----------
    uid : str
        SeriesInstanceUID; empty if there is none.
    number : int
        Of the series in its folder, from 1 on.
    description : str
        SeriesDescription, fit for a message.
    slices : tuple of SliceHeader
        At least one.
    """

    uid: str
    number: int
    description: str
    slices: tuple[SliceHeader, ...]

    @property
    def title(self) -> str:
        """What messages call it; 0 is the number of a file's frames."""
        return f"series {self.number}" if self.number else "the stack of frames"

    def __str__(self) -> str:
        facts = self.slices[0].agreeing
        size = f"{facts['Columns']} x {facts['Rows']}"
        text = f'"{self.description}"' if self.description else "without description"
        return printable(
            f"series {self.number}: {facts['Modality']}, {len(self.slices)} files of {size}, "
            f"{text}, UID {self.uid or 'missing'}"
        )


@dataclass(frozen=True)
class Found:
    """Files in groups.

    Attributes
    ----------
    series : list of Series
        By SeriesNumber, then UID.
    left_out : dict of str to list of Path
        Files that are no slices, by what they are instead.
    """

    series: list[Series]
    left_out: dict[str, list[Path]]


def find_series(folder: Path) -> tuple[list[Series], list[str]]:
    """List the series of images in a folder and below.

    Parameters
    ----------
    folder : Path
        Hidden files in it are passed over.

    Returns
    -------
    series : list of Series
        By SeriesNumber, then UID.
    notes : list of str
        What was left out, for the user: localizers, objects without an image such as dose
        reports, other files.

    Raises
    ------
    UnreadableFileError
        A DICOM file is damaged, since it might be a slice; or there is no image.
    """
    found = group_files(_files_in(folder))
    notes = [
        f"left out: {len(paths)} {what} ({named(paths)})" for what, paths in found.left_out.items()
    ]
    if not found.series:
        raise UnreadableFileError(
            f"{folder}: there is no DICOM image in this folder" + "".join(f"; {n}" for n in notes)
        )
    return found.series, notes


def group_files(paths: Iterable[Path], *, tolerant: bool = False) -> Found:
    """Group files by series.

    Parameters
    ----------
    paths : iterable of Path
        Files, in the order that the slices of a series shall have.
    tolerant : bool
        Leave damaged files out, each for its own reason, instead of refusing all.

    Raises
    ------
    UnreadableFileError
        A DICOM file is damaged, since it might be a slice.
    """
    found, left_out = defaultdict(list), defaultdict(list)
    for path in paths:
        try:
            kind, facts, header = _look_into(path)
        except UnreadableFileError as error:
            if not tolerant:
                raise
            kind, header = str(error), None
        if header is None:
            left_out[kind].append(path)
        else:
            found[kind].append((facts, header))
    ordered = sorted(found.items(), key=lambda item: (item[1][0][0], item[0]))
    series = [
        Series(uid, number, slices[0][0][1], tuple(one for _, one in slices))
        for number, (uid, slices) in enumerate(ordered, start=1)
    ]
    return Found(series, dict(left_out))


def choose_series(series: list[Series], wanted: str, folder: Path) -> Series:
    """Return the series with a number or a UID.

    Raises
    ------
    InvalidParameterError
        There is none.
    """
    for one in series:
        if wanted in (str(one.number), one.uid):
            return one
    raise InvalidParameterError(
        f"{folder}: no series has the number or the UID {wanted!r}; it holds "
        + "; ".join(map(str, series))
    )


def named(paths: list[Path]) -> str:
    """Return the names of files for a message, the first few of many."""
    names = [printable(path.name) for path in paths[:FILES_NAMED]]
    more = [f"{len(paths) - FILES_NAMED} more"] if len(paths) > FILES_NAMED else []
    return ", ".join([*names, *more])


def _files_in(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(
        path
        for path in files
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _look_into(path: Path) -> tuple[str, tuple[int, str], SliceHeader | None]:
    """Return the UID of a file's series and its facts; or what else it is, without a header."""
    data = read_file(path)
    if not is_dicom(data):
        return NO_DICOM, (0, ""), None
    try:
        with quiet_pydicom():
            dataset = read_dataset(data, path)
            if "Rows" not in dataset:
                _refuse_cut_image(dataset, path)
                return "objects without an image", (0, ""), None
            if "LOCALIZER" in str(dataset.get("ImageType") or ""):
                return "localizers", (0, ""), None
            uid = str(dataset.get("SeriesInstanceUID") or "")
            return uid, _series_facts(dataset), slice_header(dataset, path)
    except MmpcError:
        if data[128:132] == b"DICM":
            raise
        return NO_DICOM, (0, ""), None  # it only began like DICOM
    except Exception as error:  # pydicom raises nearly every type there is
        raise UnreadableFileError(f"{path}: damaged DICOM file ({reason_of(error)})") from None


def _refuse_cut_image(dataset, path: Path) -> None:
    """Refuse an image that ends before its size: leaving it out would leave a hole."""
    if "DirectoryRecordSequence" in dataset:
        return
    kind = dataset.get("SOPClassUID")
    if kind is None or "Image Storage" in kind.name:
        raise UnreadableFileError(f"{path}: damaged DICOM file (it does not say its size)")


def _series_facts(dataset) -> tuple[int, str]:
    """Return SeriesNumber, 0 where there is none, and SeriesDescription; both only for people."""
    series_number, description = 0, ""
    with contextlib.suppress(Exception):  # pydicom raises nearly every type there is
        series_number = integer(dataset, "SeriesNumber", 0)
    with contextlib.suppress(Exception):
        description = printable(str(dataset.get("SeriesDescription") or ""))
    return series_number, description
