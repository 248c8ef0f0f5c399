"""What a stream costs, and how far it is from the image: in stored and in Hounsfield units."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from mmpc.errors import InvalidParameterError, NoNoiseError
from mmpc.rate.distortion import Distortion, peak_value
from mmpc.rate.noise import Noise
from mmpc.streams.info import StreamInfo, read_header
from mmpc.streams.reading import decompress, find_padding


@dataclass(frozen=True)
class NoiseShare:
    """The error beside the image's own noise.

    Attributes
    ----------
    sigma : float
        Standard deviation of the noise, in stored units (`mmpc.rate.noise`).
    share : float
        RMS error in tissue over it.
    worst : float
        The largest such share of any slice.
    """

    sigma: float
    share: float
    worst: float

    @classmethod
    def between(cls, original: np.ndarray, decoded: np.ndarray) -> "NoiseShare":
        """Measure; raises NoNoiseError where there is no noise."""
        noise = Noise.of(original)
        shares = [noise.share(original, decoded, by_slice) for by_slice in (False, True)]
        return cls(noise.sigma, *shares)


@dataclass(frozen=True)
class Report:
    """One compressed image.

    Attributes
    ----------
    info : StreamInfo
        What the stream says of itself.
    distortion : Distortion
        In stored units.
    psnr_peak : int
        The peak that the PSNR refers to.
    rescale_slope : float
        Hounsfield units (or whatever the header rescales to) for a stored unit.
    noise : NoiseShare, str or None
        The error beside the noise, or why there is none; None without an error.
    padding_pixels : int
        How many pixels are coded as padding; they do not count in RMSE and PSNR.
    """

    info: StreamInfo
    distortion: Distortion
    psnr_peak: int
    rescale_slope: float = 1.0
    noise: NoiseShare | str | None = None
    padding_pixels: int = 0

    @property
    def rmse_hu(self) -> float | None:
        """Root mean squared error after rescale; None if the slope says nothing."""
        return _rescaled(self.distortion.rmse, self.rescale_slope)

    @property
    def peak_error_hu(self) -> float | None:
        """Largest absolute error after rescale; None if the slope says nothing."""
        return _rescaled(self.distortion.peak_error, self.rescale_slope)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain types that JSON has, as ``mmpc.encode --json`` prints it."""
        info, distortion = self.info, self.distortion
        noise = self.noise if isinstance(self.noise, NoiseShare) else None
        return {
            "bitstream": info.bitstream,
            "slices": info.n_slices or 1,
            "width": info.width,
            "height": info.height,
            "dtype": str(info.dtype),
            "step": info.step,
            "size_bytes": info.size_bytes,
            "rate_bpp": info.rate_bpp,
            "compression_ratio": info.compression_ratio,
            "promised_error": info.details.get("largest_error"),
            "rmse": distortion.rmse,
            "psnr_db": distortion.psnr_db if distortion.rmse else None,
            "psnr_peak": self.psnr_peak,
            "padding_pixels": self.padding_pixels,
            "peak_error": distortion.peak_error,
            "rmse_hu": self.rmse_hu,
            "peak_error_hu": self.peak_error_hu,
            "noise": noise and noise.sigma,
            "noise_hu": noise and _rescaled(noise.sigma, self.rescale_slope),
            "noise_share": noise and noise.share,
            "noise_share_worst_slice": noise and noise.worst,
        }

    def to_text(self, name: str, unit: str = "rescaled units", *, verified: bool = False) -> str:
        """Return some lines for people, what matters most in the first.

        Parameters
        ----------
        name : str
            Of the stream.
        unit : str
            Of rescaled values.
        verified : bool
            Whether the stream was read back from where it was written.
        """
        info, distortion = self.info, self.distortion
        promised = info.details.get("largest_error")
        if promised is None:
            how = f"quality {info.step:g} (quantization step: larger is coarser)"
        else:
            how = f"no sample off by more than {promised} (promised)"
        slices = f"{info.n_slices} slices of " if info.n_slices else ""
        psnr = f"{distortion.psnr_db:.2f} dB" if distortion.rmse else "infinite"
        left_out = f", {self.padding_pixels} pixels of padding left out" * bool(self.padding_pixels)
        if self.rmse_hu is None:
            peak_hu, in_hu = "", f"RescaleSlope {self.rescale_slope:g} says nothing"
        else:
            peak_hu = f" ({self.peak_error_hu:g} {unit})"
            in_hu = f"RMSE {self.rmse_hu:.2f}, largest {self.peak_error_hu:g}"
        noise = [f"noise: {self._noise_in_words(unit)}"] if self.noise else []
        return "\n".join(
            [
                f"{name}: compression ratio {info.compression_ratio:.2f}, "
                f"largest absolute error {distortion.peak_error}{peak_hu}",
                f"{slices}{info.width} x {info.height} {info.dtype}, "
                f"bitstream {info.bitstream}, {how}, "
                f"size {info.size_bytes} bytes, {info.rate_bpp:.4f} bpp",
                f"{'verified' if verified else 'expected'}: RMSE {distortion.rmse:.4f}, "
                f"PSNR {psnr} (peak {self.psnr_peak})" + left_out,
                f"in {unit}: {in_hu}",
                *noise,
            ]
        )

    def _noise_in_words(self, unit: str) -> str:
        if not isinstance(self.noise, NoiseShare):
            return f"none estimated, {self.noise}"
        sigma_hu = _rescaled(self.noise.sigma, self.rescale_slope)
        in_hu = "" if sigma_hu is None else f" ({sigma_hu:.2f} {unit})"
        worst = f", at most {self.noise.worst:.3f} in a slice" if self.info.n_slices else ""
        return (
            f"standard deviation {self.noise.sigma:.2f}{in_hu}; the RMSE in tissue is "
            f"{self.noise.share:.3f} of it{worst}"
        )


