"""What DICOM stores and what we read: signs, unused bits, frames, damage."""

import io
import shlex
import subprocess
import sys
import zlib

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate_extended, generate_frames
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from mmpc.errors import UnreadableFileError, UnsupportedPixelsError
from mmpc.images.dicom.pixels import select_bits
from mmpc.images.reading import read_image
from tests.conftest import no_bash
from tests.images.making import make_dataset, packaged, save

# pydicom warns of the illegal values in some of these files when the test looks at them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

RAMP = np.arange(-2000, -2000 + 12 * 11, dtype=np.int16).reshape(12, 11)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
    ],
)
def test_every_dtype_in_every_native_encoding(tmp_path, dtype, syntax):
    limits = np.iinfo(dtype)
    pixels = np.random.default_rng(1).integers(limits.min, limits.max, (6, 8), dtype, endpoint=True)
    pixels[0, :2] = limits.min, limits.max
    if syntax == RLELossless:
        dataset = make_dataset(pixels)
        dataset.compress(RLELossless, encoding_plugin="pydicom")
    elif pixels.itemsize == 1 and syntax == ExplicitVRBigEndian:
        dataset = make_dataset(pixels, syntax)
        dataset["PixelData"].VR = "OB"  # OW would be byte-swapped
    else:
        dataset = make_dataset(pixels, syntax)
    image = read_image(save(dataset, tmp_path / "a"))
    assert image.pixels.dtype == dtype
    np.testing.assert_array_equal(image.pixels, pixels)


@pytest.mark.parametrize(
    ("cell", "dtype", "bits", "high_bit", "value"),
    [
        (0xF7D0, "int16", 12, 11, 0x7D0),  # an overlay above a positive value
        (0x0830, "int16", 12, 11, -2000),  # negative, not sign-extended in the file
        (0xF830, "int16", 12, 11, -2000),  # sign-extended
        (0xF830, "uint16", 12, 11, 0x830),
        (0x8300, "int16", 12, 15, -2000),  # 12 bits at the top of the cell
        (0x8305, "uint16", 12, 15, 0x830),  # bits below the value
        (0xFFFF, "int16", 16, 15, -1),
        (0xFFFF, "uint16", 16, 15, 65535),
        (0xFFFF, "uint16", 1, 0, 1),
        (0xFFFF, "int16", 1, 0, -1),
        (0x9F, "int8", 7, 6, 31),
        (0x5F, "int8", 7, 6, -33),
        (0xFF, "uint8", 6, 6, 0x3F),
    ],
)
def test_bits_outside_bits_stored(cell, dtype, bits, high_bit, value):
    raw = np.array([[cell]], dtype=f"u{np.dtype(dtype).itemsize}")
    result = select_bits(raw, np.dtype(dtype), bits, high_bit)
    assert result.dtype == dtype
    assert result.item() == value


def test_masking_reaches_the_file(tmp_path):
    cells = (RAMP & 0x0FFF).astype(np.uint16) | 0x5000  # overlay bits 12 and 14
    dataset = make_dataset(cells, BitsStored=12, HighBit=11, PixelRepresentation=1)
    image = read_image(save(dataset, tmp_path / "a"))
    np.testing.assert_array_equal(image.pixels, RAMP)
    assert image.bits_stored == 12


SIGNED_FILES = [
    ("693_UNCR.dcm", "693_J2KR.dcm"),
    ("MR_small.dcm", "MR_small_jp2klossless.dcm"),
    ("MR_small.dcm", "MR_small_jpeg_ls_lossless.dcm"),
    ("MR_small.dcm", "MR_small_RLE.dcm"),
    ("MR_small.dcm", "MR_small_bigendian.dcm"),
    ("693_UNCI.dcm", "693_J2KI.dcm"),
    ("JPEG2000_UNC.dcm", "JPEG2000.dcm"),
    ("MR2_UNCI.dcm", "MR2_J2KI.dcm"),
    ("RG3_UNCI.dcm", "RG3_J2KI.dcm"),
]


