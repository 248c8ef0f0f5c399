import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mmpc
from mmpc import errors
from mmpc.coding_tools import Tools
from mmpc.rate.fine_steps import MOST_ENCODES
from mmpc.request import Region
from mmpc.streams import compress as streams
from mmpc.streams.image import image_of, lossy_step_of

DTYPES = (np.uint8, np.int8, np.uint16, np.int16)
dtypes = st.sampled_from(DTYPES)


@st.composite
def images(draw):
    """Images of any legal type: noise, extremes only, or one value."""
    dtype = draw(dtypes)
    limits = np.iinfo(dtype)
    shape = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    elements = draw(
        st.sampled_from(
            [
                st.integers(int(limits.min), int(limits.max)),
                st.sampled_from([int(limits.min), int(limits.max)]),
                st.just(int(limits.max)),
                st.just(int(limits.min)),
            ]
        )
    )
    return draw(hnp.arrays(dtype, shape, elements=elements))


@settings(max_examples=300, deadline=None)
@given(images(), st.integers(1, 65535) | st.integers(1, 40), st.booleans())
def test_round_trip(image, quality, rle):
    """Shape and dtype come back; the error is bounded by the step; a refusal names a cure."""
    try:
        data = mmpc.compress(image, bitstream=1, quality=quality, rle=rle)
    except errors.StepTooSmallError as error:
        smallest = int(str(error).rsplit(" ", 1)[1])
        assert smallest > quality
        data = mmpc.compress(image, bitstream=1, quality=smallest)
        quality = smallest
    except errors.InvalidParameterError:
        assert not rle
        return
    decoded = mmpc.decompress(data)
    assert (decoded.dtype, decoded.shape) == (image.dtype, image.shape)
    # Each of 64 coefficients is off by at most half a step; a sample by their norm.
    assert abs(decoded.astype(int) - image).max() <= 8 * quality / 2 + 0.5
    info = mmpc.read_header(data)
    assert (info.shape, info.dtype, info.step) == (image.shape, image.dtype, quality)
    assert info.size_bytes == len(data)


@settings(max_examples=60, deadline=None)
@given(images(), st.dictionaries(st.text(max_size=8), st.text(max_size=30), min_size=1))
def test_metadata_comes_back(image, metadata):
    data = mmpc.compress(image, bitstream=1, quality=100, metadata=metadata)
    assert mmpc.read_header(data).metadata == metadata
    np.testing.assert_array_equal(
        mmpc.decompress(data), mmpc.decompress(mmpc.compress(image, bitstream=1, quality=100))
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_rate_and_ratio_are_those_of_the_whole_stream(dtype):
    data = mmpc.compress(np.arange(77).astype(dtype).reshape(7, 11), bitstream=1)
    info = mmpc.read_header(data)
    assert info.rate_bpp == 8 * len(data) / 77
    assert info.compression_ratio == 77 * np.dtype(dtype).itemsize / len(data)
    assert info.to_dict()["rate_bpp"] == round(info.rate_bpp, 6)
    assert info.to_dict()["compression_ratio"] == round(info.compression_ratio, 4)


def test_the_step_without_a_wish_is_6():
    for bitstream in (1, 2):
        data = mmpc.compress(np.zeros((8, 8), np.uint8), bitstream=bitstream)
        assert mmpc.read_header(data).step == 6


def test_padded_and_raw_slices_are_counted():
    rows, columns = np.ogrid[:64, :64]
    round_image = np.where((rows - 32) ** 2 + (columns - 32) ** 2 < 900, rows + columns, -2000)
    noise = np.random.default_rng(5).integers(-32768, 32768, (64, 64))
    for image, counts in ((round_image, (1, 0)), (noise, (0, 1)), (rows + columns, (0, 0))):
        fields = mmpc.read_header(mmpc.compress(image.astype(np.int16), quality=0.5)).to_dict()
        assert (fields["padded_slices"], fields["raw_slices"]) == counts
        assert (fields["slices"], fields["stripes"]) == (1, 1)


@pytest.mark.parametrize("order", ["<", ">"])
def test_byte_order_and_strides_do_not_matter(order):
    image = (np.arange(300).reshape(12, 25) * 7 - 900).astype(np.int16)
    expected = mmpc.compress(image, bitstream=1)
    assert mmpc.compress(image.astype(f"{order}i2"), bitstream=1) == expected
    assert mmpc.compress(np.asfortranarray(image), bitstream=1) == expected
    assert mmpc.compress(np.repeat(image, 2, axis=1)[:, ::2], bitstream=1) == expected


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((2, 2), np.float32), "float32"),
        (np.zeros((2, 2), np.int32), "int32"),
        (np.zeros((2, 2), bool), "bool"),
        (np.zeros((2, 2, 3), np.uint8), "3 dimensions"),
        (np.zeros(4, np.uint8), "1 dimensions"),
        (np.zeros((0, 4), np.uint8), "0 x 4"),
        (np.zeros((1, 65536), np.uint8), "1 x 65536"),
        ([[1.5]], "float64"),
    ],
)
def test_other_arrays_are_refused(image, message):
    with pytest.raises(errors.UnsupportedImageError, match=message):
        mmpc.compress(image, bitstream=1)


