"""MMPC: a medical image codec that teaches how it works.

The public face of the package::

    import mmpc

    data = mmpc.compress(image, quality=30)  # quality = quantization step: larger is coarser
    image_again = mmpc.decompress(data)
    info = mmpc.read_header(data)

    data = mmpc.compress(volume)  # a 3-D array: any of its slices is within reach
    one_slice = mmpc.open(data)[17]

Not for diagnosis.
"""

from mmpc.lazy import lazily

TYPE_CHECKING = False  # as in `typing`, whose import takes longer than all of this
if TYPE_CHECKING:
    from mmpc import errors
    from mmpc.errors import MmpcError
    from mmpc.rate.distortion import Distortion
    from mmpc.request import Goal, Region, Request
    from mmpc.streams.compress import compress
    from mmpc.streams.info import StreamInfo, read_header
    from mmpc.streams.reading import decompress, find_padding
    from mmpc.streams.slices import compress_slices
    from mmpc.streams.volume import Volume
    from mmpc.streams.volume import open_volume as open

__version__ = "0.1.0"

__all__ = [
    "Distortion",
    "Goal",
    "MmpcError",
    "Region",
    "Request",
    "StreamInfo",
    "Volume",
    "__version__",
    "compress",
    "compress_slices",
    "decompress",
    "errors",
    "find_padding",
    "open",
    "read_header",
]

__getattr__ = lazily(
    __name__,
    {
        "errors": "mmpc.errors",
        "MmpcError": "mmpc.errors",
        "Distortion": "mmpc.rate.distortion",
        "Goal": "mmpc.request",
        "Region": "mmpc.request",
        "Request": "mmpc.request",
        "StreamInfo": "mmpc.streams.info",
        "compress": "mmpc.streams.compress",
        "compress_slices": "mmpc.streams.slices",
        "decompress": "mmpc.streams.reading",
        "find_padding": "mmpc.streams.reading",
        "Volume": "mmpc.streams.volume",
        "open": "mmpc.streams.volume:open_volume",
        "read_header": "mmpc.streams.info",
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
