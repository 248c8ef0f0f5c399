"""The metadata block: canonical, bounded, and refused when it is anything else."""

import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmpc.errors import MetadataError
from mmpc.streams.metadata import MAX_METADATA_BYTES, pack_metadata, unpack_metadata

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: (
        st.lists(children)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), children)
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON_VALUES))
def test_round_trip(metadata):
    assert unpack_metadata(pack_metadata(metadata)) == metadata


def test_the_bytes_are_canonical():
    assert zlib.decompress(pack_metadata({"b": [1, 2.5], "a": "é"})) == (
        '{"a":"é","b":[1,2.5]}'.encode()
    )
    assert pack_metadata({"a": 1, "b": 2}) == pack_metadata({"b": 2, "a": 1})


def nested(depth):
    value = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "metadata",
    [
        [1],
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": b"bytes"},
        {(1, 2): "key"},
        {"a": "\ud800"},
        nested(100_000),
        {"a": "x" * MAX_METADATA_BYTES},
    ],
    ids=["list", "nan", "inf", "bytes", "key", "surrogate", "deep", "large"],
)
def test_what_cannot_be_stored(metadata):
    with pytest.raises(MetadataError):
        pack_metadata(metadata)


def test_16_mib_can_be_stored_and_no_byte_more():
    most = {"a": "x" * (16 * 1024 * 1024 - len('{"a":""}'))}
    assert unpack_metadata(pack_metadata(most)) == most
    most["a"] += "x"
    with pytest.raises(MetadataError):
        pack_metadata(most)


GOOD = pack_metadata({"a": 1})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not zlib",
        GOOD[:-1],
        GOOD[:4],
        GOOD + b"\0",
        zlib.compress(b""),
        zlib.compress(b"[1]"),
        zlib.compress(b'{"a":NaN}'),
        zlib.compress(b'{"a":1e999}'),
        zlib.compress(b'{"a":1} {}'),
        zlib.compress(b"\xff\xfe"),
        zlib.compress(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
        zlib.compress(b'{"a":' + b"9" * 5000 + b"}"),
        zlib.compress(b" " * (MAX_METADATA_BYTES + 1)),
        zlib.compress(json.dumps("text").encode()),
    ],
)
def test_what_is_not_a_metadata_block(data):
    with pytest.raises(MetadataError):
        unpack_metadata(data)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_dict_or_an_error(data):
    for block in (data, zlib.compress(data)):
        try:
            metadata = unpack_metadata(block)
        except MetadataError:
            continue
        assert isinstance(metadata, dict)
