"""Formats are told by content; everything else is refused in one sentence."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from mmpc.errors import MetadataError, UnreadableFileError, UnsupportedPixelsError
from mmpc.images.dicom.derivation import LossyStep
from mmpc.images.dicom.reading import restored_image
from mmpc.images.nifti_writing import nifti_bytes
from mmpc.images.reading import parse_image, read_image


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a" + bytes(50), bytes(132), bytes(128) + b"DICM", b"\x08\x00" * 40, b"text\n"],
)
def test_foreign_files(tmp_path, data):
    path = tmp_path / "scan.dcm"
    path.write_bytes(data)
    with pytest.raises(UnreadableFileError) as caught:
        read_image(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "words"), [("none", "no such file"), (".", "cannot be read")])
def test_no_file(tmp_path, name, words):
    with pytest.raises(UnreadableFileError, match=words):
        read_image(tmp_path / name)


def test_a_volume_is_read_where_one_is_asked_for():
    stream = io.BytesIO()
    np.save(stream, np.zeros((3, 4, 5), np.int16))
    data = stream.getvalue()
    assert parse_image(data, Path("a.npy"), volume=True).pixels.shape == (3, 4, 5)
    assert parse_image(data, Path("a.npy"), 1).pixels.shape == (4, 5)
    with pytest.raises(UnsupportedPixelsError, match="has 3 frames"):
        parse_image(data, Path("a.npy"))


@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_of_either_byte_order_is_told_by_its_first_bytes(order):
    stream = io.BytesIO()
    Pillow.fromarray(np.array([[1, 700]], f"{order}u2")).save(stream, "TIFF")
    data = stream.getvalue()
    image = parse_image(data, Path("a.png"))
    assert (image.source_format, image.pixels.tolist()) == ("TIFF", [[1, 700]])
    with pytest.raises(UnreadableFileError, match="of no supported format"):
        parse_image(data[:3] + b"?" + data[4:], Path("a.tif"))


@pytest.mark.parametrize(("mode", "kept"), [("full", True), ("whitelist", False)])
def test_what_is_to_be_kept_reaches_the_reader_of_nifti(mode, kept):
    pytest.importorskip("nibabel", reason="nibabel is not installed")
    data, _ = nifti_bytes(
        np.zeros((2, 3), np.int16), {}, packed=False, lossy=LossyStep("MMPC_2", 9)
    )
    for anonymize in (False, True):
        image = parse_image(data, Path("a.nii"), metadata=mode, anonymize=anonymize)
        assert ("descrip" in image.metadata["nifti"]) == (kept and not anonymize)


def test_decoded_pixels_and_what_they_mean():
    pixels = np.array([[1, 2]], np.uint8)
    plain = restored_image(pixels, {"note": 1}, "a")
    assert (plain.bits_stored, plain.rescale_slope, plain.source_name) == (8, 1.0, "a")
    assert plain.metadata == {"note": 1}
    elements = {
        "00280101": {"vr": "US", "Value": [12]},
        "00281052": {"vr": "DS", "Value": [-5]},
        "00281053": {"vr": "DS", "Value": [2]},
    }
    image = restored_image(pixels.astype(np.int16), {"dicom": elements}, "a")
    assert (image.bits_stored, image.rescale_slope, image.rescale_intercept) == (12, 2.0, -5.0)
    assert restored_image(pixels, {"dicom": elements}).bits_stored == 8
    del elements["00280101"]
    assert restored_image(pixels.astype(np.int16), {"dicom": elements}).bits_stored == 16


@pytest.mark.parametrize("value", ["x", "nan"])
def test_a_rescale_that_is_none_is_refused(value):
    elements = {"00281053": {"vr": "DS", "Value": [value]}}
    with pytest.raises(MetadataError, match="the metadata are"):
        restored_image(np.zeros((2, 2), np.int16), {"dicom": elements}, "a")


def test_importing_the_readers_is_cheap():
    """Pillow, pydicom and the decoders are loaded when a file needs them."""
    code = (
        "import sys, mmpc.images, mmpc.samples\n"
        "print(sorted({'pydicom', 'PIL', 'gdcm', 'openjpeg', 'scipy', 'matplotlib', 'numba'}"
        " & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("[]\n", "")
