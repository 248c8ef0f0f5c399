"""The sample volume of the package, and the part of the demo that codes it."""

import numpy as np
import pytest

import mmpc
from mmpc import demo
from mmpc.images.writing import write_image
from mmpc.streams import sample_volume as module
from mmpc.streams.sample_volume import (
    RESCALE_INTERCEPT_HU,
    SAMPLE_VOLUME,
    cut_out,
    sample_volume,
)
from tests.conftest import ROOT


def test_sample_volume_is_small_and_says_whose_it_is():
    assert SAMPLE_VOLUME.stat().st_size <= 2e6
    volume = sample_volume()
    assert (volume.shape, volume.dtype) == ((24, 320, 320), np.uint16)
    assert volume.info.details["largest_error"] == 0
    assert volume.info.metadata["licence"] == "CC BY 3.0"
    assert set(volume.info.metadata) == {"source", "doi", "licence", "cut"}
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert volume.info.metadata["doi"] in text and "LIDC-IDRI-0314" in text


def test_sample_volume_is_that_of_the_series(shared_data):
    from mmpc.images.reading import read_image

    files = sorted((shared_data / "chest_1mm").glob("*.dcm"))
    series = np.stack([read_image(path, metadata="none").pixels for path in files[4:28]])
    expected = cut_out(np.concatenate([series[:4], series]))
    np.testing.assert_array_equal(sample_volume()[3], expected[3])


def test_the_stream_can_be_made_again(tmp_path, monkeypatch):
    series = np.zeros((30, 4, 6), np.uint16) + np.arange(30, dtype=np.uint16)[:, None, None]
    series += 100 * np.arange(6, dtype=np.uint16)
    for number, one in enumerate(series):
        write_image(tmp_path / f"{number:02}.npy", one)
    monkeypatch.setattr(module, "SAMPLE_VOLUME", tmp_path.parent / "made.mmpc")
    monkeypatch.setattr(module, "_SIDE", 2)
    module.main(tmp_path)
    made = module.sample_volume()
    np.testing.assert_array_equal(made[:], series[4:28, 1:3, 2:4])
    assert made.info.metadata == sample_volume_metadata()
    assert made.info.details["largest_error"] == 0


def sample_volume_metadata():
    return mmpc.open(SAMPLE_VOLUME).info.metadata


def test_the_middle_is_cut_out_and_is_in_hounsfield_units():
    series = np.zeros((30, 326, 321), np.uint16)
    series[4:28, 3:323, 0:320] = 1
    cut = cut_out(series)
    assert cut.shape == (24, 320, 320) and cut.all()
    assert (RESCALE_INTERCEPT_HU, sample_volume_metadata()["cut"].split(";")[1]) == (
        -1000,
        " samples less 1000 are Hounsfield units",
    )


def test_demo_codes_a_part_of_it(tmp_path, capsys, monkeypatch):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    monkeypatch.setattr(demo, "VOLUME_SLICES", 3)
    monkeypatch.setattr(demo, "VOLUME_CUT", slice(96, 144))
    demo.demo_volume(tmp_path, True)
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if line.split()[0] in ("20", "60")]
    sizes = {(row[0], row[1]): int(row[-5]) for row in rows}
    for quality in ("20", "60"):
        assert sizes[quality, "volume"] < sizes[quality, "single"]
    assert (tmp_path / "volume.png").stat().st_size > 10_000
