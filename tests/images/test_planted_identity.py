"""A token in every element there is: none that may identify comes through ``--anonymize``."""

import pytest
from pydicom._dicom_dict import DicomDictionary
from pydicom.tag import Tag

from mmpc.images.dicom.kept_acquisition import KEPT_ACQUISITION
from mmpc.images.dicom.kept_elements import KEPT_ELEMENTS, KEPT_IMAGE, STAND_INS
from mmpc.images.dicom.known_codes import CODE_KEYWORDS
from mmpc.images.dicom.whitelist import WHITELIST
from tests.images import identifying
from tests.images.gardens import CARRIERS
from tests.images.planting import plant, survivors


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return plant(tmp_path_factory.mktemp("gardens"))


@pytest.mark.parametrize("mode", ["full", "whitelist", "none"])
def test_no_planted_token_comes_through(planted, mode):
    planter, paths = planted
    survived = survivors(planter, paths, metadata=mode, anonymize=True)
    leaked = [str(one) for one in survived if one.identifies]
    n_identifying = sum(one.identifies for one in planter.plants)
    print(f"{mode}: of {n_identifying} tokens that may identify, {len(leaked)} came through")
    assert leaked == []
    assert n_identifying > 55_000
    if mode == "full":  # so that the search had where to look
        for carrier in CARRIERS:
            assert sum(carrier in one.place for one in survived) > 900
        assert len(survived) > 4_000


def test_the_search_finds_the_tokens_where_nothing_is_removed(planted):
    planter, paths = planted
    survived = survivors(planter, paths, metadata="full")
    found = {one.needle for one in survived}
    public = [one for one in planter.plants if one.tag in DicomDictionary and one.identifies]
    # What is lost on the way without de-identification: the likes of icons and URLs of pixels.
    assert sum(one.needle in found for one in public) > 0.97 * len(public)
    assert {one.vr for one in survived} == {one.vr for one in planter.plants}


def test_what_is_kept_is_not_in_the_table_and_is_no_text_nor_time():
    keywords = " ".join([*KEPT_IMAGE.values(), *KEPT_ACQUISITION.values()]).split()
    assert len(keywords) == len(set(keywords)) == len(KEPT_ELEMENTS) > 900
    for keyword in [*keywords, *STAND_INS]:
        assert Tag(keyword) in DicomDictionary, keyword
        assert Tag(keyword) not in identifying.NAMED, keyword
    vrs = {keyword: DicomDictionary[Tag(keyword)][0].split(" or ") for keyword in keywords}
    text = {keyword for keyword, vr in vrs.items() if set(vr) & {"LO", "SH"}}
    assert text == {*identifying.HARMLESS_TEXT.split(), *CODE_KEYWORDS} & KEPT_ELEMENTS
    assert set(identifying.HARMLESS_TEXT.split()) <= text
    words = {keyword for keyword, vr in vrs.items() if "OW" in vr and "US" not in vr}
    assert words <= set(identifying.HARMLESS_BYTES.split())
    allowed = {*identifying.HARMLESS_VRS, "SQ", "UI", "LO", "SH", "OW"}
    assert {one for vr in vrs.values() for one in vr} <= allowed


def test_nothing_on_the_whitelist_is_lost_because_nobody_thought_of_it():
    for keyword in WHITELIST:
        spoken_of = keyword in {*KEPT_ELEMENTS, *STAND_INS} or Tag(keyword) in identifying.NAMED
        assert spoken_of or keyword.startswith(("Deidentification", "PatientIdentity")), keyword
