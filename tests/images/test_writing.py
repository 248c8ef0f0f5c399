"""What is written is read back, or refused with what to do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mmpc.errors import ProtectedFileError, UnwritableImageError
from mmpc.images.dicom.derivation import LossyStep
from mmpc.images.reading import read_image
from mmpc.images.samples import sample
from mmpc.images.writing import write_image

IMAGES = st.sampled_from(["uint8", "int8", "uint16", "int16"]).flatmap(
    lambda dtype: arrays(dtype, array_shapes(min_dims=2, max_dims=2, max_side=9))
)


@settings(deadline=None)
@given(pixels=IMAGES, extension=st.sampled_from([".npy", ".png", ".tif", ".TIFF", ".dcm"]))
def test_round_trip_or_refusal(tmp_path_factory, pixels, extension):
    path = tmp_path_factory.mktemp("written") / f"a{extension}"
    if pixels.min() < 0 and extension not in (".npy", ".dcm"):
        with pytest.raises(UnwritableImageError, match=r"write \.npy or \.dcm"):
            write_image(path, pixels)
        assert not path.exists()
        return
    write_image(path, pixels)
    image = read_image(path)
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.pixels.itemsize == pixels.itemsize
    if extension in (".npy", ".dcm"):
        assert image.pixels.dtype == pixels.dtype


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.npz", "dcm"])
def test_unknown_extensions(tmp_path, name):
    with pytest.raises(UnwritableImageError, match=r"not one of \.npy"):
        write_image(tmp_path / name, np.zeros((2, 2), np.uint8))


@pytest.mark.parametrize(
    ("name", "array", "says"),
    [
        ("a.npy", np.zeros((2, 2)), "2-D float64"),
        ("a.npy", np.zeros(4, np.uint8), "1-D uint8"),
        ("a.npy", np.zeros((2, 2, 2, 3), np.uint8), "4-D uint8"),
        ("a.png", np.zeros((3, 2, 2), np.uint8), "a volume of 3 slices"),
        ("a.dcm", np.zeros((3, 2, 2), np.int16), "a volume of 3 slices"),
    ],
)
def test_not_an_image(tmp_path, name, array, says):
    with pytest.raises(UnwritableImageError, match=says):
        write_image(tmp_path / name, array)
    assert not list(tmp_path.iterdir())


def test_a_volume_is_written_as_npy(tmp_path):
    volume = np.arange(12, dtype=np.int16).reshape(3, 2, 2)
    write_image(tmp_path / "a.npy", volume)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), volume)


def test_nifti_records_the_loss_and_says_what_is_not_known(tmp_path):
    nibabel = pytest.importorskip("nibabel", reason="nibabel is not installed")
    step = LossyStep("MMPC_2", 9.0)
    for name in ("a.nii", "a.nii.gz"):
        (note,) = write_image(tmp_path / name, np.zeros((2, 3), np.int16), lossy=step)
        assert "nothing is known of where" in note
        assert (tmp_path / name).read_bytes().startswith(b"\x1f\x8b") == name.endswith(".gz")
        text = nibabel.load(tmp_path / name).header["descrip"].item()
        assert text.startswith(b"lossy compression by MMPC_2")


def test_the_input_is_kept(tmp_path):
    path = tmp_path / "a.npy"
    write_image(path, np.zeros((2, 2), np.uint8))
    with pytest.raises(ProtectedFileError):
        write_image(path, np.ones((2, 2), np.uint8), keep=[path])


def test_dicom_keeps_the_meaning_of_the_values(tmp_path):
    original = sample("small_ct")
    path = tmp_path / "a.dcm"
    write_image(path, original.pixels, image_metadata=original.metadata)
    image = read_image(path)
    np.testing.assert_array_equal(image.pixels, original.pixels)
    np.testing.assert_array_equal(image.hounsfield(), original.hounsfield())
    assert image.modality == "CT"
    assert image.pixel_spacing_mm == original.pixel_spacing_mm


def test_values_beyond_bits_stored_widen_it(tmp_path):
    """A lossy codec may overshoot the 12 bits of the original."""
    metadata = {"dicom": {"00280101": {"vr": "US", "Value": [12]}}}
    pixels = np.array([[0, 4096]], np.uint16)
    write_image(tmp_path / "a.dcm", pixels, image_metadata=metadata)
    image = read_image(tmp_path / "a.dcm")
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.bits_stored == 16
