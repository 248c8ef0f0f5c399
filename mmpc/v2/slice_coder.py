"""One slice: the loop over its CTUs, encoding or decoding."""

import numpy as np
from numba import njit

from mmpc.v2 import contexts as c
from mmpc.v2.arithmetic_coder import POSITION, finish_encoder, start_decoder
from mmpc.v2.block_coder import code_ctu
from mmpc.v2.block_syntax import NEIGHBOR_FIELDS
from mmpc.v2.costs import fill_last_costs, fill_level_costs
from mmpc.v2.mixing import new_model
from mmpc.v2.parameters import HEIGHT, WIDTH
from mmpc.v2.partition import CTU_LOG2
from mmpc.v2.planes import new_planes, new_scratch
from mmpc.v2.search import search_square


@njit(cache=True, nogil=True)
def encode_ctus(model, planes, search, scratch, p):
    """Search and encode every CTU in raster order."""
    around = np.zeros(NEIGHBOR_FIELDS, np.int64)
    candidates = np.zeros(3, np.int64)
    for ctu_y in range(0, p[HEIGHT], 1 << CTU_LOG2):
        for ctu_x in range(0, p[WIDTH], 1 << CTU_LOG2):
            fill_level_costs(model.counters, search.trellis.level_costs)
            fill_last_costs(model.counters, search.trellis.last_costs)
            search_square(
                model, planes, search, scratch, p, around, candidates, ctu_x, ctu_y, CTU_LOG2
            )
            code_ctu(model, planes, scratch, p, around, candidates, ctu_x, ctu_y)
    finish_encoder(model.coder, model.stream)


@njit(cache=True, nogil=True)
def decode_ctus(model, planes, scratch, p):
    """Decode every CTU in raster order."""
    around = np.zeros(NEIGHBOR_FIELDS, np.int64)
    candidates = np.zeros(3, np.int64)
    start_decoder(model.coder, model.stream)
    for ctu_y in range(0, p[HEIGHT], 1 << CTU_LOG2):
        for ctu_x in range(0, p[WIDTH], 1 << CTU_LOG2):
            code_ctu(model, planes, scratch, p, around, candidates, ctu_x, ctu_y)
