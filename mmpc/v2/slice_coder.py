"""One slice: the loop over its CTUs, encoding or decoding."""

import numpy as np

from mmpc.coding_tools import Tools
from mmpc.errors import CorruptPayloadError
from mmpc.request import Region
from mmpc.v2.arithmetic_coder import finish_encoder, start_decoder
from mmpc.v2.block_coder import code_ctus
from mmpc.v2.contexts import COUNTERS, WEIGHTS
from mmpc.v2.deblocking import deblock
from mmpc.v2.filter_syntax import code_filter
from mmpc.v2.learned_start import learned_start
from mmpc.v2.mixing import Model, new_model
from mmpc.v2.parameters import LAMBDA_DEPENDENT, LAMBDA_PLAIN, Effort, new_parameters
from mmpc.v2.partition import CTU_LOG2
from mmpc.v2.pieces import Progress, pieces
from mmpc.v2.planes import Planes, new_planes, new_scratch
from mmpc.v2.probability_map import start_maps
from mmpc.v2.references import NO_REFERENCES, Coded, References
from mmpc.v2.regions import cells_of, code_region, no_cells
from mmpc.v2.search.memory import new_search
from mmpc.v2.search.quadtree import search_ctu
from mmpc.v2.search.wiener_design import design_filter
from mmpc.v2.transform import COEFFICIENT_BITS
from mmpc.v2.wiener import apply_filter, classify, new_filter, pad_slice

CTUS_AT_A_TIME = 32


def number_of_ctus(planes: Planes) -> int:
    """Return how many CTUs a slice has."""
    return planes.samples.size >> (2 * CTU_LOG2)


def new_slice_model(
    stream: np.ndarray, decoding: bool, tools: Tools, references: References = NO_REFERENCES
) -> Model:
    """Return the model of a slice: it knows what most learn, or what that of its references did."""
    model = new_model(COUNTERS, WEIGHTS, stream, decoding, tools.mixing)
    model.mixer.mapping = tools.probability_map
    start_maps(model.counters)
    if tools.learned_start:
        learned_start().teach(model)
    references.teach(model)
    return model


def encode_slice(
    plane: np.ndarray,
    fixed_step: int,
    tools: Tools,
    effort: Effort,
    region: Region | None = None,
    references: References = NO_REFERENCES,
    progress: Progress | None = None,
    limits: tuple[int, int] | None = None,
) -> tuple[bytes, Coded]:
    """Encode a plane of samples; this is the core that image and volume codecs share.

    Parameters
    ----------
    plane : numpy.ndarray
        2-D, int32, signed samples of up to 20 bits.
    fixed_step : int
        Quantization step in 1/1024 sample units.
    tools : Tools
        The tools that are on.
    effort : Effort
        How thoroughly to search.
    region : Region, optional
        Samples of interest that take a finer step.
    references : References
        Slices that were coded before this one.
    progress : callable, optional
        Called with how many CTUs are done, and of how many.
    limits : tuple of int, optional
        Lowest and highest sample that a decoder knows of; those of the plane if left out.

    Returns
    -------
    payload : bytes
        The bits.
    coded : Coded
        What :func:`decode_slice` makes of them.
    """
    plane = np.ascontiguousarray(plane, np.int32)  # each kernel is compiled for one layout
    limits = limits or (int(plane.min()), int(plane.max()))
    p = new_parameters(plane.shape, limits, fixed_step, tools, references.which)
    more = 0  # candidates where other slices are ranked beside modes
    if p.references:
        more = 3 if effort.whole_search else 1  # one for each source, at most
    p.candidates = effort.candidates + more if tools.optimized else 1
    p.extra_kinds = effort.extra_kinds
    p.second_choice = effort.second_choice
    p.own_contexts = effort.own_contexts
    p.whole_search = effort.whole_search
    p.cuts = effort.cuts if tools.rectangles and tools.quadtree else 0
    p.cut_kinds = effort.cut_kinds
    p.part_candidates = effort.part_candidates + more
    p.part_modes = effort.part_modes
    capacity = plane.size * 4 + 4096
    while True:
        model = new_slice_model(np.zeros(capacity, np.uint8), False, tools, references)
        decoded, sizes = _encode(plane, model, p, tools.optimized, region, references, progress)
        size = int(model.coder.position)
        if size <= capacity:
            return model.stream[:size].tobytes(), Coded.of(decoded, model, sizes)
        capacity = size