@pytest.mark.parametrize(("native", "compressed"), SIGNED_FILES)
def test_compressed_files_equal_their_native_twins(native, compressed):
    expected = read_image(packaged(native))
    image = read_image(packaged(compressed))
    assert image.pixels.dtype == expected.pixels.dtype
    # Irreversible JPEG 2000 may differ by one where two decoders round differently.
    tolerance = 1 if "J2KI" in compressed else 0
    difference = image.pixels.astype(int) - expected.pixels.astype(int)
    assert np.abs(difference).max() <= tolerance


def test_codestream_precision_prevails_for_jpeg_2000():
    """693: BitsStored is 14, the J2K codestream has 16 bits; the values are the native ones."""
    assert read_image(packaged("693_UNCR.dcm")).bits_stored == 14
    image = read_image(packaged("693_J2KI.dcm"))
    assert (image.bits_stored, image.pixels.min()) == (16, -2971)


def test_unsigned_codestream_of_signed_pixels():
    image = read_image(packaged("J2K_pixelrep_mismatch.dcm"))
    assert image.pixels.dtype == np.int16
    assert (image.pixels.min(), image.pixels.max()) == (-2000, 1896)


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless])
@pytest.mark.parametrize("bits", [12, 16])
def test_signed_pixels_in_codestreams_without_a_sign(tmp_path, syntax, bits):
    """The 12 bits of -2000 come back from JPEG as 2096 and have to be extended."""
    path = tmp_path / "a.dcm"
    cells = (RAMP.view(np.uint16) & (2**bits - 1)).astype(np.uint16)
    high = bits - 1
    save(make_dataset(cells, BitsStored=bits, HighBit=high, PixelRepresentation=1), path)
    compress_with_gdcm(path, syntax)
    image = read_image(path)
    assert dcmread(path).file_meta.TransferSyntaxUID == syntax
    np.testing.assert_array_equal(image.pixels, RAMP)


def compress_with_gdcm(path, syntax):
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(str(syntax))))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()


def test_jpeg_extended_of_12_bits():
    """pydicom alone refuses it; the figures are those of DCMTK's dcmdjpeg."""
    image = read_image(packaged("JPGExtended.dcm"))
    assert image.pixels.dtype == np.uint16
    assert (image.pixels.max(), round(image.pixels.mean(), 6)) == (264, 14.369991)


def test_meaning_of_the_values(tmp_path):
    dataset = make_dataset(
        RAMP,
        RescaleSlope="2",
        RescaleIntercept="-1024",
        PixelSpacing=["0.5", "0.25"],
        WindowCenter=["40", "400"],
        WindowWidth=["80", "2000"],
        PhotometricInterpretation="MONOCHROME1",
    )
    image = read_image(save(dataset, tmp_path / "a"))
    assert image.photometric_interpretation == "MONOCHROME1"
    assert image.pixel_spacing_mm == (0.5, 0.25)
    assert (image.window_center, image.window_width) == (40.0, 80.0)
    np.testing.assert_array_equal(image.pixels, RAMP)  # stored values, not inverted
    np.testing.assert_array_equal(image.hounsfield(), RAMP * 2.0 - 1024)


def test_enhanced_multi_frame_keeps_its_rescale_in_functional_groups():
    image = read_image(packaged("eCT_Supplemental.dcm"), frame=1)
    dataset = dcmread(packaged("eCT_Supplemental.dcm"))
    groups = dataset.SharedFunctionalGroupsSequence[0], dataset.PerFrameFunctionalGroupsSequence[1]
    items = [
        group.PixelValueTransformationSequence[0]
        for group in groups
        if "PixelValueTransformationSequence" in group
    ]
    assert image.rescale_intercept == items[0].RescaleIntercept
    np.testing.assert_array_equal(image.pixels, dataset.pixel_array[1])


