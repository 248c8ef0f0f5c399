"""The convert tool, and the DICOM options of encode and decode, as a user calls them."""

import re

import numpy as np
import pytest
from PIL import Image as Pillow
from pydicom import Dataset, dcmread
from pydicom.uid import CTImageStorage, JPEG2000Lossless, SecondaryCaptureImageStorage

from mmpc import convert, decode, encode, info
from mmpc.images.reading import read_image
from mmpc.images.writing import write_image
from tests.images import outcomes
from tests.images.making import make_dataset, packaged, save

needs_validator = pytest.mark.skipif(
    bool(outcomes.tools_missing()), reason="dicom3tools or dcmtk (Debian) is not installed"
)
HEAD = "693_UNCR.dcm"
RAMP = np.arange(600, dtype=np.uint16).reshape(20, 30) * 100


@pytest.fixture
def plain(tmp_path):
    """The same ramp as 16-bit PNG, TIFF and NPY, and as 8-bit PNG."""
    for extension in ("png", "tif", "npy"):
        write_image(tmp_path / f"ramp.{extension}", RAMP)
    write_image(tmp_path / "eight.png", (RAMP >> 8).astype(np.uint8))
    write_image(tmp_path / "signed.npy", RAMP.astype(np.int16) - np.int16(2000))
    return tmp_path


def run(tool, *arguments):
    return tool.main([str(argument) for argument in arguments])


@needs_validator
@pytest.mark.parametrize("name", ["ramp.png", "ramp.tif", "ramp.npy", "eight.png", "signed.npy"])
@pytest.mark.parametrize("modality", [None, "CT"])
def test_plain_images_become_valid_dicom(plain, name, modality, capsys):
    options = ["--modality", "CT", "--rescale-intercept", "-1024"] if modality else []
    assert run(convert, plain / name, plain / "out.dcm", *options) == 0
    dataset = dcmread(plain / "out.dcm")
    assert dataset.SOPClassUID == (CTImageStorage if modality else SecondaryCaptureImageStorage)
    pixels = read_image(plain / name).pixels
    np.testing.assert_array_equal(dataset.pixel_array, pixels)
    np.testing.assert_array_equal(outcomes.read_with_gdcm(plain / "out.dcm"), pixels)
    assert outcomes.validator_errors(plain / "out.dcm") == []
    assert outcomes.dcmtk_complaints(plain / "out.dcm", plain) == []
    if modality:
        assert dataset.RescaleIntercept == -1024
        assert "do not measure" in capsys.readouterr().out


def test_pixel_spacing_is_written_when_it_is_known(plain, capsys):
    options = ["--modality", "CT", "--pixel-spacing", "0.5,0.25"]
    assert run(convert, plain / "ramp.npy", plain / "out.dcm", *options) == 0
    assert read_image(plain / "out.dcm").pixel_spacing_mm == (0.5, 0.25)
    assert "note" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("window", "black", "white"),
    [("brain", 0, 80), ("-600,1500", -1350, 150), ("bone", -770, 1730), ("file", -10, 90)],
)
def test_preview_is_the_windowed_image(tmp_path, window, black, white):
    """PS3.3 C.11.2.1.2.1: black at and below center - 0.5 - (width - 1) / 2."""
    out = tmp_path / "out.png"
    assert run(convert, packaged(HEAD), out, f"--window={window}") == 0
    grey = np.asarray(Pillow.open(out))
    hounsfield = read_image(packaged(HEAD)).hounsfield()
    assert grey.dtype == np.uint8
    assert (grey[hounsfield <= black] == 0).all() and (grey[hounsfield > white] == 255).all()
    inside = (hounsfield > black + 1) & (hounsfield < white - 1)
    expected = (hounsfield[inside] - black) / (white - black - 1) * 255
    assert np.abs(grey[inside] - expected).max() <= 0.51


def test_preview_of_monochrome1_is_inverted(tmp_path):
    pixels = np.array([[0, 1000]], np.uint16)
    path = save(make_dataset(pixels, PhotometricInterpretation="MONOCHROME1"), tmp_path / "a.dcm")
    assert run(convert, path, tmp_path / "a.png", "--window", "500,1000") == 0
    assert np.asarray(Pillow.open(tmp_path / "a.png")).tolist() == [[255, 0]]


