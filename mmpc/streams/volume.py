"""A stream as an array that is decoded where it is looked at: ``mmpc.open``."""

import operator
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmpc.errors import StreamError, UnreadableFileError
from mmpc.request import check_jobs
from mmpc.streams.info import describe_header, read_header
from mmpc.streams.reading import decompress, version_of

if TYPE_CHECKING:
    from mmpc.v2.header import Header

SLICES_KEPT = 20  # enough that slices in rising order are decoded once each
_FIRST_BYTES = 26  # of a header: enough to know how long it is


class Volume:
    """A volume in a stream, read and decoded piece by piece; `mmpc.open` makes it.

    It is indexed as the array that `mmpc.decompress` gives: ``volume[k]`` is one slice,
    ``volume[a:b]`` some, ``volume[a:b, 100:200, 100:200]`` a part of them, and
    ``np.asarray(volume)`` all. Iterating gives slice after slice. One slice takes the
    decoding of six at most. Several threads may share it; one decodes at a time.

    A damaged slice raises a StreamError that names it, and so do the slices that refer to
    it; all others can be decoded.

    Attributes
    ----------
    shape : tuple of int
        Slices, height and width. A stream of one image is a volume of one slice.
    dtype : numpy.dtype
        Of the samples.
    info : StreamInfo
        What the stream says of itself.
    """

    ndim = 3

    def __init__(self, source: str | Path | bytes, slices_kept: int = SLICES_KEPT, jobs: int = 1):
        check_jobs(jobs)
        self._source = source if isinstance(source, bytes) else Path(source)
        self._slices_kept = slices_kept
        self._jobs = jobs
        self._lock = threading.Lock()
        header = self._read_header()
        if header is None:
            data = self._read(0, None)
            self.info = read_header(data)
            image = decompress(data, jobs=jobs)
            self._decode = lambda index: image
        else:
            from mmpc.v2.volume_reader import VolumeReader

            self.info = describe_header(header)
            self._decode = VolumeReader(header, self._read, slices_kept).decode
        self.dtype = self.info.dtype
        self.shape = (self.info.n_slices or 1, self.info.height, self.info.width)

    def _read_header(self) -> "Header | None":
        """Return the header of a volume; None where the stream is an image."""
        start = self._read(0, _FIRST_BYTES)
        if version_of(start) == 1:
            return None
        from mmpc.v2 import header_reading

        is_volume, size_bytes = header_reading.find_header(start)
        return header_reading.read_header(self._read(0, size_bytes)) if is_volume else None

    def _read(self, start: int, end: int | None) -> bytes:
        """Return the bytes from start to end, fewer where the stream ends before."""
        if isinstance(self._source, bytes):
            return self._source[start:end]
        try:
            with self._source.open("rb") as file:
                file.seek(start)
                return file.read(-1 if end is None else end - start)
        except FileNotFoundError:
            raise UnreadableFileError(f"{self._source}: there is no such file") from None
        except OSError as error:
            reason = error.strerror
            raise UnreadableFileError(f"{self._source}: cannot be read ({reason})") from None

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<mmpc.Volume of shape {self.shape}, {self.dtype}>"

    def __reduce__(self) -> tuple:
        return Volume, (self._source, self._slices_kept, self._jobs)

    def _slice(self, index: int) -> np.ndarray:
        with self._lock:
            try:
                return self._decode(index).copy()
            except StreamError as error:
                if isinstance(self._source, bytes):
                    raise
                raise type(error)(f"{self._source}: {error}") from None

    def __getitem__(self, key: Any) -> np.ndarray:
        first, *rest = _expanded(key)
        if isinstance(first, slice):
            indices = range(*first.indices(len(self)))
            rest = (slice(None), *rest)
            # Decoded in rising order, whatever order is asked for.
            found = {index: self._slice(index) for index in sorted(indices)}
            if not found:
                return np.zeros((0, *self.shape[1:]), self.dtype)[tuple(rest)]
            return np.stack([found[index] for index in indices])[tuple(rest)]
        index = operator.index(first)
        if not -len(self) <= index < len(self):
            raise IndexError(f"there is no slice {index} among {len(self)}")
        return self._slice(index % len(self))[tuple(rest)]

    def __iter__(self) -> Iterator[np.ndarray]:
        return map(self._slice, range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("a stream cannot become an array without being decoded")
        return self[:].astype(dtype or self.dtype, copy=False)


def _expanded(key: Any) -> tuple:
    """Return an index as a tuple with something for the first axis."""
    keys = key if isinstance(key, tuple) else (key,)
    if keys and keys[0] is Ellipsis:
        return (slice(None), *([slice(None)] * (3 - len(keys))), *keys[1:])[: max(3, len(keys))]
    return keys or (slice(None),)


def open_volume(
    source: str | Path | bytes, *, slices_kept: int = SLICES_KEPT, jobs: int = 1
) -> Volume:
    """Open a stream without decoding it; this is ``mmpc.open``.

    Parameters
    ----------
    source : str, Path or bytes
        A file, of which only the bytes that are needed are read, when they are, or a whole
        stream. The stream of an image is decoded at once, and is a volume of one slice.
    slices_kept : int
        How many decoded slices are kept at most, but never fewer than 6.
    jobs : int
        How many stripes of a large image are decoded at a time; of a volume one slice is.

    Returns
    -------
    Volume
        Behaves like an array of shape (slices, height, width).

    Raises
    ------
    UnreadableFileError
        The file cannot be read.
    StreamError
        Its header is damaged or illegal. Damage of a slice is found when it is decoded.
    InvalidParameterError
        If `jobs` is no number of jobs.

    Examples
    --------
    >>> import numpy as np, mmpc
    >>> volume = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)
    >>> opened = mmpc.open(mmpc.compress(volume, max_error=0))
    >>> opened.shape, bool((opened[1] == volume[1]).all())
    ((3, 4, 5), True)
    """
    return Volume(source, slices_kept, jobs)
