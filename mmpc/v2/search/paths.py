"""The paths through the trellis: which states follow each other, and which path is cheapest."""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.quantizer import NEXT_STATE, STATES

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


@kernel
def cheapest_state(costs):
    """Return the state in which the cheapest path ends."""
    best = 0
    for state in range(1, STATES):
        if costs[state] < costs[best]:
            best = state
    return best
