"""The state of prediction, and what it looks at: the decoded neighbours of a sample.

18 neighbours in the slice and, in a volume, 3 x 3 samples of the slice before and of the slice
after; their differences, activity and class are what both predictions start from.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.records import new_record

# The neighbours: (rows above, columns to the right), nearest first.
TEMPLATE = np.array(
    [
        *((0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-1, -2), (-1, 2), (-2, -1)),
        *((-2, 1), (-2, -2), (-2, 2), (0, -3), (-3, 0), (-1, -3), (-1, 3), (-3, -1), (-3, 1)),
    ],
    np.int64,
)
NEIGHBOURS = len(TEMPLATE)
W, N, NW, NE, WW, NN, NEE, NNE = 0, 1, 2, 3, 4, 5, 7, 9  # places in the template
MARGIN = 3  # how far the template reaches
MOST_CLASSES = 8  # of samples with fixed taps of their own

# Taps are on differences, so they need not sum to one: of the neighbours to the west one; of nine
# samples of another slice to the west one there, but for that one, which differs from ours.
OWN_TAPS = NEIGHBOURS - 1
TEMPLATE_THERE = np.array(
    [(0, -1), *((j, i) for j in (-1, 0, 1) for i in (-1, 0, 1) if (j, i) != (0, -1))], np.int64
)
TAPS_THERE = len(TEMPLATE_THERE)
MOST_TAPS = OWN_TAPS + 2 * TAPS_THERE
TAP_BITS = 10  # fractional bits of a fixed tap
ADAPTIVE_BITS = 20  # fractional bits of an adaptive tap
FRACTION_BITS = 4  # of a prediction
# Places with this mask are what they were, but are known not to be negative, which would count from
# the end of an array: a comparison and a choice less for each neighbour.
NOT_NEGATIVE = (1 << 62) - 1

TEXTURES = 64
ERROR_LEVELS = 16
FINE_CONTEXTS = TEXTURES * ERROR_LEVELS
BIAS_CONTEXTS = FINE_CONTEXTS + 16 * 9


def _log_table() -> np.ndarray:
    """Return round(2 log2(n + 1)) for n below 4096, computed in integers."""
    # round(2 log2 m) = k where 2^(k - 1/2) <= m^2 < 2^(k + 1/2); compare fourth powers.
    table = np.zeros(4096, np.int64)
    for n in range(4096):
        power, k = (n + 1) ** 4, 0
        while power >= 2 ** (2 * k + 1):
            k += 1
        table[n] = k
    return table


LOG_BUCKET = _log_table()


# What prediction knows and learns of a plane, and of the sample that is next.
PREDICTOR = np.dtype(
    [
        ("lowest", np.int64),  # of the samples
        ("highest", np.int64),
        ("bound", np.int64),  # largest error that is allowed
        ("classes", np.int64),
        ("edges", np.int64, MOST_CLASSES - 1),  # activities that part the classes
        ("references", np.int64),  # that are looked at: 1 the slice before, 2 after, 3 both
        ("n_taps", np.int64),  # of each prediction
        ("taps", np.float64, (MOST_CLASSES, MOST_TAPS)),  # fixed, times 2^TAP_BITS
        ("learned", np.float64, MOST_TAPS),  # adaptive, times 2^ADAPTIVE_BITS
        ("bias_sums", np.int64, BIAS_CONTEXTS),  # of the errors in a context
        ("bias_counts", np.int64, BIAS_CONTEXTS),
        ("places", np.int64, NEIGHBOURS),  # of the neighbours, from the sample's on
        ("places_there", np.int64, TAPS_THERE),  # likewise in another slice, west first
        # Of the next sample; predictions have FRACTION_BITS fractional bits.
        ("around", np.int64, NEIGHBOURS),  # its neighbours
        ("differences", np.float64, MOST_TAPS),  # what the taps are on
        ("power", np.float64),  # the sum of their squares
        ("activity", np.int64),
        ("activity_in_steps", np.int64),
        ("chosen", np.int64),  # its class
        ("fixed", np.int64),
        ("adaptive", np.int64),
        ("blend", np.int64),
        ("corrected", np.int64),  # the blend and its bias: the prediction
        ("texture", np.int64),  # six bits: which neighbours are above the blend
        ("fine_context", np.int64),  # of the bias
        ("coarse_context", np.int64),
    ]
)


def new_predictor(
    width: int, limits: tuple[int, int], bound: int, references: int = 0
) -> np.record:
    """Return a predictor that has seen nothing yet, a record of type ``PREDICTOR``.

    Parameters
    ----------
    width : int
        Of the plane, in samples.
    limits : tuple of int
        Lowest and highest sample.
    bound : int
        Largest absolute error.
    references : int
        1 if there is a slice before to look at, plus 2 if there is one after.
    """
    predictor = new_record(PREDICTOR)
    predictor.lowest, predictor.highest = limits
    predictor.bound = bound
    predictor.places[:] = TEMPLATE @ (width + 2 * MARGIN, 1)
    predictor.places_there[:] = TEMPLATE_THERE @ (width + 2 * MARGIN, 1)
    look_at(predictor, references)
    predictor.classes = 1
    predictor.learned[0] = 1 << (ADAPTIVE_BITS - 1)
    predictor.bias_counts[:] = 1
    return predictor


def look_at(predictor: np.record, references: int) -> None:
    """Let a predictor look at the slices before (1), after (2), both (3) or at none (0)."""
    predictor.references = references
    predictor.n_taps = OWN_TAPS + references.bit_count() * TAPS_THERE


@kernel
def log_bucket(value, limit):
    """Return round(2 log2(value + 1)), at most `limit`."""
    return min(LOG_BUCKET[min(value, 4095)], limit)


@kernel
def gather(predictor, plane, others, at):
    """Note the neighbours of a sample, their activity (a sum of six gradients) and its class.

    ``at`` is the sample's place in the plane, with its margins, row by row. ``others`` are the
    slices before and after, likewise.
    """
    p = predictor
    around = p.around
    for t in range(NEIGHBOURS):
        around[t] = plane[(at + p.places[t]) & NOT_NEGATIVE]
    west = around[W]
    p.activity = (
        abs(west - around[WW])
        + abs(west - around[NW])
        + abs(around[N] - around[NW])
        + abs(around[N] - around[NE])
        + abs(around[N] - around[NN])
        + abs(around[NE] - around[NNE])
    )
    for t in range(OWN_TAPS):
        p.differences[t] = around[t + 1] - west
    filled = OWN_TAPS
    for which in range(2):
        if p.references & (1 << which):
            gather_there(p, others[which], at, filled)
            filled += TAPS_THERE
    chosen = 0
    while chosen < p.classes - 1 and p.activity >= p.edges[chosen]:
        chosen += 1
    p.chosen = chosen


@kernel
def gather_there(predictor, other, at, filled):
    """Note the differences that nine samples of another slice make, from place ``filled`` on."""
    p = predictor
    west = np.int64(other[at - 1])
    p.differences[filled] = west - p.around[W]
    for t in range(1, TAPS_THERE):
        p.differences[filled + t] = other[(at + p.places_there[t]) & NOT_NEGATIVE] - west


@kernel
def pad_row(plane, start, width):
    """Repeat a decoded row's ends into its margins, and its start to the left of the next.

    ``start`` is the place of the row's first sample.
    """
    for i in range(1, MARGIN + 1):
        plane[start - i] = plane[start]
        plane[start + width - 1 + i] = plane[start + width - 1]
        plane[start + width + 2 * MARGIN - i] = plane[start]
