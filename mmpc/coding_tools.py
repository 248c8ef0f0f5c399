"""The coding tools of bitstream 2, each of which can be switched off to see what it gives."""

from dataclasses import dataclass

# From this step on the deblocking filter is worth its time. Below, where the Wiener filter does
# nearly as well alone, it takes 0.1 % off the RMSE and a fifteenth of the decoder's time.
DEBLOCKING_FROM_STEP = 64
VOLUME_TOOLS = ("other_slices", "motion")  # that do nothing in an image


@dataclass(frozen=True)
class Tools:
    """The coding tools of bitstream 2 that are on; switch one off to see what it gives.

    Attributes
    ----------
    intra : bool
        Predict blocks from their decoded neighbours.
    quadtree : bool
        Block sizes 4 to 32 instead of squares of 8 only.
    dst : bool
        DST-VII besides DCT-II.
    transform_skip : bool
        4 x 4 blocks without a transform.
    dependent_quantization : bool
        Two interleaved quantizers instead of one.
    optimized : bool
        Levels and modes chosen for rate and error, not for the error alone.
    mixing : bool
        Mix all contexts instead of using one.
    deblocking : bool
        Smooth block edges in the decoded slice; where no tools are named, with the preset
        ``best``, or from a step of `DEBLOCKING_FROM_STEP` on.
    wiener : bool
        Filter the decoded slice with transmitted taps.
    sign_prediction : bool
        Code signs as the likelier one or not, by how blocks join their neighbours.
    oriented_taps : bool
        Turn the taps of the Wiener filter with the structures of the slice.
    shifted_points : bool
        Reconstruct the smallest levels where coefficients lie, not midway.
    probability_map : bool
        Correct the mixed probabilities of levels by what they turned out to mean.
    rectangles : bool
        Cut squares into rectangles; the preset ``fast`` does not.
    learned_start : bool
        Start with what the models of other slices learned, not with nothing.
    other_slices : bool
        Of volumes: predict blocks from the decoded slices before and after.
    motion : bool
        Of volumes: let what is predicted from other slices move.
    padding : bool
        Code which samples are padding, exactly, and nothing else of them; also where a largest
        error is promised.
    """

    intra: bool = True
    quadtree: bool = True
    dst: bool = True
    transform_skip: bool = True
    dependent_quantization: bool = True
    optimized: bool = True
    mixing: bool = True
    deblocking: bool = True
    wiener: bool = True
    sign_prediction: bool = True
    oriented_taps: bool = True
    shifted_points: bool = True
    probability_map: bool = True
    rectangles: bool = True
    learned_start: bool = True
    other_slices: bool = True
    motion: bool = True
    padding: bool = True


def usual_tools(step: float, preset: str = "default") -> Tools:
    """Return the tools of a quantization step that nobody chose tools for; ``best`` has all."""
    return Tools(deblocking=preset == "best" or step >= DEBLOCKING_FROM_STEP)
