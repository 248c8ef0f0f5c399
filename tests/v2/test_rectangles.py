"""The rectangle tree: cuts and their syntax, blocks of random trees, what the search finds."""

import itertools

import numpy as np
import pytest

from mmpc.coding_tools import Tools
from mmpc.errors import CorruptPayloadError
from mmpc.explore.decisions import read_decisions
from mmpc.v2.arithmetic_coder import finish_encoder, start_decoder
from mmpc.v2.block_coder import code_ctus
from mmpc.v2.block_syntax import AROUND
from mmpc.v2.parameters import EFFORTS, new_parameters
from mmpc.v2.planes import new_planes, new_scratch
from mmpc.v2.records import new_record
from mmpc.v2.rectangles import (
    HALVES,
    MAX_CUTS,
    THIRDS,
    TREE,
    VERTICAL_HALVES,
    VERTICAL_THIRDS,
    WHOLE,
    code_cut,
    may_cut,
    parts_of,
    push_cut,
)
from mmpc.v2.regions import no_cells
from mmpc.v2.slice_coder import decode_blocks, decode_slice, encode_slice, new_slice_model
from mmpc.v2.transform import DCT, DST, NOTHING, SKIP
from tests.v2.coding import compress

SHAPES = list(itertools.product(range(2, 6), range(2, 6)))  # log2 of width and height
CUTS = (HALVES, VERTICAL_HALVES, THIRDS, VERTICAL_THIRDS)


def parts(cut, x, y, log2_width, log2_height, cuts=0):
    """Return the parts that a cut makes, in coding order: place, shape, cuts, forbidden cut."""
    tree = new_record(TREE)
    for index in range(parts_of(cut) - 1, -1, -1):
        push_cut(tree, cut, index, x, y, log2_width, log2_height, cuts)
    names = ("x", "y", "log2_width", "log2_height", "cuts", "forbidden")
    return [tuple(int(tree[name][i]) for name in names) for i in range(tree.count - 1, -1, -1)]


def test_the_cuts_of_a_square_by_hand():
    assert parts(HALVES, 8, 32, 3, 3) == [(8, 32, 3, 2, 1, 0), (8, 36, 3, 2, 1, 0)]
    assert parts(VERTICAL_HALVES, 0, 0, 5, 4) == [(0, 0, 4, 4, 1, 0), (16, 0, 4, 4, 1, 0)]
    assert parts(VERTICAL_THIRDS, 0, 16, 4, 4, 1) == [
        *((0, 16, 2, 4, 2, 0), (4, 16, 3, 4, 2, VERTICAL_HALVES), (12, 16, 2, 4, 2, 0))
    ]
    assert parts(THIRDS, 64, 0, 5, 5) == [
        *((64, 0, 5, 3, 1, 0), (64, 8, 5, 4, 1, HALVES), (64, 24, 5, 3, 1, 0))
    ]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cut", CUTS)
def test_parts_tile_their_part(shape, cut):
    sides = (1 << shape[0], 1 << shape[1])
    side = sides[0 if cut in (VERTICAL_HALVES, VERTICAL_THIRDS) else 1]
    possible = side >= (8 if cut < THIRDS else 16)
    assert may_cut(*shape, WHOLE, cut) == possible
    assert not may_cut(*shape, cut, cut)
    if not possible:
        return
    covered = np.zeros((32, 32), int)
    for x, y, log2_width, log2_height, cuts, _ in parts(cut, 0, 0, *shape):
        assert min(log2_width, log2_height) >= 2 and cuts == 1
        covered[y : y + (1 << log2_height), x : x + (1 << log2_width)] += 1
    assert (covered[: sides[1], : sides[0]] == 1).all()
    assert covered.sum() == sides[0] * sides[1]


def random_around(generator):
    around = new_record(AROUND)
    around.sizes[:] = generator.integers(0, 6, 2)
    around.modes[:] = generator.integers(0, 35, 2)
    around.kinds[:] = generator.integers(0, 4, 2)
    around.energies[:] = generator.integers(0, 12, 2)
    return around


