"""One monochrome image with the few facts that give its numbers a meaning."""

from dataclasses import dataclass, field

import numpy as np

from mmpc.errors import UnsupportedPixelsError

STORED_DTYPES = ("uint8", "int8", "uint16", "int16")


@dataclass(frozen=True)
class Image:
    """A 2-D integer image, or a 3-D volume, as its file stores it.

    Attributes
    ----------
    pixels : ndarray of uint8, int8, uint16 or int16, shape ([slices,] rows, columns)
        Stored values, in native byte order. A volume only where it was asked for.
    bits_stored : int
        Significant bits of a pixel, 1 to 8 * itemsize (DICOM Bits Stored).
    rescale_slope, rescale_intercept : float
        Modality rescale: ``slope * stored + intercept`` is in Hounsfield units for CT.
    unit_by_table : bool
        Whether a table that is not applied gives the values their unit (DICOM Modality LUT), so
        that the rescale does not.
    modality : str
        DICOM modality (``"CT"``, ``"MR"``, ...), or ``"OT"`` where the file does not say.
    photometric_interpretation : str
        ``"MONOCHROME2"`` (small is dark) or ``"MONOCHROME1"`` (small is bright).
    pixel_spacing_mm : tuple of float or None
        Distance of neighbouring rows, then of neighbouring columns, in mm.
    window_center, window_width : float or None
        The display window that the file proposes, in rescaled units.
    metadata : dict
        What has to travel with the pixels, JSON-able; see ``mmpc.images.dicom.metadata``.
    source_format : str
        ``"DICOM"``, ``"NIfTI"``, ``"PNG"``, ``"TIFF"``, ``"NPY"`` or ``"array"``.
    source_name : str
        File name, for messages and figure titles.
    notes : tuple of str
        What the user should know: what of the file was ignored, moved or left out.
    """

    pixels: np.ndarray
    bits_stored: int
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    unit_by_table: bool = False
    modality: str = "OT"
    photometric_interpretation: str = "MONOCHROME2"
    pixel_spacing_mm: tuple[float, float] | None = None
    window_center: float | None = None
    window_width: float | None = None
    metadata: dict = field(default_factory=dict)
    source_format: str = "array"
    source_name: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        if self.pixels.ndim not in (2, 3) or self.pixels.size == 0:
            raise UnsupportedPixelsError(
                f"an image has two dimensions, a volume three, not shape {self.pixels.shape}"
            )
        if self.pixels.dtype.name not in STORED_DTYPES or not self.pixels.dtype.isnative:
            raise UnsupportedPixelsError(
                f"pixels are one of {', '.join(STORED_DTYPES)}, not {self.pixels.dtype}"
            )

    @property
    def padding_value(self) -> int | tuple[int | None, ...] | None:
        """The stored value that the file says is no measurement, if it says so and is right.

        Of a series, where its slices do not name the same one, that of each. Of a range, the value
        in it that most pixels have.
        """
        slices = self.metadata.get("slices", ())
        if "padding" in self.metadata or not slices:
            return _named_padding(self.metadata, self.pixels)
        values = tuple(map(_named_padding, slices, self.pixels))
        return values[0] if len(set(values)) == 1 else values

    def hounsfield(self) -> np.ndarray:
        """Apply the Modality rescale (PS3.3 C.11.1.1.2).

        Returns
        -------
        ndarray of float32, shape of the pixels
            ``rescale_slope * pixels + rescale_intercept``: Hounsfield units for CT,
            the modality's own unit otherwise.
        """
        rescaled = self.pixels * np.float64(self.rescale_slope) + self.rescale_intercept
        return rescaled.astype(np.float32)


def _named_padding(metadata: dict, pixels: np.ndarray) -> int | None:
    """Return the value that metadata name as padding, of a range the most frequent one."""
    gap = metadata.get("padding")
    if gap is None:
        return None
    if "inner" not in gap:
        return gap["value"]
    low, high = sorted((gap["value"], gap["inner"]))
    values, counts = np.unique(pixels[(pixels >= low) & (pixels <= high)], return_counts=True)
    return int(values[counts.argmax()]) if values.size else gap["value"]
