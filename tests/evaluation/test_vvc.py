import stat
import sys

import numpy as np
import pytest

from mmpc.errors import EncoderError, FileError
from mmpc.evaluation import vvc
from mmpc.images.image import Image
from mmpc.images.samples import find_packaged_file, sample

# An encoder that quantizes: it writes a fifth of the samples' bytes and what it decodes to.
FAKE = """#!{python}
import sys
import numpy as np
options = dict(argument[2:].split("=") for argument in sys.argv[3:])
assert sys.argv[1] == "-c" and options["InputChromaFormat"] == "400"
assert options["FramesToBeEncoded"] == options["FrameRate"] == "1"
assert all(options[name + "BitDepth"] == "12" for name in ("Input", "Internal", "Output"))
step = 2 + int(options["QP"])
samples = np.fromfile(options["InputFile"], "<u2")
assert samples.size == int(options["SourceWidth"]) * int(options["SourceHeight"])
open(options["BitstreamFile"], "wb").write(bytes(samples.size // step))
(samples // step * step).tofile(options["ReconFile"])
"""


@pytest.fixture
def program(tmp_path):
    if sys.platform == "win32":
        pytest.skip("a script is no program there")

    def write(text):
        path = tmp_path / "EncoderApp"
        path.write_text(text.format(python=sys.executable), encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return write


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "intra.cfg"
    path.write_text("", encoding="utf-8")
    return path


def test_stored_points_are_found_by_the_plane():
    if not find_packaged_file("693_UNCR.dcm"):
        pytest.skip("pydicom-data is not installed")
    head = sample("head_ct")
    points = vvc.StoredPoints().on(vvc.plane_of(head))
    assert [size for size, _ in points] == [14493, 6964, 3669]
    assert vvc.StoredPoints().on(vvc.plane_of(sample("abdomen_ct"))) == []
    row, *more = vvc.rows_of(vvc.Task("head", head, "mmpc-v2-fast", vvc.StoredPoints()))
    assert not more and tuple(row) == vvc.COLUMNS
    assert (row["image"], row["codec"]) == ("head", "mmpc-v2-fast")
    assert "elsewhere" in row["points"]
    assert row["rmse_from"] == pytest.approx(1.691) and row["rmse_to"] == pytest.approx(5.0666)
    assert -20 < row["bd_rate_percent"] < 20


def test_the_mean_of_each_codec_stands_after_its_slices():
    default, best = vvc.OURS
    given = [("b", best, 1.0), ("b", default, 5.0), ("a", best, 3.0), ("a", default, 2.0)]
    rows = [dict(zip(vvc.COLUMNS, (i, c, "VTM", r, 1.0, 2.0), strict=True)) for i, c, r in given]
    made = [(row["image"], row["codec"], row["bd_rate_percent"]) for row in vvc.table(rows)]
    assert made == [
        *(("a", default, 2.0), ("b", default, 5.0), ("mean", default, 3.5)),
        *(("a", best, 3.0), ("b", best, 1.0), ("mean", best, 2.0)),
    ]
    assert vvc.table([]) == []


def test_the_plane_is_clipped_to_12_bits():
    pixels = np.array([[0, 24, 1024, 9000]], np.int16)
    image = Image(pixels, 16, rescale_intercept=-1048.0, rescale_slope=1.0)
    assert vvc.plane_of(image).tolist() == [[0, 0, 1000, 4095]]
    assert vvc.plane_of(image).dtype == np.uint16


def test_a_program_of_the_user_is_measured(program, config):
    plane = (np.arange(64 * 48) % 4096).astype(np.uint16).reshape(48, 64)
    points = vvc.Vtm(program(FAKE), config).on(plane)
    assert [size for size, _ in points] == [plane.size // 2, plane.size // 10, plane.size // 18]
    assert [rmse for _, rmse in points] == pytest.approx(
        [np.sqrt((plane % step**1.0).__pow__(2).mean()) for step in (2, 10, 18)]
    )


def test_what_goes_wrong_with_the_program_is_said(program, config, tmp_path):
    with pytest.raises(FileError, match=r"nowhere: no such file; --vtm takes"):
        vvc.Vtm(tmp_path / "nowhere", config)
    plane = np.zeros((8, 8), np.uint16)
    with pytest.raises(EncoderError, match="EncoderApp failed at QP 0: out of paper"):
        vvc.Vtm(program("#!/bin/sh\necho out of paper >&2; exit 3\n"), config).on(plane)
