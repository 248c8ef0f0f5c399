"""Display windows: which Hounsfield units become black, grey and white.

A screen shows 256 greys, a CT slice has some 4000 values. A window picks the part of the
scale that is looked at; it changes the picture and never the data.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Window:
    """A window of the DICOM kind, in Hounsfield units.

    Attributes
    ----------
    center, width : float
        Window Center and Window Width; the width is more than 1.
    """

    center: float
    width: float

    @property
    def low(self) -> float:
        """The largest value that is black."""
        return self.center - 0.5 - (self.width - 1) / 2

    @property
    def high(self) -> float:
        """The smallest value that is white."""
        return self.center - 0.5 + (self.width - 1) / 2

    def apply(self, image_hu: np.ndarray) -> np.ndarray:
        """Map Hounsfield units to greys.

        Parameters
        ----------
        image_hu : ndarray, any shape

        Returns
        -------
        ndarray of uint8, same shape
            0 at and below `low`, 255 at and above `high`, linear between
            (DICOM PS3.3 C.11.2.1.2.1, VOI LUT function LINEAR).
        """
        grey = (np.asarray(image_hu, np.float32) - self.low) * np.float32(
            255 / (self.high - self.low)
        )
        return np.rint(np.clip(grey, 0, 255, out=grey), out=grey).astype(np.uint8)


# Presets as radiology textbooks give them; every department has its own.
WINDOWS = {
    "brain": Window(40, 80),
    "soft tissue": Window(40, 400),
    "bone": Window(480, 2500),
    "lung": Window(-600, 1500),
}


def as_window(window: str | Window) -> Window:
    """Return a window given itself or the name of a preset."""
    if isinstance(window, Window):
        return window
    if window not in WINDOWS:
        raise KeyError(f"no window is called {window!r}; choose from {', '.join(WINDOWS)}")
    return WINDOWS[window]
