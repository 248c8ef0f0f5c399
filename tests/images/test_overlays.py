"""Overlays in unused bits of the pixels (retired 2004) are moved to OverlayData."""

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.overlays import get_overlay_array

from mmpc.images.dicom.original import read_original
from mmpc.images.dicom.overlays import move_embedded_overlays
from mmpc.images.dicom.writing import LossyStep, write_dicom
from mmpc.images.reading import read_image
from tests.images import outcomes
from tests.images.making import make_dataset, packaged, save
from tests.images.test_dicom import compress_with_gdcm

PIXELS = np.random.default_rng(5).integers(0, 4096, (9, 11), np.uint16)
DRAWING = np.random.default_rng(6).integers(0, 2, (9, 11), np.uint16)


def file_with_overlay(path, bit=12, signed=False, **elements):
    cells = PIXELS | DRAWING << bit
    dataset = make_dataset(cells, BitsStored=12, HighBit=11, **elements)
    dataset.PixelRepresentation = int(signed)
    for element, vr, value in (
        (0x0010, "US", 9),
        (0x0011, "US", 11),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 16),
        (0x0102, "US", bit),
    ):
        dataset.add_new((0x6000, element), vr, value)
    return save(dataset, path)


@pytest.mark.parametrize("bit", [12, 15])
@pytest.mark.parametrize("mode", ["full", "whitelist"])
@pytest.mark.parametrize("lossy", [None, LossyStep("MMPC_2", 8.5)])
def test_it_is_moved(tmp_path, bit, mode, lossy):
    image = read_image(file_with_overlay(tmp_path / "a.dcm", bit), metadata=mode)
    np.testing.assert_array_equal(image.pixels, PIXELS)
    assert f"overlay 6000 is moved from the pixels' bit {bit} to OverlayData" in image.notes
    write_dicom(tmp_path / "b.dcm", image.pixels, image_metadata=image.metadata, lossy=lossy)
    again = dcmread(tmp_path / "b.dcm")
    np.testing.assert_array_equal(get_overlay_array(again, 0x6000), DRAWING)
    assert again[0x6000, 0x0102].value == 0
    assert again[0x6000, 0x0100].value == 1
    assert again[0x6000, 0x0040].value == "G"
    if not outcomes.tools_missing():
        errors = outcomes.validator_errors(tmp_path / "b.dcm")
        assert not [error for error in errors if "Overlay" in error]


def test_all_overlays_of_all_sizes(tmp_path):
    """What the header says of size and frames gives way to what the pixel cells hold."""
    shape = (3, 5)  # 15 bits: two bytes with one that pads them
    random = np.random.default_rng(7)
    pixels = random.integers(0, 1 << 10, shape, np.uint16)
    drawings = random.integers(0, 2, (3, *shape), np.uint16)
    cells = pixels << 4 | drawings[0] | drawings[1] << 3 | drawings[2] << 15
    dataset = make_dataset(cells, BitsStored=10, HighBit=13)
    for group, bit in ((0x6000, 0), (0x6002, 3), (0x601E, 15)):
        dataset.add_new((group, 0x0010), "US", 99)
        dataset.add_new((group, 0x0015), "IS", 1)
        dataset.add_new((group, 0x0050), "SS", [2, 2])
        dataset.add_new((group, 0x0051), "US", 1)
        dataset.add_new((group, 0x0102), "US", bit)
    dataset.add_new((0x6004, 0x0102), "US", 4)  # a bit of the pixel
    dataset.private_block(0x6001, "VENDOR", create=True).add_new(2, "US", 12)
    image = read_image(save(dataset, tmp_path / "a.dcm"))
    np.testing.assert_array_equal(image.pixels, pixels)
    assert len(image.notes) == 4
    write_dicom(tmp_path / "b.dcm", image.pixels, image_metadata=image.metadata, unchanged=True)
    again = dcmread(tmp_path / "b.dcm")
    for drawing, group in zip(drawings, (0x6000, 0x6002, 0x601E), strict=True):
        np.testing.assert_array_equal(get_overlay_array(again, group), drawing)
        assert (again[group, 0x0010].value, again[group, 0x0011].value) == shape
        assert again[group, 0x0050].value == [1, 1]
        assert (group, 0x0015) not in again and (group, 0x0051) not in again
    assert (0x6004, 0x3000) not in again
    assert again[0x6001, 0x1002].value == 12


@pytest.mark.parametrize(("columns", "length"), [(7, 4), (8, 4), (5, 2)])
def test_the_bits_are_whole_words(columns, length):
    dataset = make_dataset(np.zeros((3, columns), np.uint16), BitsStored=12, HighBit=11)
    dataset.add_new((0x6000, 0x0102), "US", 15)
    move_embedded_overlays(dataset, np.full((3, columns), 1 << 15, np.uint16))
    data = dataset[0x6000, 0x3000].value
    assert len(data) == length
    assert int.from_bytes(data, "little") == (1 << 3 * columns) - 1


def test_also_with_like(tmp_path):
    path = file_with_overlay(tmp_path / "a.dcm")
    image = read_image(path, metadata="whitelist")
    metadata = read_original(path, image).metadata
    write_dicom(tmp_path / "b.dcm", image.pixels, image_metadata=metadata)
    again = dcmread(tmp_path / "b.dcm")
    np.testing.assert_array_equal(get_overlay_array(again, 0x6000), DRAWING)


def test_an_overlay_that_compression_lost_leaves_no_header(tmp_path):
    """JPEG codes the bits of the pixels alone."""
    path = save(make_dataset(PIXELS, BitsStored=12, HighBit=11), tmp_path / "a.dcm")
    compress_with_gdcm(path, "1.2.840.10008.1.2.4.70")
    dataset, with_overlay = dcmread(path), dcmread(file_with_overlay(tmp_path / "b.dcm"))
    for element in with_overlay.group_dataset(0x6000):
        dataset.add(element)
    check_that_the_header_goes(save(dataset, path), tmp_path)


def test_a_bit_of_the_pixel_itself_is_no_overlay(tmp_path):
    dataset = dcmread(file_with_overlay(tmp_path / "a.dcm"))
    dataset[0x6000, 0x0102].value = 11
    check_that_the_header_goes(save(dataset, tmp_path / "a.dcm"), tmp_path)


def check_that_the_header_goes(path, folder):
    image = read_image(path)
    assert "overlay 6000 is not in the file, though its header is" in image.notes
    np.testing.assert_array_equal(image.pixels, PIXELS)
    step = LossyStep("MMPC_2", 8.5)
    write_dicom(folder / "c.dcm", image.pixels, image_metadata=image.metadata, lossy=step)
    assert not dcmread(folder / "c.dcm").group_dataset(0x6000)


def test_overlays_of_their_own_stay_as_they_are():
    path = packaged("MR-SIEMENS-DICOM-WithOverlays.dcm")
    elements = read_image(path, metadata="whitelist").metadata["dicom"]
    kept = {tag for tag in elements if tag.startswith("60")}
    assert kept == {f"{tag:08X}" for tag in dcmread(path).group_dataset(0x6000).keys()}  # noqa: SIM118
    assert kept