@pytest.mark.parametrize("seed", range(4))
def test_cuts_come_back(seed):
    """Every possible cut of every shape; where none is possible, no bit is spent."""
    generator = np.random.default_rng(seed)
    asked = []
    for shape in SHAPES:
        for cuts, forbidden in itertools.product(range(MAX_CUTS + 1), range(THIRDS)):
            possible = [cut for cut in CUTS if may_cut(*shape, forbidden, cut)]
            cut = generator.choice([WHOLE, *possible]) if cuts < MAX_CUTS else WHOLE
            asked.append((*shape, cuts, forbidden, random_around(generator), int(cut)))
    generator.shuffle(asked)
    model = new_slice_model(np.zeros(1 << 12, np.uint8), False, Tools())
    for *context, cut in asked:
        assert code_cut(model, *context, cut) == cut
    finish_encoder(model.coder, model.stream)
    stream = model.stream[: model.coder.position].copy()
    model = new_slice_model(stream, True, Tools())
    start_decoder(model.coder, stream)
    for *context, cut in asked:
        assert code_cut(model, *context, WHOLE) == cut


def test_a_cut_that_cannot_be_costs_nothing():
    for shape, cuts, forbidden in (((2, 2), 0, 0), ((3, 2), 1, VERTICAL_HALVES), ((5, 5), 3, 0)):
        model = new_slice_model(np.zeros(64, np.uint8), False, Tools())
        around = random_around(np.random.default_rng(0))
        assert code_cut(model, *shape, cuts, forbidden, around, WHOLE) == WHOLE
        assert model.coder.high == 0xFFFFFFFF and model.coder.position == 0


HEIGHT, WIDTH = 90, 75  # not whole blocks


