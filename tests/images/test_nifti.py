"""NIfTI: geometry of DICOM series beside SimpleITK's, values, scaling, and headers that lie."""

import gzip
import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom import dcmread

from mmpc import convert, decode, encode
from mmpc.errors import (
    MetadataError,
    UnreadableFileError,
    UnsupportedPixelsError,
    UnwritableImageError,
)
from mmpc.images.dicom.derivation import LossyStep
from mmpc.images.dicom.series import find_series
from mmpc.images.dicom.series_reading import read_series
from mmpc.images.nifti_reading import read_nifti, restored_nifti
from mmpc.images.nifti_writing import nifti_bytes
from mmpc.images.reading import parse_image, read_image
from tests.images.series_making import AXIAL, save_shuffled, slices_of
from tests.images.test_series import CORONAL, OBLIQUE, SAGITTAL
from tests.test_series_tools import run

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

VOLUME = np.arange(3 * 4 * 5).reshape(3, 4, 5)
LPS_TO_RAS = np.diag([-1, -1, 1, 1])


def nifti(array, affine=None, kind=nibabel.Nifti1Image, **fields):
    """Return the bytes of a file that nibabel writes of an array (i, j, k)."""
    image = kind(array, affine, dtype=array.dtype)
    for name, value in fields.items():
        image.header[name] = value
    return image.to_bytes()


def parse(data, tmp_path, **arguments):
    return parse_image(data, tmp_path / "a.nii", **{"volume": True, **arguments})


def as_nifti(image, **arguments):
    data, notes = nifti_bytes(image.pixels, image.metadata, packed=False, **arguments)
    return nibabel.Nifti1Image.from_bytes(data), notes


def of_folder(folder):
    (series,), _ = find_series(folder)
    return read_series(series)


def as_itk_sees_it(folder):
    """Return values (slice, row, column), and the affine from (column, row, slice) to RAS."""
    itk = pytest.importorskip("SimpleITK", reason="SimpleITK is not installed")
    names = itk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    image = itk.ReadImage(names)
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    return itk.GetArrayFromImage(image), LPS_TO_RAS @ affine


@pytest.mark.parametrize("orientation", [AXIAL, CORONAL, SAGITTAL, OBLIQUE])
@pytest.mark.parametrize("file", ["CT_small.dcm", "MR_small.dcm"])
def test_the_affine_is_that_of_simpleitk(tmp_path, orientation, file):
    made = slices_of(file, 4, orientation=orientation, PixelSpacing=[0.5, 0.75])
    for one in made:
        one.ImagePositionPatient = [
            round(float(x) + shift, 6)
            for x, shift in zip(one.ImagePositionPatient, (-120.5, 33, 7), strict=True)
        ]
    save_shuffled(made, tmp_path)
    written, notes = as_nifti(of_folder(tmp_path))
    values, affine = as_itk_sees_it(tmp_path)
    np.testing.assert_allclose(written.affine, affine, atol=1e-4)
    np.testing.assert_allclose(written.get_qform(), affine, atol=1e-4)
    np.testing.assert_array_equal(np.asanyarray(written.dataobj).T, values)
    assert (notes, written.header.get_xyzt_units()[0]) == ([], "mm")
    assert (int(written.header["sform_code"]), int(written.header["qform_code"])) == (1, 1)


def test_a_sagittal_acquisition_by_hand(tmp_path):
    """Rows run from front to back, columns downwards, slices from right to left."""
    made = slices_of(n_slices=3, distance_mm=2, orientation=(0, 1, 0, 0, 0, -1))
    for one, left in zip(made, (-10, -12, -14), strict=True):
        one.ImagePositionPatient, one.PixelSpacing = [left, -80, 90], [0.5, 0.25]
    save_shuffled(made, tmp_path)
    written, _ = as_nifti(of_folder(tmp_path))
    expected = [[0, 0, 2, 10], [-0.25, 0, 0, 80], [0, -0.5, 0, 90], [0, 0, 0, 1]]
    np.testing.assert_allclose(written.affine, expected, atol=1e-6)
    assert nibabel.aff2axcodes(written.affine) == ("P", "I", "R")