def report_on(
    original: np.ndarray, data: bytes, rescale_slope: float = 1.0, jobs: int = 1
) -> Report:
    """Decode a stream and measure it against its original.

    Parameters
    ----------
    original : ndarray, shape ([slices,] height, width)
        Stored samples.
    data : bytes
        The stream.
    rescale_slope : float
        Of the image.
    jobs : int
        How many slices of a volume, or stripes of a large image, are decoded at a time.

    Raises
    ------
    StreamError
        If a decoder refuses the stream.
    """
    decoded, padding = decompress(data, jobs=jobs), find_padding(data)
    distortion = Distortion.between(original, decoded, padding)
    noise: NoiseShare | str | None = None
    if distortion.rmse:
        try:
            noise = NoiseShare.between(original, decoded)
        except NoNoiseError as error:
            noise = str(error)
    return Report(
        read_header(data),
        distortion,
        peak_value(original),
        rescale_slope,
        noise,
        0 if padding is None else int(np.count_nonzero(padding)),
    )


def stored_units(error_hu: float, rescale_slope: float) -> float:
    """Return an error after rescale as one of stored values.

    The slope stands in the header as a decimal, so the division is one of decimals: 0.3 HU
    at a slope of 0.1 are three stored units, and not a little less.

    Raises
    ------
    InvalidParameterError
        If the slope is 0 or no number: nothing can be promised after rescale then.
    """
    if not _says_something(rescale_slope):
        raise InvalidParameterError(
            f"RescaleSlope is {rescale_slope:g}, so no error in Hounsfield units can be promised; "
            "ask for one in stored units (--max-error)"
        )
    return float(Decimal(str(float(error_hu))) / Decimal(str(abs(float(rescale_slope)))))


def _rescaled(error: float, slope: float) -> float | None:
    if not _says_something(slope):
        return None
    return float(Decimal(str(error)) * Decimal(str(abs(float(slope)))))


def _says_something(slope: float) -> bool:
    return math.isfinite(slope) and slope != 0
