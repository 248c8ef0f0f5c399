"""Formats are told by content; everything else is refused in one sentence."""

import subprocess
import sys

import pytest

from mmpc.errors import UnreadableFileError
from mmpc.images.reading import read_image


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


def test_importing_the_readers_is_cheap():
    """Pillow, pydicom and the decoders are loaded when a file needs them."""
    code = (
        "import sys, mmpc.images, mmpc.samples\n"
        "print(sorted({'pydicom', 'PIL', 'gdcm', 'openjpeg', 'scipy', 'matplotlib', 'numba'}"
        " & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("[]\n", "")
