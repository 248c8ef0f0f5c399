"""The whitelist is what FORMAT.md says, and what the issue of keeping it names is in it."""

from pydicom.tag import Tag

from mmpc.images.deidentify import action_for
from mmpc.images.dicom_metadata import PIXEL_KEYWORDS, WHITELIST
from mmpc.images.reading import read_image
from tests.conftest import ROOT
from tests.images.making import packaged

SAYS = {None: "kept", "empty": "emptied", "replace UID": "replaced", "remove": "removed"}


def test_format_md_lists_each_tag_and_why():
    rows = []
    for keyword, (_, why) in sorted(WHITELIST.items(), key=lambda item: Tag(item[0])):
        tag = Tag(keyword)
        with_none = "yes" if keyword in PIXEL_KEYWORDS else ""
        rows.append(
            f"| ({tag.group:04X},{tag.element:04X}) | {keyword} | {why} | {with_none} | "
            f"{SAYS[action_for(tag)]} |"
        )
    text = (ROOT / "FORMAT.md").read_text()
    table = text.split("<!-- table: metadata whitelist -->\n")[1].split("<!-- end -->")[0]
    assert table.splitlines()[2:] == rows


def test_only_the_whitelist_is_kept():
    for file in ("CT_small.dcm", "MR-SIEMENS-DICOM-WithOverlays.dcm"):
        kept = read_image(packaged(file)).metadata["dicom"]
        assert {Tag(tag) for tag in kept} <= {Tag(keyword) for keyword in WHITELIST}
        assert Tag("PatientID") in {Tag(tag) for tag in kept}


def test_none_is_part_of_the_whitelist_and_names_nobody():
    assert set(PIXEL_KEYWORDS) <= set(WHITELIST)
    assert all(action_for(Tag(keyword)) is None for keyword in PIXEL_KEYWORDS)
