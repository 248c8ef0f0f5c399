"""MMPC: a medical image codec that teaches how it works.

The public face of the package::

    import mmpc

    data = mmpc.compress(image, quality=30)  # quality = quantization step: larger is coarser
    image_again = mmpc.decompress(data)
    info = mmpc.read_header(data)

Not for diagnosis.
"""

from mmpc import errors
from mmpc.errors import MmpcError
from mmpc.rate.distortion import Distortion
from mmpc.request import Goal, Region, Request
from mmpc.streams.compress import compress
from mmpc.streams.info import StreamInfo, read_header
from mmpc.streams.reading import decompress

__version__ = "0.1.0"

__all__ = [
    "Distortion",
    "Goal",
    "MmpcError",
    "Region",
    "Request",
    "StreamInfo",
    "__version__",
    "compress",
    "decompress",
    "errors",
    "read_header",
]
