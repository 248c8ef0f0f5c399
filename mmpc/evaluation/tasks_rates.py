"""At which rate a codec keeps 95 % of d', and what is kept at a share of the noise.

Intervals are of a bootstrap over the patches: the same are drawn for the original and for every
setting of the codec, and the rate is read anew off each resampled curve.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mmpc.tasks.detectability import d_prime

KEPT_SHARE = 0.95
SHARES = (0.25, 0.4)
ALL_LESIONS = "mean"
N_RESAMPLES = 1000
RATE_COLUMNS = (
    *("background", "codec", "label", "lesion", "rate_bpp", "rate_from", "rate_to"),
    *("noise_share", "noise_share_from", "noise_share_to"),
)
SHARE_COLUMNS = (
    *("background", "codec", "label"),
    *(f"{name}_{share:g}" for share in SHARES for name in ("kept", "from", "to")),
)
# Ratings of patches with a lesion and of those without.
Ratings = tuple[np.ndarray, np.ndarray]


def kept_curves(before: Sequence[Ratings], after: Sequence[Sequence[Ratings]]) -> np.ndarray:
    """Return shares of d' kept, shape (1 + resamples, lesions, settings); the first is measured.

    Parameters
    ----------
    before : sequence of pairs of ndarray
        Ratings of the original, by lesion.
    after : sequence of sequences
        By setting, then by lesion.
    """
    curves = np.empty((1 + N_RESAMPLES, len(before), len(after)))
    generator = np.random.default_rng(0)
    for lesion, original in enumerate(before):
        chosen = [
            np.vstack(
                (np.arange(len(one)), generator.integers(0, len(one), (N_RESAMPLES, len(one))))
            )
            for one in original
        ]
        known = d_prime(*(one[numbers] for one, numbers in zip(original, chosen, strict=True)))
        for setting, by_lesion in enumerate(after):
            pair = zip(by_lesion[lesion], chosen, strict=True)
            curves[:, lesion, setting] = d_prime(*(one[numbers] for one, numbers in pair)) / known
    return curves


def rate_rows(
    point: dict[str, Any],
    lesions: Sequence[str],
    rates: np.ndarray,
    shares: np.ndarray,
    curves: np.ndarray,
) -> Iterator[dict[str, Any]]:
    """Yield the rate and the error at which 95 % are kept, of each lesion and of their mean.

    Parameters
    ----------
    point : dict
        Has background, codec and label.
    lesions : sequence of str
        Names.
    rates, shares : ndarray of float, shape (settings,)
        Bits per pixel, and RMSE over the noise.
    curves : ndarray
        Of `kept_curves`. Between two settings the share kept is linear over the logarithm of the
        rate. Resampled curves that cross outside of the settings count as crossing at the
        nearest; where the measured one does, there is no rate.
    """
    order = rates.argsort()
    for name, kept in zip([*lesions, ALL_LESIONS], _with_mean(curves), strict=True):
        places = np.array([crossing(one) for one in kept[:, order]])
        row = dict(point) | {"lesion": name}
        if np.isfinite(places[0]):
            places = np.clip(places, 0, len(order) - 1)
            settings = np.arange(len(order))
            found = {
                "rate": np.exp(np.interp(places, settings, np.log(rates[order]))),
                "noise_share": np.interp(places, settings, shares[order]),
            }
            row |= {"rate_bpp": found["rate"][0], "noise_share": found["noise_share"][0]}
            for column, values in found.items():
                low, high = np.percentile(values[1:], (2.5, 97.5))
                row |= {f"{column}_from": low, f"{column}_to": high}
        yield row


def share_row(point: dict[str, Any], shares: np.ndarray, curves: np.ndarray) -> dict[str, Any]:
    """Return what is kept at `SHARES` of the noise, in the mean of the lesions, with intervals."""
    order = shares.argsort()
    mean = _with_mean(curves)[-1][:, order]
    row = dict(point)
    for share in SHARES:
        kept = [float(np.interp(share, shares[order], one)) for one in mean]
        low, high = np.percentile(kept[1:], (2.5, 97.5))
        row |= {f"kept_{share:g}": kept[0], f"from_{share:g}": low, f"to_{share:g}": high}
    return row


def readable_rows(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> list[dict[str, Any]]:
    """Return a row for each codec, with intervals as text; `columns` are named by lesion."""
    table: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = table.setdefault(row["codec"], {"codec": row["codec"], "label": row["label"]})
        one[columns[row["lesion"]]] = _with_interval(row, "rate_bpp", "rate")
        if row["lesion"] == ALL_LESIONS:
            one["noise_share"] = _with_interval(row, "noise_share", "noise_share")
    return list(table.values())


def _with_interval(row: dict[str, Any], name: str, ends: str) -> str | None:
    if row.get(name) is None:
        return None
    return f"{row[name]:.2f} ({row[f'{ends}_from']:.2f} to {row[f'{ends}_to']:.2f})"


def crossing(kept: np.ndarray, least: float = KEPT_SHARE) -> float:
    """Return from which setting on a curve over a rising rate stays above `least`.

    A number of a setting, or a fraction between two; -inf where the curve is never below, inf
    where it is at the largest rate.
    """
    below = np.flatnonzero(kept < least)
    if not len(below):
        return -np.inf
    last = int(below[-1])
    if last == len(kept) - 1:
        return np.inf
    return last + float((least - kept[last]) / (kept[last + 1] - kept[last]))


def _with_mean(curves: np.ndarray) -> np.ndarray:
    """Return curves by lesion and that of their mean, shape (1 + lesions, ..., settings)."""
    return np.stack([*curves.swapaxes(0, 1), curves.mean(1)])
