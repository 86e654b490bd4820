"""Hold: units of the network with the values that they are held at, as part of Controls. Knows no network, so that
it can't tell whether a unit exists.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from charrnn_engine.errors import ControlsError, shown
from charrnn_engine.sampling.frozen import FrozenMapping

_VALUE_AT_MOST = 1000.0
_DEVIATIONS_AT_MOST = 100.0
_UNITS_AT_MOST = 10_000
_UNIT = re.compile(r"[hc][1-9][0-9]{0,3}\.[0-9]{1,7}", re.ASCII)
_DEVIATIONS = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))sd", re.ASCII)


class Hold(FrozenMapping[float | str]):
    """Units by name, such as `c2.145`, each with a value: a number, or "2.5sd" for so many standard deviations above
    the unit's mean. Immutable and hashable.

    Raises ControlsError for a name that no unit can have, and for a value out of range.
    """

    def __init__(self, units: Mapping[str, float | str] | Any = ()) -> None:
        try:
            pairs = list(dict(units).items())
        except (TypeError, ValueError):
            raise ControlsError(f"hold is {shown(units)}; it must map units to values") from None
        if len(pairs) > _UNITS_AT_MOST:
            raise ControlsError(f"hold has {len(pairs):,} units; at most {_UNITS_AT_MOST:,} can be held")
        super().__init__((_checked_name(name), _checked_value(name, value)) for name, value in pairs)


def parse_hold(text: str) -> tuple[str, float | str]:
    """Reads `UNIT=VALUE`, as a command line has it. Raises ControlsError."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ControlsError(f"{shown(text)} must be UNIT=VALUE, such as c1.17=3 or h1.4=-2sd")
    name, value = name.strip(), value.strip()
    try:
        return name, _checked_value(name, float(value))
    except ValueError:
        return name, _checked_value(name, value)


def deviations(value: float | str) -> float | None:
    """The number of standard deviations that "2.5sd" stands for; None for a plain number."""
    found = _DEVIATIONS.fullmatch(value) if isinstance(value, str) else None
    return None if found is None else float(found[1])


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not _UNIT.fullmatch(name):
        raise ControlsError(
            f"{shown(name)} is not the name of a unit, such as h1.17 (a hidden state) or c2.145 (a cell state)"
        )
    return name


def _checked_value(name: object, value: object) -> float | str:
    if isinstance(value, str):
        times = deviations(value)
        if times is not None and abs(times) <= _DEVIATIONS_AT_MOST:
            return value
    elif not isinstance(value, bool):
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if abs(number) <= _VALUE_AT_MOST:
            return number
    raise ControlsError(
        f"{shown(name)} is held at {shown(value)}; it must be a number from -1000 to 1000, or standard deviations,"
        " such as 2.5sd, from -100sd to 100sd"
    )
