"""Find the whole quantization step for a goal, where an encode costs milliseconds.

The search sees an encoder only through two functions, the stream and the decoded
image at a step. Size falls and error grows with the step, but not at every single
step; so the answer is proved on its neighbours too: none of the next sixteen steps
would do better.
"""

from collections.abc import Callable

import numpy as np

from mmpc.errors import TargetUnreachableError
from mmpc.rate.distortion import Distortion
from mmpc.request import Goal

NEIGHBOURS_PROVED = 16


def find_step(
    goal: Goal,
    image: np.ndarray,
    compress: Callable[[int], bytes],
    reconstruct: Callable[[int], np.ndarray],
    steps: range,
    rmse_of: Callable[[np.ndarray], float] | None = None,
) -> int:
    """Find the step for a goal.

    Parameters
    ----------
    goal : Goal
        For an error (``psnr_db``, ``max_error``, ``rmse``) the result is the
        coarsest step that keeps the bound, so the smallest file. For ``rate_bpp``
        it is the finest step whose file is not above the rate, so the smallest
        error: every coarser step meets it too.
    image : ndarray, shape (height, width)
        The original.
    compress : callable
        Stream at a step.
    reconstruct : callable
        Decoded image at a step; asked for an error, when no stream is needed.
    steps : range
        The legal steps, finest first.
    rmse_of : callable, optional
        What counts as the RMSE of a decoded image, if not that of all samples.

    Returns
    -------
    int

    Raises
    ------
    TargetUnreachableError
        If no step meets the goal; the message gives the nearest that was found.
    """
    if goal.kind == "rate_bpp":

        def measure(step: int) -> float:
            return 8 * len(compress(step)) / image.size

        best = _furthest(lambda step: measure(step) <= goal.value, steps[::-1])
        nearest = steps[-1]
    else:
        field = "peak_error" if goal.kind == "max_error" else goal.kind

        def measure(step: int) -> float:
            if rmse_of:
                return rmse_of(reconstruct(step))
            return getattr(Distortion.between(image, reconstruct(step)), field)

        def meets(step: int) -> bool:
            value = measure(step)
            return value >= goal.value if field == "psnr_db" else value <= goal.value

        best = _furthest(meets, steps)
        nearest = steps[0]
    if best is None:
        raise TargetUnreachableError(
            f"no quantization step meets {goal.kind} {goal.value:g}: "
            f"the nearest, step {nearest}, gives {measure(nearest):.4g}"
        )
    return best


def _furthest(meets: Callable[[int], bool], steps: range) -> int | None:
    """Return the last step of `steps` that meets the goal, or None.

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
