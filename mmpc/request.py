"""What is asked of the codec, in one frozen dataclass.

The keywords of `mmpc.compress` and the options of the tools become one `Request`, which
travels unchanged to the codec of its bitstream. Here stands what may be asked; whether an
image allows it, the codec says. Hounsfield units are turned into stored units before.
"""

import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mmpc.coding_tools import Tools, usual_tools
from mmpc.errors import InvalidParameterError, UnsupportedImageError

if TYPE_CHECKING:  # tools import this for their options, and NumPy loads slowly
    import numpy as np

BITSTREAMS = (1, 2)
PRESETS = ("fast", "default", "best")
# A careful default: bitstream 2 then is off by an RMSE of at most 1.6 HU on all CT samples,
# less than half the noise of a quiet brain slice, and on whole heads no pixel by 10 HU, a
# quarter of the narrowest usual window (stroke, 40 HU wide). Ratios are 4 to 38.
DEFAULT_QUALITY = 6
LARGEST_SIDE = 65535
TARGETS = ("rate_bpp", "psnr_db", "rmse", "max_error", "noise_share")
GOALS = ("step", *TARGETS)


@dataclass(frozen=True)
class Goal:
    """One measure and its bound.

    Attributes
    ----------
    kind : str
        ``step``: this quantization step, larger is coarser. ``rate_bpp``: at most so many
        bits a pixel, headers and metadata included. ``psnr_db``: at least this PSNR, with
        the peak 255 or 65535 by bits allocated. ``rmse``, ``max_error``: at most this
        root mean squared error, or largest error of a sample, in stored units.
        ``noise_share``: in tissue, an RMS error of at most this share of the image's own noise
        (`mmpc.rate.noise`).
    value : float
        The bound.
    """

    kind: str
    value: float

    def __post_init__(self):
        if self.kind not in GOALS:
            raise InvalidParameterError(f"{self.kind!r} is no goal; choose from {', '.join(GOALS)}")
        above_zero = self.kind in ("step", "rate_bpp")
        if (
            not isinstance(self.value, numbers.Real)
            or not math.isfinite(self.value)
            or self.value < 0
            or (above_zero and self.value == 0)
        ):
            name = "quality" if self.kind == "step" else self.kind
            raise InvalidParameterError(f"{name} {self.value} is not a positive number")


@dataclass(frozen=True, eq=False)
class Region:
    """A region of interest: samples that take a finer step than the rest.

    Attributes
    ----------
    mask : ndarray of bool, shape (height, width) or (slices, height, width)
        The samples of interest; of the shape of the image or the volume.
    gain : float
        How many times finer their step is, 1 to 255.
    """

    mask: "np.ndarray"
    gain: float


