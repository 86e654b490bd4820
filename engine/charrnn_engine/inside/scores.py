"""How well numbers tell a property apart: AUROC, correlation, and a linear probe on all of them. Knows no models."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Flags = NDArray[np.bool_]

_CHUNK = 1024  # rows that are converted to float32 at a time
_RIDGE = 0.03  # in units of a column's variance


def auroc(values: Floats, flags: Flags) -> float:
    """The probability that a value (N,) where the flag is set exceeds one where it isn't; ties count half.

    NaN where all flags are alike.
    """
    on, off = np.sort(values[flags]), values[~flags]
    if not len(on) or not len(off):
        return float("nan")
    below = np.searchsorted(on, off, "left").sum(dtype=np.float64)
    up_to = np.searchsorted(on, off, "right").sum(dtype=np.float64)
    return float(1.0 - (below + up_to) / 2.0 / (len(on) * len(off)))


def aurocs(columns: NDArray[np.float16], flags: Flags) -> NDArray[np.float64]:
    """`auroc` of each column of (N, S), in the order of a sort where there are ties."""
    on = int(flags.sum())
    ranks = np.arange(1.0, len(flags) + 1)
    out = np.empty(columns.shape[1])
    for place in range(columns.shape[1]):
        order = columns[:, place].astype(np.float32).argsort()
        out[place] = ranks[flags[order]].sum()
    scores: NDArray[np.float64] = (out - on * (on + 1) / 2) / (on * (len(flags) - on))
    return scores


def correlation(values: Floats, numbers: Floats) -> float:
    """Pearson's r of two (N,); 0 where either doesn't vary."""
    a = values.astype(np.float64) - values.mean(dtype=np.float64)
    b = numbers.astype(np.float64) - numbers.mean(dtype=np.float64)
    length = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / length if length > 0 else 0.0


class Moments:
    """Means and covariances of the columns of states (N, S), from which r and linear probes of any property follow.

    A probe is a ridge regression (Hoerl and Kennard 1970): for a flag it is Fisher's discriminant but for the scale,
    which an AUROC doesn't depend on.
    """

    def __init__(self, columns: NDArray[np.float16]) -> None:
        count, size = columns.shape
        self._columns = columns
        self._mean = columns.mean(axis=0, dtype=np.float64).astype(np.float32)
        products = np.zeros((size, size), np.float32)
        for start in range(0, count, _CHUNK):
            centred = columns[start : start + _CHUNK] - self._mean
            products += centred.T @ centred
        self._covariances = products / count
        self._deviations = np.sqrt(np.maximum(np.diag(self._covariances), 1e-12))

    def covariances(self, numbers: Floats) -> NDArray[np.float32]:
        """(S,): of each column with numbers (N,)."""
        centred = (numbers - numbers.mean(dtype=np.float64)).astype(np.float32)
        out = np.zeros(len(self._mean), np.float32)
        for start in range(0, len(centred), _CHUNK):
            out += centred[start : start + _CHUNK] @ (self._columns[start : start + _CHUNK] - self._mean)
        return out / np.float32(len(centred))

    def correlations(self, numbers: Floats) -> NDArray[np.floating]:
        """(S,): Pearson's r of each column with numbers (N,)."""
        deviation = np.float32(max(float(numbers.std(dtype=np.float64)), 1e-12))
        return self.covariances(numbers) / (self._deviations * deviation)

    def probe(self, numbers: Floats) -> NDArray[np.float32]:
        """(S,): weights with which the columns add up to something close to the numbers (N,), but for a constant.

        Columns are standardised, so that the ridge weighs on all alike.
        """
        scale = self._deviations
        standardised = self._covariances / np.outer(scale, scale)
        standardised[np.diag_indices_from(standardised)] += np.float32(_RIDGE)
        weights: NDArray[np.floating] = np.linalg.solve(standardised, self.covariances(numbers) / scale) / scale
        return weights.astype(np.float32)


def project(columns: NDArray[np.float16], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, S) times (S,), a chunk at a time."""
    chunks = range(0, len(columns), _CHUNK)
    return np.concatenate([columns[start : start + _CHUNK].astype(np.float32) @ weights for start in chunks])
