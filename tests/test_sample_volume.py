"""The sample volume of the package, and the part of the demo that codes it."""

import numpy as np
import pytest

from mmpc import demo
from mmpc.streams.sample_volume import SAMPLE_VOLUME, cut_out, sample_volume
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
