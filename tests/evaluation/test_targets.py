"""What a comparison says of the figures that version 2 must reach."""

import pytest

from mmpc.evaluation.targets import GOAL_COLUMNS, Goal, target_table


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (None, "not measured"),
        (-20.0, "aim reached"),
        (-19.99, "reached"),
        (-15.0, "reached"),
        (-14.99, "missed"),
    ],
)
def test_verdicts(value, verdict):
    assert Goal("rate", -15, -20, "%").verdict(value) == verdict


class Compared:
    """A comparison of two slices."""

    def __init__(self, measured=True):
        self.measured, self.asked = measured, []

    def bd_rates(self, codec, anchor):
        self.asked.append((codec, anchor))
        return {"a": -0.2, "b": -0.1} if self.measured else {}

    def size_ratios(self, codec, anchor, qualities):
        self.asked.append((codec, anchor, qualities))
        return {"a": 0.2, "b": 0.8} if self.measured else {}

    def time_ratios(self, which, codec, anchor):
        self.asked.append((which, codec, anchor))
        return {"a": 1.0, "b": 4.0} if self.measured else {}


def test_means_and_worst_cases():
    compared = Compared()
    table = target_table(compared, "ours")
    assert all(tuple(row) == GOAL_COLUMNS and row["images"] == 2 for row in table)
    found = [(row["measured"], row["worst"], row["verdict"]) for row in table]
    assert found == [
        ("-15.00 %", "-10.00 %", "reached"),
        ("-15.00 %", "-10.00 %", "reached"),
        ("-15.00 %", "-10.00 %", "missed"),
        ("-15.00 %", "-10.00 %", "missed"),
        ("0.40 x", "0.80 x", "reached"),
        ("2.00 x", "4.00 x", "missed"),
        ("2.00 x", "4.00 x", "reached"),
    ]
    assert [(row["must_reach"], row["aim"]) for row in table] == [
        ("<= -15 %", "-20 %"),
        ("<= -14 %", "-20 %"),
        ("<= -28 %", "-33 %"),
        ("<= -41 %", "-46 %"),
        ("<= 0.45 x", "0.35 x"),
        ("<= 1.5 x", "0.8 x"),
        ("<= 2.5 x", "1.5 x"),
    ]
    assert compared.asked == [
        *(("ours", anchor) for anchor in ("x265", "libaom", "openjpeg", "libjxl")),
        ("ours", "mmpc-v1", (10, 60)),
        ("encode", "ours", "x265"),
        ("decode", "ours", "openjpeg"),
    ]


def test_what_was_not_measured():
    for row in target_table(Compared(measured=False), "ours"):
        assert (row["measured"], row["worst"], row["images"]) == (None, None, 0)
        assert row["verdict"] == "not measured"
