"""A decoded stream as an image file knows it: what the values mean, and what was lost."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mmpc.streams.info import StreamInfo

if TYPE_CHECKING:
    import numpy as np

    from mmpc.images.dicom.derivation import LossyStep
    from mmpc.images.image import Image


def image_of(pixels: "np.ndarray", info: StreamInfo, name: str = "") -> "Image":
    """Return decoded samples with the meaning that the stream's metadata give them.

    Parameters
    ----------
    pixels : ndarray, shape (height, width)
        What `mmpc.decompress` returns.
    info : StreamInfo
        Of the same stream.
    name : str
        Of the stream, for messages.

    Raises
    ------
    MetadataError
        The metadata are no DICOM elements, or their rescale cannot be read.
    """
    from mmpc.images.dicom.reading import restored_image

    if "nifti" in info.metadata:
        from mmpc.images.nifti_reading import restored_nifti

        return restored_nifti(pixels, info.metadata, name)
    return restored_image(pixels, info.metadata, name)


def decode_slice(data: bytes, index: int) -> "tuple[np.ndarray, StreamInfo]":
    """Decode one slice of a volume, and return it as if it had been encoded alone.

    Parameters
    ----------
    data : bytes
        The stream of a volume.
    index : int
        The slice, counted from 0.

    Returns
    -------
    pixels : ndarray, shape (height, width)
    info : StreamInfo
        Of the whole stream, but with the slice's metadata.

    Raises
    ------
    StreamError
        The slice, or one that it refers to, is damaged.
    MetadataError
        The metadata of the slices are.
    """
    from mmpc.images.dicom.series_metadata import slice_metadata
    from mmpc.streams.volume import open_volume

    volume = open_volume(data)
    metadata = slice_metadata(volume.info.metadata, index, len(volume))
    return volume[index], replace(volume.info, metadata=metadata)


def lossy_step_of(info: StreamInfo) -> "LossyStep | None":
    """Return the loss that a DICOM object made of a stream has to record; None without loss.

    That nothing was lost is known of bounded coding with a largest error of 0, and of what
    the encoder checked (``lossless`` in the metadata).
    """
    from mmpc.images.dicom.derivation import LossyStep

    if info.details.get("largest_error") == 0 or info.metadata.get("lossless") is True:
        return None
    return LossyStep(f"MMPC_{info.bitstream}", info.compression_ratio)
