"""A slice at a ratio that societies allow: JPEG 2000 beside us at the same error."""

import numpy as np
import pytest

from mmpc.evaluation import tasks_guidelines
from mmpc.evaluation.tasks_guidelines import COLUMNS, Question, answer

PIXELS = np.arange(40 * 50, dtype=np.int16).reshape(40, 50)


@pytest.fixture
def asked(monkeypatch):
    """Let JPEG 2000 be off by 3 in 100 bytes, and us take 80; return what we are asked."""
    found = []

    def compress(pixels, **options):
        found.append(options)
        return bytes(80)

    monkeypatch.setattr(tasks_guidelines, "compress", compress)
    monkeypatch.setattr(tasks_guidelines, "at_ratio", lambda pixels, ratio: (100, pixels + 3))
    return found


def test_the_same_error_in_fewer_bytes(asked):
    row = answer(Question("chest", "body", 8, ("one", "another"), PIXELS, -2.0))
    assert tuple(row) == COLUMNS
    assert (row["slice"], row["anatomy"], row["ratio"]) == ("chest", "body", 8)
    assert row["society"] == "one, another"
    assert (row["rmse_hu"], row["mmpc_ratio"]) == (6, 2 * 2000 / 80)
    assert row["size_change_percent"] == pytest.approx(-20)
    assert row["noise_share"] is None  # a ramp has none
    assert asked == [{"rmse": 3.0, "preset": "fast"}]


def test_without_an_error_nothing_is_compared(asked, monkeypatch):
    monkeypatch.setattr(tasks_guidelines, "at_ratio", lambda pixels, ratio: (100, pixels))
    row = answer(Question("chest", "body", 8, ("one",), PIXELS, 1.0))
    assert (row["rmse_hu"], row["mmpc_ratio"], row["size_change_percent"]) == (0, None, None)
    assert asked == []
