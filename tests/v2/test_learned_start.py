"""The learned start: what its file says, what it does to a model, and how it is trained."""

import hashlib
import math
import re
from pathlib import Path

import numpy as np
import pytest

from mmpc.coding_tools import Tools
from mmpc.errors import FileError
from mmpc.evaluation.start_training import train
from mmpc.v2 import learned_start as ls
from mmpc.v2.contexts import COUNTERS, WEIGHTS
from mmpc.v2.mixing import COUNT_BITS, INPUTS
from mmpc.v2.parameters import EFFORTS
from mmpc.v2.slice_coder import encode_slice, new_slice_model
from tests.v2.test_vectors import picture

FORMAT = Path(__file__).parents[2] / "FORMAT.md"
LARGEST_FILE = 25_000
NOTHING = Tools(learned_start=False)


def model_with(start, tools=NOTHING):
    """Return a model that knows what ``start`` says, and one that knows nothing."""
    model, fresh = (new_slice_model(np.zeros(0, np.uint8), False, tools) for _ in range(2))
    start.teach(model)
    return model, fresh


def start_of(symbols, weights=0):
    """Return a start whose first counters have these symbols."""
    all_symbols = np.zeros(COUNTERS, np.uint8)
    all_symbols[: len(symbols)] = symbols
    return ls.Start(all_symbols, np.full((WEIGHTS, INPUTS), weights))


def section():
    """Return the section of the format on the learned start."""
    text = FORMAT.read_text(encoding="utf-8")
    return re.search(r"## 13\. Learned start.*?(?=\n#)", text, re.DOTALL)[0]


def test_the_file_is_the_one_of_the_format():
    data = ls.PATH.read_bytes()
    assert len(data) <= LARGEST_FILE
    assert hashlib.sha256(data).hexdigest() in section()
    assert ls.Start.from_bytes(data).to_bytes() == data


def test_the_tables_of_the_format_are_all_counters_and_weights():
    rows, sets = section().split("|---|---|")[1].split("The weight sets:")
    tables = re.findall(r"(?:\[\d+\])+", re.sub(r" of which \S+", "", rows))
    sizes = [math.prod(map(int, re.findall(r"\d+", table))) for table in tables]
    assert sum(sizes) == COUNTERS
    assert sum(map(int, re.findall(r"[A-Z]+ (\d+)", sets))) == WEIGHTS


def test_a_symbol_is_a_probability_that_counts_for_some_decisions():
    model, fresh = model_with(start_of([0, 1, 30, 32, 34, 63]))
    ones = (model.counters[:6] >> COUNT_BITS) / (1 << 22)
    expected = [0.5, *(1 / (1 + math.exp(-logit)) for logit in (-11, -1, 0, 1, 11))]
    assert ones == pytest.approx(expected, abs=1e-5)
    assert ((model.counters[:6] >> COUNT_BITS) > 0).all()
    assert (model.counters[1:6] & ((1 << COUNT_BITS) - 1)).tolist() == [ls.LEARNED_COUNT] * 5
    assert model.counters[0] == fresh.counters[0]
    assert np.array_equal(model.counters[6:], fresh.counters[6:])


def test_weights_are_learned_only_where_they_mix():
    start = start_of([], weights=-3)
    assert (model_with(start)[0].weights == -3 * ls.WEIGHT_STEP).all()
    model, fresh = model_with(start, Tools(mixing=False, learned_start=False))
    assert np.array_equal(model.weights, fresh.weights)


def test_a_slice_starts_with_the_file_if_the_tool_is_on():
    model = new_slice_model(np.zeros(0, np.uint8), False, Tools())
    expected, fresh = model_with(ls.learned_start())
    assert np.array_equal(model.counters, expected.counters)
    assert np.array_equal(model.weights, expected.weights)
    assert (model.counters != fresh.counters).mean() > 0.2


@pytest.mark.parametrize("data", [None, b"", b"no zlib", start_of([]).to_bytes()[:-9]])
def test_a_file_that_is_missing_or_broken(monkeypatch, tmp_path, data):
    path = tmp_path / "learned_start.bin"
    if data is not None:
        path.write_bytes(data)
    monkeypatch.setattr(ls, "PATH", path)
    with pytest.raises(FileError, match=r"learned_start\.bin"):
        ls.learned_start.__wrapped__()


def test_a_file_of_other_contexts(monkeypatch, tmp_path):
    path = tmp_path / "learned_start.bin"
    path.write_bytes(ls.Start(np.zeros(COUNTERS - 1), np.zeros((WEIGHTS, INPUTS))).to_bytes())
    monkeypatch.setattr(ls, "PATH", path)
    with pytest.raises(FileError, match=r"learned_start\.bin"):
        ls.learned_start.__wrapped__()


def test_training_helps_with_what_is_alike(monkeypatch):
    plane = picture(96, 96, np.int16).astype(np.int32)
    step = 300
    start = train({"one": [plane], "other": [plane[::-1].copy()]}, steps=(step,))
    monkeypatch.setattr("mmpc.v2.slice_coder.learned_start", lambda: start)
    turned = np.ascontiguousarray(plane.T)
    with_start, without = (
        len(encode_slice(turned, step << 10, tools, EFFORTS["fast"])[0])
        for tools in (Tools(), NOTHING)
    )
    assert with_start < 0.95 * without


def test_training_is_repeatable():
    plane = picture(64, 64, np.int16).astype(np.int32)
    first, second = (train({"one": [plane]}, steps=(500,)).to_bytes() for _ in range(2))
    assert first == second