@needs_validator
def test_unsigned_keeps_hounsfield_units_and_padding(tmp_path):
    out = tmp_path / "out.dcm"
    assert run(convert, packaged(HEAD), out, "--unsigned") == 0
    before, after = read_image(packaged(HEAD)), read_image(out)
    assert after.pixels.dtype == np.uint16 and after.pixels.min() == 0
    assert after.rescale_intercept == -1024 - 2000
    np.testing.assert_array_equal(after.hounsfield(), before.hounsfield())
    dataset, original = dcmread(out), dcmread(packaged(HEAD))
    assert dataset.PixelPaddingValue == original.PixelPaddingValue + 2000 == 0
    assert dataset.ImageType[0] == "DERIVED"
    assert "LossyImageCompression" not in dataset
    assert outcomes.validator_errors(out) == []


def test_dicom_to_npy_keeps_stored_values(tmp_path):
    assert run(convert, packaged("emri_small.dcm"), tmp_path / "a.npy", "--frame", 3) == 0
    expected = dcmread(packaged("emri_small.dcm")).pixel_array[3]
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), expected)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["in.dcm", "out.png"], 1, "no negative values"),
        (["in.dcm", "in.dcm"], 1, "input file"),
        (["in.dcm", "out.jpg"], 1, "extension"),
        (["none.dcm", "out.png"], 1, "no such file"),
        (["ramp.npy", "out.png", "--window", "file"], 1, "proposes no window"),
        (["in.dcm", "out.png", "--window", "x"], 2, "none of"),
        (["in.dcm", "out.png", "--window", "40,1"], 2, "more than 1"),
        (["in.dcm", "out.dcm", "--window", "brain"], 2, "keeps the stored values"),
        (["in.dcm", "out.png", "--unsigned"], 2, "is for .dcm output"),
        (["in.dcm", "out.png", "--rescale-intercept", "0"], 2, "is for .dcm output"),
        (["ramp.npy", "out.dcm", "--unsigned"], 1, "is for DICOM input"),
        (["in.dcm", "out.dcm", "--modality", "MR"], 1, "is for PNG, TIFF and NPY input"),
        (["in.dcm", "out.dcm", "--pixel-spacing", "1"], 2, "ROW,COLUMN"),
    ],
)
def test_wrong_requests(plain, capsys, monkeypatch, arguments, code, words):
    (plain / "in.dcm").write_bytes(packaged(HEAD).read_bytes())
    monkeypatch.chdir(plain)
    try:
        assert run(convert, *arguments) == code
    except SystemExit as stop:
        assert stop.code == code
    error = capsys.readouterr().err
    assert words in error and "Traceback" not in error
    assert not list(plain.glob("out.*"))


@needs_validator
def test_encode_and_decode_a_scan(tmp_path, capsys):
    stream, out = tmp_path / "a.mmpc", tmp_path / "a.dcm"
    assert run(encode, packaged(HEAD), stream, "--quality", 20) == 0
    assert run(decode, stream, out, "--transfer-syntax", "jpeg-2000") == 0
    dataset, original = dcmread(out), dcmread(packaged(HEAD))
    assert dataset.file_meta.TransferSyntaxUID == JPEG2000Lossless
    assert dataset.PatientID == original.PatientID
    assert dataset.LossyImageCompressionRatio == pytest.approx(
        original.Rows * original.Columns * 2 / stream.stat().st_size, rel=1e-4
    )
    assert outcomes.validator_errors(out) == []
    capsys.readouterr()
    assert run(decode, stream, tmp_path / "like.dcm", "--like", packaged(HEAD)) == 0
    assert dcmread(tmp_path / "like.dcm").SeriesDescription == original.SeriesDescription
    assert run(decode, stream, tmp_path / "b.dcm", "--like", packaged("CT_small.dcm")) == 1
    assert "is not the original" in capsys.readouterr().err


def test_an_error_of_zero_is_not_recorded_as_lossy(tmp_path):
    # Version 1 meets an error of zero on images as plain as this one only.
    path = save(make_dataset(np.full((16, 16), 100, np.int16)), tmp_path / "flat")
    assert run(encode, path, tmp_path / "a.mmpc", "--max-error", 0) == 0
    assert run(decode, tmp_path / "a.mmpc", tmp_path / "a.dcm") == 0
    dataset, original = dcmread(tmp_path / "a.dcm"), dcmread(path)
    np.testing.assert_array_equal(dataset.pixel_array, original.pixel_array)
    assert dataset.SOPInstanceUID == original.SOPInstanceUID
    assert "LossyImageCompression" not in dataset
    assert run(encode, path, tmp_path / "a.mmpc", "--max-error", 1) == 0
    assert run(decode, tmp_path / "a.mmpc", tmp_path / "a.dcm") == 0
    assert dcmread(tmp_path / "a.dcm").LossyImageCompression == "01"


