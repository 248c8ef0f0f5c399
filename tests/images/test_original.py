"""``--like`` takes a header only from the file that was compressed."""

from dataclasses import replace

import numpy as np
import pytest

from mmpc.errors import UnreadableFileError, UnwritableImageError
from mmpc.images.dicom.deidentify import Deidentifier
from mmpc.images.dicom.original import read_original
from mmpc.images.dicom.reading import restored_image
from mmpc.images.reading import read_image
from tests.images.making import make_dataset, packaged, save

PIXELS = np.arange(-66, 66, dtype=np.int16).reshape(12, 11)
OTHER = PIXELS[::-1].copy()
DEIDENTIFIER = Deidentifier(b"k" * 32)


def file_of(path, pixels=PIXELS, uid="1.2.3", name="Doe^Jane", **elements):
    rescale = {"RescaleSlope": 2, "RescaleIntercept": -1024}
    elements = {"SOPInstanceUID": uid, "PatientName": name, **rescale, **elements}
    return save(make_dataset(pixels, **elements), path)


def decoded(path, error=1, **arguments):
    """What a decoder has of a file: pixels that are a little off, and the metadata."""
    image = read_image(path, **arguments)
    return restored_image(image.pixels + image.pixels.dtype.type(error), image.metadata)


@pytest.mark.parametrize("mode", ["full", "whitelist"])
def test_the_file_that_was_compressed_is_taken(tmp_path, mode):
    path = file_of(tmp_path / "a.dcm", PatientAge="040Y")
    original = read_original(path, decoded(path, metadata=mode))
    assert original.metadata["dicom"]["00101010"]["Value"] == ["040Y"]
    assert original.notes == ()


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"uid": "1.2.4", "name": "Roe^Richard"}, "SOPInstanceUIDs differ"),
        ({"pixels": PIXELS[:-1]}, "it is 11 x 11 int16"),
        ({"pixels": PIXELS.view(np.uint16)}, "it is 12 x 11 uint16"),
        ({"RescaleIntercept": -1000}, "its rescale is"),
    ],
)
def test_another_image_is_refused_whatever_is_said(tmp_path, other, words, force):
    image = decoded(file_of(tmp_path / "a.dcm"))
    path = file_of(tmp_path / "b.dcm", **other)
    with pytest.raises(UnwritableImageError, match=words):
        read_original(path, image, force=force)


@pytest.mark.parametrize("mode", ["full", "none"])
def test_without_loss_the_pixels_must_be_the_same(tmp_path, mode):
    path = file_of(tmp_path / "a.dcm")
    other = file_of(tmp_path / "b.dcm", OTHER)
    image = decoded(path, error=0, metadata=mode)
    read_original(path, image, lossless=True, force=True)
    with pytest.raises(UnwritableImageError, match="its pixels are others"):
        read_original(other, image, lossless=True, force=True)


def test_a_stream_that_does_not_say_whose_it_is_needs_force(tmp_path):
    path = file_of(tmp_path / "a.dcm")
    image = decoded(path, metadata="none")
    with pytest.raises(UnwritableImageError, match=r"does not say which image .*--force"):
        read_original(path, image)
    original = read_original(path, image, force=True)
    assert original.metadata["dicom"]["00100010"]["Value"] == [{"Alphabetic": "Doe^Jane"}]
    (note,) = original.notes
    assert "your word" in note and str(path) in note


def test_a_de_identified_stream_needs_its_key(tmp_path):
    path = file_of(tmp_path / "a.dcm")
    image = decoded(path, anonymize=DEIDENTIFIER)
    for deidentifier in (None, Deidentifier(b"x" * 32)):
        with pytest.raises(UnwritableImageError, match="--anonymize-key"):
            read_original(path, image, deidentifier=deidentifier, force=True)
    original = read_original(path, image, deidentifier=DEIDENTIFIER)
    assert "patient" in original.notes[0]
    other = file_of(tmp_path / "b.dcm", uid="1.2.4")
    with pytest.raises(UnwritableImageError, match="differ"):
        read_original(other, image, deidentifier=DEIDENTIFIER)


def test_a_frame_is_taken_from_its_file():
    path = packaged("eCT_Supplemental.dcm")
    original = read_original(path, decoded(path, frame=1, metadata="whitelist"))
    assert original.metadata["frame"] == 1
    np.testing.assert_array_equal(original.pixels, read_image(path, frame=1).pixels)
    nowhere = decoded(path, frame=1, metadata="none")
    with pytest.raises(UnwritableImageError, match="which of its 2 frames"):
        read_original(path, nowhere, force=True)


def test_what_is_no_dicom_file(tmp_path):
    image = decoded(file_of(tmp_path / "a.dcm"))
    (tmp_path / "b").write_bytes(b"GIF89a" + bytes(200))
    with pytest.raises(UnwritableImageError, match="no DICOM file"):
        read_original(tmp_path / "b", image)
    with pytest.raises(UnreadableFileError, match="no such file"):
        read_original(tmp_path / "none", image)


@pytest.mark.parametrize("mode", ["full", "whitelist", "none"])
def test_metadata_give_the_pixels_their_meaning_again(tmp_path, mode):
    path = file_of(
        tmp_path / "a.dcm",
        WindowCenter=40,
        WindowWidth=80,
        PixelSpacing=[0.5, 0.25],
        BitsStored=12,
        HighBit=11,
    )
    image = read_image(path, metadata=mode)
    again = restored_image(image.pixels, image.metadata, image.source_name)
    if mode == "none":
        image = replace(
            image, window_center=None, window_width=None, pixel_spacing_mm=None, modality="OT"
        )
    for name in image.__dataclass_fields__:
        if name not in ("pixels", "notes"):
            assert getattr(again, name) == getattr(image, name), name


def test_pixels_without_metadata_are_an_array():
    image = restored_image(PIXELS, {})
    assert (image.source_format, image.bits_stored) == ("array", 16)