@pytest.mark.parametrize(
    "file",
    [
        "emri_small.dcm",
        "emri_small_RLE.dcm",
        "emri_small_jpeg_2k_lossless.dcm",
        "emri_small_jpeg_ls_lossless.dcm",
    ],
)
def test_frames_count_from_zero(file):
    path = packaged(file)
    frames = dcmread(packaged("emri_small.dcm")).pixel_array
    for index in (0, 3, 9):
        np.testing.assert_array_equal(read_image(path, frame=index).pixels, frames[index])
    with pytest.raises(UnsupportedPixelsError, match="10 frames; choose one with --frame 0 to 9"):
        read_image(path)
    for index in (-1, 10):
        with pytest.raises(UnsupportedPixelsError, match="the last is 9"):
            read_image(path, frame=index)


def test_frames_behind_an_extended_offset_table(tmp_path):
    dataset = dcmread(packaged("emri_small_RLE.dcm"))
    frames = list(generate_frames(dataset.PixelData, number_of_frames=10))
    data, offsets, lengths = encapsulate_extended(frames)
    dataset.PixelData = data
    dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
    path = save(dataset, tmp_path / "a")
    expected = dcmread(packaged("emri_small.dcm")).pixel_array[7]
    np.testing.assert_array_equal(read_image(path, frame=7).pixels, expected)


@no_bash
def test_stderr_may_be_closed():
    code = (
        "from mmpc.images import read_image\n"
        f"print(read_image({str(packaged('JPEG-LL.dcm'))!r}).pixels.max())"
    )
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} 2>&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stdout == "278\n"


def test_frame_0_of_a_single_frame(tmp_path):
    path = save(make_dataset(RAMP), tmp_path / "a")
    np.testing.assert_array_equal(read_image(path, frame=0).pixels, RAMP)
    with pytest.raises(UnsupportedPixelsError, match="no frame 1"):
        read_image(path, frame=1)


def without_meta(dataset):
    stream = io.BytesIO()
    syntax = dataset.file_meta.TransferSyntaxUID
    del dataset.file_meta
    dataset.save_as(
        stream, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian
    )
    return stream.getvalue()


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_native_files_without_preamble_and_meta(tmp_path, syntax):
    path = tmp_path / "bare"
    path.write_bytes(without_meta(make_dataset(RAMP, syntax)))
    np.testing.assert_array_equal(read_image(path).pixels, RAMP)


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (("SOPClassUID",), "holds no readable image"),
        (("Rows", "SOPInstanceUID"), "holds no readable image"),
        (("SOPInstanceUID",), "begins like DICOM, but is not"),
    ],
)
def test_what_tells_a_bare_dicom_file(tmp_path, kept, words):
    dataset = make_dataset(RAMP)
    for element in list(dataset):
        if element.keyword not in kept:
            del dataset[element.tag]
    if "SOPClassUID" not in kept:
        dataset.SOPInstanceUID = "1.2.3"
    path = tmp_path / "bare"
    path.write_bytes(without_meta(dataset))
    with pytest.raises(UnreadableFileError, match=words):
        read_image(path)


def test_compressed_files_without_meta_are_refused(tmp_path):
    dataset = make_dataset(RAMP)
    dataset.compress(RLELossless, encoding_plugin="pydicom")
    path = tmp_path / "bare"
    path.write_bytes(without_meta(dataset))
    with pytest.raises(UnreadableFileError, match="transfer syntax is not stated"):
        read_image(path)


@pytest.mark.parametrize("mode", ["whitelist", "full", "none"])
def test_an_unreadable_element_costs_only_itself(tmp_path, mode):
    path = save(make_dataset(RAMP, InstanceNumber="31337", KVP="120"), tmp_path / "a")
    path.write_bytes(path.read_bytes().replace(b"31337", b"a.b.c"))
    image = read_image(path, metadata=mode)
    np.testing.assert_array_equal(image.pixels, RAMP)
    assert ("00180060" in image.metadata["dicom"]) == (mode != "none")
    assert "00200013" not in image.metadata["dicom"]


