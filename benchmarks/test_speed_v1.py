"""Version 1 beside OpenJPEG on one real CT slice, at the same RMSE: run with `make speed`.

Each number is measured here, in one run; ``conftest.py`` prints the ratios and
writes them to results/speed_v1.csv.
"""

import zlib

import imagecodecs
import numpy as np
import pytest

import mmpc
from mmpc.images.samples import sample
from mmpc.v1.codec import read_stream

QUALITY = 30


@pytest.fixture(scope="module")
def image():
    """Return a head CT slice, 512 x 512, int16."""
    return sample("head_ct").pixels


@pytest.fixture(scope="module")
def stream(image):
    """Return the slice as version 1 codes it."""
    return mmpc.compress(image, bitstream=1, quality=QUALITY)


def openjpeg_encode(samples, level):
    """Code unsigned samples with the irreversible wavelet at a PSNR of `level` dB."""
    return imagecodecs.jpeg2k_encode(
        samples, level=level, codecformat="j2k", reversible=False, numthreads=1
    )


def rmse(original, decoded):
    """Return the root mean squared error of two images."""
    return mmpc.Distortion.between(original, decoded).rmse


@pytest.fixture(scope="module")
def rival(image, stream):
    """Return the offset samples, and the level at which OpenJPEG has version 1's RMSE."""
    samples = (image.astype(np.int32) - image.min()).astype(np.uint16)
    wanted = rmse(image, mmpc.decompress(stream))
    low, high = 30.0, 130.0
    for _ in range(20):
        level = (low + high) / 2
        found = rmse(samples, imagecodecs.jpeg2k_decode(openjpeg_encode(samples, level)))
        low, high = (level, high) if found > wanted else (low, level)
    assert found == pytest.approx(wanted, rel=0.02)
    return samples, level


def test_v1_compress(benchmark, image):
    """Time the whole of compress."""
    benchmark(mmpc.compress, image, quality=QUALITY)


def test_v1_zlib_alone(benchmark, stream):
    """Time the share of compress that zlib takes."""
    unpacked = zlib.decompress(read_stream(stream).payload)
    benchmark(zlib.compress, unpacked)


def test_openjpeg_compress(benchmark, rival):
    """Time OpenJPEG's encoder."""
    benchmark(openjpeg_encode, *rival)


def test_v1_decompress(benchmark, stream):
    """Time the whole of decompress."""
    benchmark(mmpc.decompress, stream)


def test_openjpeg_decompress(benchmark, rival):
    """Time OpenJPEG's decoder."""
    benchmark(imagecodecs.jpeg2k_decode, openjpeg_encode(*rival), numthreads=1)