def _encode(
    plane: np.ndarray,
    model: Model,
    p: np.record,
    optimized: bool,
    region: Region | None,
    references: References,
    progress: Progress | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Encode a plane into the stream of ``model``; return it decoded, and the sizes of blocks."""
    height, width = plane.shape
    cells = cells_of(region.mask) if region else no_cells()
    planes = new_planes(height, width, cells, plane, references)
    small_step = float(p.small_step) / (1 << COEFFICIENT_BITS)
    rate_weight = LAMBDA_DEPENDENT if p.dependent else LAMBDA_PLAIN
    search = new_search(small_step, rate_weight, optimized, p.shifted_points)
    scratch = new_scratch()
    if region:
        code_region(model, p, cells, region.gain)
    for ctu, end in pieces(number_of_ctus(planes), 1, progress):
        search_ctu(model, planes, search, scratch, p, ctu)
        code_ctus(model, planes, scratch, p, ctu, end)
    if p.deblocking:
        deblock(planes.samples, planes.edges, planes.cells, p)
    if p.wiener:
        padded = pad_slice(planes.samples, p)
        found, classes = design_filter(padded, planes.source, p, rate_weight * small_step**2)
        code_filter(model, p, found)
        apply_filter(padded, p, classes, found, planes.samples)
    finish_encoder(model.coder, model.stream)
    return planes.samples[:height, :width], planes.sizes


def decode_slice(
    payload: bytes,
    shape: tuple[int, int],
    limits: tuple[int, int],
    fixed_step: int,
    tools: Tools,
    has_region: bool = False,
    references: References = NO_REFERENCES,
    progress: Progress | None = None,
) -> Coded:
    """Decode a plane from its payload; the inverse of :func:`encode_slice`.

    Parameters
    ----------
    payload : bytes
        The bits.
    shape : tuple of int
        Height and width in samples.
    limits : tuple of int
        Lowest and highest sample.
    fixed_step : int
        Quantization step in 1/1024 sample units.
    tools : Tools
        The tools that are on.
    has_region : bool
        Whether the payload starts with a region of interest.
    references : References
        Slices that were decoded before this one.
    progress : callable, optional
        Called with how many CTUs are done, and of how many.

    Returns
    -------
    Coded
        Its samples, and what later slices may learn from it.

    Raises
    ------
    CorruptPayloadError
        The payload ends before the last block.
    """
    model, planes, p = decode_blocks(
        payload, shape, limits, fixed_step, tools, has_region, references, progress
    )
    if p.deblocking:
        deblock(planes.samples, planes.edges, planes.cells, p)
    if p.wiener:
        found = new_filter()
        code_filter(model, p, found)
        padded = pad_slice(planes.samples, p)
        classes = np.zeros(shape, np.uint8)
        classify(padded, p, found, classes)
        apply_filter(padded, p, classes, found, planes.samples)
    return Coded.of(planes.samples[: shape[0], : shape[1]], model, planes.sizes)


def decode_blocks(
    payload: bytes,
    shape: tuple[int, int],
    limits: tuple[int, int],
    fixed_step: int,
    tools: Tools,
    has_region: bool = False,
    references: References = NO_REFERENCES,
    progress: Progress | None = None,
) -> tuple[Model, Planes, np.record]:
    """Decode all blocks of a plane, not yet filtered; for the arguments see `decode_slice`.

    Returns
    -------
    model : Model
        From which the filter is decoded next.
    planes : Planes
        Samples and decisions.
    p : PARAMETERS
        The parameters of the slice.
    """
    p = new_parameters(shape, limits, fixed_step, tools, references.which)
    cells = no_cells(*shape) if has_region else no_cells()
    planes = new_planes(*shape, cells, references=references)
    stream = np.frombuffer(payload, np.uint8).copy()
    model = new_slice_model(stream, True, tools, references)
    start_decoder(model.coder, model.stream)
    if has_region:
        code_region(model, p, cells, 1.0)
    scratch = new_scratch()
    for start, end in pieces(number_of_ctus(planes), CTUS_AT_A_TIME, progress):
        if not code_ctus(model, planes, scratch, p, start, end):
            raise CorruptPayloadError("the payload ends before the last block of the slice")
    return model, planes, p
