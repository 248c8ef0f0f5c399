"""Enhanced multi-frame objects as volumes: order, refusals, rescale by frame, there and back."""

import shutil
import subprocess

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import EnhancedMRImageStorage

import mmpc
from mmpc import archive, decode, encode
from mmpc.errors import UnsupportedPixelsError
from mmpc.images.dicom.series_writing import write_series
from mmpc.images.nifti_writing import nifti_bytes
from mmpc.images.reading import read_image
from tests.images.making import make_dataset, packaged, save
from tests.test_series_tools import run

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

SIGNED = np.random.default_rng(5).integers(-900, 2000, (5, 9, 12), dtype=np.int16)


def group(**elements):
    """Return a functional group: the elements of each of its sequences."""
    made = Dataset()
    for sequence, of_sequence in elements.items():
        item = Dataset()
        for keyword, value in of_sequence.items():
            setattr(item, keyword, value)
        setattr(made, sequence, [item])
    return made


def enhanced(heights=(6, 2, 4, 0, 8), slopes=(1,) * 5, orientation=(0, 1, 0, 0, 0, -1)):
    """Return an object whose frames lie at these heights along the normal, in this order."""
    dataset = make_dataset(SIGNED, SOPClassUID=EnhancedMRImageStorage, Modality="MR")
    dataset.PatientName, dataset.SeriesInstanceUID = "Doe^Jane", "1.2.3.4"
    dataset.StudyInstanceUID, dataset.FrameOfReferenceUID = "1.2.3", "1.2.5"
    dataset.SharedFunctionalGroupsSequence = [
        group(
            PlaneOrientationSequence={"ImageOrientationPatient": list(orientation)},
            PixelMeasuresSequence={"PixelSpacing": [0.5, 0.25], "SliceThickness": 2},
        )
    ]
    normal = np.cross(orientation[:3], orientation[3:])
    dataset.PerFrameFunctionalGroupsSequence = [
        group(
            PlanePositionSequence={"ImagePositionPatient": [float(x) for x in normal * height]},
            PixelValueTransformationSequence={
                "RescaleSlope": slope,
                "RescaleIntercept": 0,
                "RescaleType": "US",
            },
        )
        for height, slope in zip(heights, slopes, strict=True)
    ]
    return dataset


def test_frames_are_sorted_by_position_and_come_back_as_slices(tmp_path, capsys):
    path, stream, out = save(enhanced(), tmp_path / "in.dcm"), tmp_path / "s.mmpc", tmp_path / "out"
    order = [3, 1, 2, 0, 4]
    run(encode, capsys, path, stream, "--max-error", 0, "--verify")
    np.testing.assert_array_equal(mmpc.decompress(stream.read_bytes()), SIGNED[order])
    run(decode, capsys, stream, out)
    written = [dcmread(one) for one in sorted(out.iterdir())]
    assert len({one.SOPInstanceUID for one in written}) == 5
    for index, (frame, one) in enumerate(zip(order, written, strict=True)):
        np.testing.assert_array_equal(one.pixel_array, SIGNED[frame])
        assert one.ImagePositionPatient == [-2 * index, 0, 0]
        assert one.SourceImageSequence[0].ReferencedFrameNumber == frame + 1
    run(decode, capsys, stream, tmp_path / "one.dcm", "--slice", 2)
    assert (tmp_path / "one.dcm").read_bytes() == (out / "slice_0002.dcm").read_bytes()
    run(encode, capsys, path, tmp_path / "f.mmpc", "--max-error", 0, "--frame", 2)
    np.testing.assert_array_equal(mmpc.decompress((tmp_path / "f.mmpc").read_bytes()), SIGNED[2])


@pytest.mark.parametrize("how", ["full", "whitelist", "none"])
def test_each_slice_has_the_metadata_of_its_frame(tmp_path, how):
    from mmpc.images.dicom.series_metadata import slice_metadata

    path = save(enhanced(slopes=(1, 2, 3, 4, 5)), tmp_path / "in.dcm")
    image = read_image(path, volume=True, metadata=how)
    assert np.isnan(image.rescale_slope)
    for index, frame in enumerate([3, 1, 2, 0, 4]):
        alone = read_image(path, frame, metadata=how)
        assert slice_metadata(image.metadata, index, 5) == alone.metadata