def test_a_tilted_gantry_and_a_gap_are_said(tmp_path):
    made = slices_of(n_slices=5)
    for index, one in enumerate(made):
        one.ImagePositionPatient = [0, index * 0.7, index * 2.5]
    save_shuffled([*made[:2], *made[3:]], tmp_path)
    written, (gap, tilt) = as_nifti(of_folder(tmp_path))
    assert "2.5 to 5 mm" in gap and "shear" in tilt
    np.testing.assert_allclose(written.affine[:3, 2], [0, -0.7 * 4 / 3, 10 / 3], atol=1e-6)
    assert int(written.header["qform_code"]) == 0


def test_a_rescale_goes_into_slope_and_intercept(tmp_path):
    made = slices_of(n_slices=2, RescaleSlope=2, RescaleIntercept=-1000)
    save_shuffled(made, tmp_path)
    written, _ = as_nifti(of_folder(tmp_path))
    hounsfield = 2.0 * np.stack([one.pixel_array for one in made]) - 1000
    np.testing.assert_array_equal(written.get_fdata().T, hounsfield)
    assert written.get_data_dtype() == np.int16
    metadata = of_folder(tmp_path).metadata
    own = {"00281053": {"vr": "DS", "Value": [3]}}
    metadata["slices"][1]["dicom"] |= own
    with pytest.raises(UnwritableImageError, match="differs by slice"):
        nifti_bytes(VOLUME[:2].astype("i2"), metadata, packed=False)


def test_a_single_image_lies_where_it_lies(tmp_path):
    dataset = slices_of(n_slices=1, orientation=SAGITTAL, SpacingBetweenSlices=3)[0]
    dataset.ImagePositionPatient, dataset.PixelSpacing = [1, 2, 3], [0.5, 0.25]
    (path,) = save_shuffled([dataset], tmp_path)
    written, notes = as_nifti(read_image(path))
    assert written.shape == (20, 24, 1) and notes == []
    expected = [[0, 0, 3, -1], [-0.25, 0, 0, -2], [0, -0.5, 0, 3], [0, 0, 0, 1]]
    np.testing.assert_allclose(written.affine, expected, atol=1e-6)


@pytest.mark.parametrize("dtype", ["<u1", "|i1", "<u2", ">u2", "<i2", ">i2"])
@pytest.mark.parametrize("packed", [False, True])
def test_stored_dtypes_are_kept(tmp_path, dtype, packed):
    order = nibabel.Nifti1Image
    data = nifti(VOLUME.T.astype(dtype), np.eye(4), order)
    if dtype.startswith(">"):
        header = nibabel.Nifti1Header(endianness=">")
        header.set_data_dtype(dtype)
        data = order(VOLUME.T.astype(dtype), np.eye(4), header).to_bytes()
    image = parse(gzip.compress(data) if packed else data, tmp_path)
    assert image.pixels.dtype.name == np.dtype(dtype).newbyteorder("=").name
    np.testing.assert_array_equal(image.pixels, VOLUME)
    assert image.notes == () and image.source_format == "NIfTI"
    np.testing.assert_array_equal(parse(data, tmp_path, frame=1).pixels, VOLUME[1])
    with pytest.raises(UnsupportedPixelsError, match="3 frames"):
        parse(data, tmp_path, volume=False)


@pytest.mark.parametrize(
    ("dtype", "offset", "becomes"),
    [("f4", -7, "int16"), ("f8", 65000, "uint16"), ("i4", 32700, "int16"), ("u8", 7, "int16")],
)
def test_whole_numbers_of_wider_types(tmp_path, dtype, offset, becomes):
    image = parse(nifti((VOLUME + offset).T.astype(dtype), np.eye(4)), tmp_path)
    assert image.pixels.dtype == becomes and "whole numbers" in image.notes[0]
    np.testing.assert_array_equal(image.pixels, VOLUME + offset)


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (VOLUME / np.float32(2), "not whole numbers"),
        (np.where(VOLUME, np.nan, VOLUME), "not whole numbers"),
        ((VOLUME * 100000).astype("i4"), "more than 16 bits"),
        ((VOLUME - 1 + 65535 * (VOLUME > 4)).astype("f4"), "more than 16 bits"),
        (VOLUME.astype("c8"), "complex64"),
        (np.zeros((2, 3, 4, 5), "i2"), "has 4 dimensions"),
    ],
)
def test_refused_in_one_line(tmp_path, capsys, array, says):
    (tmp_path / "a.nii").write_bytes(nifti(array.T, np.eye(4)))
    _, error = run(encode, capsys, tmp_path / "a.nii", tmp_path / "a.mmpc", code=1)
    assert says in error and error.count("\n") == 1 and "Traceback" not in error
    assert not (tmp_path / "a.mmpc").exists()