@dataclass(frozen=True)
class Request:
    """A goal, and how to reach it.

    Attributes
    ----------
    goal : Goal
        A quantization step (`DEFAULT_QUALITY` if none is asked for), or a target for which
        one is searched.
    bitstream : int
        Version of the bitstream, 1 or 2.
    preset : {"fast", "default", "best"}
        Bitstream 2: how long to search for a smaller stream.
    tools : Tools, optional
        Bitstream 2: coding tools to switch off, for experiments.
    region : Region, optional
        Bitstream 2: samples of interest.
    padding_value : int or sequence of int or None, optional
        Bitstream 2: the value that the image's file says is no measurement, or of a volume that of
        each slice; samples that have it come back exactly, unless they are scattered all over, or
        padding of another value saves much more. What looks like padding is found without.
    noise_by_slice : bool
        Of a volume, with a noise share: each slice keeps the share of its own noise, not the
        whole volume that of the mean.
    jobs : int
        Bitstream 2: how many slices of a volume, or stripes of an image of more than 2^20
        samples, are coded at a time. The stream does not depend on it.
    rle : bool
        Bitstream 1: run-length coding before zlib; False is for experiments.
    report_exact : bool
        Bitstream 1: the report's bytes alone, without the trailer that carries sample
        type, metadata and checksum.
    metadata : dict, optional
        What JSON can say; stored in the stream under its checksum.

    Raises
    ------
    InvalidParameterError
        If a value is not legal, or an option does nothing in this bitstream.
    """

    goal: Goal = field(default_factory=lambda: Goal("step", DEFAULT_QUALITY))
    bitstream: int = 2
    preset: str = "default"
    tools: Tools | None = None
    region: Region | None = None
    padding_value: int | Sequence[int | None] | None = None
    noise_by_slice: bool = False
    jobs: int = 1
    rle: bool = True
    report_exact: bool = False
    metadata: dict[str, Any] | None = None

    def __post_init__(self):
        if not isinstance(self.goal, Goal):
            raise InvalidParameterError(
                f"the goal {self.goal!r} is none; give for example Goal('step', 6)"
            )
        if self.bitstream not in BITSTREAMS:
            raise InvalidParameterError(
                f"bitstream {self.bitstream} is not known; "
                f"choose from {', '.join(map(str, BITSTREAMS))}"
            )
        if self.preset not in PRESETS:
            raise InvalidParameterError(
                f"preset {self.preset!r} is not known; choose from {', '.join(PRESETS)}"
            )
        check_jobs(self.jobs)
        if isinstance(self.padding_value, Sequence):
            object.__setattr__(self, "padding_value", tuple(self.padding_value))
        named = self.padding_value if self.names_padding_by_slice else (self.padding_value,)
        if not all(isinstance(value, numbers.Integral | None) for value in named):
            raise InvalidParameterError(
                f"the value of padding {self.padding_value!r} is not a whole number"
            )
        if self.padding_value is not None and self.tools is not None and not self.tools.padding:
            raise InvalidParameterError(
                "padding_value does nothing where the tool padding is off: leave one of them out"
            )
        if self.noise_by_slice and self.goal.kind != "noise_share":
            raise InvalidParameterError("noise_by_slice does nothing without noise_share")
        asked = {
            1: {"rle": not self.rle, "report_exact": self.report_exact},
            2: {
                "preset": self.preset != "default",
                "tools": self.tools is not None,
                "region": self.region is not None,
                "padding_value": self.padding_value is not None,
            },
        }
        for version, options in asked.items():
            for name, is_asked in options.items():
                if is_asked and version != self.bitstream:
                    raise InvalidParameterError(f"{name} is for bitstream {version}: leave it out")
                # Padding is found before either way of coding.
                does_something = name == "padding_value" or (
                    name == "tools" and self.tools == Tools(padding=False)
                )
                if is_asked and self.is_bounded and not does_something:
                    raise InvalidParameterError(
                        f"{name} does nothing where every sample keeps a bound: leave it out"
                    )

    @classmethod
    def from_keywords(
        cls, *, quality: float | None = None, metadata: dict | None = None, **others: Any
    ) -> "Request":
        """Return the request of the keywords of `mmpc.compress`; at most one goal among them."""
        targets = {"step": quality} | {name: others.pop(name, None) for name in TARGETS}
        given = {kind: value for kind, value in targets.items() if value is not None}
        if len(given) > 1:
            names = ["quality" if kind == "step" else kind for kind in given]
            raise InvalidParameterError(
                f"ask for one goal at a time, not for {' and '.join(names)} together"
            )
        goals = [Goal(kind, value) for kind, value in given.items()]
        goal = goals[0] if goals else Goal("step", DEFAULT_QUALITY)
        return cls(goal=goal, metadata=metadata or None, **others)

    @property
    def is_bounded(self) -> bool:
        """Whether bitstream 2 codes with a promised largest error, without a step."""
        return self.bitstream == 2 and self.goal.kind == "max_error"

    @property
    def names_padding_by_slice(self) -> bool:
        """Whether each slice of a volume has a value of padding of its own."""
        return isinstance(self.padding_value, tuple)

    def padding_value_of(self, index: int) -> int | None:
        """Return the value that the file says is padding in one slice, counted from 0."""
        return self.padding_value[index] if self.names_padding_by_slice else self.padding_value

    @property
    def coding_tools(self) -> Tools:
        """The tools of bitstream 2 that a step is coded with: those named, else the usual ones."""
        if self.tools is not None:
            return self.tools
        return Tools() if self.is_bounded else usual_tools(self.goal.value, self.preset)

    def at_step(self, step: float) -> "Request":
        """Return the same request with a quantization step for its goal."""
        return replace(self, goal=Goal("step", step), noise_by_slice=False)


def check_jobs(jobs: int) -> None:
    """Raise InvalidParameterError unless `jobs` is a number of jobs."""
    if not isinstance(jobs, numbers.Integral) or jobs < 1:
        raise InvalidParameterError(f"jobs {jobs!r} is not a number of jobs, 1 or more")


def check_image(image: "np.ndarray", most_dimensions: int = 2) -> "np.ndarray":
    """Return `image` in native byte order, or raise UnsupportedImageError.

    A volume, with 3 dimensions, passes where `most_dimensions` is 3.
    """
    import numpy as np

    image = np.asarray(image)
    if not 2 <= image.ndim <= most_dimensions:
        wanted = "one 2-D slice at a time" if most_dimensions == 2 else "a 2-D slice or 3-D volume"
        raise UnsupportedImageError(f"the image has {image.ndim} dimensions; give {wanted}")
    if image.dtype.kind not in "iu" or image.dtype.itemsize > 2:
        raise UnsupportedImageError(
            f"samples of type {image.dtype} are not supported; give integers of 8 or 16 bits, "
            "for example image.astype(np.int16) if that holds all values"
        )
    if not all(1 <= side <= LARGEST_SIDE for side in image.shape):
        raise UnsupportedImageError(
            f"the image has {' x '.join(map(str, image.shape))} samples; "
            f"each side must be 1 to {LARGEST_SIDE}"
        )
    return image.astype(image.dtype.newbyteorder("="), copy=False)
