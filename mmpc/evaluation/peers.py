"""The standards, through imagecodecs (``ffmpeg_peers`` has one more), each at its strongest.

Every peer gets non-negative samples: signed images are offset, which costs it nothing, and
the offset is taken off again. Codecs of 12 bits get samples clipped to 4095; how many were
clipped is in every row, and their error is measured against what they were given. All run on
one thread.
"""

import math

import numpy as np

from mmpc.errors import InvalidParameterError
from mmpc.evaluation.codec import Codec, RoundTrip

LARGEST_12_BITS = 4095


class Peer(Codec):
    """Base: offset, clip, code, undo."""

    twelve_bits = False

    def round_trip(self, pixels: np.ndarray, quality: float, repeats: int = 1) -> RoundTrip:
        """Code an image; `clipped` is what the codec was given, back in stored units."""
        offset = min(0, int(pixels.min()))
        samples = (pixels.astype(np.int32) - offset).astype(f"u{pixels.dtype.itemsize}")
        clipped_pixels = 0
        if self.twelve_bits:
            clipped_pixels = int(np.count_nonzero(samples > LARGEST_12_BITS))
            samples = np.minimum(samples, LARGEST_12_BITS).astype(np.uint16)
        coded = self.code(samples, quality, repeats)
        decoded = np.minimum(coded.decoded.astype(np.int32) + offset, np.iinfo(pixels.dtype).max)
        return RoundTrip(
            len(coded.data),
            decoded.astype(pixels.dtype),
            coded.encode_seconds,
            coded.decode_seconds,
            clipped_pixels=clipped_pixels,
            clipped=(samples.astype(np.int32) + offset).astype(pixels.dtype),
        )


class ImagecodecsPeer(Peer):
    """A codec of the package imagecodecs."""

    listed_as: str

    def __init__(self):
        try:
            import imagecodecs
        except ImportError:
            raise InvalidParameterError(
                f"{self.name} needs the package imagecodecs; pip install 'mmpc[benchmarks]'"
            ) from None
        self.imagecodecs = imagecodecs

    def versions(self) -> str:
        """Return the library's version and that of imagecodecs."""
        listed = self.imagecodecs.version().split(", ")
        library = next(item for item in listed if item.startswith(self.listed_as))
        return f"{library} in {listed[0]}"


class Jpeg2000(ImagecodecsPeer):
    """JPEG 2000 by OpenJPEG: irreversible 9/7, 5 levels, one tile, one layer; raw codestream.

    The setting is the RMSE asked for, which OpenJPEG takes as a PSNR.
    """

    name = "openjpeg"
    listed_as = "openjpeg"
    sweep = (0.9, 1.4, 2, 3, 4.2, 6, 9, 14, 21)

    def compress(self, pixels, quality):
        """Return a codestream."""
        peak = np.iinfo(pixels.dtype).max
        return self.imagecodecs.jpeg2k_encode(
            pixels,
            level=20 * math.log10(peak / quality),
            reversible=False,
            codecformat="J2K",
            numthreads=1,
        )

    def decompress(self, data):
        """Return the image of a codestream."""
        return self.imagecodecs.jpeg2k_decode(data, numthreads=1)


class Htj2k(ImagecodecsPeer):
    """High-throughput JPEG 2000 by OpenJPH: irreversible 9/7, 5 levels.

    The setting is the base quantization step in stored units (for 8 or 16 bits full scale).
    """

    name = "openjph"
    listed_as = "openjph"
    sweep = (1.5, 2.5, 4, 6.5, 10, 16, 26, 42, 68, 110, 180)

    def compress(self, pixels, quality):
        """Return a codestream."""
        full_scale = np.iinfo(pixels.dtype).max + 1
        return self.imagecodecs.htj2k_encode(pixels, level=quality / full_scale, reversible=False)

    def decompress(self, data):
        """Return the image of a codestream."""
        return self.imagecodecs.htj2k_decode(data)


class JpegLs(ImagecodecsPeer):
    """JPEG-LS near-lossless by CharLS; the setting is NEAR, the largest error allowed."""

    name = "charls"
    listed_as = "charls"
    sweep = (1, 2, 3, 4, 6, 9, 13, 19, 28, 40, 60)

    def compress(self, pixels, quality):
        """Return a stream."""
        return self.imagecodecs.jpegls_encode(pixels, level=int(quality))

    def decompress(self, data):
        """Return the image of a stream."""
        return self.imagecodecs.jpegls_decode(data)


class JpegXl(ImagecodecsPeer):
    """JPEG XL by libjxl, lossy (VarDCT), effort 7; the setting is the distance.

    Samples are tagged with 16 bits, the default of imagecodecs. Tagged with 12 bits, which
    makes the image brighter to the codec's model of the eye, it needs more bytes at the same
    RMSE (a chest slice: 18 % at RMSE 2, 39 % at RMSE 9).
    """

    name = "libjxl"
    listed_as = "libjxl"
    sweep = (0.01, 0.018, 0.03, 0.05, 0.09, 0.16, 0.3, 0.55, 1.0, 1.8)
    effort = 7

    def compress(self, pixels, quality):
        """Return a codestream."""
        return self.imagecodecs.jpegxl_encode(
            pixels, distance=quality, effort=self.effort, lossless=False, numthreads=1
        )

    def decompress(self, data):
        """Return the image of a codestream."""
        return self.imagecodecs.jpegxl_decode(data, numthreads=1)


class JpegXlEffort9(JpegXl):
    """The same at effort 9: the encoder tries more."""

    name = "libjxl-e9"
    effort = 9


class JpegXlLossless(JpegXl):
    """JPEG XL without loss (modular coding), effort 7; the setting means nothing."""

    name = "libjxl-lossless"
    sweep = (0,)

    def compress(self, pixels, quality):
        """Return a codestream."""
        return self.imagecodecs.jpegxl_encode(
            pixels, effort=self.effort, lossless=True, numthreads=1
        )


class JpegXlLosslessEffort9(JpegXlLossless):
    """The same at effort 9: the encoder tries more."""

    name = "libjxl-lossless-e9"
    effort = 9


class Jpeg12(ImagecodecsPeer):
    """Extended sequential JPEG of 12 bits by libjpeg-turbo, optimized Huffman tables.

    The setting is the quality of libjpeg, 1 to 100: here larger is *finer*.
    """

    name = "libjpeg12"
    listed_as = "libjpeg_turbo"
    twelve_bits = True
    sweep = (98, 95, 92, 87, 78, 62, 42, 26, 14, 7, 3)

    def compress(self, pixels, quality):
        """Return a stream."""
        return self.imagecodecs.jpeg8_encode(
            pixels, level=int(quality), bitspersample=12, optimize=True
        )

    def decompress(self, data):
        """Return the image of a stream."""
        return self.imagecodecs.jpeg8_decode(data)
