"""How well ratings tell patches with a lesion from those without: d', AUC, intervals.

The intervals are percentile intervals of a bootstrap over the patches that were judged; the
observer stays as it was trained.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import bootstrap, rankdata

CONFIDENCE = 0.95
N_RESAMPLES = 1000


@dataclass(frozen=True)
class Detectability:
    """An observer's success.

    Attributes
    ----------
    d_prime : float
        Distance of the mean ratings, in their standard deviations.
    d_prime_interval : tuple of float
        95 %, from and to.
    auc : float
        How often a patch with a lesion is rated above one without; ties count half.
    auc_interval : tuple of float
        95 %, from and to.
    """

    d_prime: float
    d_prime_interval: tuple[float, float]
    auc: float
    auc_interval: tuple[float, float]

    @classmethod
    def of(cls, present: np.ndarray, absent: np.ndarray, seed: int = 0) -> "Detectability":
        """Measure ratings.

        Parameters
        ----------
        present, absent : ndarray of float, shapes (n,), (m,)
            Ratings of patches with and without a lesion, none of which trained the observer.
        seed : int
            Of the bootstrap.
        """
        return cls(
            float(d_prime(present, absent)),
            _interval(d_prime, (present, absent), seed),
            float(auc(present, absent)),
            _interval(auc, (present, absent), seed),
        )


@dataclass(frozen=True)
class Kept:
    """What an observer's d' after is of that before, on the same patches.

    Attributes
    ----------
    share : float
        d' after over d' before; its square is the efficiency.
    interval : tuple of float
        95 %, from and to. Both were resampled together, so the luck of the patches, which is
        the same in both, is not in it.
    """

    share: float
    interval: tuple[float, float]

    @classmethod
    def of(
        cls,
        before: tuple[np.ndarray, np.ndarray],
        after: tuple[np.ndarray, np.ndarray],
        seed: int = 0,
    ) -> "Kept":
        """Compare ratings, each given with the lesion and without, of the same patches."""

        def share(with_lesion: np.ndarray, without: np.ndarray, axis: int = -1) -> np.ndarray:
            return d_prime(after[0][with_lesion], after[1][without], axis) / d_prime(
                before[0][with_lesion], before[1][without], axis
            )

        places = tuple(np.arange(len(one)) for one in before)
        return cls(float(share(*places)), _interval(share, places, seed))


def d_prime(present: np.ndarray, absent: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the difference of the means over the root of the mean variance."""
    variance = (present.var(axis, ddof=1) + absent.var(axis, ddof=1)) / 2
    return (present.mean(axis) - absent.mean(axis)) / np.sqrt(variance)


def auc(present: np.ndarray, absent: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the area under the ROC curve: the statistic of Mann and Whitney, as a share."""
    n, m = present.shape[axis], absent.shape[axis]
    ranks = rankdata(np.concatenate((present, absent), axis), axis=axis)
    above = np.take(ranks, np.arange(n), axis).sum(axis) - n * (n + 1) / 2
    return above / (n * m)


def _interval(statistic, samples: tuple[np.ndarray, ...], seed: int) -> tuple[float, float]:
    found = bootstrap(
        samples,
        statistic,
        vectorized=True,
        confidence_level=CONFIDENCE,
        n_resamples=N_RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)
