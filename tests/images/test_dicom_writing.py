"""What the rebuilt DICOM file says: derived, lossy, padded, and of the class it was."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import (
    CTImageStorage,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    PositronEmissionTomographyImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from mmpc.errors import MetadataError, UnwritableImageError
from mmpc.images.dicom.original import read_original
from mmpc.images.dicom.padding import padding_gap, set_padding_range
from mmpc.images.dicom.writing import LossyStep, write_dicom
from mmpc.images.reading import read_image
from tests.images import outcomes
from tests.images.making import make_dataset, packaged, save

STEP = LossyStep("MMPC_1", 12.5)
needs_validator = pytest.mark.skipif(
    bool(outcomes.tools_missing()), reason="dicom3tools or dcmtk (Debian) is not installed"
)


def rebuild(tmp_path, image, pixels=None, like=None, **arguments):
    path = tmp_path / "out.dcm"
    header = image if like is None else read_original(like, image)
    arguments.setdefault("lossy", STEP)
    write_dicom(
        path,
        image.pixels if pixels is None else pixels,
        image_metadata=header.metadata,
        **arguments,
    )
    return dcmread(path)


@pytest.mark.parametrize("mode", ["whitelist", "full"])
def test_derived_from_its_source(tmp_path, mode):
    original = dcmread(packaged("CT_small.dcm"))
    derived = rebuild(tmp_path, read_image(packaged("CT_small.dcm"), metadata=mode))
    assert derived.SOPClassUID == CTImageStorage
    assert derived.ImageType == ["DERIVED", *original.ImageType[1:]]
    assert derived.SOPInstanceUID != original.SOPInstanceUID
    source = derived.SourceImageSequence[0]
    assert source.ReferencedSOPInstanceUID == original.SOPInstanceUID
    assert derived.StudyInstanceUID == original.StudyInstanceUID
    assert derived.SeriesInstanceUID == original.SeriesInstanceUID
    assert derived.LossyImageCompression == "01"
    assert (derived.LossyImageCompressionRatio, derived.LossyImageCompressionMethod) == (
        12.5,
        "MMPC_1",
    )
    for keyword in ("PatientID", "RescaleIntercept", "PixelSpacing", "KVP", "SliceThickness"):
        assert derived[keyword].value == original[keyword].value, keyword
    assert derived.PatientName == original.PatientName
    private = (0x0009, 0x1001)
    assert (private in derived) == (mode == "full")


def test_metadata_none_names_nobody(tmp_path):
    image = read_image(packaged("CT_small.dcm"), metadata="none")
    derived = rebuild(tmp_path, image)
    assert derived.SOPClassUID == SecondaryCaptureImageStorage
    assert not derived.PatientID
    assert "SourceImageSequence" not in derived
    np.testing.assert_array_equal(read_image(tmp_path / "out.dcm").hounsfield(), image.hounsfield())


def test_earlier_lossy_steps_add_up(tmp_path):
    dataset = make_dataset(
        np.zeros((4, 4), np.int16),
        LossyImageCompression="01",
        LossyImageCompressionRatio=["4.5", "2"],
        LossyImageCompressionMethod=["ISO_15444_1", "ISO_10918_1"],
    )
    derived = rebuild(tmp_path, read_image(save(dataset, tmp_path / "a")))
    assert derived.LossyImageCompressionRatio == [4.5, 2, 12.5]
    assert derived.LossyImageCompressionMethod == ["ISO_15444_1", "ISO_10918_1", "MMPC_1"]


def test_a_lossy_transfer_syntax_is_an_earlier_step(tmp_path):
    derived = rebuild(tmp_path, read_image(packaged("JPGExtended.dcm")))
    assert derived.LossyImageCompressionMethod == ["ISO_10918_1", "MMPC_1"]
    assert derived.LossyImageCompressionRatio[0] == pytest.approx(1024 * 256 * 2 / 6830, rel=0.01)


def test_a_lossless_transfer_syntax_is_none(tmp_path):
    derived = rebuild(tmp_path, read_image(packaged("MR_small_jp2klossless.dcm")))
    assert derived.LossyImageCompressionMethod == "MMPC_1"


def test_smallest_and_largest_value_are_true(tmp_path):
    image = read_image(packaged("693_UNCR.dcm"))
    pixels = np.clip(image.pixels, -1500, 2000) + np.int16(3)
    derived = rebuild(tmp_path, image, pixels)
    assert derived.SmallestImagePixelValue == pixels.min() == -1497
    assert derived.LargestImagePixelValue == pixels.max() == 2003


@pytest.mark.parametrize("like", [False, True])
def test_padding_becomes_the_range_that_lossy_coding_made_of_it(tmp_path, like):
    """Padding -2000 decodes to -2003..-1996; measurements begin at -1024."""
    original = np.full((8, 8), -1024, np.int16)
    original[:4] = -2000
    decoded = original + np.tile(np.array([-3, 4], np.int16), 32).reshape(8, 8)
    path = save(make_dataset(original, PixelPaddingValue=-2000), tmp_path / "a")
    image = read_image(path)
    derived = rebuild(tmp_path, image, decoded, like=path if like else None)
    low, high = derived.PixelPaddingValue, derived.PixelPaddingRangeLimit
    np.testing.assert_array_equal((decoded >= low) & (decoded <= high), original == -2000)


def test_padding_above_the_measurements(tmp_path):
    original = np.array([[65535, 65535, 4000, 0]], np.uint16)
    decoded = np.array([[65535, 65530, 4009, 3]], np.uint16)
    image = read_image(save(make_dataset(original, PixelPaddingValue=65535), tmp_path / "a"))
    derived = rebuild(tmp_path, image, decoded)
    low, high = derived.PixelPaddingRangeLimit, derived.PixelPaddingValue
    np.testing.assert_array_equal((decoded >= low) & (decoded <= high), original == 65535)


def test_padding_among_the_measurements_is_given_up(tmp_path):
    """After lossy coding nothing tells it from tissue."""
    original = np.array([[-5, 0, 7]], np.int16)
    image = read_image(save(make_dataset(original, PixelPaddingValue=0), tmp_path / "a"))
    derived = rebuild(tmp_path, image)
    assert "PixelPaddingValue" not in derived


def test_values_beyond_bits_stored_widen_it(tmp_path):
    image = read_image(packaged("bad_sequence.dcm"))
    assert image.bits_stored == 12
    pixels = image.pixels.copy()
    assert rebuild(tmp_path, image).BitsStored == 12
    pixels[0, 0] = 4096
    derived = rebuild(tmp_path, image, pixels)
    assert (derived.BitsStored, derived.HighBit) == (16, 15)
    np.testing.assert_array_equal(derived.pixel_array, pixels)


@pytest.mark.parametrize(
    ("dtype", "value", "bits"),
    [
        ("int16", 2047, 12),
        ("int16", 2048, 16),
        ("int16", 2049, 16),
        ("int16", -2048, 12),
        ("int16", -2049, 16),
        ("uint16", 4095, 12),
        ("uint16", 4096, 16),
        ("int8", 63, 7),
        ("int8", 64, 8),
        ("uint8", 127, 7),
        ("uint8", 128, 8),
    ],
)
@pytest.mark.parametrize("lossy", [None, STEP])
def test_bits_stored_hold_every_value(tmp_path, dtype, value, bits, lossy):
    """Another reader takes BitsStored bits and their sign: 2048 in 12 bits would be -2048."""
    stored = bits if bits in (12, 7) else {16: 12, 8: 7}[bits]
    metadata = {"dicom": {"00280101": {"vr": "US", "Value": [stored]}}}
    pixels = np.zeros((3, 4), dtype)
    pixels[1, 1] = value
    path = tmp_path / "a.dcm"
    write_dicom(path, pixels, image_metadata=metadata, lossy=lossy)
    assert (dcmread(path).BitsStored, dcmread(path).HighBit) == (bits, bits - 1)
    np.testing.assert_array_equal(read_image(path).pixels, pixels)


def whole(**changes):
    """Metadata of a whole object of 2 x 3 pixels; elements that are changed to None go."""
    elements = {
        **{"SOPClassUID": PositronEmissionTomographyImageStorage, "SOPInstanceUID": "1.2.3"},
        **{"Rows": 2, "Columns": 3, "BitsAllocated": 16, "PixelRepresentation": 1, **changes},
    }
    dataset = Dataset()
    for keyword, value in elements.items():
        if value is not None:
            setattr(dataset, keyword, value)
    return {"dicom": dataset.to_json_dict(), "complete": True}


def uid_of(tmp_path, metadata, **arguments):
    path = tmp_path / "a.dcm"
    pixels = np.zeros((2, 3), np.int16)
    write_dicom(path, pixels, image_metadata=metadata, unchanged=True, **arguments)
    return dcmread(path).SOPInstanceUID


def test_a_whole_object_without_loss_keeps_its_uid(tmp_path):
    assert uid_of(tmp_path, whole()) == "1.2.3"
    assert uid_of(tmp_path, whole(), lossy=STEP) != "1.2.3"


@pytest.mark.parametrize(
    "metadata",
    [
        *[whole(**{name: None}) for name in ("SOPClassUID", "Rows", "BitsAllocated")],
        *[whole(Rows=3, Columns=2), whole(Rows=1), whole(Columns=4)],
        *[whole(BitsAllocated=8), whole(PixelRepresentation=0), whole(PixelRepresentation=None)],
        {**whole(), "complete": False},
        {"dicom": whole()["dicom"]},
        {**whole(), "unreadable": ["00181030"]},
    ],
)
def test_what_is_not_all_of_one_object_is_derived(tmp_path, metadata):
    assert uid_of(tmp_path, metadata) != "1.2.3"


@pytest.mark.parametrize("complete", [True, False, None])
def test_a_class_that_is_not_listed_is_kept_with_all_its_elements_alone(tmp_path, complete):
    metadata = {**whole(), "complete": complete}
    if complete is None:
        del metadata["complete"]
    path = tmp_path / "a.dcm"
    note = write_dicom(path, np.zeros((2, 3), np.int16), image_metadata=metadata, lossy=STEP)
    kept = dcmread(path).SOPClassUID == PositronEmissionTomographyImageStorage
    assert kept == (note is None) == bool(complete)


def test_an_enhanced_object_of_one_frame_has_no_groups_any_more(tmp_path):
    measures, group = Dataset(), Dataset()
    measures.PixelSpacing = [0.5, 0.25]
    group.PixelMeasuresSequence = [measures]
    metadata = whole(SOPClassUID=EnhancedMRImageStorage, SharedFunctionalGroupsSequence=[group])
    write_dicom(tmp_path / "a.dcm", np.zeros((2, 3), np.int16), image_metadata=metadata, lossy=STEP)
    written = dcmread(tmp_path / "a.dcm")
    assert written.PixelSpacing == [0.5, 0.25] and "SharedFunctionalGroupsSequence" not in written


PADDED = np.array([[-3000, -2500, -2000, -1024, 0, 900]], np.int16)


@pytest.mark.parametrize(
    ("value", "limit", "gap"),
    [
        (-3000, -2000, {"value": -3000, "inner": -2000, "nearest": -1024}),
        (-2000, -3000, {"value": -3000, "inner": -2000, "nearest": -1024}),
        (-3000, None, {"value": -3000, "nearest": -2500}),
        (900, None, {"value": 900, "nearest": 0}),
        (900, 0, {"value": 900, "inner": 0, "nearest": -1024}),
        (0, 900, {"value": 900, "inner": 0, "nearest": -1024}),
        (-2000, None, None),  # among the measurements
        (-2500, -2000, None),
        (-3000, 900, {"value": -3000}),  # everything is padding
        (None, None, None),
    ],
)
def test_padding_and_the_nearest_measurement(value, limit, gap):
    """The range may be stated from either end (PS3.3 C.7.5.1.1.2)."""
    dataset = Dataset()
    if value is not None:
        dataset.PixelPaddingValue = value
    if limit is not None:
        dataset.PixelPaddingRangeLimit = limit
    assert padding_gap(dataset, PADDED) == gap


@pytest.mark.parametrize(
    ("gap", "decoded", "value", "limit"),
    [
        ({"value": -2000, "nearest": -1024}, [-2003, -1996], -2003, -1513),
        ({"value": -2000, "nearest": -1025}, [-1990, -1020], -2000, -1513),
        ({"value": -2000, "nearest": -1025}, [-2000, -1020], -2000, None),
        ({"value": 10, "nearest": 3}, [11, 2], 11, 7),
        ({"value": 10, "nearest": 3}, [10, 2], 10, None),
        ({"value": 5, "nearest": -8}, [4, -9], 5, -1),
        ({"value": 6, "nearest": -8}, [4, -9], 6, 0),
        ({"value": -3000, "inner": -1500, "nearest": 0}, [-1494, 2], -3000, -751),
        ({"value": 3000, "inner": 1500, "nearest": 0}, [1494, 2], 3000, 751),
        ({"value": -2000}, [-2000, -2000], -2000, None),
        ({"value": -3000}, [-2000, -1998], -3000, -1998),
        ({"value": -2000}, [-2003, -1998], -2003, -1998),
        (None, [1, 2], None, None),
    ],
)
def test_the_range_of_padding_ends_in_the_middle_of_the_gap(gap, decoded, value, limit):
    """Outwards as far as decoded values go; a value in the middle is a measurement; no range
    where padding came back exactly.
    """
    dataset = Dataset()
    dataset.PixelPaddingValue = 77
    set_padding_range(dataset, np.array([decoded], np.int16), gap)
    assert dataset.get("PixelPaddingValue") == value
    assert dataset.get("PixelPaddingRangeLimit") == limit


@pytest.mark.parametrize(
    ("gap", "value", "limit"),
    [
        ({"value": -976, "nearest": 0}, None, None),  # no pixel can be so low
        ({"value": -400, "nearest": 600}, 0, 99),
        ({"value": 70000, "nearest": 66000}, None, None),
        ({"value": 70000, "nearest": 60000}, 65535, 65001),
    ],
)
def test_a_range_of_padding_stays_within_what_pixels_can_hold(gap, value, limit):
    dataset = Dataset()
    set_padding_range(dataset, np.array([[0, 70, 600, 65300]], np.uint16), gap)
    assert dataset.get("PixelPaddingValue") == value
    assert dataset.get("PixelPaddingRangeLimit") == limit


SYNTAXES = {"rle": RLELossless, "jpeg-ls": JPEGLSLossless, "jpeg-2000": JPEG2000Lossless}


@needs_validator
@pytest.mark.parametrize("name", SYNTAXES)
@pytest.mark.parametrize("file", ["693_UNCR.dcm", "bad_sequence.dcm", "image_dfl.dcm"])
def test_transfer_syntaxes_are_lossless_and_valid(tmp_path, name, file):
    """Signed of 14 bits, unsigned of 12 bits, 8 bits."""
    image = read_image(packaged(file))
    dataset = rebuild(tmp_path, image, transfer_syntax=name)
    path = tmp_path / "out.dcm"
    assert dataset.file_meta.TransferSyntaxUID == SYNTAXES[name]
    np.testing.assert_array_equal(read_image(path).pixels, image.pixels)
    np.testing.assert_array_equal(outcomes.read_with_gdcm(path), image.pixels)
    assert outcomes.validator_errors(path) == []


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
@pytest.mark.parametrize("name", SYNTAXES)
def test_extremes_of_every_dtype_survive_packing(tmp_path, name, dtype):
    limits = np.iinfo(dtype)
    random = np.random.default_rng(3)
    pixels = random.integers(limits.min, limits.max, (33, 37), dtype, endpoint=True)
    pixels[0, :3] = limits.min, limits.max, 0
    write_dicom(tmp_path / "a.dcm", pixels, transfer_syntax=name)
    np.testing.assert_array_equal(read_image(tmp_path / "a.dcm").pixels, pixels)
    np.testing.assert_array_equal(outcomes.read_with_gdcm(tmp_path / "a.dcm"), pixels)


@pytest.mark.parametrize("name", SYNTAXES)
def test_small_images(tmp_path, name):
    pixels = np.array([[1, 2, 3]], np.uint8)
    if name != "rle":
        with pytest.raises(UnwritableImageError, match="use another transfer syntax"):
            write_dicom(tmp_path / "a.dcm", pixels, transfer_syntax=name)
        return
    write_dicom(tmp_path / "a.dcm", pixels, transfer_syntax=name)
    np.testing.assert_array_equal(read_image(tmp_path / "a.dcm").pixels, pixels)


@needs_validator
@pytest.mark.parametrize("mode", ["whitelist", "full", "none"])
@pytest.mark.parametrize("anonymize", [False, True])
@pytest.mark.parametrize(
    "file",
    [
        "CT_small.dcm",
        "MR_small_expb.dcm",
        "693_UNCR.dcm",
        "bad_sequence.dcm",
        "MR-SIEMENS-DICOM-WithOverlays.dcm",
        "RG1_J2KI.dcm",
        "JPEG-LL.dcm",
        "JPGLosslessP14SV1_1s_1f_8b.dcm",
    ],
)
def test_valid_whatever_is_kept(tmp_path, file, mode, anonymize):
    image = read_image(packaged(file), metadata=mode, anonymize=anonymize)
    rebuild(tmp_path, image)
    assert outcomes.validator_errors(tmp_path / "out.dcm") == []
    assert outcomes.dcmtk_complaints(tmp_path / "out.dcm", tmp_path) == []


@needs_validator
def test_a_frame_of_an_enhanced_ct_is_a_ct_image(tmp_path):
    image = read_image(packaged("eCT_Supplemental.dcm"), frame=1)
    derived = rebuild(tmp_path, image)
    assert derived.SOPClassUID == CTImageStorage
    assert derived.SourceImageSequence[0].ReferencedFrameNumber == 2
    assert derived.InstanceNumber == 2
    assert derived.ImageType[2] == "PERFUSION"
    np.testing.assert_array_equal(derived.pixel_array, image.pixels)
    assert outcomes.validator_errors(tmp_path / "out.dcm") == []


def test_a_class_that_cannot_be_met_becomes_secondary_capture_and_says_so(tmp_path):
    image = read_image(save(make_dataset(np.zeros((4, 4), np.int16)), tmp_path / "a"))
    note = write_dicom(tmp_path / "b.dcm", image.pixels, image_metadata=image.metadata, lossy=STEP)
    assert dcmread(tmp_path / "b.dcm").SOPClassUID == SecondaryCaptureImageStorage
    assert "Secondary Capture" in note and "ImagePositionPatient is missing" in note


@needs_validator
@pytest.mark.parametrize("file", ["CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm"])
def test_like_takes_everything_else_from_the_original(tmp_path, file):
    path = packaged(file)
    original = dcmread(path)
    pixels = read_image(path).pixels + np.int16(1)
    derived = rebuild(tmp_path, read_image(path), pixels, like=path)
    np.testing.assert_array_equal(derived.pixel_array, pixels)
    changed = {
        "ImageType", "SOPInstanceUID", "PixelData", "SmallestImagePixelValue",
        "LargestImagePixelValue", "PixelPaddingValue", "BitsStored", "HighBit",
        "SpecificCharacterSet", "DataSetTrailingPadding", "ContentDate",
    }  # fmt: skip
    for element in original:
        if element.keyword in changed or element.tag.element == 0:
            continue
        assert element.tag in derived, element
        assert derived[element.tag].value == element.value, element
    assert outcomes.validator_errors(tmp_path / "out.dcm") == []


@pytest.mark.parametrize("file", ["chrH32.dcm", "chrRuss.dcm", "chrX2.dcm"])
@pytest.mark.parametrize("like", [False, True])
def test_names_in_any_character_set_become_utf_8(tmp_path, file, like):
    """Japanese with code extensions, Cyrillic, Chinese (PS3.5 6.1)."""
    path = Path(pydicom.__file__).parent / "data" / "charset_files" / file
    image = read_image(path, metadata="full")
    derived = rebuild(tmp_path, image, like=path if like else None)
    original = dcmread(path)
    assert str(derived.PatientName) == str(original.PatientName)
    assert str(original.PatientName).encode() in (tmp_path / "out.dcm").read_bytes()


def test_words_of_big_endian_files_are_swapped(tmp_path):
    dataset = make_dataset(np.zeros((2, 2), np.uint16), ExplicitVRBigEndian)
    eight = b"\1\2\3\4\5\6\7\10"
    dataset.add_new("RedPaletteColorLookupTableData", "OW", eight)
    dataset.add_new("VectorGridData", "OF", eight)
    dataset.add_new("TrackPointIndexList", "OL", eight)
    dataset.add_new("SelectorODValue", "OD", eight)
    dataset.add_new("SelectorOVValue", "OV", eight)
    image = read_image(save(dataset, tmp_path / "a"), metadata="full")
    again = rebuild(tmp_path, image)
    assert again.RedPaletteColorLookupTableData == b"\2\1\4\3\6\5\10\7"
    assert again.VectorGridData == again.TrackPointIndexList == b"\4\3\2\1\10\7\6\5"
    assert again.SelectorODValue == again.SelectorOVValue == eight[::-1]


@pytest.mark.parametrize(
    "metadata",
    [
        {"dicom": []},
        {"dicom": {"xyz": 1}},
        {"dicom": {"00280101": {"vr": "??", "Value": [1]}}},
        {"dicom": {"00281052": {"vr": "DS", "Value": ["a"]}}},
    ],
)
def test_foreign_metadata_is_refused(tmp_path, metadata):
    with pytest.raises((MetadataError, UnwritableImageError)) as caught:
        write_dicom(tmp_path / "a.dcm", np.zeros((2, 2), np.uint8), image_metadata=metadata)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "a.dcm").exists()


def test_long_decimals_are_shortened_to_what_ds_holds(tmp_path):
    metadata = {"dicom": {"00281053": {"vr": "DS", "Value": [1.0000000000000123]}}}
    write_dicom(tmp_path / "a.dcm", np.zeros((2, 2), np.uint8), image_metadata=metadata)
    assert len(str(dcmread(tmp_path / "a.dcm").RescaleSlope)) <= 16
