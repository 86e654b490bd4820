"""Controls: the settings for drawing a token, and their ranges. Knows nothing of how a token is drawn."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from charrnn_engine.errors import ControlsError, shown
from charrnn_engine.sampling.hold import Hold

TOP_K_AT_MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Controls:
    """How the next token is drawn. Immutable: to change a control, pass another Controls.

    temperature divides the logits: any finite number above 0. greedy takes the most probable token, whatever the
    random number. Then, in this order: top_k keeps the k most probable tokens; top_p the fewest most probable ones
    that together have at least that probability (Holtzman et al. 2020, arXiv:1904.09751); min_p those with at least
    that fraction of the greatest probability (Nguyen et al. 2024, arXiv:2407.01082). None switches a filter off.
    hold sets units of the network to values in the step that gives the token's logits: `{"c2.145": 3.0}`, or
    `{"c2.145": "2.5sd"}` for standard deviations above the unit's mean. 0 ablates a unit. What follows goes on from
    the changed state. The names are checked when the model is at hand.

    Raises ControlsError, with the range, for a value outside it.
    """

    temperature: float = 1.0
    greedy: bool = False
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    hold: Mapping[str, float | str] = Hold()

    def __post_init__(self) -> None:
        if not 0 < _number(self.temperature) < math.inf:
            raise ControlsError(f"the temperature is {shown(self.temperature)}; it must be a finite number above 0")
        if not isinstance(self.greedy, bool):
            raise ControlsError(f"greedy is {shown(self.greedy)}; it must be True or False")
        k = self.top_k
        if k is not None and (isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= TOP_K_AT_MOST):
            raise ControlsError(f"top-k is {shown(k)}; it must be a whole number from 1 to {TOP_K_AT_MOST:,}")
        if self.top_p is not None and not 0 < _number(self.top_p) <= 1:
            raise ControlsError(f"top-p is {shown(self.top_p)}; it must be above 0 and at most 1")
        if self.min_p is not None and not 0 <= _number(self.min_p) <= 1:
            raise ControlsError(f"min-p is {shown(self.min_p)}; it must be from 0 to 1")
        if not isinstance(self.hold, Hold):
            object.__setattr__(self, "hold", Hold(self.hold))

    @property
    def filters(self) -> bool:
        """Whether any of top-k, top-p and min-p is on."""
        return self.top_k is not None or self.top_p is not None or self.min_p is not None


def _number(value: object) -> float:
    """A number as a float; NaN, which lies in no range, for anything else or a number too large for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating | np.integer):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan
