"""Find the quantization step for a target: a rate, a PSNR, a largest error, an RMSE.

The search sees an encoder only through two functions, the size and the decoded
image at a step, so it serves any bitstream. Size falls and error grows with the
step, but not at every single step; so the answer is proved on its neighbours
too: none of the next sixteen steps would do better.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmpc.errors import InvalidParameterError, TargetUnreachableError

NEIGHBOURS_PROVED = 16


def peak_value(image: np.ndarray) -> int:
    """Return the peak of the PSNR for stored samples: 255 or 65535, by bits allocated."""
    return 2 ** (8 * image.dtype.itemsize) - 1


@dataclass(frozen=True)
class Distortion:
    """How far a decoded image is from its original.

    Attributes
    ----------
    rmse : float
        Root of the mean squared error, in stored units.
    psnr_db : float
        ``20 log10(peak / rmse)`` with the peak of `peak_value`; infinite without error.
    peak_error : int
        Largest absolute error, in stored units.
    """

    rmse: float
    psnr_db: float
    peak_error: int

    @classmethod
    def between(cls, original: np.ndarray, decoded: np.ndarray) -> "Distortion":
        """Measure two images of the same shape and integer dtype."""
        # Sums of squared integers are exact in float64 up to 2**53.
        error = np.subtract(original, decoded, dtype=np.float64).reshape(-1)
        rmse = float(np.sqrt(error @ error / error.size))
        psnr_db = float(20 * np.log10(peak_value(original) / rmse)) if rmse else float("inf")
        return cls(rmse, psnr_db, int(max(error.max(), -error.min())))


@dataclass(frozen=True)
class Target:
    """What the caller asks for: the name of one measure and its bound.

    Attributes
    ----------
    measure : str
        ``rate_bpp``, ``psnr_db``, ``max_error`` or ``rmse``.
    bound : float
        An upper bound; for ``psnr_db`` a lower bound.
    """

    measure: str
    bound: float

    @classmethod
    def from_arguments(cls, **bounds: float | None) -> "Target | None":
        """Return the one target that is not None, or None; refuse two of them."""
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        if len(given) > 1:
            raise InvalidParameterError(
                f"ask for one target at a time, not for {' and '.join(given)} together"
            )
        for name, bound in given.items():
            if not np.isfinite(bound) or bound < 0 or (name == "rate_bpp" and bound == 0):
                raise InvalidParameterError(f"the target {name}={bound} is not a positive number")
            return cls(name, float(bound))
        return None


def find_step(
    target: Target,
    image: np.ndarray,
    size_bytes: Callable[[int], int],
    reconstruct: Callable[[int], np.ndarray],
    steps: range,
) -> int:
    """Find the step for a target.

    Parameters
    ----------
    target : Target
        For an error (``psnr_db``, ``max_error``, ``rmse``) the result is the
        coarsest step that keeps the bound, so the smallest file. For ``rate_bpp``
        it is the finest step whose file is not above the rate, so the smallest
        error: every coarser step meets it too.
    image : ndarray, shape (height, width)
        The original.
    size_bytes : callable
        Size of the stream at a step, in bytes.
    reconstruct : callable
        Decoded image at a step.
    steps : range
        The legal steps, finest first.

    Returns
    -------
    int

    Raises
    ------
    TargetUnreachableError
        If no step meets the target; the message gives the nearest that was found.
    """
    if target.measure == "rate_bpp":

        def measure(step: int) -> float:
            return 8 * size_bytes(step) / image.size

        best = _furthest(lambda step: measure(step) <= target.bound, steps[::-1])
        nearest = steps[-1]
    else:
        field = "peak_error" if target.measure == "max_error" else target.measure

        def measure(step: int) -> float:
            return getattr(Distortion.between(image, reconstruct(step)), field)

        def meets(step: int) -> bool:
            value = measure(step)
            return value >= target.bound if field == "psnr_db" else value <= target.bound

        best = _furthest(meets, steps)
        nearest = steps[0]
    if best is None:
        raise TargetUnreachableError(
            f"no quantization step meets {target.measure} {target.bound:g}: "
            f"the nearest, step {nearest}, gives {measure(nearest):.4g}"
        )
    return best


def _furthest(meets: Callable[[int], bool], steps: range) -> int | None:
    """Return the last step of `steps` that meets the target, or None.

    `meets` holds at first and fails later, with some disorder in between. A ladder
    of doubling distances from the far end finds a place that holds, bisection the
    edge, and a look at its neighbours climbs over small disorder.
    """
    last = len(steps) - 1
    rungs = sorted({0, last, *(2**k - 1 for k in range(last.bit_length() + 1) if 2**k <= last)})
    failing = len(steps)
    for rung in reversed(rungs):
        if meets(steps[rung]):
            break
        failing = rung
    else:
        return None
    holding = rung
    while failing - holding > 1:
        middle = (holding + failing) // 2
        if meets(steps[middle]):
            holding = middle
        else:
            failing = middle
    proved = holding
    while proved < min(holding + NEIGHBOURS_PROVED, last):
        proved += 1
        if meets(steps[proved]):
            holding = proved
    return steps[holding]
