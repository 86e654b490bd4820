"""Controls: the settings for drawing a token, and their ranges. Knows nothing of how a token is drawn."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from charrnn_engine.errors import ControlsError, shown
from charrnn_engine.sampling.hold import Hold
from charrnn_engine.sampling.rule_settings import Bias, check_penalty, checked_ban

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

    The rules change the logits before they are divided by the temperature. ban holds strings that never come: a
    character is masked, and where a longer string comes about, the text goes back to where it began and is drawn
    again from there without the token that led there. bias adds logits to characters: `{"!": 2.0}`. pattern is a
    regular expression that the text follows exactly, from where it is given to `<eos>`; with pattern_lines, and
    where the model has no `<eos>`, each line follows it. repeat_penalty is a length in tokens: see
    `repetition_penalty` for it, repeat_multiplier and repeat_base.
    adapt is a learning rate, by which the network's head learns from each token of the text, drawn or given; at 0 it
    keeps what it has learnt, and with None that is forgotten.

    Raises ControlsError, with the range, for a value outside it.
    """

    temperature: float = 1.0
    greedy: bool = False
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    hold: Mapping[str, float | str] = Hold()
    ban: tuple[str, ...] = ()
    bias: Mapping[str, float] = Bias()
    pattern: str | None = None
    pattern_lines: bool = False
    repeat_penalty: int | None = None
    repeat_multiplier: float = 0.8
    repeat_base: float = 1.75
    adapt: float | None = None

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
        if not isinstance(self.bias, Bias):
            object.__setattr__(self, "bias", Bias(self.bias))
        object.__setattr__(self, "ban", checked_ban(self.ban) if self.ban != () else ())
        if self.pattern is not None and not isinstance(self.pattern, str):
            raise ControlsError(f"the pattern is {shown(self.pattern)}; it must be a regular expression")
        if not isinstance(self.pattern_lines, bool):
            raise ControlsError(f"pattern_lines is {shown(self.pattern_lines)}; it must be True or False")
        check_penalty(self.repeat_penalty, self.repeat_multiplier, self.repeat_base)
        if self.adapt is not None and not 0 <= _number(self.adapt) <= 1:
            raise ControlsError(f"the learning rate is {shown(self.adapt)}; it must be from 0 to 1")

    @property
    def filters(self) -> bool:
        """Whether any of top-k, top-p and min-p is on."""
        return self.top_k is not None or self.top_p is not None or self.min_p is not None


def rules_of(controls: Controls) -> tuple[object, ...]:
    """Of the controls those that are rules: equal for controls under the same rules."""
    return (
        controls.ban,
        controls.bias,
        controls.pattern,
        controls.pattern_lines,
        controls.repeat_penalty and (controls.repeat_penalty, controls.repeat_multiplier, controls.repeat_base),
    )


def in_state(controls: Controls) -> tuple[object, ...]:
    """The controls of a token that also affect the tokens after it."""
    return (controls.hold, controls.adapt, rules_of(controls))


def without_rules(controls: Controls) -> Controls:
    """The same controls, but for the rules."""
    return replace(controls, ban=(), bias=Bias(), pattern=None, pattern_lines=False, repeat_penalty=None)


def _number(value: object) -> float:
    """A number as a float; NaN, which lies in no range, for anything else or a number too large for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating | np.integer):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


NO_RULES = rules_of(Controls())


def has_no_rules(controls: Controls) -> bool:
    """Whether the text is drawn from the model's distribution as it is, without rules and without learning."""
    return controls.adapt is None and rules_of(controls) == NO_RULES
