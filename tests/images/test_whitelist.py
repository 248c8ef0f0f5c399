"""The whitelist is what FORMAT.md says, and what the issue of keeping it names is in it."""

import pytest
from pydicom.tag import Tag

from mmpc.images.dicom.classes import SOP_CLASSES, TYPE_2_OF_ALL
from mmpc.images.dicom.json_model import element_lines
from mmpc.images.dicom.overlays import is_overlay
from mmpc.images.dicom.profile import action_for
from mmpc.images.dicom.whitelist import PIXEL_KEYWORDS, WHITELIST
from mmpc.images.reading import read_image
from tests.conftest import ROOT
from tests.images.making import packaged

SAYS = {
    None: "kept",
    "empty": "emptied",
    "replace UID": "replaced",
    "remove": "removed",
    "state": "stated anew",
}


def test_format_md_lists_each_tag_and_why():
    rows = []
    for keyword, (_, why) in sorted(WHITELIST.items(), key=lambda item: Tag(item[0])):
        tag = Tag(keyword)
        with_none = "yes" if keyword in PIXEL_KEYWORDS else ""
        rows.append(
            f"| ({tag.group:04X},{tag.element:04X}) | {keyword} | {why} | {with_none} | "
            f"{SAYS[action_for(tag)]} |"
        )
    text = (ROOT / "FORMAT.md").read_text(encoding="utf-8")
    table = text.split("<!-- table: metadata whitelist -->\n")[1].split("<!-- end -->")[0]
    assert table.splitlines()[2:] == rows


def test_only_the_whitelist_is_kept():
    for file in ("CT_small.dcm", "MR-SIEMENS-DICOM-WithOverlays.dcm"):
        kept = read_image(packaged(file), metadata="whitelist").metadata["dicom"]
        listed = {Tag(keyword) for keyword in WHITELIST}
        assert {Tag(tag) for tag in kept if not is_overlay(Tag(tag))} <= listed
        assert Tag("PatientID") in {Tag(tag) for tag in kept}


def test_each_element_says_which_vr_it_has():
    """The JSON model has no "US or SS" (PS3.18 F.2.2)."""
    for file in ("693_UNCR.dcm", "CT_small.dcm", "mlut_18.dcm", "vlut_04.dcm"):
        kept = read_image(packaged(file), metadata="full").metadata["dicom"]
        assert all(len(element["vr"]) == 2 for element in kept.values())
    padding = read_image(packaged("693_UNCR.dcm")).metadata["dicom"]["00280120"]
    assert padding == {"vr": "SS", "Value": [-2000]}


@pytest.mark.parametrize(
    "foreign",
    [[1], "text", {"zz": 1}, {"0010001G": {"Value": {"a": 1}}}, {"": []}, {"00100010": None}],
)
def test_lines_for_the_terminal_of_whatever_stood_there(foreign):
    assert all(line.isprintable() for line in element_lines(foreign))


def test_nothing_that_a_class_needs_is_left_out():
    """Else it would be empty in the decoded file, and nobody would have been told."""
    needed = set(TYPE_2_OF_ALL)
    for sop_class in SOP_CLASSES.values():
        needed |= {*sop_class.needed, *sop_class.filled}
    assert needed <= set(WHITELIST)


def test_none_is_part_of_the_whitelist_and_names_nobody():
    assert set(PIXEL_KEYWORDS) <= set(WHITELIST)
    assert all(action_for(Tag(keyword)) is None for keyword in PIXEL_KEYWORDS)
