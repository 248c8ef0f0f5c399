import math

import numpy as np
import pytest

import mmpc
from mmpc.evaluation.ablations import ABLATION_COLUMNS, ablation_table
from mmpc.evaluation.v1_variants import (
    BASELINE,
    VARIANTS,
    zero_order_entropy_bytes,
    zigzag_order,
)
from mmpc.v1.bitstream import HEADER_BYTES


@pytest.fixture(scope="module")
def crop(head_ct):
    return head_ct[150:310, 130:295]


@pytest.mark.parametrize("quality", [10, 60])
def test_the_baseline_is_version_1(crop, quality):
    data = mmpc.compress(crop, bitstream=1, quality=quality)
    found = BASELINE.round_trip(crop, quality)
    assert found.size_bytes == HEADER_BYTES + mmpc.read_header(data).payload_bytes
    np.testing.assert_array_equal(found.decoded, mmpc.decompress(data))


def test_without_rle_is_version_1_without_rle(crop):
    data = mmpc.compress(crop, bitstream=1, quality=30, rle=False)
    found = VARIANTS["v1-no-rle"].round_trip(crop, 30)
    assert found.size_bytes == HEADER_BYTES + mmpc.read_header(data).payload_bytes


@pytest.mark.parametrize("name", ["v1-zigzag", "v1-bz2", "v1-lzma", "v1-entropy", "v1-no-rle"])
def test_order_and_entropy_stage_leave_the_error(crop, name):
    found = VARIANTS[name].round_trip(crop, 30)
    np.testing.assert_array_equal(found.decoded, BASELINE.round_trip(crop, 30).decoded)
    assert found.size_bytes != BASELINE.round_trip(crop, 30).size_bytes


def test_zigzag_is_that_of_jpeg():
    start = [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5]
    assert zigzag_order(8)[:16].tolist() == start
    assert zigzag_order(8)[-4:].tolist() == [47, 55, 62, 63]
    assert sorted(zigzag_order(16)) == list(range(256))


def test_entropy_of_a_known_source():
    assert zero_order_entropy_bytes(np.array([0, 1, 2, 3] * 100)) == 100
    assert zero_order_entropy_bytes(np.zeros(1000, int)) == 0
    skewed = np.array([0] * 900 + [1] * 100)
    bits = 900 * math.log2(10 / 9) + 100 * math.log2(10)
    assert zero_order_entropy_bytes(skewed) == math.ceil(bits / 8)


def test_a_deadzone_is_smaller_and_worse(crop):
    plain, deadzone = (VARIANTS[n].round_trip(crop, 30) for n in ("v1", "v1-deadzone-1/6"))
    assert deadzone.size_bytes < plain.size_bytes
    rmse = [mmpc.Distortion.between(crop, r.decoded).rmse for r in (plain, deadzone)]
    assert rmse[0] < rmse[1]


@pytest.mark.parametrize("size", [4, 16, 32])
def test_other_blocks_decode_within_the_step(crop, size):
    found = VARIANTS[f"v1-block-{size}"].round_trip(crop, 10)
    # Orthonormal: the mean squared error is at most that of the coefficients, step**2 / 4.
    assert 0 < mmpc.Distortion.between(crop, found.decoded).rmse < 5.1


def test_table():
    """Version 1 on a line of slope -1 in log-log; a variant with 10 % less at the same step."""
    rows = [
        {"image": "a", "frame": "0", "codec": "v1", "quality": str(q), "rmse": str(q / 4)}
        | {"size_bytes": str(4000 / q), "rate_bpp": str(1 / q)}
        for q in (10, 20, 30, 60)
    ]
    variant = {"codec": "v1-block-4", "quality": "20", "rmse": "10", "size_bytes": "180"}
    rows.append({"image": "a", "frame": "0", "rate_bpp": "0.045"} | variant)
    table = ablation_table(rows, (20,))
    assert [row["variant"] for row in table] == ["version 1", "blocks of 4 x 4"]
    assert table[0]["size_at_equal_rmse_percent"] == 0
    assert table[1]["size_percent"] == pytest.approx(-10)
    # At its RMSE of 10 version 1 needs 100 bytes.
    assert table[1]["size_at_equal_rmse_percent"] == pytest.approx(80, abs=0.1)
    assert set(table[1]) == set(ABLATION_COLUMNS)