def test_dimensions_of_one_element_do_not_count(tmp_path):
    data = nifti(VOLUME.T[..., None, None].astype("i2"), np.eye(4))
    assert parse(data, tmp_path).pixels.shape == (3, 4, 5)
    assert parse(nifti(VOLUME[0].T.astype("i2"), np.eye(4)), tmp_path).pixels.shape == (4, 5)


def test_damaged_files(tmp_path):
    whole = nifti(VOLUME.T.astype("i2"), np.eye(4))
    packed = gzip.compress(whole)
    for bad in (whole[:-1], whole[:349], packed[:-1], packed[:-6] + bytes(6), packed[:-30]):
        with pytest.raises(UnreadableFileError):
            parse(bad, tmp_path)
    for place, value in ((42, 0), (43, 255), (70, 99), (110, 0)):
        bad = bytearray(whole)
        bad[place] = value
        with pytest.raises((UnreadableFileError, UnsupportedPixelsError)):
            parse(bytes(bad), tmp_path)
    huge = whole[:42] + np.full(3, 30000, "<i2").tobytes() + whole[48:]
    for claims_too_much in (huge, gzip.compress(huge)):
        with pytest.raises(UnreadableFileError, match="too few data"):
            parse(claims_too_much, tmp_path)


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("extension", ["nii", "nii.gz"])
def test_there_and_back(tmp_path, capsys, kind, extension):
    affine = np.array([[0, 0, 2.5, 9], [-0.75, 0.1, 0, 8], [0, -0.75, 0, 7], [0, 0, 0, 1]])
    facts = {"scl_slope": 0.5, "scl_inter": -3, "descrip": b"of a head", "cal_max": 40}
    original = tmp_path / f"in.{extension}"
    image = kind(VOLUME.T.astype("i2"), affine)
    image.header.set_xyzt_units("mm", "sec")
    for name, value in facts.items():
        image.header[name] = value
    nibabel.save(image, original)
    stream, out = tmp_path / "s.mmpc", tmp_path / f"out.{extension}"
    text, _ = run(encode, capsys, original, stream, "--max-error", 0, "--verify", "--json")
    assert json.loads(text)["slices"] == 3
    run(decode, capsys, stream, out)
    before, after = nibabel.load(original), nibabel.load(out)
    np.testing.assert_array_equal(after.dataobj.get_unscaled(), VOLUME.T)
    np.testing.assert_array_equal(before.get_fdata(), after.get_fdata())
    np.testing.assert_allclose(after.affine, affine, atol=1e-6)
    for name in ("pixdim", "xyzt_units", "qform_code", "sform_code", "descrip", "cal_max"):
        np.testing.assert_array_equal(
            after.header[name], before.header[name].astype(after.header[name].dtype)
        )
    run(convert, capsys, stream, tmp_path / "converted.nii")
    assert (tmp_path / "converted.nii").read_bytes() == nifti_bytes(
        VOLUME.astype("i2"), read_image(original, volume=True).metadata, packed=False
    )[0]
    run(decode, capsys, stream, tmp_path / "one.png", "--slice", 2, "--window", "20,40")
    run(decode, capsys, stream, tmp_path / "one.npy", "--slice", 2)
    np.testing.assert_array_equal(np.load(tmp_path / "one.npy"), VOLUME[2])
    _, error = run(decode, capsys, stream, tmp_path / "one.nii", "--slice", 2, code=1)
    assert "leave --slice out" in error
    run(decode, capsys, stream, tmp_path / "one.nii", "--window", "brain", code=2)


