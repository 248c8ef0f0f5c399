"""Every file of pydicom's and pydicom-data's test sets: read right, or refused with a reason."""

import warnings

import numpy as np
import pytest
from pydicom import dcmread

from mmpc.errors import FileError
from mmpc.images.reading import read_image
from tests.images import outcomes
from tests.images.outcomes import packaged_files

# pydicom does not ask its decoders for these, we do; checked in test_dicom.py.
NOT_DECODED_BY_PYDICOM = {"JPEG-lossy.dcm", "JPGExtended.dcm"}

REASONS = (
    "no supported format",
    "holds no readable image",
    "does not say",
    "colour",
    "palette",
    "1-bit",
    "bits a pixel",
    "truncated",
    "frames; choose",
    "JPEG 2000 data are",
)


@pytest.mark.filterwarnings("ignore")
def test_read_right_or_refused_with_a_reason(capfd):
    read, refused = set(), {}
    for path in packaged_files():
        try:
            image = read_image(path)
        except FileError as error:
            message = str(error).replace(str(path), "")
            assert any(reason in message for reason in REASONS), message
            refused[path.name] = message
            continue
        read.add(path.name)
        if path.name not in NOT_DECODED_BY_PYDICOM:
            with warnings.catch_warnings(action="ignore"):
                np.testing.assert_array_equal(image.pixels, dcmread(path).pixel_array, path.name)
    assert len(read) >= 12, "of pydicom alone"
    assert {"CT_small.dcm", "JPGExtended.dcm", "J2K_pixelrep_mismatch.dcm"} <= read
    assert "32 bits" in refused["rtdose.dcm"]
    assert "colour" in refused["SC_rgb_jpeg.dcm"]
    assert "1-bit" in refused["liver_1frame.dcm"]
    assert "truncated" in refused["MR_truncated.dcm"]
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(
    bool(outcomes.tools_missing()), reason="dicom3tools or dcmtk (Debian) is not installed"
)
@pytest.mark.filterwarnings("ignore")
def test_every_file_comes_back_as_valid_dicom_or_is_refused(capfd):
    """dciodvfy finds no error, DCMTK no complaint, GDCM and pydicom the same pixels."""
    rows = outcomes.outcome_rows()
    assert not [row for row in rows if "WRONG" in " ".join(row.values())]
    assert {row["outcome"].split()[0].strip(":") for row in rows} == {"converted", "refused"}
    converted = [row["file"] for row in rows if row["outcome"].startswith("converted")]
    assert len(converted) >= 40, "of pydicom alone"
    by_name = {row["file"]: row["outcome"] for row in rows}
    whole = [row["file"] for row in rows if row.get("without_loss") == "the same object"]
    assert len(whole) >= 40, "of pydicom alone"
    assert by_name["CT_small.dcm"] == "converted to CT Image Storage"
    assert by_name["MR_small_bigendian.dcm"] == "converted to MR Image Storage"
    assert capfd.readouterr().err == ""