@needs_validator
@pytest.mark.parametrize("name", ["ramp.png", "signed.npy"])
def test_a_stream_without_metadata_becomes_a_secondary_capture(plain, name):
    assert run(encode, plain / name, plain / "a.mmpc") == 0
    assert run(decode, plain / "a.mmpc", plain / "a.dcm") == 0
    assert dcmread(plain / "a.dcm").SOPClassUID == SecondaryCaptureImageStorage
    assert outcomes.validator_errors(plain / "a.dcm") == []


def test_info_names_the_elements(tmp_path, capsys):
    stream = tmp_path / "a.mmpc"
    assert run(encode, packaged(HEAD), stream, "--quality", 60) == 0
    assert run(info, stream) == 0
    printed = capsys.readouterr().out
    assert re.search(r"\(0018,0060\) KVP +140\n", printed)
    assert re.search(r"\(0028,0030\) PixelSpacing +0\.478516 \\ 0\.478516\n", printed)


@needs_validator
@pytest.mark.parametrize("mode", ["whitelist", "full", "none"])
def test_encode_anonymize(tmp_path, mode):
    stream, out = tmp_path / "a.mmpc", tmp_path / "a.dcm"
    assert run(encode, packaged(HEAD), stream, "--anonymize", "--metadata", mode) == 0
    assert run(decode, stream, out) == 0
    dataset = dcmread(out)
    assert not dataset.PatientID and dataset.PatientIdentityRemoved == "YES"
    assert outcomes.validator_errors(out) == []


@pytest.mark.parametrize(
    ("output", "option", "words"),
    [
        ("a.png", ["--like", "a.dcm"], "--like is for .dcm output"),
        ("a.png", ["--transfer-syntax", "rle"], "--transfer-syntax is for .dcm output"),
        ("a.dcm", ["--window", "brain"], "keeps the stored values"),
        ("a.png", ["--window", "brian"], "'brian' is none of brain, "),
        ("a.dcm", ["--force"], "--force does nothing without --like"),
        ("a.dcm", ["--anonymize-key", "k"], "--anonymize-key does nothing without --like"),
    ],
)
def test_options_that_would_do_nothing(tmp_path, capsys, output, option, words):
    with pytest.raises(SystemExit) as stop:
        run(decode, tmp_path / "a.mmpc", tmp_path / output, *option)
    assert stop.value.code == 2
    assert words in capsys.readouterr().err


SIGNED = (np.arange(600, dtype=np.int16).reshape(20, 30) * 5) - np.int16(2000)


@pytest.fixture
def signed_scan(tmp_path):
    """A signed CT and streams of it: whole and without loss, nameless, de-identified."""
    dataset = make_dataset(
        SIGNED, PatientName="Doe^Jane", WindowCenter=40, WindowWidth=400, SOPInstanceUID="1.2.3"
    )
    path = save(dataset, tmp_path / "a.dcm")
    for name, options in (
        ("full", ["--max-error", 0]),
        ("none", ["--metadata", "none", "--max-error", 1]),
        ("clean", ["--anonymize", "--anonymize-key", tmp_path / "key", "--max-error", 1]),
    ):
        assert run(encode, path, tmp_path / f"{name}.mmpc", *options) == 0
    return tmp_path


@pytest.mark.parametrize("tool", [decode, convert])
@pytest.mark.parametrize("window", ["soft tissue", "40,400", "file"])
def test_a_stream_becomes_a_picture_in_one_step(signed_scan, tool, window):
    folder = signed_scan
    assert run(tool, folder / "full.mmpc", folder / "a.png", "--window", window) == 0
    assert run(convert, folder / "a.dcm", folder / "b.png", "--window", window) == 0
    grey = np.asarray(Pillow.open(folder / "a.png"))
    np.testing.assert_array_equal(grey, np.asarray(Pillow.open(folder / "b.png")))
    assert (grey.min(), grey.max()) == (0, 255)


def test_a_window_that_the_stream_does_not_hold(signed_scan, capsys):
    none = signed_scan / "none.mmpc"
    assert run(decode, none, signed_scan / "a.png", "--window", "file") == 1
    assert "proposes no window" in capsys.readouterr().err
    assert run(decode, none, signed_scan / "a.png") == 1
    assert "no negative values" in capsys.readouterr().err
    assert not (signed_scan / "a.png").exists()


