"""Display windows: which Hounsfield units become black, grey and white.

A screen shows 256 greys, a CT slice has some 4000 values. A window picks the part of the
scale that is looked at; it changes the picture and never the data.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmpc.errors import UnwritableImageError

if TYPE_CHECKING:  # so that a tool can parse a window's name without loading NumPy
    import numpy as np

    from mmpc.images.image import Image

OWN = "file"  # the window that the file proposes


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

    def apply(self, image_hu: "np.ndarray") -> "np.ndarray":
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
        import numpy as np

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


def parse_window(text: str) -> str | Window:
    """Return the window that a user names.

    Parameters
    ----------
    text : str
        A preset, ``CENTER,WIDTH``, or ``file`` for the one that the file proposes.

    Raises
    ------
    ValueError
        It is none of these; one sentence says what there is.
    """
    if text in (OWN, f"from {OWN}"):
        return OWN
    if text in WINDOWS:
        return WINDOWS[text]
    try:
        center, width = map(float, text.split(","))
    except ValueError:
        raise ValueError(
            f"{text!r} is none of {', '.join(WINDOWS)}, {OWN}, or CENTER,WIDTH"
        ) from None
    if not (1 < width < float("inf") and abs(center) < float("inf")):
        raise ValueError("the width of a window is more than 1")
    return Window(center, width)


def preview(image: "Image", window: str | Window) -> "np.ndarray":
    """Return the image as a screen shows it.

    Parameters
    ----------
    image : Image
        Any; MONOCHROME1 is inverted.
    window : Window or str
        What :func:`parse_window` returns.

    Returns
    -------
    ndarray of uint8, shape (rows, columns)

    Raises
    ------
    UnwritableImageError
        The file's own window is asked for, and it proposes none that can be applied.
    """
    grey = (_own_window(image) if window == OWN else as_window(window)).apply(image.hounsfield())
    return 255 - grey if image.photometric_interpretation == "MONOCHROME1" else grey


def _own_window(image: "Image") -> Window:
    if image.window_center is None or not (image.window_width or 0) > 1:
        raise UnwritableImageError(
            f"{image.source_name}: the file proposes no window; give one as CENTER,WIDTH"
        )
    return Window(image.window_center, image.window_width)


def as_window(window: str | Window) -> Window:
    """Return a window given itself or the name of a preset."""
    if isinstance(window, Window):
        return window
    if window not in WINDOWS:
        raise KeyError(f"no window is called {window!r}; choose from {', '.join(WINDOWS)}")
    return WINDOWS[window]
