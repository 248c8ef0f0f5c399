"""Metadata <-> the opaque bytes that both bitstreams carry under their checksum.

A JSON object in its one canonical spelling (sorted keys, no spaces, UTF-8), packed with
zlib. Which keys there are is decided in ``mmpc.images``; no codec looks inside.
"""

import json
import math
import zlib

from mmpc.errors import MetadataError

MAX_METADATA_BYTES = 16 * 2**20


def pack_metadata(metadata: dict) -> bytes:
    """Pack a JSON-able dict; equal dicts give equal bytes.

    Parameters
    ----------
    metadata : dict
        Keys are strings; values are whatever JSON can say (no NaN, no bytes).

    Returns
    -------
    bytes
        zlib stream (RFC 1950, level 9) of canonical JSON (RFC 8259).

    Raises
    ------
    MetadataError
        A value cannot be written as JSON, or there is more than 16 MiB of it.
    """
    if not isinstance(metadata, dict):
        raise MetadataError(f"metadata is a dict, not {type(metadata).__name__}")
    try:
        text = json.dumps(
            metadata, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise MetadataError(f"metadata cannot be written as JSON: {error}") from None
    if len(text) > MAX_METADATA_BYTES:
        raise MetadataError(
            f"the metadata are {len(text) / 2**20:.1f} MiB, more than the 16 MiB that a stream may "
            "hold; keep less of the header with --metadata whitelist"
        )
    return zlib.compress(text, 9)


def unpack_metadata(data: bytes) -> dict:
    """Undo :func:`pack_metadata`.

    Raises
    ------
    MetadataError
        Not a zlib stream, more than 16 MiB inside, bytes after its end, or not one
        JSON object.
    """
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, MAX_METADATA_BYTES + 1)
    except zlib.error:
        raise MetadataError("the metadata block is not a zlib stream") from None
    if len(text) > MAX_METADATA_BYTES:
        raise MetadataError("the metadata block holds more than 16 MiB")
    if not inflater.eof:
        raise MetadataError("the metadata block is truncated")
    if inflater.unused_data:
        raise MetadataError("bytes follow the end of the metadata block")
    try:
        metadata = json.loads(text.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise MetadataError("the metadata block is not JSON") from None
    if not isinstance(metadata, dict):
        raise MetadataError("the metadata block is not a JSON object")
    return metadata


def _refuse(number: str):
    raise ValueError(f"{number} is not JSON")


def _finite(number: str) -> float:
    return float(number) if math.isfinite(float(number)) else _refuse(number)