@pytest.mark.parametrize("name", ["full", "none"])
def test_convert_reads_streams_as_decode_does(signed_scan, name):
    folder = signed_scan
    stream = folder / f"{name}.mmpc"
    for output in ("x.npy", "x.dcm"):
        assert run(decode, stream, folder / f"1{output}") == 0
        assert run(convert, stream, folder / f"2{output}") == 0
        assert (folder / f"1{output}").read_bytes() == (folder / f"2{output}").read_bytes()
    assert run(convert, stream, folder / "y.dcm", "--unsigned") == 0
    unsigned, plain = read_image(folder / "y.dcm"), read_image(folder / "2x.dcm")
    np.testing.assert_array_equal(unsigned.hounsfield(), plain.hounsfield())
    assert unsigned.pixels.dtype == np.uint16
    assert ("00282110" in unsigned.metadata["dicom"]) == (name == "none")


def scan_with_padding(tmp_path, **elements):
    pixels = np.random.default_rng(8).normal(40, 12, (64, 64)).astype(np.int16)
    pixels[20:40, 30:44] = -2000
    return save(make_dataset(pixels, **elements), tmp_path / "a.dcm"), pixels == -2000


def is_padding(path):
    """As PS3.3 C.7.5.1.1.2 has it: the value, or all from it to the limit."""
    dataset = dcmread(path)
    ends = dataset.PixelPaddingValue, dataset.get("PixelPaddingRangeLimit")
    low, high = sorted(end for end in (ends[0], ends[0] if ends[1] is None else ends[1]))
    return (low <= dataset.pixel_array) & (dataset.pixel_array <= high)


@pytest.mark.parametrize("goal", [["--quality", 30], ["--max-error", 0], ["--bitstream", 1]])
def test_unsigned_keeps_the_padding_of_a_stream(tmp_path, goal):
    path, padding = scan_with_padding(tmp_path, PixelPaddingValue=-2000)
    assert run(encode, path, tmp_path / "a.mmpc", *goal) == 0
    assert run(convert, tmp_path / "a.mmpc", tmp_path / "b.dcm", "--unsigned") == 0
    np.testing.assert_array_equal(is_padding(tmp_path / "b.dcm"), padding)


@pytest.mark.parametrize("unsigned", [[], ["--unsigned"]])
def test_an_image_of_nothing_but_padding_says_so_after_a_lossy_step(tmp_path, unsigned):
    """As the first and the last slice of a series may be."""
    pixels = np.full((20, 30), -2000, np.int16)
    path = save(make_dataset(pixels, PixelPaddingValue=-2000), tmp_path / "a.dcm")
    assert run(encode, path, tmp_path / "a.mmpc", "--quality", 30) == 0
    assert run(convert, tmp_path / "a.mmpc", tmp_path / "b.dcm", *unsigned) == 0
    assert is_padding(tmp_path / "b.dcm").all()


@pytest.mark.parametrize("goal", [["--quality", 30], ["--max-error", 90], ["--bitstream", 1]])
def test_values_within_a_range_of_padding_stay_padding(tmp_path, goal):
    """The most frequent is exact; of the others, what is off by less than half the gap."""
    path, padding = scan_with_padding(
        tmp_path, PixelPaddingValue=-3000, PixelPaddingRangeLimit=-1500
    )
    dataset = dcmread(path)
    pixels = dataset.pixel_array.copy()
    pixels[20:28, 30:35] = -1500
    pixels[20:22, 35:40] = -3000
    dataset.PixelData = pixels.tobytes()
    save(dataset, path)
    assert run(encode, path, tmp_path / "a.mmpc", *goal) == 0
    assert run(decode, tmp_path / "a.mmpc", tmp_path / "b.dcm") == 0
    np.testing.assert_array_equal(is_padding(tmp_path / "b.dcm"), padding)
    decoded = dcmread(tmp_path / "b.dcm").pixel_array
    if "--bitstream" not in goal:
        np.testing.assert_array_equal(decoded == -2000, pixels == -2000)
    if "--max-error" in goal:
        assert abs(decoded.astype(int) - pixels).max() <= 90


