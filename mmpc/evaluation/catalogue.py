"""The table of all codecs: found by name, so that a worker process can make its own."""

from mmpc.errors import InvalidParameterError
from mmpc.evaluation.codec import Codec
from mmpc.evaluation.ffmpeg_peers import Av1, Hevc
from mmpc.evaluation.our_codecs import find_our_codec
from mmpc.evaluation.peers import (
    Htj2k,
    Jpeg12,
    Jpeg2000,
    JpegLs,
    JpegXl,
    JpegXlEffort9,
    JpegXlLossless,
    JpegXlLosslessEffort9,
)
from mmpc.evaluation.v1_variants import VARIANTS

PEERS = {
    codec.name: codec
    for codec in (Jpeg2000, Htj2k, JpegLs, JpegXl, JpegXlEffort9, Jpeg12, Hevc, Av1)
}

# What has no settings to make a curve of.
LOSSLESS_PEERS = {codec.name: codec for codec in (JpegXlLossless, JpegXlLosslessEffort9)}


def find_codec(name: str) -> Codec:
    """Return the codec of a name.

    Raises
    ------
    InvalidParameterError
        If there is none, or a package or program that it needs is not installed.
    """
    for peers in (PEERS, LOSSLESS_PEERS):
        if name in peers:
            return peers[name]()
    if name in VARIANTS:
        return VARIANTS[name]
    return find_our_codec(name)


def available_peers() -> tuple[list[str], dict[str, str]]:
    """Return the names of the peers that work here, and for the others why they do not."""
    working, missing = [], {}
    for name, make in PEERS.items():
        try:
            make()
            working.append(name)
        except InvalidParameterError as error:
            missing[name] = str(error)
    return working, missing
