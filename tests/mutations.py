"""Damage that any stream may suffer: bits flipped, the end cut off, bytes behind it."""

import numpy as np


def flip(data, generator, _):
    for _ in range(generator.integers(1, 4)):
        data[generator.integers(len(data))] ^= 1 << generator.integers(8)
    return data


def cut(data, generator, _):
    return data[: generator.integers(len(data))]


def extend(data, generator, _):
    return data + generator.integers(0, 256, generator.integers(1, 40)).astype(np.uint8).tobytes()
