"""What the encoder takes for padding, and what it puts there instead."""

import numpy as np

from mmpc.v2.pixel_padding import Padding

LEAST_BITS_OF_MASK = 0.4  # for each sample of padding beside one that is none
# How many times its cost a mask is to save, as estimated, so that no file becomes larger. What is
# coded sample by sample knows better what padding looks like.
GAIN_OVER_COST = 2
GAIN_OVER_COST_BOUNDED = 4
# What named padding may cost to come back exactly, itself or since other padding does not then:
# so many bits for each sample of a slice, of which as many count as make room for a mask that is
# not scattered.
NAMED_BITS = 0.01
NAMED_SAMPLES = 1 << 16
_MOST_SWEEPS = 8


def find_padding(
    samples: np.ndarray,
    step: float,
    reference: Padding | None = None,
    bounded: bool = False,
    named: int | None = None,
) -> Padding | None:
    """Return the padding of a slice; None where there is none, or where it does not pay.

    Padding is what has the value that is most frequent on the border, or the lowest one: all
    such samples, or those connected with the border, whichever pays more. Where a value is named,
    all samples that have it are padding, unless they are so scattered that this costs much, or
    padding of another value pays so much more: a slice has padding of one value alone.

    Parameters
    ----------
    samples : ndarray of integers, shape (height, width)
        The slice.
    step : float
        Quantization step, in sample units.
    reference : Padding, optional
        Of the slice that was coded last of those that this one refers to.
    bounded : bool
        Whether a largest error is promised.
    named : int, optional
        The value that the image's file says is padding.
    """
    best, most = None, 0.0
    if named is not None:
        best, gain = _named_padding(samples, step, reference, named)
        if best is not None:
            if best.is_everywhere:
                return best
            most = gain + _worth_of_names(samples)
    border = np.concatenate((samples[0], samples[-1], samples[:, 0], samples[:, -1]))
    values, counts = np.unique(border, return_counts=True)
    candidates = {int(values[counts.argmax()]), int(values[0])}
    if best is not None:
        candidates.discard(best.value)
    factor = GAIN_OVER_COST_BOUNDED if bounded else GAIN_OVER_COST
    for value in sorted(candidates):
        mask = samples == value
        if mask.all():
            return Padding.everywhere(value, samples.shape)
        for padding in (Padding(value, mask), Padding(value, connected_to_border(mask))):
            length, gain = _edge_bits(samples, padding, step)
            if gain <= factor * LEAST_BITS_OF_MASK * length:
                continue  # without coding the mask, which may be noise
            gain -= factor * 8 * len(padding.to_bytes(reference))
            if gain > most:
                best, most = padding, gain
    return best


def _named_padding(
    samples: np.ndarray, step: float, reference: Padding | None, value: int
) -> tuple[Padding | None, float]:
    """Return the samples of this value, if some have it and cost little, and the bits they save."""
    mask = samples == value
    if not mask.any():
        return None, 0.0
    padding = Padding(value, mask)
    if padding.is_everywhere:
        return Padding.everywhere(value, samples.shape), 0.0
    length, gain = _edge_bits(samples, padding, step)
    most = _worth_of_names(samples) + max(0.0, gain)
    if LEAST_BITS_OF_MASK * length > most:  # without coding the mask, which may be noise
        return None, 0.0
    cost = 8 * len(padding.to_bytes(reference))
    return (None, 0.0) if cost > most else (padding, gain - cost)


def _worth_of_names(samples: np.ndarray) -> float:
    """Return how many bits it may cost that named padding comes back exactly."""
    return NAMED_BITS * max(samples.size, NAMED_SAMPLES)


def fill_padding(samples: np.ndarray, padding: Padding) -> np.ndarray:
    """Return a slice, int32, in which padding is what costs least.

    That is the median of the samples beside it: constant, since texture costs, and near to most.
    """
    filled = samples.astype(np.int32)
    filled[padding.mask] = int(np.median(_samples_beside(samples, padding.mask)))
    return filled


def _samples_beside(samples: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the samples next to padding, each as often as it is next to some."""
    found = []
    for image, padded in ((samples, mask), (samples.T, mask.T)):
        found.append(image[:-1][padded[1:] & ~padded[:-1]])
        found.append(image[1:][padded[:-1] & ~padded[1:]])
    return np.concatenate(found).astype(np.int32)


def _edge_bits(samples: np.ndarray, padding: Padding, step: float) -> tuple[int, float]:
    """Return the length of the edge of padding, and about how many bits less it takes when filled.

    An edge of height h takes about log2(1 + h / step) bits a sample. On heads, where it is a
    thousand and more, 1.1 to 1.6 times as much is saved, without loss six times; where it is a few
    steps, often less.
    """
    beside = _samples_beside(samples, padding.mask)
    before, after = (
        np.log2(1 + np.abs(beside - value) / step).sum()
        for value in (padding.value, np.median(beside))
    )
    return beside.size, float(before - after)


def connected_to_border(mask: np.ndarray) -> np.ndarray:
    """Return those samples of a mask from which others of it lead to the border of the slice.

    Paths that turn very often are not followed to their end.
    """
    reached = np.zeros_like(mask)
    reached[[0, -1]] = mask[[0, -1]]
    reached[:, [0, -1]] = mask[:, [0, -1]]
    count = 0
    for _ in range(_MOST_SWEEPS):
        reached = _along_rows(mask.T, _along_rows(mask, reached).T).T
        if count == (count := int(reached.sum())):
            break
    return np.ascontiguousarray(reached)


def _along_rows(mask: np.ndarray, reached: np.ndarray) -> np.ndarray:
    """Return what is reached if whole runs of the mask within rows are."""
    starts = mask.copy()
    starts[:, 1:] &= ~mask[:, :-1]
    runs = np.cumsum(starts, dtype=np.int32).reshape(mask.shape)
    is_reached = np.zeros(int(runs[-1, -1]) + 1, bool)
    is_reached[runs[reached]] = True
    return mask & is_reached[runs]
