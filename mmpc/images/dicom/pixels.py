"""Pixel data of a DICOM file -> integers, for every transfer syntax.

Decoders: pydicom itself (native, RLE), GDCM (JPEG, JPEG Lossless, JPEG-LS; BSD) and
OpenJPEG through pylibjpeg-openjpeg (JPEG 2000, HTJ2K; BSD inside an MIT package). They
are named one by one, so that another plugin that happens to be installed changes nothing.

Which bits count
    Native and RLE pixel cells hold BitsStored bits below HighBit; the rest of the cell may
    hold anything, such as an overlay, and is masked (PS3.5 8.1.1). JPEG, JPEG Lossless and
    JPEG-LS carry no sign, so a signed value is sign-extended from the same bits. A JPEG 2000
    codestream states its own precision and sign, and these prevail (PS3.5 A.4.4): its values
    are kept, even where BitsStored is smaller.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmpc.errors import UnreadableFileError, UnsupportedPixelsError
from mmpc.images.dicom.elements import integer
from mmpc.images.dicom.jpeg import JpegHeader, decode_12_bits, watch_for_damage
from mmpc.images.dicom.syntaxes import GDCM_SYNTAXES, JPEG_2000_SYNTAXES, JPEG_EXTENDED, RLE

# A real image is larger than one byte a thousand pixels; a small header that claims
# more than this many pixels is refused before anything is allocated for it.
PIXELS_PER_BYTE = 1024
ALWAYS_ALLOWED_PIXELS = 2**24
RLE_EXPANSION = 64  # PackBits: two bytes say at most 128


@dataclass(frozen=True)
class DecodedFrame:
    """One frame as integers.

    Attributes
    ----------
    pixels : ndarray of uint8, int8, uint16 or int16, shape (rows, columns)
        Stored values; the dtype follows BitsAllocated and PixelRepresentation.
    bits_stored : int
        BitsStored, or the codestream's precision where that is larger and prevails.
    cells : ndarray of uint8 or uint16, shape (rows, columns), or None
        Where a pixel cell holds other bits than the pixel's, all of them.
    """

    pixels: np.ndarray
    bits_stored: int
    cells: np.ndarray | None = None


def decode_frame(dataset, path: Path, index: int, n_frames: int) -> DecodedFrame:
    """Decode one frame to stored values.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Checked by ``reading.check_pixels_supported``.
    path : Path
        For messages.
    index, n_frames : int
        The frame, counted from 0, and how many the file says there are.
    """
    rows, columns = integer(dataset, "Rows", 0), integer(dataset, "Columns", 0)
    allocated = integer(dataset, "BitsAllocated")
    stored = integer(dataset, "BitsStored", allocated)
    high_bit = integer(dataset, "HighBit", stored - 1)
    signed = integer(dataset, "PixelRepresentation", 0) == 1
    if rows < 1 or columns < 1:
        raise UnreadableFileError(f"{path}: has {rows} rows and {columns} columns")
    if not (1 <= stored <= allocated and stored - 1 <= high_bit < allocated):
        raise UnreadableFileError(
            f"{path}: BitsStored {stored} and HighBit {high_bit} "
            f"do not fit into {allocated} bits allocated"
        )
    syntax = _transfer_syntax(dataset, path)
    dtype = np.dtype(f"{'int' if signed else 'uint'}{allocated}")
    n_bytes = rows * columns * dtype.itemsize

    if not syntax.is_encapsulated:
        if len(dataset.PixelData) < n_bytes * n_frames:
            raise UnreadableFileError(
                f"{path}: is truncated: {n_frames} x {rows} x {columns} pixels need "
                f"{n_bytes * n_frames} bytes, and there are {len(dataset.PixelData)}"
            )
        raw = _decode(dataset, syntax, index, "")
        return _from_cells(raw, dtype, stored, high_bit)

    codestream = frame_codestream(dataset, path, index, n_frames)
    if syntax == RLE:
        if n_bytes > RLE_EXPANSION * len(codestream):
            raise _claims_too_much(path, rows, columns)
        raw = _decode(dataset, syntax, index, "pydicom")
        return _from_cells(raw, dtype, stored, high_bit)
    if rows * columns > max(ALWAYS_ALLOWED_PIXELS, PIXELS_PER_BYTE * len(codestream)):
        raise _claims_too_much(path, rows, columns)
    if syntax in JPEG_2000_SYNTAXES:
        return _decode_jpeg_2000(dataset, path, syntax, index, codestream, dtype, stored)
    if syntax in GDCM_SYNTAXES:
        header = JpegHeader.read(codestream, path)
        if (header.rows, header.columns) != (rows, columns):
            raise _size_mismatch(path, "JPEG", header.rows, header.columns, dataset)
        with watch_for_damage(path):
            if syntax == JPEG_EXTENDED and header.precision > 8:
                raw = decode_12_bits(codestream, header)
            else:
                raw = _decode(dataset, syntax, index, "gdcm")
        return DecodedFrame(_sign_jpeg(raw, header.precision, dtype, stored, path), stored)
    raise UnsupportedPixelsError(
        f"{path}: transfer syntax {syntax.name} is not supported; "
        "decompress the file first, for example with gdcmconv --raw"
    )


def select_bits(raw: np.ndarray, dtype: np.dtype, bits: int, high_bit: int) -> np.ndarray:
    """Keep `bits` bits that end at `high_bit`, sign-extended if `dtype` is signed.

    Parameters
    ----------
    raw : integer ndarray
        Pixel cells as they lie in the file.
    dtype : dtype
        uint8, int8, uint16 or int16; what the result is.
    bits, high_bit : int
        BitsStored and HighBit (PS3.5 8.1.1).

    Returns
    -------
    ndarray of `dtype`
        In native byte order.
    """
    cells = raw.astype(f"u{dtype.itemsize}")
    width = 8 * dtype.itemsize
    # Up to the top of the cell, so that the shift down extends the sign.
    return ((cells << (width - 1 - high_bit)).view(dtype) >> (width - bits)).astype(dtype)


def _from_cells(raw: np.ndarray, dtype: np.dtype, stored: int, high_bit: int) -> DecodedFrame:
    cells = raw.astype(f"u{dtype.itemsize}")
    return DecodedFrame(select_bits(cells, dtype, stored, high_bit), stored, cells)


def _transfer_syntax(dataset, path: Path):
    from pydicom import uid

    syntax = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID")
    encapsulated = bool(dataset["PixelData"].is_undefined_length)
    if not syntax:
        if encapsulated:
            raise UnreadableFileError(
                f"{path}: its pixels are compressed, but the transfer syntax is not stated "
                "(no file meta information)"
            )
        implicit, little = dataset.original_encoding
        if not little:
            syntax = uid.ExplicitVRBigEndian
        else:
            syntax = uid.ImplicitVRLittleEndian if implicit else uid.ExplicitVRLittleEndian
        dataset.ensure_file_meta()
        dataset.file_meta.TransferSyntaxUID = syntax
    if not syntax.is_transfer_syntax:
        raise UnreadableFileError(f"{path}: {syntax} is not a transfer syntax this reader knows")
    if syntax.is_encapsulated != encapsulated:
        raise UnreadableFileError(f"{path}: its pixel data are not packed as {syntax.name}")
    return syntax


def frame_codestream(dataset, path: Path, index: int, n_frames: int) -> bytes:
    """Return the compressed bytes of one frame of encapsulated pixel data (PS3.5 A.4)."""
    from pydicom.encaps import get_frame

    extended = [
        dataset.get(keyword) for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")
    ]
    codestream = get_frame(
        dataset.PixelData,
        index,
        number_of_frames=n_frames,
        extended_offsets=tuple(extended) if all(extended) else None,
    )
    if not codestream:
        raise UnreadableFileError(f"{path}: frame {index} has no data")
    return codestream


def _decode(dataset, syntax, index: int, plugin: str) -> np.ndarray:
    """Decode with pydicom, leaving unused bits and signs to us."""
    from pydicom.pixels import get_decoder

    array, _ = get_decoder(syntax).as_array(
        dataset,
        index=index,
        raw=True,
        decoding_plugin=plugin,
        correct_unused_bits=False,
        apply_jls_sign_correction=False,
    )
    return array


def _decode_jpeg_2000(dataset, path, syntax, index, codestream, dtype, stored):
    from pydicom.pixels.utils import get_j2k_parameters

    stated = get_j2k_parameters(codestream)
    start = codestream.find(b"\xff\x4f\xff\x51")  # SOC, SIZ; a JP2 header may come before
    if start >= 0:
        _check_size(path, dataset, codestream[start + 8 : start + 24], "JPEG 2000")
    # pydicom reinterprets the sign where the codestream's differs from the dataset's.
    array = _decode(dataset, syntax, index, "pylibjpeg")
    precision = min(stated.get("precision", 0), 8 * dtype.itemsize)
    return DecodedFrame(array.astype(dtype), max(stored, precision))


def _sign_jpeg(raw, precision: int, dtype: np.dtype, stored: int, path: Path) -> np.ndarray:
    """Give JPEG's unsigned values the sign that the dataset says they have."""
    if precision > 8 * dtype.itemsize:
        raise UnreadableFileError(
            f"{path}: its JPEG data have {precision} bits, more than BitsAllocated"
        )
    pattern = raw.astype(f"u{dtype.itemsize}")
    if dtype.kind == "i" and precision < stored and pattern.max() >> (precision - 1):
        raise UnsupportedPixelsError(
            f"{path}: signed pixels of {stored} bits are coded as {precision}-bit JPEG, "
            "so their sign is lost; decompress the file with its vendor's software"
        )
    return select_bits(pattern, dtype, stored, stored - 1)


def _check_size(path: Path, dataset, siz: bytes, kind: str) -> None:
    """Compare Xsiz - XOsiz and Ysiz - YOsiz (ITU-T T.800 A.5.1) with the dataset."""
    x, y, x_offset, y_offset = (int.from_bytes(siz[4 * i : 4 * i + 4]) for i in range(4))
    if (y - y_offset, x - x_offset) != (dataset.Rows, dataset.Columns):
        raise _size_mismatch(path, kind, y - y_offset, x - x_offset, dataset)


def _size_mismatch(path, kind, rows, columns, dataset) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path}: its {kind} data are {rows} x {columns} pixels, "
        f"the header says {dataset.Rows} x {dataset.Columns}"
    )


def _claims_too_much(path: Path, rows: int, columns: int) -> UnreadableFileError:
    return UnreadableFileError(
        f"{path}: claims {rows} x {columns} pixels, more than its data can hold"
    )
