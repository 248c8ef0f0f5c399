"""Do two ways of measuring agree? After Bland and Altman, Lancet 327 (1986)."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Agreement:
    """Differences of paired measurements, in their unit.

    Attributes
    ----------
    bias : float
        Mean difference, after minus before.
    bias_interval : tuple of float
        95 % confidence interval of the bias.
    limits : tuple of float
        Bias -/+ 1.96 standard deviations: 95 % of differences are expected between.
    n : int
        Pairs.
    """

    bias: float
    bias_interval: tuple[float, float]
    limits: tuple[float, float]
    n: int

    @classmethod
    def between(cls, before: np.ndarray, after: np.ndarray) -> "Agreement":
        """Compare two series of measurements of the same things, two or more."""
        differences = np.subtract(after, before, dtype=np.float64)
        n = len(differences)
        bias, sd = float(differences.mean()), float(differences.std(ddof=1))
        half = float(student.ppf((1 + CONFIDENCE) / 2, n - 1)) * sd / n**0.5
        return cls(bias, (bias - half, bias + half), (bias - 1.96 * sd, bias + 1.96 * sd), n)
