"""The metadata block: a JSON object, packed with zlib."""

import json
import zlib
from typing import Any


def pack_metadata(metadata: dict[str, Any]) -> bytes:
    """Pack a JSON-able dict into bytes, the same bytes for equal dicts."""
    return zlib.compress(json.dumps(metadata, sort_keys=True, separators=(",", ":")).encode(), 9)


def unpack_metadata(data: bytes) -> dict[str, Any]:
    """Unpack what `pack_metadata` packed."""
    return json.loads(zlib.decompress(data))
