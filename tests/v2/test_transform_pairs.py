"""Pairs of DST-VII and DCT-VIII: their syntax, who writes them, and what they are for."""

import itertools

import numpy as np
import pytest

from mmpc.request import PRESETS, Tools
from mmpc.v2.arithmetic_coder import finish_encoder, start_decoder
from mmpc.v2.block_syntax import code_kind
from mmpc.v2.codec import decompress
from mmpc.v2.header_reading import read_stream
from mmpc.v2.parameters import EFFORTS
from mmpc.v2.slice_coder import decode_blocks, encode_slice, new_slice_model
from mmpc.v2.transform import (
    ACROSS,
    BASIS,
    DCT,
    DOWN,
    DST,
    DST_ACROSS,
    DST_DOWN,
    KIND_CLASS,
    KINDS,
    MIRRORED,
    NOTHING,
    SKIP,
)
from tests.v2.coding import compress
from tests.v2.test_rectangles import random_around

PAIRS = (DST_DOWN, DST_ACROSS, MIRRORED)
SHAPES = list(itertools.product(range(2, 6), range(2, 6)))  # log2 of width and height


def kinds_of(shape, pairs):
    """Return the types that a block of this shape may have."""
    kinds = [DCT]
    kinds += [DST] if max(shape) <= 4 else []
    kinds += PAIRS if max(shape) <= 4 and pairs else []
    kinds += [SKIP] if max(shape) == 2 else []
    return kinds


@pytest.mark.parametrize("pairs", [0, 1])
def test_kinds_come_back(pairs):
    """Every type of every shape, among random neighbours."""
    generator = np.random.default_rng(pairs)
    asked = [
        (pairs, *shape, int(generator.integers(35)), random_around(generator), kind)
        for shape in SHAPES
        for kind in kinds_of(shape, pairs) * 4
    ]
    generator.shuffle(asked)
    model = new_slice_model(np.zeros(1 << 12, np.uint8), False, Tools())
    for question in asked:
        assert code_kind(model, *question) == question[-1]
    finish_encoder(model.coder, model.stream)
    stream = model.stream[: model.coder.position].copy()
    model = new_slice_model(stream, True, Tools())
    start_decoder(model.coder, stream)
    assert [code_kind(model, *question[:-1], DCT) for question in asked] == [
        question[-1] for question in asked
    ]


def test_types_are_pairs_of_bases():
    """As FORMAT.md has them: DST-VII grows from where the prediction comes from, DCT-VIII falls."""
    pairs = {kind: (int(DOWN[kind]), int(ACROSS[kind])) for kind in (DCT, DST, *PAIRS)}
    assert pairs == {
        DCT: (0, 0),
        DST: (1, 1),
        DST_DOWN: (1, 2),
        DST_ACROSS: (2, 1),
        MIRRORED: (2, 2),
    }
    for log2 in range(2, 6):
        size = 1 << log2
        assert (np.diff(BASIS[1, log2, 0, :size]) > 0).all()
        assert (np.diff(BASIS[2, log2, 0, :size]) < 0).all()


def test_neighbours_see_four_types():
    assert KIND_CLASS.tolist() == [DCT, DST, SKIP, NOTHING, DST, DST, DST]
    assert len(KIND_CLASS) == len(DOWN) == len(ACROSS) == KINDS


def falling(height=64, width=96):
    """Return blocks of 8 x 8 whose bump is where they begin: nothing that DST-VII is made for."""
    generator = np.random.default_rng(3)
    y, x = np.mgrid[:height, :width]
    bump = np.cos(np.pi * (y % 8) / 17) * np.cos(np.pi * (x % 8) / 17)
    heights = generator.normal(0, 150, (height // 8, width // 8)).repeat(8, 0).repeat(8, 1)
    return (heights * bump + generator.normal(0, 3, bump.shape)).astype(np.int32)


@pytest.mark.parametrize("preset", PRESETS)
def test_only_best_writes_them(preset):
    image = falling().astype(np.int16)
    sizes = {}
    for on in (True, False):
        data = compress(image, step=20, preset=preset, tools=Tools(transform_pairs=on))
        assert read_stream(data).tools.transform_pairs == (on and preset == "best")
        assert np.abs(decompress(data).astype(int) - image).max() < 40
        sizes[on] = len(data)
    assert sizes[True] < 0.98 * sizes[False] if preset == "best" else sizes[True] == sizes[False]


def test_the_search_leaves_what_the_decoder_makes():
    """And it finds all pairs, also with a step that makes levels large."""
    plane = falling()
    found = set()
    for step in (1 << 9, 20 << 10):
        payload, seen = encode_slice(plane, step, Tools(wiener=False), EFFORTS["best"])
        limits = (int(plane.min()), int(plane.max()))
        _, planes, _ = decode_blocks(payload, plane.shape, limits, step, Tools(wiener=False))
        found |= set(np.unique(planes.kinds).tolist())
        np.testing.assert_array_equal(planes.sizes, seen.sizes)
    assert found >= set(PAIRS)
