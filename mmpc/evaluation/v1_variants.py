"""Ablations: version 1 with one stage changed, to see what each stage is worth.

Variants that leave the format of version 1 (other block sizes, orders, rounding, entropy
stages) are measured, not written as files: their size is that of version 1's header and of
the payload that they would have.
"""

import bz2
import lzma
import math
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np

from mmpc.evaluation.codec import Codec, Coded, timed
from mmpc.v1.bitstream import HEADER_BYTES
from mmpc.v1.blocks import join_blocks, split_blocks
from mmpc.v1.codec import pixel_offset
from mmpc.v1.dct import forward_dct, inverse_dct
from mmpc.v1.quantizer import dequantize
from mmpc.v1.rle import rle_encode

ENTROPY_STAGES = {
    "zlib": zlib.compress,
    "bz2": bz2.compress,
    "lzma": lzma.compress,
}
FLOOR = "entropy"


@dataclass
class V1Variant(Codec):
    """Version 1 with some stages exchanged; the defaults are version 1.

    Attributes
    ----------
    title : str
        For tables and plots.
    order : str
        ``"row-major"`` or ``"zigzag"``: how the coefficients of a block are lined up.
    rle : bool
        Run-length coding before the entropy stage.
    entropy : str
        A key of `ENTROPY_STAGES`, or ``"entropy"``: no coder, but the zero-order entropy
        of the levels, the floor for coders that take them one by one, out of context.
    rounding : float
        0.5 rounds to nearest; less widens the zone that becomes zero (the deadzone).
    """

    name: str
    title: str
    block_size: int = 8
    order: str = "row-major"
    rle: bool = True
    entropy: str = "zlib"
    rounding: float = 0.5

    def versions(self) -> str:
        """Return what does the entropy coding."""
        return f"mmpc's version 1 with {self.title}, zlib {zlib.ZLIB_RUNTIME_VERSION}"

    def warm_up(self) -> None:
        """Do nothing: the times of ablations are not compared."""

    def code(self, samples: np.ndarray, quality: float, repeats: int) -> Coded:
        """Quantize, count the bytes, reconstruct."""
        step = float(quality)
        offset = pixel_offset(samples)
        (levels, data), encode_seconds = timed(
            lambda: self._encode(samples - np.int32(offset), step), 1
        )
        decoded, decode_seconds = timed(lambda: self._decode(levels, step, offset, samples), 1)
        return Coded(data, decoded, encode_seconds, decode_seconds)

    def _encode(self, samples: np.ndarray, step: float) -> tuple[np.ndarray, bytes]:
        scaled = forward_dct(split_blocks(samples, self.block_size)) / step
        # np.rint takes halves to even, as version 1 does; the deadzone takes them down.
        to_nearest = self.rounding == 0.5
        shrunk = np.sign(scaled) * np.floor(np.abs(scaled) + self.rounding)
        levels = np.rint(scaled) if to_nearest else shrunk
        levels = levels.astype(np.int32)
        return levels, bytes(HEADER_BYTES + self._payload_bytes(levels))

    def _payload_bytes(self, levels: np.ndarray) -> int:
        """Return how long the payload would be."""
        if self.entropy == FLOOR:
            return zero_order_entropy_bytes(levels)
        ordered = levels.reshape(-1, self.block_size**2)
        if self.order == "zigzag":
            ordered = ordered[:, zigzag_order(self.block_size)]
        # A DC level of 32 x 32 blocks may pass int16; then the variant has 4 bytes a level.
        fits = np.abs(levels).max() < 2**15
        data = np.ascontiguousarray(ordered, "<i2" if fits else "<i4").view(np.uint8).reshape(-1)
        return len(ENTROPY_STAGES[self.entropy](rle_encode(data) if self.rle else data))

    def _decode(
        self, levels: np.ndarray, step: float, offset: int, samples: np.ndarray
    ) -> np.ndarray:
        decoded = join_blocks(inverse_dct(dequantize(levels, step)), *samples.shape)
        limits = np.iinfo(samples.dtype)
        decoded = np.clip(np.rint(decoded) + offset, max(limits.min, offset), limits.max)
        return decoded.astype(samples.dtype)


@cache
def zigzag_order(block_size: int) -> np.ndarray:
    """Return the positions of a block's coefficients along the zigzag of JPEG.

    Returns
    -------
    ndarray of int, shape (block_size**2,)
        Row-major positions, by anti-diagonals, which are run through in turns.

    References
    ----------
    ITU-T T.81 (JPEG), figure A.6.
    """
    places = [(row, column) for row in range(block_size) for column in range(block_size)]
    places.sort(key=lambda rc: (sum(rc), rc[0] if sum(rc) % 2 else rc[1]))
    return np.array([row * block_size + column for row, column in places])


def zero_order_entropy_bytes(levels: np.ndarray) -> int:
    """Return the zero-order entropy of all levels together, in whole bytes."""
    _, counts = np.unique(levels, return_counts=True)
    bits = float((counts * np.log2(levels.size / counts)).sum())
    return math.ceil(bits / 8)


BASELINE = V1Variant("v1", "version 1")
VARIANTS = {
    variant.name: variant
    for variant in (
        BASELINE,
        V1Variant("v1-no-rle", "no RLE (zlib alone)", rle=False),
        V1Variant("v1-zigzag", "zigzag order", order="zigzag"),
        V1Variant("v1-zigzag-no-rle", "zigzag order, no RLE", order="zigzag", rle=False),
        V1Variant("v1-bz2", "bz2 in place of RLE + zlib", rle=False, entropy="bz2"),
        V1Variant("v1-lzma", "lzma in place of RLE + zlib", rle=False, entropy="lzma"),
        V1Variant("v1-entropy", "zero-order entropy of the levels", rle=False, entropy=FLOOR),
        V1Variant("v1-block-4", "blocks of 4 x 4", block_size=4),
        V1Variant("v1-block-16", "blocks of 16 x 16", block_size=16),
        V1Variant("v1-block-32", "blocks of 32 x 32", block_size=32),
        V1Variant("v1-deadzone-1/3", "deadzone, rounding 1/3", rounding=1 / 3),
        V1Variant("v1-deadzone-1/6", "deadzone, rounding 1/6", rounding=1 / 6),
    )
}
