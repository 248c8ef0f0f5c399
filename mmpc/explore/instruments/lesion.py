"""The lesion: contrast, diameter and quality as sliders; a patch before and after; d' beside it.

:mod:`mmpc.explore.instruments.lesion_trial` draws, codes and judges. The picture follows the hand;
the observer, who needs many patches coded, answers a second later, and is not asked again.
"""

from collections.abc import Callable

import ipywidgets
import numpy as np

from mmpc.explore.instruments.lesion_trial import (
    N_SHEETS,
    PATCHES_ACROSS,
    SIGMA_HU,
    Findings,
    Pair,
    code_view,
    judge_coded,
    view_of,
)
from mmpc.explore.latest import LatestOnly
from mmpc.explore.pictures import (
    colour_errors,
    enlarge,
    grey,
    one_below_the_other,
    side_by_side,
    to_png,
)
from mmpc.images.windows import Window
from mmpc.tasks.lesions import Lesion

STEPS = (6, 10, 16, 24, 32, 48, 64, 96)
ZOOM = 4
WINDOW = Window(0, 6 * SIGMA_HU)
N_PATCHES = N_SHEETS * PATCHES_ACROSS**2
HINT = (
    f"Noise of {SIGMA_HU:g} HU as filtered back-projection makes it, and a disc in its middle. "
    "Left with it, then the same noise without, right the difference (blue darker, red brighter); "
    "above before coding, below after. All sliders take the arrow keys."
)


def lesion(
    judge: Callable[[Lesion, float], Findings] = judge_coded, latest: LatestOnly | None = None
) -> ipywidgets.VBox:
    """Return the instrument.

    Parameters
    ----------
    judge : callable
        Takes a lesion and a step, as `judge_coded`.
    latest : LatestOnly, optional
        The worker that asks the observer; for tests that wait for it.
    """
    latest = latest or LatestOnly()
    layout = {"width": "420px"}
    contrast = ipywidgets.IntSlider(
        value=-8, min=-30, max=30, description="contrast, HU", layout=layout
    )
    diameter = ipywidgets.FloatSlider(
        value=5, min=2, max=10, step=0.5, description="diameter, mm", layout=layout
    )
    step = ipywidgets.SelectionSlider(options=STEPS, value=32, description="quality", layout=layout)
    for control in (contrast, diameter, step):
        control.style.description_width = "100px"
    numbers = ipywidgets.HTML(layout={"width": "420px"})
    picture = ipywidgets.Image(format="png", layout={"align_self": "flex-start"})

    def redraw(_change: object = None) -> None:
        one, quality = Lesion(diameter.value, contrast.value), step.value
        before = view_of(one)
        picture.value = draw_views(before, code_view(before, quality), one)
        numbers.value = describe_wait(one, quality)
        latest.submit(lambda: (one, quality, judge(one, quality)), answer)

    def answer(found: tuple[Lesion, float, Findings]) -> None:
        numbers.value = describe_findings(*found)

    for control in (contrast, diameter, step):
        control.observe(redraw, names="value")
    redraw()
    left = ipywidgets.VBox([contrast, diameter, step, numbers])
    return ipywidgets.VBox([ipywidgets.HTML(HINT), ipywidgets.HBox([left, picture])])


def draw_views(before: Pair, after: Pair, one: Lesion) -> bytes:
    """Draw with, without and their difference, before and after."""
    limit = 2 * max(abs(one.contrast_hu), 1)
    rows = []
    for present, absent in (before, after):
        difference = present.astype(np.int32) - absent
        panels = (grey(present, WINDOW), grey(absent, WINDOW), colour_errors(difference, limit))
        rows.append(side_by_side([enlarge(panel, ZOOM) for panel in panels]))
    return to_png(one_below_the_other(rows))


def describe_wait(one: Lesion, step: float) -> str:
    """Return what stands where the numbers will be, as HTML."""
    return (
        f"<b>{one}, quality {step}</b>: the observer is being asked; {2 * N_PATCHES} patches are "
        "coded for it, which takes a second or two, once for each lesion and quality ..."
    )


def describe_findings(one: Lesion, step: float, found: Findings) -> str:
    """Return what the observer found, as HTML."""
    rows = "".join(
        f"<tr><td>{name}</td><td style='padding:0 1em'><b>{value:{form}}</b></td>"
        f"<td>{low:{form}} to {high:{form}}</td></tr>"
        for name, value, (low, high), form in (
            ("d' before", found.before.d_prime, found.before.d_prime_interval, ".2f"),
            ("d' after", found.after.d_prime, found.after.d_prime_interval, ".2f"),
            ("kept of d'", found.kept.share, found.kept.interval, ".0%"),
            ("AUC before", found.before.auc, found.before.auc_interval, ".3f"),
            ("AUC after", found.after.auc, found.after.auc_interval, ".3f"),
        )
    )
    return (
        f"<b>{one}, quality {step}</b>: {found.rate_bpp:.2f} bits per pixel, error "
        f"{found.noise_share:.2f} of the noise"
        "<table style='line-height:1.6;margin:6px 0'><tr><td></td><td></td><td>95 %</td></tr>"
        f"{rows}</table>"
        f"A channelized Hotelling observer: {N_PATCHES} patches with the lesion and {N_PATCHES} "
        "without, of which half train it and half are judged. Version 2, preset fast."
    )
