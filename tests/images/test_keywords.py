"""Keywords of elements without pydicom are pydicom's own."""

from types import SimpleNamespace

import pytest
from pydicom import datadict

from mmpc.images.dicom import keywords
from mmpc.images.dicom.keywords import keyword_of


def test_the_whole_dictionary():
    for tag in datadict.DicomDictionary:
        assert keyword_of(tag) == datadict.keyword_for_tag(tag)


@pytest.mark.parametrize("tag", [0x60020010, 0x60FF3000, 0x00091001, 0x7FE10010, 0x0008FFFE])
def test_what_repeats_is_private_or_unknown(tag):
    assert keyword_of(tag) == datadict.keyword_for_tag(tag)


def test_what_is_in_the_dictionary_or_private_needs_nothing_else(monkeypatch):
    keywords._dictionary.cache_clear()
    monkeypatch.setattr(datadict, "keyword_for_tag", None)
    assert (keyword_of(0x00100010), keyword_of(0x00091001)) == ("PatientName", "")


def test_a_dictionary_that_has_moved_is_asked_for_politely(monkeypatch, tmp_path):
    elsewhere = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(keywords, "find_spec", lambda _: elsewhere)
    monkeypatch.setattr(keywords, "_dictionary", keywords._dictionary.__wrapped__)
    assert keyword_of(0x00100010) == "PatientName"
