"""``imageio.v3`` on streams, once the plugin is imported."""

import numpy as np
import pytest

import mmpc

iio = pytest.importorskip("imageio.v3", reason="imageio is not installed")
import mmpc.plugins.imageio_plugin  # noqa: E402

VOLUME = np.arange(3 * 8 * 10, dtype=np.int16).reshape(3, 8, 10)


def test_volumes_and_their_slices(tmp_path):
    path = tmp_path / "v.mmpc"
    iio.imwrite(path, VOLUME, max_error=0, metadata={"note": "of a head"})
    np.testing.assert_array_equal(mmpc.decompress(path.read_bytes()), VOLUME)
    np.testing.assert_array_equal(iio.imread(path), VOLUME)
    np.testing.assert_array_equal(iio.imread(path, index=1), VOLUME[1])
    np.testing.assert_array_equal(np.stack(list(iio.imiter(path))), VOLUME)
    assert iio.improps(path).shape == VOLUME.shape and iio.improps(path, index=0).shape == (8, 10)
    assert iio.improps(path, index=...).is_batch and not iio.improps(path).is_batch
    assert iio.immeta(path)["metadata"] == {"note": "of a head"}


@pytest.mark.parametrize("bitstream", [1, 2])
def test_images(tmp_path, bitstream):
    data = mmpc.compress(VOLUME[0], quality=1, bitstream=bitstream)
    (tmp_path / "i.mmpc").write_bytes(data)
    expected = mmpc.decompress(data)
    np.testing.assert_array_equal(iio.imread(tmp_path / "i.mmpc"), expected)
    np.testing.assert_array_equal(iio.imread(data, extension=".mmpc"), expected)
    np.testing.assert_array_equal(iio.imread(tmp_path / "i.mmpc", index=...), expected[None])
    assert iio.improps(tmp_path / "i.mmpc").dtype == np.int16


def test_written_into_bytes():
    data = iio.imwrite("<bytes>", VOLUME[0], extension=".mmpc", max_error=0)
    np.testing.assert_array_equal(mmpc.decompress(data), VOLUME[0])


def test_what_is_no_stream(tmp_path):
    (tmp_path / "no.mmpc").write_bytes(b"something else")
    with pytest.raises(OSError):
        iio.imread(tmp_path / "no.mmpc")
    (tmp_path / "cut.mmpc").write_bytes(mmpc.compress(VOLUME, max_error=0)[:20])
    with pytest.raises(OSError):
        iio.imread(tmp_path / "cut.mmpc")
