"""What all codecs of the evaluation share."""

import numpy as np
import pytest

from mmpc.errors import InvalidParameterError
from mmpc.evaluation import catalogue
from mmpc.evaluation.codec import Codec


class Copying(Codec):
    """A codec that keeps what it is given."""

    name, sweep = "copy", (1.0, 5.0, 9.0)

    def __init__(self):
        self.asked = []

    def compress(self, pixels, quality):
        self.asked.append((pixels, quality))
        return pixels.tobytes()

    def decompress(self, data):
        return np.frombuffer(data, np.uint16).reshape(64, 64)


def test_warming_up_codes_something_at_a_middle_setting():
    codec = Copying()
    codec.warm_up()
    ((pixels, quality),) = codec.asked
    assert quality == 5 and pixels.shape == (64, 64) and pixels.dtype == np.uint16
    # Nothing that is coded without work.
    assert len(np.unique(pixels)) > 200
    assert np.abs(np.diff(pixels.astype(int))).mean() > 20


def test_a_round_trip_tells_size_and_samples():
    codec, pixels = Copying(), np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    found = codec.round_trip(pixels, 9.0, repeats=1)
    assert found.size_bytes == pixels.nbytes and found.payload_bytes is None
    np.testing.assert_array_equal(found.decoded, pixels)
    assert (found.clipped, found.clipped_pixels) == (None, 0)


def test_a_codec_says_itself_how_it_works():
    pixels = np.zeros((2, 2), np.uint16)
    for asked in (lambda one: one.compress(pixels, 1), lambda one: one.decompress(b""),
                  lambda one: one.versions()):  # fmt: skip
        with pytest.raises(NotImplementedError):
            asked(Codec())


def test_what_works_here_and_why_the_rest_does_not(monkeypatch):
    class Missing(Copying):
        def __init__(self):
            raise InvalidParameterError("missing: no such program")

    monkeypatch.setattr(catalogue, "PEERS", {"copy": Copying, "missing": Missing})
    assert catalogue.available_peers() == (["copy"], {"missing": "missing: no such program"})
    assert catalogue.find_codec("copy").name == "copy"
    with pytest.raises(InvalidParameterError, match="no such program"):
        catalogue.find_codec("missing")
