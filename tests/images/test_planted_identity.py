"""A token in every element there is: none that may identify comes through ``--anonymize``."""

import pytest
from pydicom._dicom_dict import DicomDictionary

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
    # Functional groups are resolved into the elements of a frame; what has no place there goes.
    public = [one for one in public if "functional group" not in one.place]
    assert sum(one.needle in found for one in public) > 0.97 * len(public)
    assert {one.vr for one in survived} == {one.vr for one in planter.plants}