def test_texts_are_left_out_where_they_might_name_someone(tmp_path):
    data = nifti(VOLUME.T.astype("i2"), np.eye(4), descrip=b"DOE^JANE", aux_file=b"jane.txt")
    said = {
        (mode, anonymize): json.dumps(
            parse(data, tmp_path, metadata=mode, anonymize=anonymize).metadata
        )
        for mode in ("full", "whitelist", "none")
        for anonymize in (False, True)
    }
    assert [key for key, text in said.items() if "descrip" in text] == [("full", False)]
    assert "srow_x" in said["whitelist", True] and "srow_x" not in said["none", False]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (1, 0)),
        ({"scl_slope": 2, "scl_inter": -3}, (2, -3)),
        ({"scl_slope": 0, "scl_inter": -3}, (1, 0)),
        ({"scl_slope": float("nan"), "scl_inter": -3}, (1, 0)),
        ({"scl_slope": 2, "scl_inter": float("inf")}, (1, 0)),
    ],
)
def test_the_scaling_that_metadata_say(fields, expected):
    image = restored_nifti(VOLUME.astype("i2"), {"nifti": fields}, "a")
    assert (image.rescale_slope, image.rescale_intercept) == expected
    assert (image.bits_stored, image.source_format, image.source_name) == (16, "NIfTI", "a")


@pytest.mark.parametrize("fields", [3, "text", {"scl_slope": "x"}, {"scl_inter": [1, 2]}])
def test_a_scaling_that_is_none(fields):
    with pytest.raises(MetadataError, match="are damaged"):
        restored_nifti(VOLUME.astype("i2"), {"nifti": fields})


def test_texts_stay_unless_they_are_to_go():
    data = nifti(VOLUME.T.astype("i2"), np.eye(4), descrip=b"of a head")
    assert "descrip" in read_nifti(data, Path("a.nii"), None, volume=True).metadata["nifti"]


def test_what_has_no_place_says_so_and_a_loss_too(tmp_path, capsys):
    np.save(tmp_path / "a.npy", VOLUME.astype("u1"))
    run(encode, capsys, tmp_path / "a.npy", tmp_path / "a.mmpc", "--max-error", 2)
    text, _ = run(decode, capsys, tmp_path / "a.mmpc", tmp_path / "a.nii")
    assert "nothing is known of where" in text
    written = nibabel.load(tmp_path / "a.nii")
    assert abs(written.get_fdata().T - VOLUME).max() <= 2
    assert b"lossy compression by MMPC_2" in written.header["descrip"].item()
    with pytest.raises(UnwritableImageError, match="too long"):
        nifti_bytes(np.zeros((1, 40000), "u1"), {}, packed=False)
    for fields in ({"pixdim": "wide"}, {"descrip": 3}, {"sform_code": [1, 2]}):
        with pytest.raises(MetadataError):
            nifti_bytes(
                VOLUME.astype("u1"), {"nifti": fields}, packed=False, lossy=LossyStep("x", 1)
            )


@pytest.mark.parametrize("name", ["head_7mm", "chest_2mm"])
def test_real_series_lie_where_simpleitk_sees_them(shared_data, name):
    """The head is of a tilted gantry, whose shear SimpleITK takes away from the third axis."""
    image = of_folder(shared_data / name)
    written, _ = as_nifti(image)
    values, affine = as_itk_sees_it(shared_data / name)
    np.testing.assert_allclose(written.affine[:, [0, 1, 3]], affine[:, [0, 1, 3]], atol=1e-3)
    np.testing.assert_array_equal(written.get_fdata().T, values)
    first = dcmread(sorted((shared_data / name).glob("*.dcm"))[0])
    last = dcmread(sorted((shared_data / name).glob("*.dcm"))[-1])
    ends = written.affine[:3, 3], (written.affine @ [0, 0, len(values) - 1, 1])[:3]
    places = {
        tuple(np.round(np.array(one.ImagePositionPatient) * [-1, -1, 1], 2))
        for one in (first, last)
    }
    assert {tuple(np.round(end, 2)) for end in ends} == places
