"""MMPC: a medical image codec that teaches how it works.

The public face of the package::

    import mmpc

    data = mmpc.compress(image, quality=30)  # quality = quantization step: larger is coarser
    image_again = mmpc.decompress(data)
    info = mmpc.read_header(data)

Not for diagnosis.
"""

from mmpc.lazy import lazily

TYPE_CHECKING = False  # as in `typing`, whose import takes longer than all of this
if TYPE_CHECKING:
    from mmpc import errors
    from mmpc.errors import MmpcError
    from mmpc.rate_control import Distortion
    from mmpc.stream_info import StreamInfo
    from mmpc.streams import compress, decompress, read_header

__version__ = "0.1.0"

__all__ = [
    "Distortion",
    "MmpcError",
    "StreamInfo",
    "__version__",
    "compress",
    "decompress",
    "errors",
    "read_header",
]

__getattr__ = lazily(
    __name__,
    {
        "errors": "mmpc.errors",
        "MmpcError": "mmpc.errors",
        "Distortion": "mmpc.rate_control",
        "StreamInfo": "mmpc.stream_info",
        "compress": "mmpc.streams",
        "decompress": "mmpc.streams",
        "read_header": "mmpc.streams",
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
