"""Loss curves reduced to as many points as a plot has room for. Knows numbers only."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_TICK_STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

Points = tuple[NDArray[np.float64], NDArray[np.float64]]


def thinned(steps: Sequence[int], bits: Sequence[float], points: int) -> Points:
    """At most `points` of a curve: the mean loss of that many stretches of equal length, at their mean step.

    The loss of one minibatch is noisy; the mean of a stretch shows the trend.
    """
    x, y = np.asarray(steps, np.float64), np.asarray(bits, np.float64)
    if len(x) <= points or points < 1:
        return x, y
    # The stretch of each step; some are empty, because a run reports by the clock.
    place = np.minimum((x - x[0]) / (x[-1] - x[0]) * points, points - 1).astype(np.intp)
    counts = np.bincount(place, minlength=points)
    filled = counts > 0
    return tuple(np.bincount(place, values, points)[filled] / counts[filled] for values in (x, y))  # type: ignore[return-value]


def ticks(lowest: float, highest: float, most: int) -> list[float]:
    """At most so many round numbers between two values: their labels need no rounding."""
    for step in _TICK_STEPS:
        first = math.ceil(lowest / step)
        count = math.floor(highest / step) - first + 1
        if count <= max(2, most):
            return [round((first + number) * step, 2) for number in range(count)]
    return [math.ceil(lowest), math.floor(highest)]
