"""Controls: what the reader sets, and within which ranges. Knows nothing of what is drawn under them."""

import math
from dataclasses import dataclass

import numpy as np

from charrnn_engine.errors import ControlsError


@dataclass(frozen=True, slots=True)
class Controls:
    """How the next token is drawn. Immutable: to change a control is to put another Controls in its place.

    temperature divides the logits: any finite number above 0. greedy takes the most probable token and no
    chance. Then, in this order: top_k keeps the k most probable tokens; top_p the fewest most probable ones that
    together have at least that probability (Holtzman et al. 2020, arXiv:1904.09751); min_p those with at least
    that fraction of the greatest probability (Nguyen et al. 2024, arXiv:2407.01082). None switches one off.

    Raises ControlsError, with the range, for a value outside it.
    """

    temperature: float = 1.0
    greedy: bool = False
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None

    def __post_init__(self) -> None:
        if not 0 < _number(self.temperature) < math.inf:
            raise ControlsError(f"the temperature is {self.temperature!r}; it must be a finite number above 0")
        if not isinstance(self.greedy, bool):
            raise ControlsError(f"greedy is {self.greedy!r}; it must be True or False")
        k = self.top_k
        if k is not None and (isinstance(k, bool) or not isinstance(k, int) or k < 1):
            raise ControlsError(f"top-k is {k!r}; it must be a whole number from 1 up")
        if self.top_p is not None and not 0 < _number(self.top_p) <= 1:
            raise ControlsError(f"top-p is {self.top_p!r}; it must be above 0 and at most 1")
        if self.min_p is not None and not 0 <= _number(self.min_p) <= 1:
            raise ControlsError(f"min-p is {self.min_p!r}; it must be from 0 to 1")

    @property
    def filters(self) -> bool:
        """Whether any of top-k, top-p and min-p is on."""
        return self.top_k is not None or self.top_p is not None or self.min_p is not None


def _number(value: object) -> float:
    """A number as a float, and NaN, which no range holds, for what is none or too large to be one."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating | np.integer):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan
