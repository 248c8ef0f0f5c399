"""Series of DICOM slices: found, sorted, refused where they make no volume, read and written."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from mmpc.errors import (
    FileError,
    InvalidParameterError,
    MetadataError,
    UnreadableFileError,
    UnsupportedPixelsError,
    UnwritableImageError,
)
from mmpc.images.dicom.deidentify import Deidentifier
from mmpc.images.dicom.derivation import LossyStep
from mmpc.images.dicom.series import choose_series, find_series, named
from mmpc.images.dicom.series_metadata import join_metadata, slice_metadata
from mmpc.images.dicom.series_order import sort_slices
from mmpc.images.dicom.series_reading import read_series
from mmpc.images.dicom.series_writing import checksum_of_slice, write_series
from mmpc.images.reading import read_image
from tests.images.making import packaged, save
from tests.images.series_making import AXIAL, save_shuffled, slices_of

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

CORONAL, SAGITTAL = (1, 0, 0, 0, 0, -1), (0, 1, 0, 0, 0, -1)
OBLIQUE = (0.6, 0.8, 0, 0, 0, -1)


def the_series(folder):
    (series,), _ = find_series(folder)
    return series


def refusal(folder):
    with pytest.raises(UnsupportedPixelsError, match="makes no volume") as error:
        sort_slices(the_series(folder))
    assert "\n" not in str(error.value)
    return str(error.value)


def same_elements(written, original):
    """Tell that two datasets say the same, pixels included."""
    left, right = (dcmread(path) if hasattr(path, "open") else path for path in (written, original))
    assert set(left.keys()) == {tag for tag in right.keys() if tag.element}  # noqa: SIM118
    for element in left:
        assert element.value == right[element.tag].value, element
    return True


@pytest.mark.parametrize("orientation", [AXIAL, CORONAL, SAGITTAL, OBLIQUE])
@pytest.mark.parametrize("file", ["CT_small.dcm", "MR_small.dcm"])
def test_slices_are_sorted_along_their_normal(tmp_path, orientation, file):
    paths = save_shuffled(slices_of(file, 6, orientation=orientation), tmp_path)
    assert paths != sorted(paths)
    ordered, notes = sort_slices(the_series(tmp_path))
    assert [one.path for one in ordered] == paths
    assert notes == []


def test_a_gap_is_a_warning_and_a_tilt_a_note(tmp_path):
    made = slices_of(n_slices=5)
    for index, one in enumerate(made):
        one.ImagePositionPatient = [0, index * 0.7, index * 2.5]
    paths = save_shuffled([*made[:2], *made[3:]], tmp_path)
    ordered, (gap, tilt) = sort_slices(the_series(tmp_path))
    assert [one.path for one in ordered] == paths
    assert "warning" in gap and "2.5 to 5 mm" in gap
    assert f"{paths[1].name}, {paths[2].name}" in gap
    assert "15.6 degrees" in tilt


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PixelSpacing", [0.5, 0.5]),
        ("ImageOrientationPatient", list(SAGITTAL)),
        ("PatientID", "somebody else"),
        ("FrameOfReferenceUID", "1.2.3"),
        ("PhotometricInterpretation", "MONOCHROME1"),
        ("PixelRepresentation", 0),
        ("Rows", 12),
    ],
)
def test_slices_that_differ_are_refused_by_name(tmp_path, keyword, value):
    made = slices_of()
    setattr(made[2], keyword, value)
    paths = save_shuffled(made, tmp_path)
    text = refusal(tmp_path)
    assert paths[2].name in text and keyword in text
    assert not any(path.name in text for path in (*paths[:2], paths[3]))
    assert "somebody else" not in text


def test_the_same_rescale_in_other_words_is_the_same(tmp_path):
    made = slices_of()
    made[1].RescaleSlope = "1.0"
    save_shuffled(made, tmp_path)
    assert read_series(the_series(tmp_path)).pixels.shape == (4, 24, 20)


def test_a_frame_of_reference_a_slice_says_nothing(tmp_path):
    made = slices_of(n_slices=5)
    for index, one in enumerate(made):
        one.FrameOfReferenceUID = f"1.2.3.{index}"
    paths = save_shuffled(made, tmp_path)
    ordered, (note,) = sort_slices(the_series(tmp_path))
    assert [one.path for one in ordered] == paths and "frame of reference" in note
    for one in made[:3]:
        one.FrameOfReferenceUID = "1.2.3"
    made[3].FrameOfReferenceUID = made[4].FrameOfReferenceUID
    for path, one in zip(paths, made, strict=True):
        save(one, path)
    assert "have another FrameOfReferenceUID than" in refusal(tmp_path)


def test_two_slices_at_one_position_are_refused_by_name(tmp_path):
    made = slices_of()
    made[2].ImagePositionPatient = made[1].ImagePositionPatient
    paths = save_shuffled(made, tmp_path)
    text = refusal(tmp_path)
    assert paths[1].name in text and paths[2].name in text and "same position" in text


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient"])
def test_a_slice_without_a_place_is_refused_by_name(tmp_path, keyword):
    made = slices_of()
    delattr(made[3], keyword)
    paths = save_shuffled(made, tmp_path)
    assert f"{paths[3].name} do not say where they lie ({keyword}" in refusal(tmp_path)


@pytest.mark.parametrize("orientation", [(1, 0, 0, 1, 0, 0), (2, 0, 0, 0, 0.5, 0)])
def test_an_orientation_that_is_none_is_refused(tmp_path, orientation):
    save_shuffled(slices_of(orientation=orientation), tmp_path)
    text = refusal(tmp_path)
    assert "unit vectors" in text or "same position" in text


@pytest.mark.parametrize(("keyword", "value"), [("RescaleSlope", 2), ("RescaleIntercept", -1000)])
def test_a_rescale_that_differs_is_kept_by_slice(tmp_path, keyword, value):
    made = slices_of()
    setattr(made[2], keyword, value)
    paths = save_shuffled(made, tmp_path / "in")
    image = read_series(the_series(tmp_path / "in"))
    assert np.isnan(image.rescale_slope) and "differs by slice" in image.notes[0]
    for index, path in enumerate(paths):
        own = slice_metadata(image.metadata, index, 4)
        assert own == read_image(path).metadata
    write_series(tmp_path / "out", image.pixels, image.metadata, lossy=None, checksum=b"")
    for path, original in zip(sorted((tmp_path / "out").iterdir()), paths, strict=True):
        assert same_elements(path, original)


def test_frames_are_refused(tmp_path):
    save_shuffled(slices_of(NumberOfFrames=2), tmp_path)
    assert "several frames" in refusal(tmp_path)


def test_what_is_no_slice_is_left_out_and_said(tmp_path):
    made = slices_of(n_slices=3)
    localizer = slices_of(n_slices=1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])[0]
    localizer.SeriesInstanceUID = made[0].SeriesInstanceUID
    save_shuffled(made, tmp_path)
    save(localizer, tmp_path / "scout.dcm")
    (tmp_path / "report.dcm").write_bytes(packaged("reportsi.dcm").read_bytes())
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / ".hidden").write_text("nothing")
    series, notes = find_series(tmp_path)
    assert [len(one.slices) for one in series] == [3]
    assert sorted(notes) == [
        "left out: 1 files that are no DICOM (notes.txt)",
        "left out: 1 localizers (scout.dcm)",
        "left out: 1 objects without an image (report.dcm)",
    ]


def test_a_folder_without_images_and_a_damaged_slice_are_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(UnreadableFileError, match=r"no DICOM image .* \(notes.txt\)"):
        find_series(tmp_path)
    paths = save_shuffled(slices_of(), tmp_path)
    paths[1].write_bytes(paths[1].read_bytes()[:-500])
    with pytest.raises(UnreadableFileError, match=paths[1].name):
        read_series(the_series(tmp_path))
    paths[1].write_bytes(paths[1].read_bytes()[:300])
    with pytest.raises(UnreadableFileError, match=paths[1].name):
        find_series(tmp_path)


def test_series_are_told_apart_and_chosen(tmp_path):
    first = slices_of(n_slices=2, SeriesNumber=7, SeriesDescription="thin\x1b[31m slices")
    second = slices_of("MR_small.dcm", 3, SeriesNumber=2, SeriesDescription="T1")
    save_shuffled(first, tmp_path / "a")
    save_shuffled(second, tmp_path / "b")
    series, _ = find_series(tmp_path)
    assert [len(one.slices) for one in series] == [3, 2]
    assert "\x1b" not in str(series[1]) and "slices" in str(series[1])
    assert choose_series(series, "2", tmp_path).uid == first[0].SeriesInstanceUID
    assert choose_series(series, second[0].SeriesInstanceUID, tmp_path) is series[0]
    with pytest.raises(InvalidParameterError, match=r"'7'.*series 1: MR, 3 files"):
        choose_series(series, "7", tmp_path)


@pytest.mark.parametrize("mode", ["full", "whitelist", "none"])
@pytest.mark.parametrize("anonymize", [False, Deidentifier(b"k" * 32)])
def test_metadata_of_a_slice_are_those_of_its_file_alone(tmp_path, mode, anonymize):
    paths = save_shuffled(slices_of(), tmp_path)
    image = read_series(the_series(tmp_path), metadata=mode, anonymize=anonymize)
    assert "00281052" in image.metadata["dicom"]  # common, so once
    assert not any("00281052" in one["dicom"] for one in image.metadata["slices"])
    for index, path in enumerate(paths):
        alone = read_image(path, metadata=mode, anonymize=anonymize)
        assert slice_metadata(image.metadata, index, 4) == alone.metadata
        np.testing.assert_array_equal(image.pixels[index], alone.pixels)


def test_the_slices_that_are_read_are_counted(tmp_path):
    save_shuffled(slices_of(n_slices=3), tmp_path)
    told = []
    read_series(the_series(tmp_path), progress=lambda *counts: told.append(counts))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_series_of_one_slice(tmp_path):
    (path,) = save_shuffled(slices_of(n_slices=1), tmp_path)
    image = read_series(the_series(tmp_path))
    np.testing.assert_array_equal(image.pixels, read_image(path).pixels[None])


def test_of_many_names_some_are_said():
    paths = [Path("folder", f"{number}\x1b.dcm") for number in range(6)]
    assert named(paths[:4]) == "0 .dcm, 1 .dcm, 2 .dcm, 3 .dcm"
    assert named(paths) == "0 .dcm, 1 .dcm, 2 .dcm, 3 .dcm, 2 more"


def test_what_some_slices_lack_or_write_otherwise_stays_with_the_others():
    slices = [{"dicom": {"A": 1, "B": 2}, "x": True}, {"dicom": {"A": 1.0}, "x": True}]
    joined = join_metadata(slices)
    assert joined == {
        "dicom": {},
        "x": True,
        "slices": [{"dicom": {"A": 1, "B": 2}}, {"dicom": {"A": 1.0}}],
    }
    assert repr([slice_metadata(joined, index, 2)["dicom"] for index in (0, 1)]) == repr(
        [one["dicom"] for one in slices]
    )


@pytest.mark.parametrize(
    "metadata",
    [
        {"slices": [{}]},
        {"slices": 3},
        {"slices": [1, 2]},
        {"slices": [{"dicom": 5}, {}]},
        {"dicom": [], "slices": [{}, {}]},
    ],
)
def test_foreign_metadata_of_slices_are_refused(metadata):
    with pytest.raises(MetadataError):
        slice_metadata(metadata, 0, 2)


def test_references_between_de_identified_slices_hold(tmp_path):
    made = slices_of()
    save_shuffled(made, tmp_path / "in")
    image = read_series(the_series(tmp_path / "in"), anonymize=True)
    write_series(tmp_path / "out", image.pixels, image.metadata, lossy=None, checksum=b"1")
    written = [dcmread(path) for path in sorted((tmp_path / "out").iterdir())]
    uids = [one.SOPInstanceUID for one in written]
    assert len(set(uids)) == 4
    assert not set(uids) & {one.SOPInstanceUID for one in made}
    for one in written:
        assert one.ReferencedImageSequence[0].ReferencedSOPInstanceUID == uids[0]
        assert one.SeriesInstanceUID == written[0].SeriesInstanceUID != made[0].SeriesInstanceUID
        assert one.FrameOfReferenceUID == written[0].FrameOfReferenceUID
    assert [one.pixel_array[0, 0] for one in written] == [one.pixel_array[0, 0] for one in made]


@pytest.mark.parametrize("file", ["CT_small.dcm", "MR_small.dcm"])
def test_without_loss_the_same_objects_come_out(tmp_path, file):
    made = slices_of(file)
    paths = save_shuffled(made, tmp_path / "in")
    image = read_series(the_series(tmp_path / "in"))
    write_series(tmp_path / "out", image.pixels, image.metadata, lossy=None, checksum=b"1")
    written = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in written] == [f"slice_000{index}.dcm" for index in range(4)]
    assert all(same_elements(*pair) for pair in zip(written, paths, strict=True))


def test_with_loss_each_slice_is_derived_from_its_own(tmp_path):
    made = slices_of()
    save_shuffled(made, tmp_path / "in")
    image = read_series(the_series(tmp_path / "in"))
    step = LossyStep("MMPC_2", 9.0)
    write_series(tmp_path / "out", image.pixels + 1, image.metadata, lossy=step, checksum=b"1")
    written = [dcmread(path) for path in sorted((tmp_path / "out").iterdir())]
    assert len({one.SOPInstanceUID for one in written}) == 4
    for one, original in zip(written, made, strict=True):
        assert one.SourceImageSequence[0].ReferencedSOPInstanceUID == original.SOPInstanceUID
        assert one.SeriesInstanceUID == original.SeriesInstanceUID
        assert one.ImagePositionPatient == original.ImagePositionPatient
        assert one.InstanceNumber == original.InstanceNumber
        assert one.LossyImageCompression == "01" and one.ImageType[0] == "DERIVED"


def test_slices_that_nothing_tells_apart_are_not_written(tmp_path):
    save_shuffled(slices_of(), tmp_path / "in")
    image = read_series(the_series(tmp_path / "in"), metadata="none")
    with pytest.raises(UnwritableImageError, match="which object each slice is"):
        write_series(tmp_path / "out", image.pixels, image.metadata, lossy=None, checksum=b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


UIDS = [{"dicom": {"00080018": {"vr": "UI", "Value": [f"1.2.{one}"]}}} for one in range(3)]


@pytest.mark.parametrize(
    "slices",
    [
        [*UIDS[:2], {"dicom": {}}],
        [*UIDS[:2], {"dicom": {"00080018": {"vr": "UI"}}}],
        [*UIDS[:2], UIDS[0]],
        [{**UIDS[0], "frame": 1}, {**UIDS[0], "frame": 0}, {**UIDS[0], "frame": 1}],
    ],
)
def test_slices_of_which_two_are_one_object_are_not_written(tmp_path, slices):
    volume = np.zeros((3, 4, 4), np.uint16)
    with pytest.raises(UnwritableImageError, match="which object each slice is"):
        write_series(tmp_path / "out", volume, {"slices": slices}, lossy=None, checksum=b"")


def test_frames_of_one_object_are_told_apart(tmp_path):
    slices = [{**UIDS[0], "frame": number} for number in range(3)]
    volume = np.zeros((3, 4, 4), np.uint16)
    step = LossyStep("MMPC_2", 9.0)
    write_series(tmp_path / "out", volume, {"slices": slices}, lossy=step, checksum=b"")
    uids = {dcmread(path).SOPInstanceUID for path in (tmp_path / "out").iterdir()}
    assert len(uids) == 3


def test_new_uids_of_slices_follow_from_their_own_or_their_number():
    assert checksum_of_slice(b"abc", UIDS[0], 7) == b"abc"
    assert checksum_of_slice(b"abc", {}, 7) == b"abc\7\0\0\0"


def test_the_folder_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    save_shuffled(slices_of(), tmp_path / "in")
    image = read_series(the_series(tmp_path / "in"))
    arguments = (image.pixels, image.metadata)
    with pytest.raises(FileError, match="not empty"):
        write_series(tmp_path / "in", *arguments, lossy=None, checksum=b"1")
    with pytest.raises(FileError, match="does not exist"):
        write_series(tmp_path / "no" / "out", *arguments, lossy=None, checksum=b"1")
    broken = {**image.metadata, "slices": [*image.metadata["slices"][:3], {"dicom": {"x": 1}}]}
    broken["slices"][3]["dicom"]["00080018"] = {"vr": "UI", "Value": ["1.2"]}
    with pytest.raises(MetadataError):
        write_series(tmp_path / "out", image.pixels, broken, lossy=None, checksum=b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
