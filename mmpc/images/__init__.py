"""Files people have <-> arrays: DICOM, PNG, TIFF and NPY, and the sample images.

This folder knows file formats and no codec. It deals in *stored values*: the
integers in the file, before Modality rescale, before any window, and with
MONOCHROME1 left as it is.
"""

from typing import TYPE_CHECKING

from mmpc.lazy import lazily

if TYPE_CHECKING:
    from mmpc.images.image import Image
    from mmpc.images.reading import read_image
    from mmpc.images.samples import sample, sample_names
    from mmpc.images.writing import write_image

__all__ = ["Image", "read_image", "sample", "sample_names", "write_image"]

__getattr__ = lazily(
    __name__,
    {
        "Image": "mmpc.images.image",
        "read_image": "mmpc.images.reading",
        "sample": "mmpc.images.samples",
        "sample_names": "mmpc.images.samples",
        "write_image": "mmpc.images.writing",
    },
)
