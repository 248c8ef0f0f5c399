"""Results that are kept until a run is whole."""

import numpy as np

from mmpc.evaluation.tasks_codecs import Found
from mmpc.evaluation.tasks_journal import FOLDER, Journal


def test_results_come_back_until_they_are_forgotten(tmp_path):
    journal = Journal(tmp_path, fresh=True)  # there is nothing to forget yet
    journal.write("item", Found([{"rate": 0.1, "name": "a"}], {"x": np.arange(3)}))
    found = Journal(tmp_path).read("item")
    assert found.rows == [{"rate": 0.1, "name": "a"}]
    np.testing.assert_array_equal(found.arrays["x"], [0, 1, 2])
    assert journal.missing(["another", "item", "third"]) == [0, 2]
    assert Journal(tmp_path, fresh=True).read("item") is None
    journal.remove()
    assert not (tmp_path / FOLDER).exists()
    journal.remove()