def test_an_unreadable_rescale_is_refused(tmp_path):
    path = save(make_dataset(RAMP, RescaleIntercept="-31337"), tmp_path / "a")
    path.write_bytes(path.read_bytes().replace(b"-31337", b"-a.b.c"))
    with pytest.raises(UnreadableFileError, match="damaged"):
        read_image(path)


def test_messages_stay_on_one_line(tmp_path):
    path = save(make_dataset(RAMP, PhotometricInterpretation="RXX"), tmp_path / "a")
    path.write_bytes(path.read_bytes().replace(b"RXX ", b"R\n\x1b["))
    with pytest.raises(UnsupportedPixelsError) as caught:
        read_image(path)
    assert str(caught.value).isprintable()


FAULTS = [
    ({"Rows": 20}, "is truncated"),
    ({"Rows": 65535, "Columns": 65535}, "is truncated"),
    ({"NumberOfFrames": 1000}, "frames|truncated"),
    ({"Rows": 0}, "0 rows"),
    ({"Rows": None}, "0 rows"),
    ({"BitsAllocated": None}, "does not say"),
    ({"BitsAllocated": 12}, "12 bits a pixel"),
    ({"BitsAllocated": 32}, "32 bits a pixel"),
    ({"BitsStored": 17}, "do not fit"),
    ({"BitsStored": 0}, "do not fit"),
    ({"BitsStored": 12, "HighBit": 3}, "do not fit"),
    ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colour"),
    ({"PhotometricInterpretation": "PALETTE COLOR"}, "palette"),
    ({"PhotometricInterpretation": None}, "does not say"),
    ({"PixelData": None}, "no readable image"),
]


@pytest.mark.parametrize(("elements", "words"), FAULTS)
def test_faults_of_the_header(tmp_path, elements, words):
    path = save(make_dataset(RAMP, **elements), tmp_path / "a")
    with pytest.raises((UnreadableFileError, UnsupportedPixelsError), match=words) as caught:
        read_image(path, frame=0)
    assert "\n" not in str(caught.value)


def test_float_pixels(tmp_path):
    dataset = make_dataset(RAMP, PixelData=None)
    dataset.FloatPixelData = RAMP.astype("<f4").tobytes()
    with pytest.raises(UnsupportedPixelsError, match="floating-point"):
        read_image(save(dataset, tmp_path / "a"))


@pytest.mark.parametrize(
    "file",
    [
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "bad_sequence.dcm",
    ],
)
def test_a_header_that_claims_gigabytes(tmp_path, file):
    dataset = dcmread(packaged(file))
    dataset.Rows = dataset.Columns = 65535
    with pytest.raises(UnreadableFileError, match="claims 65535 x 65535 pixels"):
        read_image(save(dataset, tmp_path / "a"))


@pytest.mark.parametrize(
    "file",
    [
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "JPEG-LL.dcm",
        "JPGExtended.dcm",
    ],
)
@pytest.mark.parametrize(("rows", "columns"), [(0.5, 2), (2, 0.5), (1, 0.5), (0.5, 1)])
def test_a_codestream_whose_size_contradicts_the_header(tmp_path, file, rows, columns):
    """Also where the number of pixels is the same, and the picture would be torn to stripes."""
    dataset = dcmread(packaged(file))
    stated = f"{dataset.Rows} x {dataset.Columns} pixels"
    dataset.Rows, dataset.Columns = int(dataset.Rows * rows), int(dataset.Columns * columns)
    words = f"data are {stated}, the header says {dataset.Rows} x {dataset.Columns}"
    with pytest.raises(UnreadableFileError, match=words):
        read_image(save(dataset, tmp_path / "a"))


