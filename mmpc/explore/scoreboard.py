"""The student's own codec, measured: bits per pixel at equal error, lesson after lesson.

A codec is a function that takes pixels and a step and returns the bytes and the decoded pixels.
Its score is the rate at an RMSE of 4 HU, in the mean over the course's two slices. What was
reached is kept in ``scoreboard.json`` in the current folder (or where ``MMPC_SCOREBOARD`` says).
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from mmpc.errors import InvalidParameterError
from mmpc.explore.body import SLICES, measured
from mmpc.files import atomic_write

RMSE_HU = 4.0
MOST_TRIES = 12
CLOSE_ENOUGH = 0.002

# What the solutions of the lessons reach; the tests measure them.
COURSE_BPP = {
    0: 2.783,
    1: 2.104,
    2: 2.070,
    3: 1.638,
    4: 1.564,
    5: 1.450,
    6: 1.432,
    7: 1.231,
    8: 1.124,
    9: 1.120,
    10: 1.115,
    11: 1.105,
}
# In plain Python whole slices take minutes: lesson 16 measures these where it is asked to.
CAPSTONE_BPP = {16: 0.993}
# Where a lesson is not about the rate at 4 HU: its own number, and what the solution reaches.
COURSE_NUMBERS = {
    13: ("bits per pixel with a promise of 2 HU", 2.211),
    15: ("bytes of a header, in the mean of four files", 58.0),
}
RIVALS_BPP = {"JPEG 2000": 1.177, "version 2": 0.824}

Codec = Callable[[np.ndarray, float], tuple[bytes, np.ndarray]]


def as_codec(
    compress: Callable[[np.ndarray, float], bytes], decompress: Callable[[bytes], np.ndarray]
) -> Codec:
    """Make one function of two: the decoder gets the bytes and nothing else."""

    def codec(pixels: np.ndarray, step: float) -> tuple[bytes, np.ndarray]:
        data = compress(pixels, step)
        return data, decompress(data)

    return codec


def rate_at_equal_error(codec: Codec, pixels: np.ndarray, rmse: float = RMSE_HU) -> float:
    """Return the rate of a codec where its error is `rmse`.

    Parameters
    ----------
    codec : callable
        Pixels and step in, bytes and decoded pixels out.
    pixels : ndarray of integers, shape (height, width)
        Stored values.
    rmse : float
        In stored units.

    Returns
    -------
    float
        Bits per pixel, interpolated in logarithms between the two nearest steps tried.

    Raises
    ------
    InvalidParameterError
        The codec returns no bytes or another shape, or its error does not follow its step.
    """
    low, high, step = None, None, 3.0 * rmse
    for _ in range(MOST_TRIES):
        point = _try(codec, pixels, step)
        low, high = (point, high) if point[0] <= np.log(rmse) else (low, point)
        if low is None or high is None:
            step *= 0.7 if low is None else 1.4
            continue
        share = (np.log(rmse) - low[0]) / (high[0] - low[0])
        if high[2] / low[2] < 1.05:
            return float(np.exp(low[1] + share * (high[1] - low[1])))
        step = low[2] * (high[2] / low[2]) ** np.clip(share, 0.1, 0.9)
    raise InvalidParameterError(
        f"no step was found at which the codec's RMSE is {rmse}: does a larger step round coarser?"
    )


def _try(codec: Codec, pixels: np.ndarray, step: float) -> tuple[float, float, float]:
    """Return logarithms of RMSE and rate at a step, and the step."""
    data, decoded = codec(pixels.copy(), step)
    if not isinstance(data, bytes) or np.shape(decoded) != pixels.shape:
        raise InvalidParameterError("a codec returns bytes and decoded pixels of the slice's shape")
    error = np.asarray(decoded, np.float64) - pixels
    rmse = max(float(np.sqrt(np.mean(error**2))), 1e-9)
    return np.log(rmse), np.log(8 * len(data) / pixels.size), step


def score(lesson: int, codec: Codec) -> float:
    """Measure a codec on the course's slices, print its score, and keep the best of the lesson.

    Parameters
    ----------
    lesson : int
        Number of the lesson in which the codec was written.
    codec : callable
        Pixels and step in, bytes and decoded pixels out; see `as_codec`.

    Returns
    -------
    float
        Mean rate at an RMSE of 4 HU, in bits per pixel.
    """
    rates = {name: rate_at_equal_error(codec, measured(name).pixels) for name in SLICES}
    mean = float(np.mean(list(rates.values())))
    each = ", ".join(f"{name} {rate:.2f}" for name, rate in rates.items())
    print(f"Your codec at an RMSE of {RMSE_HU:.0f} HU: {mean:.3f} bpp ({each})")
    _keep_best(lesson, mean)
    return mean


def keep(lesson: int, number: float) -> float:
    """Print and return a student's number of a lesson's own kind, and keep the best."""
    print(f"Yours: {number:.3f} {COURSE_NUMBERS[lesson][0]}")
    _keep_best(lesson, number)
    return number


def show_course_number(lesson: int) -> None:
    """Print what the course's solution reaches in a number of the lesson's own kind."""
    kind, reached = COURSE_NUMBERS[lesson]
    print(f"The course's solution: {reached:.2f} {kind}")


def _keep_best(lesson: int, number: float) -> None:
    scores = _read()
    scores[lesson] = min(float(number), scores.get(lesson, np.inf))
    text = json.dumps({str(key): round(value, 4) for key, value in sorted(scores.items())})
    atomic_write(_path(), text.encode())


def show_scoreboard(lesson: int) -> None:
    """Draw and print what the course's own codecs reach up to a lesson, and what you have.

    Your numbers are drawn and not printed: what is printed is the same for every reader.
    """
    course = COURSE_BPP | CAPSTONE_BPP
    known = {number: rate for number, rate in course.items() if number <= lesson}
    rivals = RIVALS_BPP if lesson in CAPSTONE_BPP else {}
    own = {number: rate for number, rate in read_scores().items() if number <= lesson}
    axes = plt.figure(figsize=(7, 2.8), layout="constrained").add_subplot()
    axes.bar(list(known), list(known.values()), 0.6, color="0.8", label="the course's solution")
    axes.plot(list(own), list(own.values()), "o", color="tab:red", label="your best")
    for (name, rate), dashes in zip(rivals.items(), ("--", ":"), strict=False):
        axes.axhline(rate, color="k", linewidth=0.8, linestyle=dashes, label=name)
    last = max(7, lesson)
    axes.set(xlabel="lesson", ylabel="bits per pixel", xticks=range(last + 1), ylim=(0, 3.2))
    axes.set(xlim=(-0.6, last + 0.6))
    axes.set_title(f"Rate at an RMSE of {RMSE_HU:.0f} HU, mean of {' and '.join(SLICES)}")
    axes.legend(loc="upper right", fontsize=8)
    plt.show()
    print("bpp of the course's solutions: ", end="")
    print(", ".join(f"lesson {number} {rate:.2f}" for number, rate in known.items()))
    if rivals:
        print("bpp of others: " + ", ".join(f"{name} {rate:.2f}" for name, rate in rivals.items()))


def read_scores() -> dict[int, float]:
    """Return the student's best rate of each lesson, in bits per pixel; empty at first."""
    return {key: best for key, best in _read().items() if key not in COURSE_NUMBERS}


def _read() -> dict[int, float]:
    try:
        stored = json.loads(_path().read_text(encoding="utf-8"))
        return {int(lesson): float(number) for lesson, number in stored.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _path() -> Path:
    return Path(os.environ.get("MMPC_SCOREBOARD", "scoreboard.json"))