@pytest.mark.parametrize("shape", [(1, 65535), (65535, 1)])
def test_longest_sides(shape):
    image = (np.arange(65535) % 1000).astype(np.uint16).reshape(shape)
    decoded = mmpc.decompress(mmpc.compress(image, bitstream=1, quality=5))
    assert decoded.shape == shape
    assert abs(decoded.astype(int) - image).max() < 15


def test_parameters_are_checked():
    image = np.zeros((8, 8), np.uint8)
    with pytest.raises(errors.InvalidParameterError, match="rate_bpp and rmse"):
        mmpc.compress(image, bitstream=1, rate_bpp=1, rmse=1)
    with pytest.raises(errors.InvalidParameterError, match="bitstream 7"):
        mmpc.compress(image, bitstream=7)
    for bad in (-1, float("nan"), float("inf")):
        with pytest.raises(errors.InvalidParameterError, match="psnr_db"):
            mmpc.compress(image, bitstream=1, psnr_db=bad)


@pytest.mark.parametrize(
    "keywords",
    [
        {"quality": 3.5, "preset": "best", "tools": Tools(dst=False), "jobs": 2},
        {"rmse": 4, "region": Region(np.eye(8, dtype=bool), 3), "metadata": {"a": 1}},
        {"quality": 9, "bitstream": 1, "rle": False},
        {"rate_bpp": 2, "bitstream": 1, "report_exact": True},
        {"psnr_db": 50},
        {"max_error": 0},
    ],
)
def test_every_keyword_is_part_of_the_request(monkeypatch, keywords):
    asked = []
    for name in ("_compress_v1", "_compress_v2"):
        monkeypatch.setattr(streams, name, lambda _, request, *rest: asked.append((request, rest)))
    mmpc.compress(np.zeros((8, 8), np.uint8), **keywords)
    [(request, (metadata, *_))] = asked
    assert request == mmpc.Request.from_keywords(**keywords)
    assert (metadata != b"") == ("metadata" in keywords)


def test_a_search_tells_its_progress_over_all_encodes_it_may_take(monkeypatch):
    def search(_goal, _image, compress_at, *_):
        for _ in range(MOST_ENCODES + 2):
            compress_at(5)

    monkeypatch.setattr("mmpc.rate.fine_steps.compress_to_goal", search)
    monkeypatch.setattr("mmpc.v2.codec.compress", lambda *arguments: arguments[-1](1, 2))
    told = []
    image = np.zeros((8, 8), np.uint8)
    mmpc.compress(image, rmse=3, progress=lambda done, total: told.append(done / total))
    halves = [(number + 0.5) / MOST_ENCODES for number in range(MOST_ENCODES)]
    assert told == pytest.approx([*halves, halves[-1], halves[-1]])