@pytest.mark.parametrize(("largest", "accepted"), [(2047, True), (2048, False), (4095, False)])
def test_a_sign_that_jpeg_has_lost(tmp_path, largest, accepted):
    """Of 16 signed bits, a 12-bit codestream holds the sign only if all values are small."""
    pixels = np.array([[0, 5, largest], [7, 8, 9]], np.uint16).repeat(8, 0).repeat(8, 1)
    # GDCM writes a precision of 16, and the first sample is coded as its difference to
    # 2 ** (precision - 1) (T.81 H.1.2.1): with another precision, all samples move along.
    path = save(make_dataset(pixels + np.uint16(2**15 - 2**11)), tmp_path / "a")
    compress_with_gdcm(path, JPEGLosslessSV1)
    dataset = dcmread(path)
    start_of_frame = dataset.PixelData.index(b"\xff\xc3\x00\x0b\x10")
    data = bytearray(dataset.PixelData)
    data[start_of_frame + 4] = 12
    dataset.PixelData = bytes(data)
    np.testing.assert_array_equal(read_image(save(dataset, path)).pixels, pixels)
    dataset.PixelRepresentation = 1
    save(dataset, path)
    if accepted:
        np.testing.assert_array_equal(read_image(path).pixels, pixels)
        return
    with pytest.raises(UnsupportedPixelsError, match="so their sign is lost"):
        read_image(path)


@pytest.mark.parametrize("frame", [0, 1])
def test_the_rescale_of_a_frame_is_that_frames(tmp_path, frame):
    """What is said of the frame goes before what is said of all, and no other frame counts."""
    dataset = make_dataset(np.stack([RAMP, RAMP]))

    def group(slope, intercept):
        rescale, holder = Dataset(), Dataset()
        rescale.RescaleSlope, rescale.RescaleIntercept = slope, intercept
        holder.PixelValueTransformationSequence = [rescale]
        return holder

    dataset.SharedFunctionalGroupsSequence = [group(9, -9)]
    dataset.PerFrameFunctionalGroupsSequence = [group(2, -1000), group(3, -2000)]
    path = save(dataset, tmp_path / "a")
    image = read_image(path, frame=frame)
    assert (image.rescale_slope, image.rescale_intercept) == [(2, -1000), (3, -2000)][frame]
    for mode in ("full", "whitelist", "none"):
        elements = read_image(path, frame=frame, metadata=mode).metadata["dicom"]
        assert float(elements["00281053"]["Value"][0]) == image.rescale_slope
    del dataset.PerFrameFunctionalGroupsSequence[frame].PixelValueTransformationSequence
    assert read_image(save(dataset, path), frame=frame).rescale_slope == 9


def test_a_deflated_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr("mmpc.images.dicom.parsing.MAX_INFLATED_BYTES", 2**22)
    path = save(
        make_dataset(np.zeros((2000, 2000), np.uint16), DeflatedExplicitVRLittleEndian),
        tmp_path / "a",
    )
    assert path.stat().st_size < 2**15
    with pytest.raises(UnreadableFileError, match="inflates"):
        read_image(path)


DAMAGED = [
    "MR_small.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "JPGExtended.dcm",
    "JPEG-LL.dcm",
    "image_dfl.dcm",
    "693_J2KR.dcm",
]


@pytest.mark.parametrize("file", DAMAGED)
def test_cut_and_flipped_files_end_in_our_errors(tmp_path, file, capfd):
    """Every outcome is an image of the size that the header says, or our own error."""
    data = packaged(file).read_bytes()
    shape = read_image(packaged(file)).pixels.shape
    random = np.random.default_rng(zlib.crc32(file.encode()))
    path = tmp_path / "a"
    refused = 0
    for trial in range(24):
        damaged = bytearray(data)
        if trial % 2:
            del damaged[random.integers(4, len(data)) :]
        else:
            for position in random.integers(0, len(data), 4):
                damaged[position] ^= 1 << random.integers(8)
        path.write_bytes(damaged)
        try:
            image = read_image(path, frame=0)
        except (UnreadableFileError, UnsupportedPixelsError) as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            assert trial % 2 == 0 or image.pixels.shape == shape
    assert refused >= 8
    assert capfd.readouterr().err == ""
