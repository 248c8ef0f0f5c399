"""A sample volume for everybody: neighbouring slices of a chest CT, as a lossless stream.

24 slices of 320 x 320 samples, 1 mm apart, uint16 (Hounsfield units are the samples less 1000),
cut out of the series LIDC-IDRI-0314 of the LIDC-IDRI collection (CC BY 3.0, see data/README.md).
``python -m mmpc.streams.sample_volume SERIES`` makes the stream again where the series is there.
"""

import sys
from pathlib import Path

import numpy as np

from mmpc.files import atomic_write
from mmpc.streams.compress import compress
from mmpc.streams.volume import Volume, open_volume

SAMPLE_VOLUME = Path(__file__).with_name("chest_ct.mmpc")
RESCALE_INTERCEPT_HU = -1000
_SLICES, _SIDE = slice(4, 28), 320
_NOTE = {
    "source": "LIDC-IDRI-0314, LIDC-IDRI, The Cancer Imaging Archive",
    "doi": "10.7937/K9/TCIA.2015.LO9QL9SX",
    "licence": "CC BY 3.0",
    "cut": "24 slices, the middle 320 x 320 samples; samples less 1000 are Hounsfield units",
}


def sample_volume() -> Volume:
    """Return the sample volume, opened: uint16, shape (24, 320, 320)."""
    return open_volume(SAMPLE_VOLUME)


def cut_out(series: np.ndarray) -> np.ndarray:
    """Return the part of the whole series that is the sample volume."""
    top, left = ((side - _SIDE) // 2 for side in series.shape[1:])
    return np.ascontiguousarray(series[_SLICES, top : top + _SIDE, left : left + _SIDE])


def main(folder: Path) -> None:
    """Make the stream again from the files of the series."""
    from mmpc.images.reading import read_image

    files = sorted(path for path in folder.iterdir() if path.is_file())
    series = np.stack([read_image(path, metadata="none").pixels for path in files])
    atomic_write(SAMPLE_VOLUME, compress(cut_out(series), max_error=0, metadata=_NOTE))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
