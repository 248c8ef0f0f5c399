"""The frame header of a JPEG codestream, and damage that a library only mentions."""

import os
import sys
from pathlib import Path

import pytest

from mmpc.errors import UnreadableFileError
from mmpc.images.dicom.jpeg import JpegHeader, watch_for_damage

HERE = Path("a.dcm")
SIZE = bytes([12, 0x01, 0x02, 0x03, 0x04])  # precision, rows, columns
FRAME = b"\xff\xc1\x00\x0b" + SIZE + bytes(4)
COMMENT = b"\xff\xfe\x00\x04ab"


def read(codestream):
    header = JpegHeader.read(codestream, HERE)
    return header.rows, header.columns, header.precision


@pytest.mark.parametrize("before", [b"", COMMENT, 3 * COMMENT, b"\xff", b"\xff\xff" + COMMENT])
@pytest.mark.parametrize("marker", [0xC0, 0xC1, 0xC3, 0xC7, 0xCB, 0xCF, 0xF7])
def test_the_frame_header_is_found(before, marker):
    frame = FRAME.replace(b"\xc1", bytes([marker]))
    assert read(b"\xff\xd8" + before + frame) == (0x0102, 0x0304, 12)


@pytest.mark.parametrize("marker", [0xC4, 0xC8, 0xCC, 0xBF, 0xD0, 0xDA])
def test_tables_are_no_frame_header(marker):
    table = b"\xff" + bytes([marker]) + b"\x00\x07" + bytes([8, 0, 1, 0, 1])
    assert read(b"\xff\xd8" + table + FRAME) == (0x0102, 0x0304, 12)


@pytest.mark.parametrize("precision", [2, 16])
def test_precisions_that_exist(precision):
    frame = FRAME.replace(SIZE[:1], bytes([precision]), 1)
    assert read(b"\xff\xd8" + frame)[2] == precision


@pytest.mark.parametrize(
    "codestream",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd9" + FRAME,
        b"\xff\xd8" + COMMENT,
        b"\xff\xd8" + FRAME[:8],
        b"\xff\xd8" + FRAME.replace(SIZE[:1], b"\x01", 1),
        b"\xff\xd8" + FRAME.replace(SIZE[:1], b"\x11", 1),
        b"\xff\xd8" + FRAME.replace(b"\xff", b"\x00", 1),
        b"\xff\xd8" + b"\x00" + COMMENT[1:] + FRAME,  # what follows no marker is no segment
    ],
)
def test_what_has_none_is_refused(codestream):
    with pytest.raises(UnreadableFileError, match=r"^a\.dcm: its JPEG data have no legal frame"):
        read(codestream)


def test_damage_that_a_decoder_mentions_is_an_error():
    words = b"Corrupt JPEG data: premature end of data segment\n"
    refused = pytest.raises(UnreadableFileError, match=r"^a\.dcm: its JPEG data are corrupt")
    with refused, watch_for_damage(HERE):
        os.write(2, words)


def test_other_words_of_a_decoder_are_swallowed(capfd):
    with watch_for_damage(HERE):
        os.write(2, b"nothing of importance\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_what_was_written_before_comes_first(capfd):
    sys.stderr.write("before\n")
    with pytest.raises(ZeroDivisionError), watch_for_damage(HERE):
        raise ZeroDivisionError
    assert capfd.readouterr().err == "before\n"
