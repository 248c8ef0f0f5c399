"""The experiments beside the plain one, through the tool."""

import shutil
from importlib.util import find_spec

import numpy as np
import pytest

from mmpc import evaluate
from mmpc.batch.tables import read_table
from mmpc.coding_tools import Tools
from mmpc.evaluation import catalogue, our_codecs, reports


@pytest.fixture
def cut(tmp_path, head_ct):
    np.save(tmp_path / "cut.npy", head_ct[150:278, 130:274])
    return tmp_path / "cut.npy"


def test_ablations(cut, tmp_path, capsys):
    out = tmp_path / "out"
    command = [cut, "--quality", 30, "--ablations", "--pictures", 0, "--jobs", 1, "--out", out]
    assert evaluate.main(command) == 0
    table = list(read_table(out / "ablations.csv"))
    assert len(table) == 12 * 3
    sizes = {row["variant"]: float(row["size_percent"]) for row in table if row["quality"] == "60"}
    assert sizes["version 1"] == 0
    assert sizes["no RLE (zlib alone)"] > 0 > sizes["deadzone, rounding 1/6"]
    assert (out / "ablations.png").stat().st_size > 5000
    assert "zigzag order" in capsys.readouterr().out


def test_peers_and_targets(cut, tmp_path, capsys, monkeypatch):
    pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    chosen = {name: catalogue.PEERS[name] for name in ("openjpeg", "charls", "libjxl", "x265")}
    monkeypatch.setattr(catalogue, "PEERS", chosen)
    monkeypatch.setattr(reports, "TIMED_REPEATS", 1)
    out = tmp_path / "out"
    command = [cut, "--quality", 30, "--peers", "--target-table", "--bitstream", 1]
    command += ["--pictures", 0, "--jobs", 1]
    assert evaluate.main([*command, "--out", out, "--without", "libjxl"]) == 0
    printed = capsys.readouterr().out
    table = {row["codec"]: row for row in read_table(out / "peers.csv")}
    assert "libjxl" not in table
    assert float(table["openjpeg"]["bd_rate_percent"]) == 0
    assert float(table["mmpc-v1"]["bd_rate_percent"]) > 20
    goals = list(read_table(out / "targets.csv"))
    assert len(goals) == 7 and "BD-rate against OpenJPEG" in printed
    if shutil.which("ffmpeg") and find_spec("resource"):
        for which in ("encode", "decode"):
            seconds = [float(table[name][f"{which}_seconds"]) for name in ("x265", "openjpeg")]
            ratio = float(table["x265"][f"{which}_time_ratio"])
            assert ratio == pytest.approx(seconds[0] / seconds[1], rel=1e-4)
    else:
        assert "left out: x265" in printed
        assert goals[0]["verdict"] == "not measured"
    for name in ("peers_rate.png", "peers_time.png"):
        assert (out / name).stat().st_size > 5000
    assert evaluate.main([*command, "--out", out, "--without", "x625"]) == 1
    assert "x625" in capsys.readouterr().err


def test_our_codecs_ask_for_what_their_names_say(monkeypatch):
    asked = []
    monkeypatch.setattr(our_codecs, "compress", lambda _, **options: asked.append(options))
    pixels = np.arange(256, dtype=np.uint16).reshape(16, 16)
    for name in ("mmpc-v1", "mmpc-v2-default", "mmpc-v2-fast", "mmpc-v2-without-dst"):
        catalogue.find_codec(name).compress(pixels, 4.0)
    catalogue.find_codec("mmpc-v2-bounded").compress(pixels, 3)
    assert asked == [
        {"bitstream": 1, "quality": 4.0, "preset": "default"},
        {"bitstream": 2, "quality": 4.0, "preset": "default"},
        {"bitstream": 2, "quality": 4.0, "preset": "fast"},
        {"quality": 4.0, "preset": "fast", "tools": Tools(dst=False, deblocking=False)},
        {"max_error": 3, "tools": None},
    ]
