"""A volume: its slices along the tree of their references, several at a time if asked to."""

from collections.abc import Callable

import numpy as np

from mmpc.request import Region, Request
from mmpc.v2.header import Header
from mmpc.v2.header_reading import check_payload
from mmpc.v2.one_slice import decode_one, encode_one
from mmpc.v2.pieces import Progress
from mmpc.v2.references import Coded, References
from mmpc.v2.slice_order import Place, along_the_tree, coding_order
from mmpc.v2.slice_table import SliceHeader


def references_of(place: Place, coded: dict[int, Coded]) -> References:
    """Return the references of a slice, out of those in `coded`, the latest of which is last."""
    latest = coded[list(coded)[-1]] if coded else None
    return References(coded.get(place.before), coded.get(place.after), latest)


def encode_volume(
    volume: np.ndarray, request: Request, metadata: bytes, progress: Progress | None = None
) -> bytes:
    """Encode a volume and return its stream.

    Parameters
    ----------
    volume : ndarray of uint8, int8, uint16 or int16, shape (slices, height, width)
        Samples in native byte order.
    request, metadata, progress
        As for `encode_slices`.
    """
    payloads: list[bytes] = []
    header = encode_slices(
        volume.__getitem__,
        volume.shape,
        volume.dtype,
        request,
        metadata,
        payloads.append,
        progress,
    )
    return b"".join((header.to_bytes(), *payloads))


def encode_slices(
    take: Callable[[int], np.ndarray],
    shape: tuple[int, int, int],
    dtype: np.dtype,
    request: Request,
    metadata: bytes,
    write: Callable[[bytes], object],
    progress: Progress | None = None,
) -> Header:
    """Encode slices that need not all be in memory; return the header of their volume.

    Parameters
    ----------
    take : callable
        Gives a slice by its index, an ndarray in native byte order; called once for each, in any
        order, by several threads where several jobs are asked for.
    shape : tuple of int
        Number of slices, height, width.
    dtype : numpy.dtype
        Of the samples: uint8, int8, uint16 or int16.
    request : Request
        As for :func:`mmpc.v2.codec.compress`; the mask of its region has the volume's shape.
    metadata : bytes
        Opaque block to carry along.
    write : callable
        Called with each payload, in the order of coding.
    progress : callable, optional
        Called with how many slices are done, and of how many.
    """

    def work(place: Place, coded: dict[int, Coded]) -> Coded:
        region = request.region
        if region is not None:
            region = Region(region.mask[place.index], region.gain)
        references = references_of(place, coded)
        one, payload, result = encode_one(take(place.index), place, request, region, references)
        records[place.index], waiting[place.index] = one, payload
        return result

    records: dict[int, SliceHeader] = {}
    waiting: dict[int, bytes] = {}  # for those that are coded before them to be done
    places = coding_order(shape[0])
    due = 0  # the position in `places` of the payload that is written next
    for done, _ in enumerate(along_the_tree(places, work, request.jobs), start=1):
        while due < len(places) and places[due].index in waiting:
            write(waiting.pop(places[due].index))
            due += 1
        if progress is not None:
            progress(done, shape[0])
    return Header(
        width=shape[2],
        height=shape[1],
        dtype=dtype,
        tools=request.coding_tools,
        metadata=metadata,
        slices=tuple(records[place.index] for place in places),
        bounded=request.is_bounded,
        has_region=request.region is not None,
        is_volume=True,
    )


def decode_volume(
    header: Header,
    read: Callable[[int, int], bytes],
    jobs: int = 1,
    progress: Progress | None = None,
) -> np.ndarray:
    """Decode a whole volume; the inverse of `encode_volume`.

    Parameters
    ----------
    header : Header
        Of a volume.
    read : callable
        Gives the bytes of the stream from a start to an end.
    jobs : int
        How many slices are decoded at a time; of several, `read` is called by several threads.
    progress : callable, optional
        Called with how many slices are done, and of how many.

    Raises
    ------
    StreamError
        A slice is damaged; the message names it.
    """
    slices = {one.index: one for one in header.slices}
    payload_places = header.payload_places

    def work(place: Place, coded: dict[int, Coded]) -> Coded:
        one = slices[place.index]
        payload = read(*payload_places[place.index])
        check_payload(one, payload)
        result, volume[place.index] = decode_one(header, one, payload, references_of(place, coded))
        return result

    volume = np.zeros(header.shape, header.dtype)
    places = [one.place for one in header.slices]
    for done, _ in enumerate(along_the_tree(places, work, jobs), start=1):
        if progress is not None:
            progress(done, len(volume))
    return volume
