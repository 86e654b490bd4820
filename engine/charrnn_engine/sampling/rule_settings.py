"""Rules as settings, which are part of Controls: what is banned, favoured or penalised. Checks their ranges; whether
a model can follow them is seen when the model is at hand.
"""

from collections.abc import Mapping
from typing import Any

from charrnn_engine.errors import ControlsError, shown
from charrnn_engine.sampling.frozen import FrozenMapping

BIAS_AT_MOST = 100.0
PENALTY_FROM = 12
"""Characters: the shortest repetition that is penalised, where none is given."""
_STRINGS_AT_MOST, _CHARACTERS_AT_MOST = 1_000, 10_000
_LENGTH_AT_MOST = 1_000


class Bias(FrozenMapping[float]):
    """Logits that are added to characters (or words), by their text; `<eos>` is the end of a text. Raises
    ControlsError for a number out of range.
    """

    def __init__(self, logits: Mapping[str, float] | Any = ()) -> None:
        try:
            pairs = [(text, float(value)) for text, value in dict(logits).items()]
        except (TypeError, ValueError, OverflowError):
            raise ControlsError(f"bias is {shown(logits)}; it must map characters to numbers") from None
        for text, value in pairs:
            if not isinstance(text, str) or not text:
                raise ControlsError(f"bias names {shown(text)}; it must be a character, or a word")
            if not abs(value) <= BIAS_AT_MOST:
                raise ControlsError(f"the bias of {shown(text)} is {value}; it must be from -100 to 100")
        super().__init__(pairs)


def parse_bias(text: str) -> tuple[str, float]:
    """Reads `CHARACTER=LOGITS`, as a command line has it. Raises ControlsError."""
    character, _, value = text.rpartition("=")
    try:
        return character, float(value if character else "?")
    except ValueError:
        raise ControlsError(f"{shown(text)} must be CHARACTER=LOGITS, such as !=+2 or e=-1.5") from None


def checked_ban(ban: Any) -> tuple[str, ...]:
    """The banned strings as a tuple, in order, each once. Raises ControlsError."""
    if isinstance(ban, str) or not hasattr(ban, "__iter__"):
        raise ControlsError(f"ban is {shown(ban)}; it must be a list of strings")
    found = tuple(ban)
    if not all(isinstance(each, str) and each for each in found):
        raise ControlsError(f"ban is {shown(ban)}; it must hold strings that aren't empty")
    strings = tuple(sorted(set(found)))
    if len(strings) > _STRINGS_AT_MOST or sum(map(len, strings)) > _CHARACTERS_AT_MOST:
        raise ControlsError(
            f"{len(strings):,} strings are banned; at most {_STRINGS_AT_MOST:,} can be, with"
            f" {_CHARACTERS_AT_MOST:,} characters in all"
        )
    return strings


def check_penalty(length: Any, multiplier: Any, base: Any) -> None:
    """Raises ControlsError for a penalty out of range."""
    if length is not None and (type(length) is not int or not 1 <= length <= _LENGTH_AT_MOST):
        raise ControlsError(
            f"the repeat penalty begins at {shown(length)} characters; it must be a whole number from 1 to"
            f" {_LENGTH_AT_MOST:,}"
        )
    for what, value, low, high in (("multiplier", multiplier, 0.01, 100), ("base", base, 1, 10)):
        if type(value) not in (int, float) or not low <= value <= high:
            raise ControlsError(f"the repeat penalty's {what} is {shown(value)}; it must be from {low} to {high}")
