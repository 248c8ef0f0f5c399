"""The stripes of an image through their coder, several at a time; one, where it stays whole."""

from collections.abc import Callable, Sequence

import numpy as np

from mmpc.errors import CorruptPayloadError
from mmpc.v2.pieces import Progress
from mmpc.v2.references import Coded
from mmpc.v2.stripes import name_of, rows_of_stripes
from mmpc.v2.threads import in_threads


def encode_stripes(
    encode: Callable[[slice, Progress | None], tuple[bytes, Coded]],
    shape: tuple[int, int],
    n_stripes: int,
    jobs: int,
    progress: Progress | None,
) -> tuple[list[bytes], Coded]:
    """Encode the stripes of an image, several at a time.

    Parameters
    ----------
    encode : callable
        Gives the bytes of some rows, and what a decoder sees.
    shape : tuple of int
        Height and width in samples.
    n_stripes : int
        Into how many stripes the image is cut.
    jobs : int
        How many are encoded at a time.
    progress : callable, optional
        Called now and then with how much is done, and of how much.

    Returns
    -------
    payloads : list of bytes
        Of each stripe.
    coded : Coded
        The whole image.
    """
    if n_stripes == 1:
        payload, coded = encode(slice(0, shape[0]), progress)
        return [payload], coded
    rows = rows_of_stripes(shape[0], n_stripes)
    weights = [one.stop - one.start for one in rows]
    results = in_threads(lambda i, told: encode(rows[i], told), weights, jobs, progress)
    payloads, parts = zip(*results, strict=True)
    return list(payloads), _joined(parts)


def decode_stripes(
    decode: Callable[[bytes, int, Progress | None], Coded],
    stripes: list[bytes],
    height: int,
    jobs: int,
    progress: Progress | None,
) -> Coded:
    """Decode the stripes of an image, several at a time; the inverse of `encode_stripes`.

    Parameters
    ----------
    decode : callable
        Gives the samples of a stripe from its bytes and its height.
    stripes : list of bytes
        Of each stripe.
    height : int
        Of the image in samples.
    jobs : int
        How many are decoded at a time.
    progress : callable, optional
        Called now and then with how much is done, and of how much.

    Raises
    ------
    CorruptPayloadError
        A stripe ends early; the message names it.
    """
    if len(stripes) == 1:
        return decode(stripes[0], height, progress)
    rows = rows_of_stripes(height, len(stripes))
    heights = [one.stop - one.start for one in rows]

    def work(index: int, told: Progress) -> Coded:
        try:
            return decode(stripes[index], heights[index], told)
        except CorruptPayloadError as error:
            name = name_of(index, height, len(stripes))
            raise CorruptPayloadError(f"{error} ({name})") from None

    return _joined(in_threads(work, heights, jobs, progress))


def _joined(parts: Sequence[Coded]) -> Coded:
    """Return the stripes of an image as one; no other slice learns from their models."""
    return parts[-1]._replace(samples=np.concatenate([part.samples for part in parts]), sizes=None)
