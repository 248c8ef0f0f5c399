"""Put decoded pixels into a dataset, and say what was done to them (PS3.3 C.7.6.1, C.7.6.3)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmpc.images.dicom.deidentify import replace_uid
from mmpc.images.dicom.padding import set_padding_range
from mmpc.images.dicom.parsing import take_signs
from mmpc.images.dicom.pixels import frame_codestream
from mmpc.images.dicom.syntaxes import JPEG_2000, LOSSY_SYNTAXES

LOSSY_LISTS = ("LossyImageCompressionRatio", "LossyImageCompressionMethod")


@dataclass(frozen=True)
class LossyStep:
    """One lossy compression, as DICOM records it.

    Attributes
    ----------
    method : str
        Lossy Image Compression Method, a code string of at most 16 characters. The
        standard's terms name standards; a codec that has none names itself.
    ratio : float
        Bytes before by bytes after.
    """

    method: str
    ratio: float


def put_pixels(dataset, pixels: np.ndarray) -> None:
    """Put stored values into a dataset: native, little-endian, the pixel in the lowest bits.

    BitsStored widens where the values overshoot it. Nothing else of the header changes.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Changed in place.
    pixels : ndarray of uint8, int8, uint16 or int16, shape (rows, columns)
        Stored values.
    """
    stored = int(dataset.get("BitsStored") or 8 * pixels.itemsize)
    if not _fits(pixels, stored):
        stored = 8 * pixels.itemsize
    dataset.SamplesPerPixel = 1
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated = 8 * pixels.itemsize
    dataset.BitsStored = stored
    dataset.HighBit = stored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OW" if pixels.itemsize == 2 else "OB"


def describe_pixels(dataset, pixels: np.ndarray, padding: dict | None, *, exact: bool) -> None:
    """Make what a header says of pixel values true for pixels that were decoded.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Changed in place.
    pixels : ndarray of uint8, int8, uint16 or int16, shape (rows, columns)
        Stored values.
    padding : dict or None
        ``padding.padding_gap`` of the original.
    exact : bool
        The pixels are the original's; otherwise padding is a range now.
    """
    for keyword in ("SmallestPixelValueInSeries", "LargestPixelValueInSeries"):
        dataset.pop(keyword, None)
    dataset.pop("PlanarConfiguration", None)
    if not str(dataset.get("PhotometricInterpretation") or "").startswith("MONOCHROME"):
        dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.SmallestImagePixelValue = int(pixels.min())
    dataset.LargestImagePixelValue = int(pixels.max())
    if not exact:
        set_padding_range(dataset, pixels, padding)
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    take_signs(dataset)


def mark_derived(
    dataset, step: LossyStep | None, frame: int | None = None, *, seed: bytes = b""
) -> None:
    """Make a dataset the record of an image derived from the one it describes.

    ImageType becomes DERIVED, SOPInstanceUID is new and the old one is named as source. A
    lossy step is added to those before it (PS3.3 C.7.6.1.1.5). The new UID follows from the
    old one and `seed`, so that a restore can be repeated.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With the original's elements; changed in place.
    step : LossyStep or None
        None where the pixels were converted without loss.
    frame : int, optional
        Which frame of the original this is, counted from 0.
    seed : bytes
        Two objects of one source that differ have different ones.
    """
    from pydicom import Dataset

    kinds = dataset.get("ImageType") or []
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    dataset.ImageType = ["DERIVED", *(kinds[1:] or ["SECONDARY"])]
    if dataset.get("SOPClassUID") and dataset.get("SOPInstanceUID"):
        source = Dataset()
        source.ReferencedSOPClassUID = dataset.SOPClassUID
        source.ReferencedSOPInstanceUID = dataset.SOPInstanceUID
        if frame is not None:
            source.ReferencedFrameNumber = frame + 1
            dataset.InstanceNumber = frame + 1  # one file's frames become several instances
        source.PurposeOfReferenceCodeSequence = [
            _code("121322", "Source image for image processing operation")
        ]
        dataset.SourceImageSequence = [source]
    else:
        dataset.pop("SourceImageSequence", None)
    source_uid = str(dataset.get("SOPInstanceUID") or "")
    dataset.SOPInstanceUID = replace_uid(f"{source_uid}/{frame}", seed)
    if step is None:
        dataset.DerivationDescription = "Stored values converted without loss by MMPC"
        return
    add_lossy_step(dataset, step)
    dataset.DerivationDescription = f"Lossy compression by {step.method}, not for diagnosis"
    dataset.DerivationCodeSequence = [_code("113040", "Lossy Compression")]


def unrecorded_loss(dataset, index: int) -> LossyStep | None:
    """Return the lossy step that a file's own transfer syntax is, if no element records it.

    Parameters
    ----------
    dataset : pydicom.Dataset
        As read from a file, with its compressed pixel data.
    index : int
        The frame, counted from 0.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax not in LOSSY_SYNTAXES or _values(dataset, LOSSY_LISTS[1]):
        return None
    n_frames = int(dataset.get("NumberOfFrames") or 1)
    codestream = frame_codestream(dataset, Path("image"), index, n_frames)
    # JPEG 2000 may be reversible; COD says so in its transformation byte (T.800 A.6.1).
    cod = codestream.find(b"\xff\x52")
    if syntax == JPEG_2000 and cod > 0 and codestream[cod + 13 : cod + 14] == b"\x01":
        return None
    size = dataset.Rows * dataset.Columns * dataset.BitsAllocated // 8
    return LossyStep(LOSSY_SYNTAXES[syntax], size / len(codestream))


def add_lossy_step(dataset, step: LossyStep) -> None:
    """Record one more lossy step behind those before it (PS3.3 C.7.6.1.1.5)."""
    # One value for each step: a ratio without a method, or a method without a ratio,
    # of an earlier one would shift all that follow.
    before = list(zip(*(_values(dataset, keyword) for keyword in LOSSY_LISTS), strict=False))
    before.append((step.ratio, step.method))
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionRatio = [f"{float(ratio):.6g}" for ratio, _ in before]
    dataset.LossyImageCompressionMethod = [str(method) for _, method in before]


def _values(dataset, keyword: str) -> list:
    value = dataset.get(keyword)
    if value in (None, ""):
        return []
    return [value] if isinstance(value, str | float | int) else list(value)


def _code(value: str, meaning: str):
    from pydicom import Dataset

    code = Dataset()
    code.CodeValue = value
    code.CodingSchemeDesignator = "DCM"
    code.CodeMeaning = meaning
    return code


def _fits(pixels: np.ndarray, bits: int) -> bool:
    """Tell whether all values fit into `bits` bits of the array's sign."""
    if not 1 <= bits <= 8 * pixels.itemsize:
        return False
    half = 2 ** (bits - 1)
    low, high = (-half, half - 1) if pixels.dtype.kind == "i" else (0, 2 * half - 1)
    return bool(low <= pixels.min() and pixels.max() <= high)
