"""A token in every element there is: none that may identify comes through ``--anonymize``."""

import pytest
from pydicom._dicom_dict import DicomDictionary

from mmpc.images.dicom.series import find_series
from mmpc.images.dicom.series_reading import read_series
from tests.images.gardens import CARRIERS
from tests.images.planting import leaves, plant, survivors
from tests.images.series_making import plant_series

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return plant(tmp_path_factory.mktemp("gardens"))


@pytest.fixture(scope="module")
def different(planted, tmp_path_factory):
    """A series whose slices, a garden each, differ in nearly all."""
    _, gardens, _ = planted
    return planted_series(
        tmp_path_factory, [one for name, one in gardens.items() if "functional" not in name]
    )


def planted_series(tmp_path_factory, gardens):
    """Return a series and values of its own that tell whose it is."""
    folder = tmp_path_factory.mktemp("series") / "planted"
    template = plant_series(gardens, folder)
    (series,), _ = find_series(folder)
    return series, {str(template[word].value) for word in ("PatientID", "StudyInstanceUID")}


@pytest.mark.parametrize("mode", ["full", "whitelist", "none"])
def test_no_planted_token_comes_through(planted, mode):
    planter, _, paths = planted
    survived = survivors(planter, paths, metadata=mode, anonymize=True)
    leaked = [str(one) for one in survived if one.identifies]
    n_identifying = sum(one.identifies for one in planter.plants)
    print(f"{mode}: of {n_identifying} tokens that may identify, {len(leaked)} came through")
    assert leaked == []
    assert n_identifying > 39_000
    if mode == "full":  # so that the search had where to look
        for carrier in CARRIERS:
            assert sum(carrier in one.place for one in survived) > 900
        assert len(survived) > 4_000


def test_nothing_of_identity_is_in_any_slice(planted, different):
    """In what slices have in common, which is nothing here, and in what they do not."""
    planter, _, _ = planted
    series, own = different
    found = leaves(read_series(series, anonymize=True).metadata)
    assert [str(one) for one in planter.plants if one.identifies and one.needle in found] == []
    assert not own & found


def test_the_search_finds_the_tokens_where_nothing_is_removed(planted, different):
    planter, _, _ = planted
    series, own = different
    found = leaves(read_series(series).metadata)
    survived = [one for one in planter.plants if one.needle in found]
    public = [one for one in planter.plants if one.tag in DicomDictionary and one.identifies]
    # Functional groups are resolved into the elements of a frame; what has no place there goes.
    public = [one for one in public if "functional group" not in one.place]
    assert sum(one.needle in found for one in public) > 0.97 * len(public)
    assert {one.vr for one in survived} == {one.vr for one in planter.plants}
    assert own <= found


def test_nothing_of_identity_is_in_what_slices_have_in_common(planted, tmp_path_factory):
    planter, gardens, _ = planted
    series, own = planted_series(tmp_path_factory, [gardens["every element"]] * 2)
    plants = [one for one in planter.plants if one.identifies]
    open_ = leaves(read_series(series).metadata)  # so that the search had where to look
    assert sum(one.needle in open_ for one in plants) > 2_000
    assert own <= open_
    for mode in ("full", "whitelist", "none"):
        found = leaves(read_series(series, metadata=mode, anonymize=True).metadata)
        assert [str(one) for one in plants if one.needle in found] == []
        assert not own & found
