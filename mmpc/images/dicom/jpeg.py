"""What pydicom and GDCM leave to do for JPEG: the header, 12 bits, and noticing damage."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmpc.errors import UnreadableFileError


@dataclass(frozen=True)
class JpegHeader:
    """What a JPEG or JPEG-LS frame header says (ITU-T T.81 B.2.2, T.87 C.2.2).

    Attributes
    ----------
    rows, columns : int
        Size in samples.
    precision : int
        Bits of a sample.
    """

    rows: int
    columns: int
    precision: int

    @classmethod
    def read(cls, codestream: bytes, path: Path) -> "JpegHeader":
        """Find the frame header among the marker segments.

        Raises
        ------
        UnreadableFileError
            There is none, or its precision is none that exists.
        """
        position = 2
        while codestream[:2] == b"\xff\xd8" and position + 9 < len(codestream):
            marker, length = codestream[position + 1], codestream[position + 2 : position + 4]
            if codestream[position] != 0xFF:
                break
            if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
                body = codestream[position + 4 : position + 9]
                if not 2 <= body[0] <= 16:
                    break
                return cls(int.from_bytes(body[1:3]), int.from_bytes(body[3:5]), body[0])
            position += 1 if marker == 0xFF else 2 + int.from_bytes(length)
        raise UnreadableFileError(f"{path}: its JPEG data have no legal frame header")


def decode_12_bits(codestream: bytes, header: JpegHeader) -> np.ndarray:
    """Decode JPEG Extended of 12 bits, which GDCM can do but pydicom does not ask it to.

    Returns
    -------
    ndarray of uint16, shape (rows, columns)
    """
    import gdcm

    bits = header.precision
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(codestream)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((header.columns, header.rows, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGExtendedProcess2_4))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, bits, bits - 1, 0))
    # GDCM returns char* as str
    buffer = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(buffer, "<u2", count=header.rows * header.columns).reshape(
        header.rows, header.columns
    )


@contextlib.contextmanager
def watch_for_damage(path: Path) -> Iterator[None]:
    """Catch what C code writes to file descriptor 2, and refuse data it calls corrupt.

    The JPEG library inside GDCM reports damage only there, and goes on with grey.

    Raises
    ------
    UnreadableFileError
        The decoder said so.
    """
    if sys.stderr is None:  # closed by the caller: descriptor 2 may be any other file now
        yield
        return
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as capture:
        os.dup2(capture.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
        capture.seek(0)
        if b"Corrupt JPEG data" in capture.read():
            raise UnreadableFileError(f"{path}: its JPEG data are corrupt")
