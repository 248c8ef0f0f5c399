"""Pack the native pixel data of a dataset losslessly: RLE, JPEG-LS or JPEG 2000.

Whatever is packed is unpacked again and compared before it is written: signed pixels in
JPEG-LS come back wrong from more than one encoder.
"""

import tempfile
from pathlib import Path

import numpy as np

from mmpc.errors import UnwritableImageError
from mmpc.images.dicom.derivation import put_pixels
from mmpc.images.dicom.pixels import decode_frame
from mmpc.images.dicom.syntaxes import NATIVE, WRITTEN_SYNTAXES

SMALLEST_JPEG_2000 = 32


def pack_pixels(dataset, name: str, pixels: np.ndarray) -> None:
    """Set the transfer syntax and pack the pixel data for it.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With native little-endian pixel data; changed in place.
    name : str
        One of ``syntaxes.TRANSFER_SYNTAXES``.
    pixels : ndarray, shape (rows, columns)
        What must come out again.

    Raises
    ------
    UnwritableImageError
        The packed pixels do not come back as they were.
    """
    from pydicom.dataset import FileMetaDataset
    from pydicom.encaps import encapsulate

    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = WRITTEN_SYNTAXES[name]
    if name == "explicit":
        return
    if name == "jpeg-2000" and min(pixels.shape) < SMALLEST_JPEG_2000:
        raise UnwritableImageError(
            f"an image of {pixels.shape[0]} x {pixels.shape[1]} pixels is too small for OpenJPEG's "
            f"six resolutions; use another transfer syntax than {name}"
        )
    if name == "jpeg-ls":
        # Not all readers extend the sign from BitsStored; with all bits there is nothing to do.
        if pixels.dtype.kind == "i":
            dataset.BitsStored, dataset.HighBit = dataset.BitsAllocated, dataset.BitsAllocated - 1
        codestream = _jpeg_ls(pixels, int(dataset.BitsStored))
        dataset.PixelData = encapsulate([codestream])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    else:
        dataset.file_meta.TransferSyntaxUID = NATIVE
        plugin = "pydicom" if name == "rle" else "pylibjpeg"
        dataset.compress(
            WRITTEN_SYNTAXES[name], encoding_plugin=plugin, generate_instance_uid=False
        )
    back = decode_frame(dataset, Path("the packed image"), 0, 1)
    if not np.array_equal(back.pixels, pixels):
        raise UnwritableImageError(
            f"packed as {name}, these {pixels.dtype} pixels would not come back as they are; "
            "use another transfer syntax"
        )


def _jpeg_ls(pixels: np.ndarray, bits_stored: int) -> bytes:
    """Encode with GDCM, as unsigned patterns: JPEG-LS has no sign (PS3.5 8.2.3).

    GDCM takes and gives whole files, so a file of nothing but pixels goes through it.
    """
    from pydicom import Dataset, dcmread
    from pydicom.encaps import get_frame

    pattern = pixels.view(f"u{pixels.itemsize}") & np.array(2**bits_stored - 1, "u2")
    bare = Dataset()
    bare.SOPClassUID, bare.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.1"
    bare.PhotometricInterpretation = "MONOCHROME2"
    put_pixels(bare, pattern.astype(f"u{pixels.itemsize}"))
    bare.BitsStored, bare.HighBit = bits_stored, bits_stored - 1
    bare.ensure_file_meta()
    bare.file_meta.TransferSyntaxUID = NATIVE
    with tempfile.TemporaryDirectory() as folder:
        native, packed = f"{folder}/native.dcm", f"{folder}/packed.dcm"
        bare.save_as(native, enforce_file_format=True)
        if not _transcode(native, packed):
            raise UnwritableImageError(
                f"GDCM cannot pack {pixels.shape[0]} x {pixels.shape[1]} pixels as JPEG-LS; "
                "use another transfer syntax"
            )
        return get_frame(dcmread(packed).PixelData, 0, number_of_frames=1)


def _transcode(native: str, packed: str) -> bool:
    """Write one file as lossless JPEG-LS into another; False if GDCM cannot.

    GDCM's objects hold their files open while they live, and Windows removes no open file:
    they end with this function.
    """
    import gdcm

    reader, change = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax()
    reader.SetFileName(native)
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLSLossless))
    if not reader.Read():
        return False
    change.SetInput(reader.GetImage())
    if not change.Change():
        return False
    writer = gdcm.ImageWriter()
    writer.SetFileName(packed)
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    return writer.Write()
