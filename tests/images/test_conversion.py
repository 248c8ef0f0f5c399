"""What an image without a header says as DICOM, and signed values made unsigned."""

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import CTImageStorage, SecondaryCaptureImageStorage

from mmpc.errors import UnwritableImageError
from mmpc.images.dicom.conversion import describe, make_unsigned
from mmpc.images.image import Image


def image_of(values, dtype, **more):
    pixels = np.array(values, dtype)
    return Image(pixels=pixels, bits_stored=8 * pixels.itemsize, source_name="a", **more)


def described(image, **options):
    pixels, metadata = describe(image, **options)
    return pixels, Dataset.from_json(metadata["dicom"])


@pytest.mark.parametrize("kind", ["int", "uint"])
@pytest.mark.parametrize("modality", [None, "MR", "CT"])
@pytest.mark.parametrize("bits", [8, 16])
def test_only_a_ct_is_widened(kind, modality, bits):
    pixels, dataset = described(image_of([[0, 100]], f"{kind}{bits}"), modality=modality)
    assert pixels.dtype == f"{kind}{16 if modality == 'CT' else bits}"
    assert pixels.tolist() == [[0, 100]]
    ct = modality == "CT"
    assert dataset.SOPClassUID == (CTImageStorage if ct else SecondaryCaptureImageStorage)
    assert dataset.ImageType == ["ORIGINAL", "SECONDARY", *(["AXIAL"] if ct else [])]
    assert dataset.Modality == (modality or "OT")


def test_a_ct_says_where_it_is_and_what_its_values_mean():
    _, dataset = described(image_of([[0]], np.int16), modality="CT")
    assert dataset.ImagePositionPatient == [0, 0, 0]
    assert dataset.ImageOrientationPatient == [1, 0, 0, 0, 1, 0]
    assert dataset.PixelSpacing == [1, 1]
    assert (dataset.RescaleSlope, dataset.RescaleIntercept) == (1, 0)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({}, None),
        ({"rescale_slope": 2.5}, (2.5, 0)),
        ({"rescale_intercept": -1024.0}, (1, -1024)),
        ({"rescale_intercept": 0.0}, (1, 0)),
        ({"rescale_slope": 0.5, "rescale_intercept": 3.0}, (0.5, 3)),
    ],
)
def test_others_have_a_rescale_if_one_is_given(given, written):
    _, dataset = described(image_of([[0]], np.uint8), **given)
    found = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    assert found == (written or (None, None))
    assert "PixelSpacing" not in dataset and "ImagePositionPatient" not in dataset


@pytest.mark.parametrize("modality", [None, "CT"])
def test_distances_and_what_is_bright(modality):
    image = image_of([[0]], np.uint8, photometric_interpretation="MONOCHROME1")
    _, dataset = described(image, modality=modality, pixel_spacing_mm=(0.5, 0.25))
    assert dataset.PixelSpacing == [0.5, 0.25]
    assert dataset.PhotometricInterpretation == "MONOCHROME1"


def signed(values, dtype=np.int16, **more):
    return image_of(values, dtype, rescale_slope=2.0, rescale_intercept=-10.0, **more)


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        (np.int16, [-32768, 32767], [0, 65535]),
        (np.int16, [-1, 5], [0, 6]),
        (np.int16, [1, 5], [1, 5]),
        (np.int8, [-128, 127], [0, 255]),
        (np.uint16, [3, 65535], [3, 65535]),
    ],
)
def test_unsigned_values_mean_the_same(dtype, values, expected):
    image = signed([values], dtype)
    pixels, metadata = make_unsigned(image)
    assert pixels.dtype == f"uint{8 * np.dtype(dtype).itemsize}"
    assert pixels.tolist() == [expected]
    dataset = Dataset.from_json(metadata["dicom"])
    again = pixels * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    assert again.tolist() == image.hounsfield().tolist()


def with_padding(value, limit=None):
    elements = {"00280101": {"vr": "US", "Value": [12]}, "00100010": {"vr": "PN"}}
    for tag, stated in (("00280120", value), ("00280121", limit)):
        if stated is not None:
            elements[tag] = {"vr": "SS", "Value": [stated]}
    padding = {"value": value, "limit": value if limit is None else limit}
    return {"dicom": elements, "padding": padding}


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        (-20, None, [0]),
        (-19, None, [1]),
        (-21, None, []),  # no pixel is so small, and none can be
        (-30, -20, [0, 0]),
        (-18, -30, [2, 0]),
        (-30, -25, []),
    ],
)
def test_padding_moves_with_the_values(value, limit, expected):
    metadata = with_padding(value, limit)
    _, moved = make_unsigned(signed([[-20, 5]], metadata=metadata))
    elements = moved["dicom"]
    found = [elements[tag] for tag in ("00280120", "00280121") if tag in elements]
    assert found == [{"vr": "US", "Value": [number]} for number in expected]
    assert moved["padding"] == {key: old + 20 for key, old in metadata["padding"].items()}
    assert "00280101" not in elements and "00100010" in elements
    assert metadata == with_padding(value, limit)  # the image's own stays


def test_padding_without_a_value_is_no_padding():
    elements = {"00280120": {"vr": "SS"}}
    _, moved = make_unsigned(signed([[-20, 5]], metadata={"dicom": elements}))
    assert moved["dicom"]["00280120"] == {"vr": "SS"} and "padding" not in moved


@pytest.mark.parametrize("tag", ["00283000", "00409096"])
def test_values_with_a_meaning_of_their_own_stay(tag):
    image = signed([[-20, 5]], metadata={"dicom": {tag: {"vr": "SQ", "Value": []}}})
    with pytest.raises(UnwritableImageError, match=r"^a: its stored values .* keep them signed"):
        make_unsigned(image)