def test_an_enhanced_object_is_a_series_of_its_folder(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    save(enhanced(), tmp_path / "in" / "a.dcm")
    run(encode, capsys, tmp_path / "in", tmp_path / "s.mmpc", "--max-error", 0)
    assert mmpc.open(tmp_path / "s.mmpc").shape == SIGNED.shape
    text, _ = run(archive, capsys, tmp_path / "in", tmp_path / "kept", "--jobs", 1)
    assert "largest error 0" in text


def test_its_voxels_lie_where_the_frames_say(tmp_path):
    image = read_image(save(enhanced(), tmp_path / "in.dcm"), volume=True)
    data, notes = nifti_bytes(image.pixels, image.metadata, packed=False)
    import nibabel

    expected = [[0, 0, 2, 0], [-0.25, 0, 0, 0], [0, -0.5, 0, 0], [0, 0, 0, 1]]
    written = nibabel.Nifti1Image.from_bytes(data)
    np.testing.assert_allclose(written.affine, expected, atol=1e-6)
    assert notes == []


def test_nobody_is_named_in_an_anonymized_one(tmp_path):
    image = read_image(save(enhanced(), tmp_path / "in.dcm"), volume=True, anonymize=True)
    text = str(image.metadata)
    assert "Doe" not in text and "1.2.3.4" not in text and len(image.metadata["slices"]) == 5


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"heights": (6, 2, 4, 0, 2)}, "frame 1, frame 4 lie at the same position"),
        ({"orientation": (0, 2, 0, 0, 0, -1)}, "unit vectors"),
    ],
)
def test_frames_that_make_no_volume(tmp_path, capsys, changes, says):
    path = save(enhanced(**changes), tmp_path / "in.dcm")
    _, error = run(encode, capsys, path, tmp_path / "s.mmpc", code=1)
    assert says in error and "--frame 0 to 4" in error and error.count("\n") == 1
    assert error.count(str(path)) == 1


def test_frames_without_a_place_have_to_be_chosen(tmp_path):
    with pytest.raises(UnsupportedPixelsError, match="--frame 0 to 9"):
        read_image(packaged("emri_small.dcm"), volume=True)


@pytest.fixture(scope="module")
def real_ct(tmp_path_factory):
    """Return a real enhanced CT, its volume, and the folder of slices made of it."""
    path, out = packaged("eCT_Supplemental.dcm"), tmp_path_factory.mktemp("real") / "out"
    image = read_image(path, volume=True)
    write_series(out, image.pixels, image.metadata, lossy=None, checksum=b"")
    return path, image, out


def test_a_real_enhanced_ct(real_ct):
    path, image, out = real_ct
    expected = dcmread(path).pixel_array[::-1]  # its normal points to the feet
    np.testing.assert_array_equal(image.pixels, expected)
    itk = pytest.importorskip("SimpleITK", reason="SimpleITK is not installed")
    read = itk.ReadImage(itk.ImageSeriesReader.GetGDCMSeriesFileNames(str(out)))
    whole = itk.ReadImage(str(path))
    np.testing.assert_array_equal(itk.GetArrayFromImage(read), itk.GetArrayFromImage(whole)[::-1])
    assert read.GetSpacing() == pytest.approx(whole.GetSpacing())


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
def test_the_slices_of_a_real_one_are_valid(real_ct):
    for path in real_ct[2].iterdir():
        result = subprocess.run(["dciodvfy", path], capture_output=True, text=True)
        assert not [line for line in result.stderr.splitlines() if line.startswith("Error")]


@pytest.mark.skipif(shutil.which("dcmdump") is None, reason="DCMTK is not installed")
def test_dcmtk_reads_the_same_pixels(real_ct, tmp_path):
    for path, pixels in zip(sorted(real_ct[2].iterdir()), real_ct[1].pixels, strict=True):
        subprocess.run(["dcmdump", "+W", tmp_path, path], check=True, capture_output=True)
        raw = (tmp_path / f"{path.name}.0.raw").read_bytes()
        np.testing.assert_array_equal(np.frombuffer(raw, "<u2").reshape(pixels.shape), pixels)
