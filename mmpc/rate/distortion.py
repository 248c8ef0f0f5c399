"""How far a decoded image is from its original, in stored units."""

from dataclasses import dataclass

import numpy as np


def peak_value(image: np.ndarray) -> int:
    """Return the peak of the PSNR for stored samples: 255 or 65535, by bits allocated."""
    return 2 ** (8 * image.dtype.itemsize) - 1


@dataclass(frozen=True)
class Distortion:
    """How far a decoded image is from its original.

    Attributes
    ----------
    rmse : float
        Root of the mean squared error, in stored units.
    psnr_db : float
        ``20 log10(peak / rmse)`` with the peak of `peak_value`; infinite without error.
    peak_error : int
        Largest absolute error, in stored units.
    """

    rmse: float
    psnr_db: float
    peak_error: int

    @classmethod
    def between(
        cls, original: np.ndarray, decoded: np.ndarray, padding: np.ndarray | None = None
    ) -> "Distortion":
        """Measure two images, or volumes, of the same shape and integer dtype.

        Where `padding`, a mask, is given, its samples do not count in `rmse` and `psnr_db`: they
        are no measurement, and exact, so that much of it would make any error look small.
        """
        squared, largest = 0.0, 0
        counted = original.size - (0 if padding is None else np.count_nonzero(padding))
        # Slice by slice, as a volume of float64 is large.
        slices = original.reshape(-1, *original.shape[-2:])
        for one, other in zip(slices, decoded.reshape(slices.shape), strict=True):
            # Sums of squared integers are exact in float64 up to 2**53.
            error = np.subtract(one, other, dtype=np.float64).reshape(-1)
            squared += float(error @ error)
            largest = max(largest, int(error.max()), int(-error.min()))
        rmse = float(np.sqrt(squared / counted)) if squared else 0.0
        psnr_db = float(20 * np.log10(peak_value(original) / rmse)) if rmse else float("inf")
        return cls(rmse, psnr_db, largest)
