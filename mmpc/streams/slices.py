"""A volume that never is in memory as a whole: slices in, one after the other, and a file out."""

import itertools
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmpc.errors import FileError, InvalidParameterError, UnsupportedImageError
from mmpc.files import whole_file
from mmpc.request import LARGEST_SIDE, Request, check_image
from mmpc.streams.metadata import pack_metadata

if TYPE_CHECKING:
    from mmpc.v2.pieces import Progress


def compress_slices(
    slices: Iterable[np.ndarray],
    path: str | Path,
    *,
    n_slices: int | None = None,
    progress: "Progress | None" = None,
    **keywords: Any,
) -> int:
    """Compress a volume into a file without holding it in memory; the bytes are `compress`'s.

    At most 16 slices for each job, and 17 more, are kept until their turn. The record of the
    slices stands before them in the stream and is known after them: its place is kept free and
    filled at the end, in a temporary file that gets its name when it is whole.

    Parameters
    ----------
    slices : iterable of ndarray
        One after the other, each of shape (height, width), all of one size and type.
    path : str or Path
        The file to write.
    n_slices : int, optional
        How many slices there are; may be left out where `slices` has a length.
    progress : callable, optional
        Called with how many slices are done, and of how many.
    **keywords
        As for `mmpc.compress`, with `quality` or `max_error` as the goal: all others would need
        the slices more than once. Where a quality takes more bytes than no loss at all would,
        `mmpc.compress` sees that afterwards and writes a lossless stream; this does not.

    Returns
    -------
    int
        The size of the file, in bytes.

    Raises
    ------
    UnsupportedImageError
        A slice has another size or type than the first, or is none.
    InvalidParameterError
        A parameter is out of range, or there are more or fewer slices than was said.
    FileError
        The file cannot be written. What `slices` raises goes through; no file is left.

    Examples
    --------
    >>> import mmpc, numpy as np, tempfile
    >>> slices = (np.full((8, 9), 10 * index, np.int16) for index in range(5))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     size_bytes = mmpc.compress_slices(slices, f"{folder}/a.mmpc", n_slices=5, max_error=0)
    ...     mmpc.open(f"{folder}/a.mmpc")[3, 2, 1]
    np.int16(30)
    """
    from mmpc.v2.codec import check_request
    from mmpc.v2.header import header_size
    from mmpc.v2.volume_coder import encode_slices

    request = Request.from_keywords(**keywords)
    if request.goal.kind not in ("step", "max_error") or request.bitstream != 2:
        raise InvalidParameterError(
            "slices that come one after the other take a quality or a largest error, and bitstream "
            "2; for other targets give the whole volume to mmpc.compress"
        )
    if n_slices is None:
        try:
            n_slices = len(slices)  # type: ignore[arg-type]
        except TypeError:
            raise InvalidParameterError("say how many slices there are (n_slices)") from None
    if not 1 <= n_slices <= LARGEST_SIDE:
        raise InvalidParameterError(f"{n_slices} slices are not 1 to {LARGEST_SIDE}")
    metadata = pack_metadata(request.metadata) if request.metadata else b""
    window = _Window(slices, n_slices)
    check_request(request, (n_slices, *window.shape), metadata)
    try:
        with whole_file(path) as stream:
            stream.write(bytes(header_size(len(metadata), n_slices, is_volume=True)))
            header = encode_slices(
                window.take,
                (n_slices, *window.shape),
                window.dtype,
                request,
                metadata,
                stream.write,
                progress,
            )
            window.check_end()
            stream.seek(0)
            stream.write(header.to_bytes())
    except FileError:
        if window.error is not None:  # it was not the file
            raise window.error from None
        raise
    return header.size_bytes


class _Window:
    """The slices that came and were not yet taken."""

    def __init__(self, slices: Iterable[np.ndarray], n_slices: int):
        self._slices: Iterator[np.ndarray] = iter(slices)
        self._n_slices = n_slices
        self._lock = threading.Lock()
        self._came = itertools.count()
        self._kept: dict[int, np.ndarray] = {}
        self.error: OSError | None = None
        first = self._next(0)
        self.shape, self.dtype = first.shape, first.dtype
        self._kept[next(self._came)] = first

    def take(self, index: int) -> np.ndarray:
        """Return a slice, once."""
        with self._lock:
            while index not in self._kept:
                number = next(self._came)
                self._kept[number] = self._checked(self._next(number), number)
            return self._kept.pop(index)

    def check_end(self) -> None:
        """Refuse slices that are left."""
        if next(self._slices, None) is not None:
            raise InvalidParameterError(
                f"there are more slices than the {self._n_slices} announced"
            )

    def _next(self, number: int) -> np.ndarray:
        try:
            return check_image(next(self._slices))
        except StopIteration:
            raise InvalidParameterError(
                f"only {number} slices came of the {self._n_slices} announced"
            ) from None
        except OSError as error:
            self.error = error
            raise

    def _checked(self, image: np.ndarray, number: int) -> np.ndarray:
        if (image.shape, image.dtype) != (self.shape, self.dtype):
            raise UnsupportedImageError(
                f"slice {number} has {' x '.join(map(str, image.shape))} samples of {image.dtype}, "
                f"and the first {' x '.join(map(str, self.shape))} of {self.dtype}"
            )
        return image
