"""The paths through the trellis: which states follow each other, and the way back along one."""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.quantizer import NEXT_STATE, QUANTIZER, STATES
from mmpc.v2.scan import SCAN_X, SCAN_Y
from mmpc.v2.search.edges import APART, TOGETHER

START = STATES  # stands for the path that has no level yet, beside those that end in a state
ZERO_IS_NEAREST = np.float32(1)  # in small steps: to this, zero is the nearest of quantizer 0

# The two states from which a level leads to each state, the lower one first, and its parity.
_EDGES = [
    sorted(
        (state, parity)
        for state in range(STATES)
        for parity in range(2)
        if NEXT_STATE[state, parity] == target
    )
    for target in range(STATES)
]
ORIGINS = np.array([[state for state, _ in edges] for edges in _EDGES], np.int64)
PARITIES = np.array([[parity for _, parity in edges] for edges in _EDGES], np.int64)


@kernel(fastmath=True, forceinline=True)
def cheaper(origins, state, one, cost_one, two, cost_two):
    """Return the cost of the cheaper of two paths into ``state``, and note where it came from."""
    is_one = cost_one <= cost_two
    origins[state] = one if is_one else two
    return cost_one if is_one else cost_two


@kernel
def cheapest_state(costs):
    """Return the state in which the cheapest path ends."""
    best = 0
    for state in range(1, STATES):
        if costs[state] < costs[best]:
            best = state
    return best


@kernel(forceinline=True)
def level_into(trellis, i, origin, state, own):
    """Return the i-th magnitude of the path that goes from ``origin`` into ``state`` with it."""
    if origin == START:
        return np.int64(trellis.start_levels[i, state])
    parity = 1 if trellis.dependent and NEXT_STATE[origin, 1] == state else 0
    if own:
        return np.int64(trellis.edge_levels[i * APART + 2 * origin + parity])
    return np.int64(trellis.edge_levels[i * TOGETHER + 2 * QUANTIZER[origin] + parity])


@kernel
def trace_back(trellis, coefficients, levels, start, first, state, own):
    """Follow the path that ends in ``state`` back to its start and write its levels."""
    for i in range(first + 1):
        x = SCAN_X[start + i]
        y = SCAN_Y[start + i]
        origin = np.int64(trellis.came_from[i, state])
        magnitude = level_into(trellis, i, origin, state, own)
        levels[y, x] = -magnitude if coefficients[y, x] < 0 else magnitude
        if origin == START:
            break
        state = origin
