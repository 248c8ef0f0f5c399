"""Write a decoded series as a folder of DICOM files, all of them or none."""

from pathlib import Path

import numpy as np

from mmpc.errors import UnwritableImageError
from mmpc.files import atomic_write, whole_folder
from mmpc.images.dicom.derivation import LossyStep
from mmpc.images.dicom.series_metadata import slice_metadata
from mmpc.images.dicom.writing import dicom_bytes

SOP_INSTANCE_UID_TAG = "00080018"


def write_series(
    folder: Path,
    volume: np.ndarray,
    metadata: dict,
    *,
    lossy: LossyStep | None,
    transfer_syntax: str = "explicit",
    checksum: bytes,
) -> list[str]:
    """Write each slice as ``slice_0000.dcm`` and so on, along the normal of the planes.

    Each is the object that came in where nothing was lost, otherwise one derived from it, as
    ``writing.write_dicom`` makes it.

    Parameters
    ----------
    folder : Path
        Made if it is not there; one that holds anything is refused.
    volume : ndarray of uint8, int8, uint16 or int16, shape (slices, rows, columns)
        Stored values.
    metadata : dict
        Of the series.
    lossy : LossyStep or None
        The compression that the pixels went through; None where nothing was lost.
    transfer_syntax, checksum
        As for ``writing.write_dicom``.

    Returns
    -------
    list of str
        Notes for the user, each once.

    Raises
    ------
    UnwritableImageError
        The metadata do not tell the slices apart.
    MetadataError, FileError
        The metadata are damaged; the folder cannot be written.
    """
    kept = [slice_metadata(metadata, index, len(volume)) for index in range(len(volume))]
    objects = [(_sop_instance_uid(one), one.get("frame")) for one in kept]
    if not all(uid for uid, _ in objects) or len(set(objects)) < len(objects):
        raise UnwritableImageError(
            "the stream does not say which object each slice is, so no DICOM series can be made "
            "of it (a volume that was none, or --metadata none); write .npy"
        )
    notes = {}
    digits = max(4, len(str(len(volume) - 1)))
    with whole_folder(folder) as temporary:
        for index, (pixels, one) in enumerate(zip(volume, kept, strict=True)):
            data, note = dicom_bytes(
                pixels,
                one,
                lossy=lossy,
                unchanged=lossy is None,
                transfer_syntax=transfer_syntax,
                checksum=checksum,
            )
            atomic_write(temporary / f"slice_{index:0{digits}}.dcm", data)
            if note:
                notes[note] = None
    return list(notes)


def checksum_of_slice(checksum: bytes, metadata: dict, index: int) -> bytes:
    """Return what the new UID of a slice follows from; one without UID takes its number to it.

    Parameters
    ----------
    checksum : bytes
        Of all that the volume comes from.
    metadata : dict
        Of the slice.
    index : int
        Counted from 0.
    """
    return checksum if _sop_instance_uid(metadata) else checksum + index.to_bytes(4, "little")


def _sop_instance_uid(metadata: dict) -> str | None:
    element = metadata.get("dicom", {}).get(SOP_INSTANCE_UID_TAG)
    values = element.get("Value") if isinstance(element, dict) else None
    return str(values[0]) if isinstance(values, list) and values and values[0] else None
