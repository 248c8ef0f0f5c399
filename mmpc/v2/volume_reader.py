"""Single slices of a volume, in any order: each is decoded with the few that it needs.

A bounded number of decoded slices is kept, those that were used last, so that slices in rising
order are decoded once each.
"""

from collections import OrderedDict
from collections.abc import Callable

import numpy as np

from mmpc.errors import StreamError
from mmpc.v2.header import Header
from mmpc.v2.header_reading import check_payload
from mmpc.v2.one_slice import decode_one
from mmpc.v2.references import Coded
from mmpc.v2.slice_order import MOST_NEEDED
from mmpc.v2.volume_coder import references_of


class VolumeReader:
    """Decodes slices of a volume.

    Parameters
    ----------
    header : Header
        Of a volume.
    read : callable
        Gives the bytes of the stream from a start to an end, fewer where it ends before.
    most_kept : int
        How many decoded slices to keep; not fewer than one slice may need.
    """

    def __init__(self, header: Header, read: Callable[[int, int], bytes], most_kept: int):
        self._header = header
        self._read = read
        self._most_kept = max(most_kept, MOST_NEEDED)
        self._slices = {one.index: one for one in header.slices}
        self._positions = {one.index: i for i, one in enumerate(header.slices)}
        self._payload_places = header.payload_places
        self._kept: OrderedDict[int, Coded] = OrderedDict()  # what was used last is last

    def decode(self, index: int) -> np.ndarray:
        """Return the samples of a slice, shape (height, width), of the volume's dtype.

        Raises
        ------
        StreamError
            The slice is damaged, or one that it refers to; the message names the damaged one.
        """
        return self._coded(index).image(self._header.dtype)

    def _coded(self, index: int) -> Coded:
        if index not in self._kept:
            self._kept[index] = self._decode(index)
            if len(self._kept) > self._most_kept:
                self._kept.popitem(last=False)
        self._kept.move_to_end(index)
        return self._kept[index]

    def _decode(self, index: int) -> Coded:
        one = self._slices[index]
        coded = {}
        for reference in sorted(one.place.references, key=self._positions.__getitem__):
            try:
                coded[reference] = self._coded(reference)
            except StreamError as error:
                raise type(error)(f"{error} (slice {index} refers to it)") from None
        payload = self._read(*self._payload_places[index])
        check_payload(one, payload)
        result, _ = decode_one(self._header, one, payload, references_of(one.place, coded))
        return result
