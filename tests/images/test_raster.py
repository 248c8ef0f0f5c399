"""PNG and TIFF: the traps that Pillow sets, each with the bytes that spring it."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow

from mmpc.errors import UnreadableFileError, UnsupportedPixelsError
from mmpc.images.reading import read_image

SIXTEEN = np.array([[0, 1, 255, 256], [32767, 32768, 65534, 65535]], np.uint16)
EIGHT = np.array([[0, 1, 127], [128, 254, 255]], np.uint8)


def png(width, height, bits, colour_type, rows, extra=b""):
    """Write a PNG by hand (PNG specification, third edition)."""

    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", data)
        + chunk(b"IEND", b"")
    )


def tiff(pixels, *, photometric=1, order="<", sample_format=None, bits=None, samples=1):
    """Write an uncompressed one-strip TIFF by hand (TIFF 6.0)."""
    entries = [
        (256, 4, pixels.shape[1]),
        (257, 4, pixels.shape[0]),
        (258, 3, bits or 8 * pixels.itemsize),
        (259, 3, 1),
        (262, 3, photometric),
        (273, 4, 8),
        (277, 3, samples),
        (278, 4, pixels.shape[0]),
        (279, 4, pixels.nbytes),
    ]
    if sample_format:
        entries.append((339, 3, sample_format))
    data = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    out = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(data)) + data
    out += struct.pack(order + "H", len(entries))
    for tag, kind, value in entries:
        packed = struct.pack(order + ("I" if kind == 4 else "H"), value).ljust(4, b"\0")
        out += struct.pack(order + "HHI", tag, kind, 1) + packed
    return out + struct.pack(order + "I", 0)


def check(tmp_path, data, expected, source_format, photometric="MONOCHROME2"):
    path = tmp_path / "no_extension"
    path.write_bytes(data)
    image = read_image(path)
    assert image.pixels.dtype == expected.dtype
    assert image.source_format == source_format
    assert image.photometric_interpretation == photometric
    np.testing.assert_array_equal(image.pixels, expected)


@pytest.mark.parametrize("pixels", [EIGHT, SIXTEEN], ids=["8", "16"])
def test_png(tmp_path, pixels):
    rows = [row.astype(pixels.dtype.newbyteorder(">")).tobytes() for row in pixels]
    height, width = pixels.shape
    check(tmp_path, png(width, height, 8 * pixels.itemsize, 0, rows), pixels, "PNG")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pixels", [EIGHT, SIXTEEN], ids=["8", "16"])
def test_tiff(tmp_path, pixels, order):
    check(tmp_path, tiff(pixels, order=order), pixels, "TIFF")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pixels", [EIGHT.view(np.int8), SIXTEEN.view(np.int16)], ids=["8", "16"])
def test_signed_tiff(tmp_path, pixels, order):
    check(tmp_path, tiff(pixels, order=order, sample_format=2), pixels, "TIFF")


def test_frames_of_an_animated_png(tmp_path):
    """An APNG is a PNG; Pillow shows its first frame unless it is told otherwise."""
    frames = [Pillow.fromarray(EIGHT), Pillow.fromarray(EIGHT[:, ::-1].copy())]
    path = tmp_path / "a.png"
    frames[0].save(path, "PNG", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read_image(path, frame=0).pixels, EIGHT)
    np.testing.assert_array_equal(read_image(path, frame=1).pixels, EIGHT[:, ::-1])
    with pytest.raises(UnsupportedPixelsError, match="2 frames; choose one"):
        read_image(path)
    with pytest.raises(UnsupportedPixelsError, match="no frame 2"):
        read_image(path, frame=2)


def test_only_what_is_not_the_rule_is_told_to_the_stream(tmp_path):
    for name, data in (("a.png", saved("L", "PNG")), ("a.tif", tiff(SIXTEEN))):
        (tmp_path / name).write_bytes(data)
        image = read_image(tmp_path / name)
        assert (image.photometric_interpretation, image.metadata) == ("MONOCHROME2", {})


def test_white_is_zero_tiff_keeps_stored_values(tmp_path):
    check(tmp_path, tiff(EIGHT, photometric=0), EIGHT, "TIFF", "MONOCHROME1")


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compressed_tiff(tmp_path, compression):
    stream = io.BytesIO()
    Pillow.fromarray(SIXTEEN).save(stream, "TIFF", compression=compression)
    check(tmp_path, stream.getvalue(), SIXTEEN, "TIFF")


def test_tiff_pages_are_frames(tmp_path):
    stream = io.BytesIO()
    pages = [Pillow.fromarray(SIXTEEN), Pillow.fromarray(SIXTEEN[:, ::-1].copy())]
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
    path = tmp_path / "a.tif"
    path.write_bytes(stream.getvalue())
    np.testing.assert_array_equal(read_image(path, frame=1).pixels, SIXTEEN[:, ::-1])
    with pytest.raises(UnsupportedPixelsError, match="2 frames"):
        read_image(path)
    with pytest.raises(UnsupportedPixelsError, match="no frame 2"):
        read_image(path, frame=2)


def saved(mode, format_name, **arguments):
    stream = io.BytesIO()
    Pillow.new(mode, (5, 4)).save(stream, format_name, **arguments)
    return stream.getvalue()


REFUSED = {
    "rgb.png": (saved("RGB", "PNG"), "colour"),
    "rgba.png": (saved("RGBA", "PNG"), "RGBA"),
    "la.png": (saved("LA", "PNG"), "alpha"),
    "palette.png": (saved("P", "PNG"), "palette"),
    "one_bit.png": (saved("1", "PNG"), "1-bit"),
    "two_bit.png": (png(4, 1, 2, 0, [b"\x1b"]), "2-bit"),
    "four_bit.png": (png(2, 1, 4, 0, [b"\x1f"]), "4-bit"),
    "transparent.png": (saved("L", "PNG", transparency=0), "transparent"),
    "rgb.tif": (saved("RGB", "TIFF"), "colour"),
    "palette.tif": (saved("P", "TIFF"), "palette"),
    "cmyk.tif": (saved("CMYK", "TIFF"), "CMYK"),
    "one_bit.tif": (saved("1", "TIFF"), "1-bit"),
    "float.tif": (saved("F", "TIFF"), "floating-point"),
    "int32.tif": (saved("I", "TIFF"), "32-bit"),
    "white_is_zero_16.tif": (tiff(SIXTEEN, photometric=0), "16-bit WhiteIsZero"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_reason(tmp_path, name):
    data, words = REFUSED[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises((UnsupportedPixelsError, UnreadableFileError), match=words):
        read_image(path)


@pytest.mark.parametrize(
    "data",
    [
        png(65535, 65535, 16, 0, [b"\0\0"]),
        png(4, 4, 16, 0, [b"\0" * 8])[:-30],
        png(4, 2, 16, 0, [b"\0" * 8, b"\0" * 8])[:28],
        tiff(SIXTEEN).replace(
            struct.pack("<HHII", 273, 4, 1, 8), struct.pack("<HHII", 273, 4, 1, 999)
        ),
        tiff(SIXTEEN)[:12],
        b"II*\0" + b"\xff" * 20,
        tiff(np.zeros((1, 1), np.uint16)).replace(
            struct.pack("<HHII", 256, 4, 1, 1), struct.pack("<HHII", 256, 4, 1, 65535)
        ),
    ],
)
def test_damage(tmp_path, data):
    path = tmp_path / "a"
    path.write_bytes(data)
    with pytest.raises((UnreadableFileError, UnsupportedPixelsError)) as caught:
        read_image(path)
    assert "\n" not in str(caught.value)


def test_pillow_is_left_as_it_was(tmp_path):
    before = Pillow.MAX_IMAGE_PIXELS
    check(tmp_path, png(3, 2, 8, 0, [row.tobytes() for row in EIGHT]), EIGHT, "PNG")
    (tmp_path / "bad").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(UnreadableFileError):
        read_image(tmp_path / "bad")
    assert before == Pillow.MAX_IMAGE_PIXELS
