"""The Wiener filter: its weights are the least-squares ones, and a filtered sample by hand."""

import numpy as np
import pytest

from mmpc.coding_tools import Tools
from mmpc.v2.parameters import new_parameters
from mmpc.v2.search.wiener_design import design_filter, gather_moments
from mmpc.v2.wiener import (
    CLIPS,
    FILTER_CLASSES,
    INTENSITIES,
    OFF,
    ORIENTATIONS,
    ORIENTED_TAPS,
    RADIUS,
    TAP_BITS,
    TAP_X,
    TAP_Y,
    TAPS,
    apply_filter,
    classify,
    clip_limit,
    new_filter,
    pad_slice,
)

STEP = 20


def parameters(shape, limits=(-2000, 3000), step=STEP):
    return new_parameters(shape, limits, step * 1024, Tools())


def noisy_pair(shape, seed):
    """Return a smooth slice and the same with noise, as the quantizer leaves it."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    source = np.rint(300 * np.sin(x / 9) + 200 * np.cos(y / 7)).astype(np.int32)
    return source, source + np.rint(generator.normal(0, 9, shape)).astype(np.int32)


def differences(padded, limit, y, x, orientation=0):
    """Return the sums of clipped differences to opposite neighbours, one for each tap."""
    down, across = TAP_Y, TAP_X
    if orientation & 2:
        down, across = across, down
    if orientation & 1:
        down, across = (-down, across) if orientation & 2 else (down, -across)
    here = padded[y + RADIUS, x + RADIUS]
    one = padded[y + RADIUS + down, x + RADIUS + across] - here
    other = padded[y + RADIUS - down, x + RADIUS - across] - here
    return np.clip(one, -limit, limit) + np.clip(other, -limit, limit)


def rows_of(padded, limit, places, classes):
    oriented = [(y, x, classes[y, x] % ORIENTATIONS) for y, x in places]
    return np.array([differences(padded, limit, *place) for place in oriented], np.float64)


def test_taps_are_the_least_squares_solution():
    source, decoded = noisy_pair((70, 90), 1)
    p = parameters(source.shape)
    padded = pad_slice(decoded, p)
    found, classes = design_filter(padded, source.astype(np.float32), p, 1.0)
    used = [group for group in range(FILTER_CLASSES) if found.clips[group] != OFF]
    assert used
    for group in used:
        limit = clip_limit(p, found.clips[group])
        places = np.argwhere(classes // ORIENTATIONS == group)
        rows = rows_of(padded, limit, places, classes)
        errors = np.array([source[y, x] - decoded[y, x] for y, x in places], np.float64)
        taps = np.linalg.lstsq(rows, errors, rcond=None)[0]
        assert abs(found.taps[group] - taps * 2**TAP_BITS).max() <= 1


def test_the_chosen_clipping_gains_most():
    """No other way of clipping leaves a smaller error in its class."""
    source, decoded = noisy_pair((60, 64), 2)
    decoded[::9, ::7] += 400  # outliers, which clipping keeps out
    p = parameters(source.shape)
    padded = pad_slice(decoded, p)
    found, classes = design_filter(padded, source.astype(np.float32), p, 1.0)
    for group in np.flatnonzero(found.clips):
        places = np.argwhere(classes // ORIENTATIONS == group)
        errors = np.array([source[y, x] - decoded[y, x] for y, x in places], np.float64)
        left = []
        for clip in range(1, CLIPS + 1):
            limit = clip_limit(p, clip)
            rows = rows_of(padded, limit, places, classes)
            taps = np.linalg.lstsq(rows, errors, rcond=None)[0]
            left.append(((errors - rows @ np.rint(taps * 256) / 256) ** 2).sum())
        assert left[found.clips[group] - 1] <= 1.001 * min(left)


def test_it_takes_noise_away():
    source, decoded = noisy_pair((64, 64), 3)
    p = parameters(source.shape)
    padded = pad_slice(decoded, p)
    found, classes = design_filter(padded, source.astype(np.float32), p, 1.0)
    filtered = np.zeros(source.shape, np.int32)
    apply_filter(padded, p, classes, found, filtered)
    assert ((filtered - source) ** 2).mean() < 0.5 * ((decoded - source) ** 2).mean()


@pytest.mark.parametrize("orientation", range(ORIENTATIONS))
@pytest.mark.parametrize("clip", range(1, CLIPS + 1))
def test_a_sample_by_hand(clip, orientation):
    decoded = np.random.default_rng(4).integers(-500, 500, (9, 11)).astype(np.int32)
    p = parameters(decoded.shape)
    padded = pad_slice(decoded, p)
    found = new_filter()
    found.clips[:] = clip
    found.taps[:] = np.random.default_rng(5).integers(-60, 60, TAPS)
    output = np.zeros(decoded.shape, np.int32)
    apply_filter(padded, p, np.full(decoded.shape, orientation, np.uint8), found, output)
    limit = {1: 10**9, 2: 2 * STEP, 3: STEP // 2}[clip]
    for y, x in ((0, 0), (4, 5), (8, 10), (3, 9)):
        total = int(found.taps[0] @ differences(padded, limit, y, x, orientation))
        expected = decoded[y, x] + (128 + total) // 256
        assert output[y, x] == np.clip(expected, -2000, 3000)


def test_samples_stay_in_range():
    decoded = np.tile(np.array([0, 100], np.int32), (8, 8))
    p = parameters(decoded.shape, limits=(0, 100))
    found = new_filter()
    found.clips[:] = 1
    found.taps[:, 0] = -255
    output = np.zeros(decoded.shape, np.int32)
    apply_filter(pad_slice(decoded, p), p, np.zeros(decoded.shape, np.uint8), found, output)
    np.testing.assert_array_equal(output, decoded)


def test_a_class_that_is_off_is_left_alone():
    _, decoded = noisy_pair((12, 12), 6)
    p = parameters(decoded.shape)
    output = np.zeros(decoded.shape, np.int32)
    apply_filter(pad_slice(decoded, p), p, np.zeros(decoded.shape, np.uint8), new_filter(), output)
    np.testing.assert_array_equal(output, decoded)


def test_classes_follow_activity_and_intensity():
    """Flat areas of four grey values beside a checkerboard of full contrast."""
    decoded = np.repeat([0, 100, 200, 300], 16)[np.newaxis, :].repeat(40, axis=0).astype(np.int32)
    y, x = np.mgrid[:40, :64]
    decoded[20:] = np.where((y + x)[20:] % 2, 1000, -1000)
    p = parameters(decoded.shape)
    found = new_filter()
    found.edges[:] = (50, 150, 250)
    classes = np.zeros(decoded.shape, np.uint8)
    classify(pad_slice(decoded, p), p, found, classes)
    assert [int(classes[8, x]) // ORIENTATIONS for x in (8, 24, 40, 56)] == [0, 1, 2, 3]
    assert (classes[24:36, 4:60] // (ORIENTATIONS * INTENSITIES) == 5).all()


@pytest.mark.parametrize(
    "turn", [np.transpose, np.fliplr, np.flipud, np.rot90], ids=lambda turn: turn.__name__
)
@pytest.mark.parametrize("oriented", [True, False])
def test_a_turned_slice_is_filtered_alike(turn, oriented):
    """Its samples turn the weights with them; ties, which do not, are rare in noise."""
    decoded = np.random.default_rng(7).integers(-500, 500, (30, 30)).astype(np.int32)
    found = new_filter()
    found.clips[:] = 2
    found.taps[:] = np.random.default_rng(8).integers(-60, 60, (FILTER_CLASSES, TAPS))
    outputs = []
    for samples in (decoded, np.ascontiguousarray(turn(decoded))):
        p = new_parameters(samples.shape, (-2000, 3000), STEP * 1024, Tools(oriented_taps=oriented))
        padded, classes = pad_slice(samples, p), np.zeros(samples.shape, np.uint8)
        classify(padded, p, found, classes)
        outputs.append(np.zeros(samples.shape, np.int32))
        apply_filter(padded, p, classes, found, outputs[-1])
    alike = (turn(outputs[0]) == outputs[1]).mean()
    assert alike > 0.97 if oriented else alike < 0.5


def test_samples_of_20_bits_do_not_overflow():
    decoded = np.tile(np.array([-(1 << 19), 1 << 19], np.int32), (8, 4))
    p = new_parameters(decoded.shape, (-(1 << 19), 1 << 19), 65536 * 1024, Tools())
    found, classes = new_filter(), np.zeros(decoded.shape, np.uint8)
    found.clips[:] = 1
    found.taps[:, TAP_Y.tolist().index(1) + 2] = 60  # one down: transposed, one across
    padded, output = pad_slice(decoded, p), np.zeros(decoded.shape, np.int32)
    classify(padded, p, found, classes)
    # 2^21 for each second difference across and none down: 32 times the step.
    assert (classes // (ORIENTATIONS * INTENSITIES) == 5).all()
    assert (classes & 2).all()
    apply_filter(padded, p, classes, found, output)
    change = -np.sign(decoded.astype(np.int64)) * 60 * 2 * (1 << 20)
    inside = (slice(None), slice(1, -1))  # beyond the border its samples are repeated
    np.testing.assert_array_equal(output[inside], (decoded + (128 + change) // 256)[inside])


@pytest.mark.parametrize("width", [37, 128])
def test_moments_are_the_products_of_differences_and_errors(width):
    generator = np.random.default_rng(width)
    plane = generator.integers(0, 4096, (40, width)).astype(np.int32)
    source = (plane + generator.normal(0, 20, plane.shape)).astype(np.float32)
    p = new_parameters(plane.shape, (0, 4095), 20 << 10, Tools())
    padded = pad_slice(plane, p)
    classes = generator.integers(0, FILTER_CLASSES * ORIENTATIONS, plane.shape).astype(np.uint8)
    limit = 300
    moments = np.zeros((FILTER_CLASSES, TAPS, TAPS + 1))
    for start, end in ((0, 24), (24, 40)):  # not whole bands of rows
        gather_moments(padded, source, p, classes, limit, moments, start, end)
    expected = np.zeros_like(moments)
    for y, x in np.ndindex(plane.shape):
        group, orientation = divmod(int(classes[y, x]), ORIENTATIONS)
        values = np.zeros(TAPS + 1)
        for k in range(TAPS):
            for sign in (1, -1):
                other = padded[y + RADIUS + sign * TAP_Y[k], x + RADIUS + sign * TAP_X[k]]
                difference = int(other) - int(plane[y, x])
                values[ORIENTED_TAPS[orientation, k]] += np.clip(difference, -limit, limit)
        values[TAPS] = source[y, x] - plane[y, x]
        expected[group] += np.outer(values[:TAPS], values)
    scale = np.abs(expected).max()
    assert np.abs(moments - expected).max() < 1e-5 * scale
    assert np.allclose(moments[:, :, :TAPS], moments[:, :, :TAPS].transpose(0, 2, 1))