@pytest.mark.parametrize("ends", [(-3000, -1500), (-1500, -3000)])
def test_unsigned_keeps_a_range_of_padding_whose_end_no_pixel_has(tmp_path, ends):
    elements = dict(zip(("PixelPaddingValue", "PixelPaddingRangeLimit"), ends, strict=True))
    path, padding = scan_with_padding(tmp_path, **elements)
    assert run(convert, path, tmp_path / "b.dcm", "--unsigned") == 0
    np.testing.assert_array_equal(is_padding(tmp_path / "b.dcm"), padding)
    assert run(encode, path, tmp_path / "a.mmpc", "--quality", 30) == 0
    assert run(decode, tmp_path / "a.mmpc", tmp_path / "c.dcm") == 0
    np.testing.assert_array_equal(is_padding(tmp_path / "c.dcm"), padding)


@pytest.mark.parametrize(("name", "lossy"), [("full", False), ("none", True)])
def test_a_nifti_file_of_a_stream_records_the_loss(signed_scan, name, lossy):
    nibabel = pytest.importorskip("nibabel", reason="nibabel is not installed")
    assert run(convert, signed_scan / f"{name}.mmpc", signed_scan / "a.nii") == 0
    said = nibabel.load(signed_scan / "a.nii").header["descrip"].item()
    assert (b"lossy compression by MMPC_2" in said) == lossy


def test_a_stream_has_one_frame(signed_scan, capsys):
    assert run(convert, signed_scan / "full.mmpc", signed_scan / "a.npy", "--frame", 1) == 1
    assert "has no frame 1" in capsys.readouterr().err


def test_a_stream_of_a_plain_image_can_be_described(plain):
    assert run(encode, plain / "signed.npy", plain / "a.mmpc", "--max-error", 0) == 0
    options = ["--modality", "CT", "--pixel-spacing", "0.5,0.5"]
    assert run(convert, plain / "a.mmpc", plain / "a.dcm", *options) == 0
    assert dcmread(plain / "a.dcm").SOPClassUID == CTImageStorage
    assert dcmread(plain / "a.dcm").PixelSpacing == [0.5, 0.5]


def test_the_original_is_taken_on_proof_or_on_your_word(signed_scan, capsys):
    folder = signed_scan
    like = ["--like", folder / "a.dcm"]
    assert run(decode, folder / "none.mmpc", folder / "b.dcm", *like) == 1
    assert "--force takes its header all the same" in capsys.readouterr().err
    assert run(decode, folder / "none.mmpc", folder / "b.dcm", *like, "--force") == 0
    assert "nothing but your word" in capsys.readouterr().out
    assert dcmread(folder / "b.dcm").PatientName == "Doe^Jane"
    assert dcmread(folder / "b.dcm").SourceImageSequence[0].ReferencedSOPInstanceUID == "1.2.3"
    assert run(decode, folder / "clean.mmpc", folder / "c.dcm", *like, "--force") == 1
    assert "--anonymize-key" in capsys.readouterr().err
    key = ["--anonymize-key", folder / "key"]
    assert run(decode, folder / "clean.mmpc", folder / "c.dcm", *like, *key) == 0
    assert dcmread(folder / "c.dcm").PatientName == "Doe^Jane"
    key = ["--anonymize-key", folder / "none"]
    assert run(decode, folder / "clean.mmpc", folder / "c.dcm", *like, *key) == 1
    assert not (folder / "none").exists(), "a new key would prove nothing"


def test_other_values_would_not_fit_a_table(tmp_path, capsys):
    item = Dataset()
    item.LUTDescriptor = [2, -5, 16]
    item["LUTDescriptor"].VR = "SS"
    item.add_new("LUTData", "OW", b"\1\0\2\0")
    dataset = make_dataset(SIGNED, ModalityLUTSequence=[item])
    path = save(dataset, tmp_path / "a.dcm")
    assert run(convert, path, tmp_path / "b.dcm", "--unsigned") == 1
    assert "ModalityLUTSequence" in capsys.readouterr().err


def test_no_error_in_hounsfield_units_is_promised_where_a_table_makes_them(tmp_path, capsys):
    item = Dataset()
    item.LUTDescriptor = [2, -5, 16]
    item["LUTDescriptor"].VR = "SS"
    item.add_new("LUTData", "OW", b"\1\0\2\0")
    path = save(make_dataset(SIGNED, ModalityLUTSequence=[item]), tmp_path / "a.dcm")
    assert run(encode, path, tmp_path / "a.mmpc", "--max-error-hu", 3) == 1
    captured = capsys.readouterr().err
    assert "a table" in captured and "--max-error)" in captured
    assert not (tmp_path / "a.mmpc").exists()
    assert run(encode, path, tmp_path / "a.mmpc", "--max-error", 3) == 0
