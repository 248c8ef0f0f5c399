"""What the header of a derived image says of its pixels and of where it comes from."""

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000, CTImageStorage, JPEG2000Lossless, JPEGLSNearLossless

from mmpc.images.dicom.derivation import (
    LossyStep,
    add_lossy_step,
    describe_pixels,
    mark_derived,
    put_pixels,
    unrecorded_loss,
)
from tests.images.making import make_dataset

STEP = LossyStep("MMPC_2", 8.5)


@pytest.mark.parametrize(
    ("dtype", "vr", "length"),
    [(np.uint8, "OB", 16), (np.int8, "OB", 16), (np.uint16, "OW", 30), (np.int16, "OW", 30)],
)
def test_pixels_are_put_in(dtype, vr, length):
    dataset, pixels = Dataset(), np.arange(15).astype(dtype).reshape(3, 5)
    put_pixels(dataset, pixels)
    assert (dataset["PixelData"].VR, len(dataset.PixelData)) == (vr, length)
    little = pixels.astype(pixels.dtype.newbyteorder("<"))
    assert dataset.PixelData[: pixels.nbytes] == little.tobytes()
    assert (dataset.Rows, dataset.Columns, dataset.SamplesPerPixel) == (3, 5, 1)
    bits = 8 * pixels.itemsize
    assert (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit) == (bits, bits, bits - 1)
    assert dataset.PixelRepresentation == int(pixels.dtype.kind == "i")


@pytest.mark.parametrize(
    ("dtype", "values", "stored"),
    [
        *((np.int16, values, 12) for values in ([-2048, 2047], [0, 0])),
        *((np.int16, values, 16) for values in ([-2049, 0], [0, 2048])),
        (np.uint16, [0, 4095], 12),
        (np.uint16, [0, 4096], 16),
    ],
)
def test_stored_bits_hold_what_is_there(dtype, values, stored):
    dataset = Dataset()
    dataset.BitsStored = 12
    put_pixels(dataset, np.array([values], dtype))
    assert (dataset.BitsStored, dataset.HighBit) == (stored, stored - 1)


def test_what_is_said_of_the_values_is_true():
    dataset = make_dataset(np.zeros((1, 2), np.uint16), PhotometricInterpretation="RGB")
    dataset.LargestPixelValueInSeries, dataset.PlanarConfiguration = 5, 0
    dataset.SmallestImagePixelValue = 9
    describe_pixels(dataset, np.array([[-3, 7]], np.int16), None, exact=True)
    assert "LargestPixelValueInSeries" not in dataset and "PlanarConfiguration" not in dataset
    assert dataset.PhotometricInterpretation == "MONOCHROME2"
    smallest = dataset["SmallestImagePixelValue"]
    assert (smallest.VR, smallest.value, dataset.LargestImagePixelValue) == ("SS", -3, 7)


@pytest.mark.parametrize("kind", ["MONOCHROME1", "MONOCHROME2"])
def test_what_is_bright_stays(kind):
    dataset = make_dataset(np.zeros((1, 2), np.uint16), PhotometricInterpretation=kind)
    describe_pixels(dataset, np.zeros((1, 2), np.uint16), None, exact=True)
    assert dataset.PhotometricInterpretation == kind


def source(**elements):
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3"
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["ORIGINAL", "PRIMARY", "AXIAL"], ["DERIVED", "PRIMARY", "AXIAL"]),
        ("ORIGINAL", ["DERIVED", "SECONDARY"]),
        (None, ["DERIVED", "SECONDARY"]),
    ],
)
def test_an_image_becomes_derived(kinds, expected):
    dataset = source(ImageType=kinds)
    mark_derived(dataset, STEP)
    assert dataset.ImageType == expected
    assert dataset.SourceImageSequence[0].ReferencedSOPInstanceUID == "1.2.3"
    assert "ReferencedFrameNumber" not in dataset.SourceImageSequence[0]
    assert "InstanceNumber" not in dataset
    assert dataset.DerivationCodeSequence[0].CodeValue == "113040"
    assert "MMPC_2, not for diagnosis" in dataset.DerivationDescription


def test_the_new_uid_follows_from_source_frame_and_seed():
    def uid(frame=None, seed=b"", **elements):
        dataset = source(**elements)
        mark_derived(dataset, STEP, frame, seed=seed)
        return dataset.SOPInstanceUID

    assert uid() == uid() != "1.2.3"
    assert len({uid(), uid(0), uid(1), uid(seed=b"a"), uid(SOPInstanceUID="1.2.4")}) == 5


def test_frames_are_counted_from_one():
    dataset = source()
    mark_derived(dataset, STEP, 0)
    assert dataset.SourceImageSequence[0].ReferencedFrameNumber == dataset.InstanceNumber == 1


@pytest.mark.parametrize("missing", ["SOPClassUID", "SOPInstanceUID"])
def test_a_source_has_class_and_uid_or_is_not_named(missing):
    dataset = source(SourceImageSequence=[Dataset()])
    delattr(dataset, missing)
    mark_derived(dataset, STEP)
    assert "SourceImageSequence" not in dataset and dataset.SOPInstanceUID


def test_a_conversion_without_loss_is_no_lossy_step():
    dataset = source()
    mark_derived(dataset, None)
    assert "LossyImageCompression" not in dataset and "DerivationCodeSequence" not in dataset
    assert "without loss" in dataset.DerivationDescription


@pytest.mark.parametrize(
    ("ratios", "methods", "expected"),
    [
        (None, None, ([8.5], ["MMPC_2"])),
        (4, "ISO_15444_1", ([4, 8.5], ["ISO_15444_1", "MMPC_2"])),
        ([4, 2], ["A", "B"], ([4, 2, 8.5], ["A", "B", "MMPC_2"])),
    ],
)
def test_lossy_steps_add_up(ratios, methods, expected):
    dataset = source(LossyImageCompressionRatio=ratios, LossyImageCompressionMethod=methods)
    add_lossy_step(dataset, STEP)
    found = dataset.LossyImageCompressionRatio, dataset.LossyImageCompressionMethod
    as_lists = [[one] if isinstance(one, str | float) else list(one) for one in found]
    assert tuple(as_lists) == expected
    assert dataset.LossyImageCompression == "01"


LOSSY, REVERSIBLE = (b"\xff\x4f\xff\x52" + bytes(11) + bytes([n]) + bytes(4) for n in (0, 1))


def encoded(codestream, syntax=JPEG2000, **elements):
    dataset = make_dataset(np.zeros((4, 10), np.uint16), **elements)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([codestream])
    return dataset


def test_a_lossy_syntax_is_a_step():
    assert unrecorded_loss(encoded(LOSSY), 0) == LossyStep("ISO_15444_1", 80 / 20)
    assert unrecorded_loss(encoded(REVERSIBLE, JPEGLSNearLossless), 0).method == "ISO_14495_1"


def test_what_is_recorded_or_reversible_is_no_step():
    assert unrecorded_loss(encoded(LOSSY, LossyImageCompressionMethod="ISO_15444_1"), 0) is None
    assert unrecorded_loss(encoded(REVERSIBLE), 0) is None
    assert unrecorded_loss(encoded(LOSSY, JPEG2000Lossless), 0) is None
    assert unrecorded_loss(make_dataset(np.zeros((4, 8), np.uint16)), 0) is None
