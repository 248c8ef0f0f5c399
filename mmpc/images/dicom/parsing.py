"""Bytes of a DICOM file -> a pydicom dataset, the same whatever the encoding was."""

import contextlib
import io
import zlib
from pathlib import Path

import numpy as np

from mmpc.errors import UnreadableFileError
from mmpc.files import read_file
from mmpc.images.dicom.elements import integer, quiet_pydicom
from mmpc.images.dicom.syntaxes import DEFLATED

MAX_INFLATED_BYTES = 2**30
SERIES_INSTANCE_UID = 0x0020000E

# Its descriptors are in units after the Modality rescale, which have a sign of their own.
VOI_LUT_SEQUENCE = 0x00283010


def is_dicom(data: bytes) -> bool:
    """Tell whether a file begins like DICOM.

    Old files lack the 128-byte preamble: their first tag is of group 0002 or 0008, in
    either byte order. That they really are DICOM is for the parser to find out.
    """
    return data[128:132] == b"DICM" or data[:2] in (b"\x02\x00", b"\x08\x00", b"\x00\x08")


def read_dataset(data: bytes, path: Path):
    """Parse a DICOM file, with or without preamble, into a pydicom dataset."""
    from pydicom import dcmread

    has_preamble = data[128:132] == b"DICM"
    if has_preamble:
        _check_inflated_size(data, path)
    # From memory: a length field that lies then costs nothing, where reading a file
    # would first reserve what it claims.
    dataset = dcmread(io.BytesIO(data), force=not has_preamble)
    if not has_preamble and not ("Rows" in dataset or "SOPClassUID" in dataset):
        raise UnreadableFileError(
            f"{path}: the file is of no supported format (it begins like DICOM, but is not)"
        )
    if dataset.original_encoding[1] is False:
        _swap_words(dataset)
    take_signs(dataset)
    return dataset


def read_series_uid(path: Path) -> str:
    """Return the SeriesInstanceUID of a file, read no further than there; empty without one.

    Whatever is wrong with the file is for those who read all of it to say.
    """
    from pydicom.filereader import read_partial

    with contextlib.suppress(Exception), quiet_pydicom(), path.open("rb") as file:
        head = file.read(1024)
        if not is_dicom(head):
            return ""
        if DEFLATED.encode() in head:
            dataset = read_dataset(read_file(path), path)
        else:
            file.seek(0)
            dataset = read_partial(
                file,
                stop_when=lambda tag, *_: tag > SERIES_INSTANCE_UID,
                force=True,
                specific_tags=[SERIES_INSTANCE_UID],
            )
        return str(dataset.get("SeriesInstanceUID") or "")
    return ""


def take_signs(dataset, signed: bool = False) -> None:
    """Read what is "US or SS" by the sign of the pixels, whatever VR the file gives it.

    Many scanners write PixelPaddingValue of signed pixels as US: 63536 where -2000 is
    meant. A damaged element is left as it is.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Changed in place, sequences included.
    signed : bool
        Of the pixels, where the dataset does not say.
    """
    from pydicom.datadict import dictionary_VR

    with contextlib.suppress(Exception):
        signed = integer(dataset, "PixelRepresentation", int(signed)) == 1
    for tag in list(dataset.keys()):
        with contextlib.suppress(Exception):  # a KeyError is a tag of no dictionary
            vr = dictionary_VR(tag)
            if vr == "SQ" and tag != VOI_LUT_SEQUENCE:
                for item in dataset[tag].value:
                    take_signs(item, signed)
            elif vr == "US or SS":
                _take_sign(dataset[tag], "SS" if signed else "US")


def _take_sign(element, vr: str) -> None:
    dtype = "<i2" if vr == "SS" else "<u2"
    if isinstance(element.value, bytes):  # implicit VR, and too deep for pydicom to decide
        element.value = np.frombuffer(element.value, dtype).tolist()
    elif vr != element.VR and not element.is_empty:
        values = element.value if element.VM > 1 else [element.value]
        element.value = np.array(values, np.int32).astype(dtype).tolist()
    element.VR = vr


def _swap_words(dataset) -> None:
    """Make the words of a big-endian file little-endian, all but those of its pixels."""
    for element in dataset.iterall():
        words = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}.get(element.VR)
        if words and element.value and element.keyword != "PixelData":
            element.value = np.frombuffer(element.value, f">u{words}").byteswap().tobytes()


def _check_inflated_size(data: bytes, path: Path) -> None:
    """Refuse a deflated dataset (PS3.5 A.5) that inflates beyond reason."""
    # (0002,0000), the length of the file meta information, comes first (PS3.10 7.1).
    start = 144 + int.from_bytes(data[140:144], "little")
    if data[132:136] != b"\x02\x00\x00\x00" or DEFLATED.encode() not in data[144:start]:
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    pending, size = data[start:], 0
    while pending and not inflater.eof:
        size += len(inflater.decompress(pending, 2**20))
        pending = inflater.unconsumed_tail
        if size > MAX_INFLATED_BYTES:
            raise UnreadableFileError(f"{path}: inflates to more than {MAX_INFLATED_BYTES} bytes")
