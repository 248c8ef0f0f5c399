"""The encoder's choice among other slices and modes: one ranking, in which few are tried."""

from dataclasses import replace

import numpy as np

from mmpc.coding_tools import Tools
from mmpc.evaluation.bd_rate import RateCurve, bd_rate
from mmpc.streams.sample_volume import sample_volume
from mmpc.v2.codec import decompress
from mmpc.v2.contexts import FROM_SLICES
from mmpc.v2.motion import AFTER, BEFORE, MEAN
from mmpc.v2.parameters import EFFORTS
from mmpc.v2.planes import new_scratch
from mmpc.v2.search.memory import new_search
from mmpc.v2.search.mode_ranking import HUGE
from mmpc.v2.search.motion_search import best_motion_cost, take_best_motion
from tests.v2.coding import compress
from tests.v2.test_vectors import volume

STEPS = (8, 24, 64)
LARGEST_LOSS = 0.005


def curve(slices):
    points = []
    for step in STEPS:
        data = compress(slices, step=step)
        error = decompress(data).astype(float) - slices
        points.append((np.sqrt((error**2).mean()), len(data)))
    return RateCurve.from_points(*zip(*points, strict=True))


def test_trying_few_costs_hardly_more_than_trying_all(monkeypatch):
    slices = np.ascontiguousarray(sample_volume()[:5][:, :96, :96])
    few = curve(slices)
    monkeypatch.setitem(EFFORTS, "default", replace(EFFORTS["default"], whole_search=1))
    assert bd_rate(few, curve(slices)) < LARGEST_LOSS


def test_other_slices_are_tried_where_there_is_but_one_mode():
    moving = volume(5, 64, 96, 2)
    alone = Tools(intra=False, other_slices=False)
    sizes = [len(compress(moving, step=30, tools=tools)) for tools in (Tools(intra=False), alone)]
    assert sizes[0] < 0.8 * sizes[1]


def test_motions_are_taken_by_their_cost_each_once():
    search = new_search(1.0, 0.2, True, True)
    motion = new_scratch().motion
    search.motion_costs[:] = HUGE
    search.motion_costs[BEFORE] = 5, 3
    search.motion_costs[AFTER, 0] = 4
    search.motion_costs[MEAN] = 1, 2
    search.motion_bits[MEAN, 1] = 7
    search.motion_downs[:] = 0, 1, 2, 3
    search.motion_acrosses[:] = 0, -1, -2, -3
    taken = []
    while best_motion_cost(search) < HUGE:
        take_best_motion(search, motion)
        taken.append((int(motion.source), int(motion.down), int(motion.across)))
        if len(taken) == 2:
            assert search.mode_bits[FROM_SLICES] == 7
    assert taken == [(MEAN, 0, 0), (MEAN, 3, -3), (BEFORE, 1, -1), (AFTER, 0, 0), (BEFORE, 0, 0)]