def decide_block(generator, planes, scratch, shapes, x, y, shape):
    """Write random decisions and levels of one block where the encoder looks for them."""
    kinds = [NOTHING, DCT]
    kinds += [DST] if max(shape) <= 4 else []
    kinds += [SKIP] if max(shape) == 2 else []
    kind = generator.choice(kinds)
    planes.modes[y // 4, x // 4] = generator.integers(35)
    planes.kinds[y // 4, x // 4] = kind
    shapes.add(shape)
    levels = np.zeros((1 << shape[1], 1 << shape[0]), np.int32)
    if kind != NOTHING:
        levels[:] = generator.integers(-3, 4, levels.shape)
        levels *= generator.random(levels.shape) < generator.choice([0.05, 0.6])
        levels[generator.integers(levels.shape[0]), 0] = generator.integers(1, 40)
    top, left = y % 64, x % 64
    scratch.ctu_levels[top : top + levels.shape[0], left : left + levels.shape[1]] = levels


def decide_part(generator, planes, scratch, shapes, x, y, shape, cuts, forbidden):
    """Cut a part at random, and its parts."""
    possible = [cut for cut in CUTS if may_cut(*shape, forbidden, cut)]
    cut = WHOLE
    if cuts < MAX_CUTS and max(shape) > 2:
        cut = int(generator.choice([WHOLE, *possible]))
        scratch.ctu_cuts[cuts, y % 64 // 4, x % 64 // 4] = cut
    if cut == WHOLE:
        decide_block(generator, planes, scratch, shapes, x, y, shape)
        return
    for px, py, log2_width, log2_height, count, barred in parts(cut, x, y, *shape, cuts):
        if px < WIDTH and py < HEIGHT:
            part = (log2_width, log2_height)
            decide_part(generator, planes, scratch, shapes, px, py, part, count, barred)


def decide_square(generator, planes, scratch, shapes, x, y, log2):
    """Cut a square into quarters or rectangles at random."""
    if x >= WIDTH or y >= HEIGHT:
        return
    if log2 == 6 or (log2 > 2 and generator.random() < 0.25):
        half = 1 << (log2 - 1)
        for j, i in itertools.product((0, half), (0, half)):
            decide_square(generator, planes, scratch, shapes, x + i, y + j, log2 - 1)
        return
    scratch.ctu_squares[y % 64 // 4, x % 64 // 4] = log2
    if log2 > 2:
        decide_part(generator, planes, scratch, shapes, x, y, (log2, log2), 0, WHOLE)
    else:
        decide_block(generator, planes, scratch, shapes, x, y, (log2, log2))


@pytest.mark.parametrize("tools", [Tools(), Tools(intra=False), Tools(sign_prediction=False)])
def test_random_trees_come_back(tools):
    """Blocks of every shape, with every mode and kind, at a step so fine that all is extreme."""
    shapes = set()
    for seed in range(12):
        generator = np.random.default_rng(seed)
        step = int(generator.choice([200, 9000, 300_000]))
        p = new_parameters((HEIGHT, WIDTH), (-900, 3000), step, tools)
        model = new_slice_model(np.zeros(1 << 16, np.uint8), False, tools)
        planes, scratch = new_planes(HEIGHT, WIDTH, no_cells()), new_scratch()
        for ctu in range(4):
            x, y = ctu % 2 * 64, ctu // 2 * 64
            decide_square(generator, planes, scratch, shapes, x, y, 6)
            assert code_ctus(model, planes, scratch, p, ctu, ctu + 1)
        finish_encoder(model.coder, model.stream)
        payload = model.stream[: model.coder.position].tobytes()
        _, decoded, _ = decode_blocks(payload, (HEIGHT, WIDTH), (-900, 3000), step, tools)
        inside = np.s_[: -(-HEIGHT // 4), : -(-WIDTH // 4)]
        for name in ("sizes", "edges", "modes", "kinds", "energies"):
            found, expected = getattr(decoded, name), getattr(planes, name)
            np.testing.assert_array_equal(found[inside], expected[inside])
        np.testing.assert_array_equal(
            decoded.samples[:HEIGHT, :WIDTH], planes.samples[:HEIGHT, :WIDTH]
        )
    assert shapes == set(SHAPES)


def test_any_bytes_are_a_tree():
    """Random bytes decode to some tree, or end too early; never to anything else."""
    cut, ended = 0, 0
    for seed in range(40):
        generator = np.random.default_rng(seed)
        payload = generator.integers(0, 256, 1500).astype(np.uint8).tobytes()
        try:
            _, planes, _ = decode_blocks(payload, (64, 80), (0, 4095), 5000, Tools())
        except CorruptPayloadError:
            ended += 1
        else:
            cut += np.unique(planes.edges).size == 4
    assert cut > 5 and cut + ended == 40


def stripes(height=96, width=128):
    """Return streaks that run across on the left, and down on the right."""
    generator = np.random.default_rng(5)
    across = np.repeat(generator.normal(0, 100, (height, 1 + width // 16)), 16, axis=1)
    down = np.repeat(generator.normal(0, 100, (1 + height // 16, width)), 16, axis=0)
    image = np.where(np.arange(width) < width // 2, across[:, :width], down[:height])
    return (image + generator.normal(0, 4, image.shape)).astype(np.int16)


def test_rectangles_pay_on_a_skull(head_ct):
    """The error is the same within 1 %."""
    crop = head_ct[:256, 128:384]

    def size(preset, on):
        return len(compress(crop, step=30, preset=preset, tools=Tools(rectangles=on)))

    assert size("default", True) < 0.995 * size("default", False)
    assert size("best", True) < 0.97 * size("best", False)


@pytest.mark.parametrize(("preset", "largest_ratio"), [("fast", 1), ("default", 2), ("best", 8)])
def test_presets_cut_as_often_as_they_say(preset, largest_ratio):
    decisions = read_decisions(compress(stripes(), step=40, preset=preset))
    ratios = decisions.widths / decisions.heights
    longest = max(ratios.max(), (1 / ratios).max())
    assert longest == largest_ratio if preset != "best" else 2 < longest <= largest_ratio


def test_the_search_leaves_what_the_decoder_makes():
    for shape in ((96, 128), (61, 33), (4, 70)):
        plane = stripes(*shape).astype(np.int32)
        for step in (3 << 10, 60 << 10):
            payload, seen = encode_slice(plane, step, Tools(), EFFORTS["best"])
            limits = (int(plane.min()), int(plane.max()))
            decoded = decode_slice(payload, shape, limits, step, Tools())
            np.testing.assert_array_equal(decoded.samples, seen.samples)


@pytest.mark.parametrize("off", ["rectangles", "quadtree"])
def test_a_stream_without_the_tool_has_squares(off):
    data = compress(stripes(), step=40, preset="best", tools=Tools(**{off: False}))
    decisions = read_decisions(data)
    np.testing.assert_array_equal(decisions.widths, decisions.heights)
