"""The codec for zarr and numcodecs, read lazily by zarr, dask and xarray."""

import json
import tomllib
from importlib import import_module

import numpy as np
import pytest

import mmpc
from mmpc.errors import (
    InvalidParameterError,
    MmpcError,
    PayloadLengthError,
    UnsupportedImageError,
)
from tests.conftest import ROOT

zarr = pytest.importorskip("zarr", reason="zarr is not installed")
numcodecs = pytest.importorskip("numcodecs", reason="numcodecs is not installed")
from mmpc.plugins.chunks import decode_chunk  # noqa: E402
from mmpc.plugins.numcodecs_codec import MmpcCodec as NumcodecsCodec  # noqa: E402
from mmpc.plugins.zarr_codec import MmpcCodec as ZarrCodec  # noqa: E402

rows, columns = np.ogrid[:20, :24]
VOLUME = np.stack([300 * np.sin(rows / 5 + z) + 9 * columns for z in range(6)]).astype("i2")


def stored(path, serializer, array=VOLUME, chunks=(4, 16, 16), **arguments):
    """Write an array; return it opened again, so that its codec comes out of its metadata."""
    made = zarr.create_array(
        path,
        shape=array.shape,
        chunks=chunks,
        dtype=array.dtype,
        serializer=serializer,
        compressors=None,
        **arguments,
    )
    made[:] = array
    return zarr.open_array(path, mode="r")


@pytest.mark.parametrize("dtype", ["u1", "i1", "<u2", ">u2", "<i2", ">i2"])
@pytest.mark.parametrize("chunks", [(4, 16, 16), (1, 20, 24), (6, 1, 24)])
def test_nothing_is_lost_by_default(tmp_path, dtype, chunks):
    array = VOLUME.astype(dtype)
    again = stored(tmp_path / "a", ZarrCodec(), array, chunks)
    np.testing.assert_array_equal(again[:], array)
    np.testing.assert_array_equal(again[3:5, 7], array[3:5, 7])


@pytest.mark.parametrize("goal", [{"max_error": 3}, {"quality": 20, "preset": "fast"}])
def test_a_goal_is_in_the_metadata(tmp_path, goal):
    again = stored(tmp_path / "a", ZarrCodec(**goal))
    said = json.loads((tmp_path / "a" / "zarr.json").read_text(encoding="utf-8"))["codecs"]
    assert said == [{"name": "mmpc", "configuration": goal}]
    difference = np.abs(again[:].astype(int) - VOLUME)
    assert 0 < difference.max() <= goal.get("max_error", 60)


def test_four_dimensions_and_shards(tmp_path):
    array = np.stack([VOLUME, VOLUME[::-1]])
    again = stored(tmp_path / "a", ZarrCodec(), array, (1, 3, 10, 12), shards=(1, 6, 20, 24))
    np.testing.assert_array_equal(again[1, 2:5], array[1, 2:5])


def test_format_2(tmp_path):
    made = zarr.create_array(
        tmp_path / "a",
        shape=VOLUME.shape,
        chunks=(3, 20, 24),
        dtype=VOLUME.dtype,
        compressors=NumcodecsCodec(),
        zarr_format=2,
    )
    made[:] = VOLUME
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "a", mode="r")[:], VOLUME)


def test_a_stream_of_another_chunk_is_refused(tmp_path):
    again = stored(tmp_path / "a", ZarrCodec())
    stream = NumcodecsCodec().encode(VOLUME[:2])
    (tmp_path / "a" / "c" / "0" / "0" / "0").write_bytes(stream)
    with pytest.raises(PayloadLengthError, match="not \\(4, 16, 16\\)"):
        again[0]


def test_numcodecs():
    codec = numcodecs.get_codec({"id": "mmpc", "max_error": 2})
    assert codec.get_config() == {"id": "mmpc", "max_error": 2} and codec == NumcodecsCodec(
        max_error=2
    )
    data, out = codec.encode(VOLUME), np.empty_like(VOLUME)
    codec.decode(data, out)
    assert np.abs(out.astype(int) - VOLUME).max() <= 2
    np.testing.assert_array_equal(codec.decode(data), out)


def test_dask_and_xarray_read_what_they_need(tmp_path):
    array = pytest.importorskip("dask.array", reason="dask is not installed")
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    group = zarr.create_group(tmp_path / "g")
    made = group.create_array(
        "ct",
        shape=VOLUME.shape,
        chunks=(1, 20, 24),
        dtype=VOLUME.dtype,
        serializer=ZarrCodec(),
        compressors=None,
        dimension_names=("z", "y", "x"),
    )
    made[:] = VOLUME
    (tmp_path / "g" / "ct" / "c" / "5" / "0" / "0").write_bytes(b"damaged")
    lazy = array.from_zarr(str(tmp_path / "g"), component="ct")
    np.testing.assert_array_equal(lazy[2:4].compute(), VOLUME[2:4])
    opened = xarray.open_zarr(tmp_path / "g", consolidated=False, chunks={})
    assert opened["ct"].dims == ("z", "y", "x")
    assert int(opened["ct"].isel(z=slice(0, 5)).max()) == VOLUME[:5].max()
    with pytest.raises(MmpcError):
        lazy[5].compute()


@pytest.mark.parametrize(
    ("shape", "coded"),
    [((4, 6), (4, 6)), ((1, 1, 4, 6), (4, 6)), ((2, 1, 4, 6), (2, 4, 6)), ((1, 5), (1, 5)),
     ((5,), (1, 5)), ((1, 1), (1, 1)), ((2, 3, 4), (2, 3, 4))],
)  # fmt: skip
def test_lengths_of_1_make_no_volume(shape, coded):
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    data = NumcodecsCodec().encode(array)
    assert mmpc.read_header(data).shape == coded
    np.testing.assert_array_equal(decode_chunk(data, shape), array)


def test_a_codec_of_zarr_without_configuration():
    codec = ZarrCodec.from_dict({"name": "mmpc"})
    assert codec == ZarrCodec() and codec.to_dict() == {
        "name": "mmpc",
        "configuration": {"max_error": 0},
    }
    assert not codec.is_fixed_size
    with pytest.raises(NotImplementedError):
        codec.compute_encoded_size(100, None)


@pytest.mark.parametrize("codec", [ZarrCodec, NumcodecsCodec])
@pytest.mark.parametrize(
    "bad", [{"max_error": 1, "quality": 6}, {"quality": -1}, {"quality": 6, "preset": "slow"}]
)
def test_wrong_goals(codec, bad):
    with pytest.raises(InvalidParameterError):
        codec(**bad)


@pytest.mark.parametrize(("dtype", "shape"), [("f4", (4, 4)), ("i4", (4, 4)), ("u1", (2, 2, 2, 2))])
def test_arrays_that_no_stream_holds(tmp_path, dtype, shape):
    array = np.zeros(shape, dtype)
    with pytest.raises(UnsupportedImageError):
        stored(tmp_path / "a", ZarrCodec(), array, shape)
    with pytest.raises(UnsupportedImageError):
        NumcodecsCodec().encode(array)


def test_entry_points_lead_to_the_codecs():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for group, codec in (("zarr.codecs", ZarrCodec), ("numcodecs.codecs", NumcodecsCodec)):
        module, _, name = groups["entry-points"][group]["mmpc"].partition(":")
        assert getattr(import_module(module), name) is codec
