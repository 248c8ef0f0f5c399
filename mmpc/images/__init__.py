"""Files people have <-> arrays: DICOM, PNG, TIFF and NPY, and the sample images.

This folder knows file formats and no codec. It deals in *stored values*: the
integers in the file, before Modality rescale, before any window, and with
MONOCHROME1 left as it is.
"""

from mmpc.images.image import Image
from mmpc.images.reading import read_image
from mmpc.images.samples import sample, sample_names
from mmpc.images.writing import write_image

__all__ = ["Image", "read_image", "sample", "sample_names", "write_image"]