def test_a_search_decodes_with_as_many_jobs_as_it_encodes(monkeypatch):
    def search(_goal, _image, _compress_at, decompress, *_):
        return decompress(b"stream")

    monkeypatch.setattr("mmpc.rate.fine_steps.compress_to_goal", search)
    monkeypatch.setattr("mmpc.v2.codec.decompress", lambda data, **options: (data, options))
    image = np.zeros((8, 8), np.uint8)
    assert mmpc.compress(image, rmse=3, jobs=2) == (b"stream", {"jobs": 2})


def test_noise_by_slice_is_asked_of_what_counts_as_the_error(monkeypatch):
    """The search itself knows an error alone; whether that is of a slice, the error knows."""

    def compress(image, request, _metadata, _progress, rmse):
        asked.append((request.goal.kind, request.noise_by_slice, rmse(image)))

    monkeypatch.setattr(streams, "_compress_v2", compress)
    monkeypatch.setattr(
        "mmpc.rate.noise.Noise.of",
        lambda _: SimpleNamespace(sigma=2, share=lambda one, other, by_slice: 1 + by_slice),
    )
    asked = []
    for by_slice in (False, True):
        mmpc.compress(np.zeros((2, 8, 8), np.uint8), noise_share=0.5, noise_by_slice=by_slice)
    assert asked == [("rmse", False, 2), ("rmse", False, 4)]


def test_what_the_coding_was_is_said():
    """Bounded coding promises an error and has no tools to switch."""
    image = np.zeros((8, 8), np.uint8)
    bounded = mmpc.read_header(mmpc.compress(image, max_error=3)).details
    stepped = mmpc.read_header(mmpc.compress(image, quality=3, tools=Tools(dst=False))).details
    assert bounded["largest_error"] == 3 and "dst" not in bounded
    assert stepped["dst"] is False and "largest_error" not in stepped


def test_decoded_samples_have_the_meaning_that_the_metadata_give_them():
    pixels = np.arange(6, dtype=np.int16).reshape(2, 3)
    elements = {"dicom": {"00281053": {"vr": "DS", "Value": [2]}}}
    of_dicom = image_of(pixels, SimpleNamespace(metadata=elements), "a")
    assert (of_dicom.rescale_slope, of_dicom.source_name) == (2, "a")
    assert image_of(pixels, SimpleNamespace(metadata={})).rescale_slope == 1
    with pytest.raises(errors.MetadataError):
        image_of(pixels, SimpleNamespace(metadata={"nifti": "no header"}))


@pytest.mark.parametrize(
    ("details", "metadata", "lossy"),
    [
        ({}, {}, True),
        ({"largest_error": 1}, {}, True),
        ({"largest_error": 0}, {}, False),
        ({}, {"lossless": True}, False),
        ({}, {"lossless": False}, True),
        ({"largest_error": 1}, {"lossless": "yes"}, True),
    ],
)
def test_what_counts_as_loss(details, metadata, lossy):
    info = SimpleNamespace(details=details, metadata=metadata, bitstream=2, compression_ratio=3)
    assert (lossy_step_of(info) is not None) is lossy


@pytest.mark.parametrize("data", [b"", b"PK\3\4 and more", b"MMPD" + bytes(20), b"\x89PNG\r\n"])
def test_foreign_files(data):
    for reader in (mmpc.decompress, mmpc.read_header):
        with pytest.raises(errors.NotMmpcError):
            reader(data)


def test_unknown_version():
    with pytest.raises(errors.UnsupportedVersionError, match="version 9"):
        mmpc.decompress(b"MMPC\x09" + bytes(20))


def test_import_is_light():
    """The tools start without the heavy libraries."""
    code = (
        "import sys, mmpc.encode, mmpc.decode, mmpc.info;"
        "print([m for m in ('matplotlib', 'scipy', 'numba', 'pydicom', 'PIL') if m in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert printed.stdout.strip() == "[]", printed.stderr
